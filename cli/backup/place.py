"""Where a Loadstar keeps what a backup is of: its settings, files of its state folder, and its QuestDB, running for as long."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cli import leash, questdb
from cli.home import GENERATED, AlreadyUp, as_running, log_folder, only_one, run_folder
from cli.processes import environment, leashed, order, questdb_process
from cli.waiting import await_ready, last_lines
from cli.watch import UP, sweep, withdraw_orders
from config.settings import PROJECT, Settings, SettingsError
from store.scope import SYSTEM
from store.series import rows as series
from store.series import tables

SETTINGS = "loadstar.toml"
FILES = (GENERATED, SETTINGS)
FOLDERS = ("demo", "imports", "uploads")
QUESTDB_START_S = 180.0
END_S = 20.0
SWEEP_S = 4.0


def files(settings: Settings) -> list[Path]:
    """The settings that are kept in the state folder."""
    return [path for name in FILES if (path := settings.home / name).is_file()]


def folders(settings: Settings) -> Iterator[Path]:
    """What else is kept of the state folder beside the records and the series."""
    for name in FOLDERS:
        yield from (path for path in sorted((settings.home / name).rglob("*")) if path.is_file() and not path.is_symlink())


def secret_mark(settings: Settings) -> str:
    """Tells whether two secret keys are the same, and nothing else of them; empty without one."""
    kept = settings.secret_key
    if kept is None:
        return ""
    return hashlib.scrypt(kept.get_secret_value().encode(), salt=b"loadstar backup", n=2**14, r=8, p=1, dklen=8).hex()


def has_no_series(settings: Settings) -> bool:
    """Whether QuestDB has no readings, or has never been here.

    Raises:
        StoreAway: an external one cannot be reached.
    """
    if not settings.questdb_external:
        return not any((questdb.folder(settings) / "db").glob("telemetry*"))
    tables.create_tables(settings)
    return not any(series.count(SYSTEM).values())


@contextmanager
def stores(settings: Settings) -> Iterator[Settings]:
    """Both databases, answering: those of the Loadstar that is up, external ones, or a QuestDB that runs for this alone.

    Raises:
        SettingsError: something else runs from this state folder.
        DidNotStart, QuestDBUnavailable: QuestDB does not run.
    """
    if settings.questdb_external or leash.alive(run_folder(settings), UP):
        yield as_running(settings)
        return
    with alone(settings), server(settings):
        yield settings


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the state folder, from which nothing runs.

    Raises:
        SettingsError: something does.
    """
    try:
        with only_one(settings):
            sweep(run_folder(settings), SWEEP_S)
            yield
    except AlreadyUp:
        raise SettingsError(
            f"Loadstar is up from {settings.home}, or something else holds it: type `./loadstar down` first"
        ) from None


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    """The embedded QuestDB, for as long as it is needed; it ends with this process, however that ends. An external one is there.

    Raises:
        DidNotStart, QuestDBUnavailable: it does not run.
    """
    if settings.questdb_external:
        yield
        return
    jar, log = questdb.ensure_jar(settings), log_folder(settings) / "questdb.log"
    withdraw_orders(run_folder(settings))
    order(settings, questdb_process(settings, jar), questdb.environment(settings))
    with log.open("ab") as words:
        process = subprocess.Popen(  # noqa: S603 - our own program
            leashed(settings, "questdb"),
            cwd=PROJECT,
            env=os.environ | environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            process_group=0,
        )

    def gone() -> str | None:
        return f"QuestDB ended while it was starting; {log} ends with\n{last_lines(log)}" if process.poll() is not None else None

    try:
        await_ready("QuestDB", partial(questdb.is_ready, settings), QUESTDB_START_S, log, gone)
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        withdraw_orders(run_folder(settings))
