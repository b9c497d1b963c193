"""`loadstar up`: starts everything in the order it is needed, keeps it running, and ends it all on Ctrl-C."""

import errno
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from cli import copied, leash, questdb
from cli.detach import Background, to_background
from cli.home import (
    RESTORING,
    AlreadyUp,
    absolute_settings,
    as_running,
    generate,
    log_folder,
    make_folders,
    note_places,
    only_one,
    run_folder,
)
from cli.migrate import prepare_records, prepare_series
from cli.ports import claim, is_free, is_soon_free, owner
from cli.processes import order, order_when_called, processes, questdb_process, start_supervisor, supervisor_words
from cli.waiting import DidNotStart, answers, await_ready, last_lines, meanwhile
from cli.watch import UP, Ended, become, end_all, on_signals, sweep, withdraw_orders
from cli.welcome import Welcome, first_words
from config import call
from config import settings as configuration
from config.settings import Settings, SettingsError
from store.errors import StoreError
from worker import room

if TYPE_CHECKING:
    from rich.console import Console

    from cli import maven

QUESTDB_START_S = 120.0
SERVER_START_S = 120.0
ATTEMPTS = 3  # of a process to start; one that ended so often will go on doing so
SWEEP_S = 4.0
LET_GO_S = 2.0  # within which whoever is ending has let go of a port
OPEN_FILES = 65_536  # QuestDB maps several files a column and partition


@click.command()
@click.option("--no-demo", is_flag=True, help="Start without the demo's sites; prints a link to create the first administrator.")
@click.option("-d", "--detach", is_flag=True, help="Go on in the background once everything runs; `down` ends it.")
@click.option(
    "--copy", "as_copy", is_flag=True, help="Start from a copied state folder although the one it was copied from is up."
)
def up(no_demo: bool, detach: bool, as_copy: bool) -> None:
    """Start Loadstar and keep it running until Ctrl-C."""
    named = {"demo": False} if no_demo else {}
    settings = absolute_settings(**named)
    os.umask(0o077)  # whatever is made is its owner's alone, also should the folder be opened or copied
    make_folders(settings)
    background = to_background() if detach else None
    from rich.console import Console

    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # also where a service manager reads it
    console = Console(highlight=False, soft_wrap=True)
    on_signals()
    try:
        room.keep_reserve(settings)
        with only_one(settings) as lock:
            _take_over(settings, as_copy, console)
            _run(settings, named, console, background, lock)
    except AlreadyUp:
        console.print(f"Loadstar is already up: {_dashboard(as_running(settings))}")
    except (DidNotStart, questdb.QuestDBUnavailable, StoreError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise click.ClickException(f"the disk of the state folder {settings.home} is full: make room, then start again") from None
    except Ended:
        console.print("Stopped.")


def _dashboard(settings: Settings) -> str:
    return settings.dashboard_url


def _take_over(settings: Settings, as_copy: bool, console: "Console") -> None:
    """Note that the state folder is this process's; one that was copied from another becomes a Loadstar of its own.

    Raises:
        SettingsError: the one that it was copied from runs, and nobody said that both are wanted.
    """
    if (settings.home / RESTORING).exists():
        raise SettingsError(
            f"a restore into {settings.home} was begun and not finished: type `./loadstar restore FILE` again, which "
            "starts from its beginning"
        )
    if original := copied.original(settings):
        if original.pid and not as_copy:
            raise SettingsError(
                f"the state folder {settings.home} is a copy of {original.home}, which is up (pid {original.pid}) and was left "
                f"alone. To bring {original.home} back to this copy, stop it first; to have both, each with ports of its own, "
                "type `./loadstar up --copy`"
            )
        console.print(
            f"The state folder {settings.home} is a copy of {original.home}: it goes on from here as a Loadstar of its own, "
            "with the same people, keys and passwords.",
            markup=False,
        )
        copied.make_own(settings)
    leash.write_record(run_folder(settings), UP, os.getpid())


def _run(settings: Settings, named: dict[str, bool], console: "Console", background: Background | None, lock: int) -> None:
    run = run_folder(settings)
    withdraw_orders(run)
    if left := sweep(run, SWEEP_S):
        console.print(f"Ended what a killed start had left behind: {', '.join(left)}.")
    settings = generate(settings, **named)
    configuration.use(settings)
    claimed = _claim_ports(settings)
    note_places(settings)
    _raise_file_limit()
    supervisor = start_supervisor(settings)
    try:
        welcome = _start(settings, console, supervisor)
        console.print(first_words(_dashboard(settings), welcome))
        if background:
            background.leave_terminal()
        become(run, supervisor, lock)
    finally:
        end_all(run, supervisor)
        for name in claimed:
            name.close()


def _start(settings: Settings, console: "Console", supervisor: int) -> Welcome:
    """Start all processes, each as soon as what it needs is there; what a person needs to sign in."""
    store = meanwhile(partial(_start_store, settings, console, supervisor))
    made = {process.name: process for process in processes(settings)}
    run = {name: partial(order, settings, process) for name, process in made.items()}
    prepare_records(settings)
    run["devices"]()
    run["dashboard"]()
    store.result()
    welcome = Welcome.of(settings, console)
    logs = log_folder(settings)
    devices = partial(answers, settings.device_host, settings.device_port)
    await_ready("the device API", devices, SERVER_START_S, logs / "devices.log", Start(settings, "devices", supervisor))
    dashboard = partial(answers, settings.dashboard_host, settings.dashboard_port)
    await_ready("the dashboard", dashboard, SERVER_START_S, logs / "dashboard.log", Start(settings, "dashboard", supervisor))
    # Last: until then the two processors belong to what somebody waits for.
    run["worker"]()
    order_when_called(settings, made[call.LISTENER])
    if "feed" in run:
        run["feed"]()
    return welcome


class Start:
    """The start of one process, watched: called, it says why it will never be ready, once that is known."""

    def __init__(self, settings: Settings, name: str, supervisor: int) -> None:
        self._settings, self._name, self._supervisor = settings, name, supervisor
        self._attempts: set[int] = set()

    def __call__(self) -> str | None:
        """The reason, or None."""
        if _has_ended(self._supervisor):
            log = log_folder(self._settings) / "supervisord.log"
            words = supervisor_words(self._settings)
            ends = "\n".join(f"{each} ends with\n{last_lines(each)}" for each in (words, log))
            return f"supervisord ended while it was starting; {ends}"
        if pid := leash.recorded(run_folder(self._settings), self._name):
            self._attempts.add(pid)
        if len(self._attempts) > ATTEMPTS:
            log = log_folder(self._settings) / f"{self._name}.log"
            return f"{self._name} ended {ATTEMPTS} times while it was starting; {log} ends with\n{last_lines(log)}"
        return None


def _has_ended(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:  # noticed before
        return True


def _start_store(settings: Settings, console: "Console", supervisor: int) -> None:
    """Have QuestDB running with its tables made; fetches it first when it is not here."""
    if not settings.questdb_external:
        jar = questdb.ensure_jar(settings, _download_bar(console))
        order(settings, questdb_process(settings, jar), questdb.environment(settings))
    log = log_folder(settings) / "questdb.log"
    await_ready("QuestDB", partial(questdb.is_ready, settings), QUESTDB_START_S, log, Start(settings, "questdb", supervisor))
    prepare_series(settings)


def _download_bar(console: "Console") -> "maven.Progress":
    @contextmanager
    def bar(name: str, size: int) -> Iterator[Callable[[int], None]]:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        with Progress(TextColumn("Fetching {task.description}"), BarColumn(), DownloadColumn(), console=console) as progress:
            task = progress.add_task(name, total=size or None)
            yield lambda count: progress.advance(task, count)

    return bar


def _claim_ports(settings: Settings) -> list[socket.socket]:
    """Claim all ports, before anything listens: two that start at once would each take the other's processes for its own.

    Raises:
        SettingsError: one is somebody else's.
    """
    claimed: list[socket.socket] = []
    ports = [
        ("dashboard_port", settings.dashboard_host, settings.dashboard_port),
        ("device_port", settings.device_host, settings.device_port),
    ]
    if not settings.questdb_external:
        ports += [
            (f"questdb_{kind}_port", "127.0.0.1", getattr(settings, f"questdb_{kind}_port")) for kind in ("http", "pg", "health")
        ]
    for name, host, port in ports:
        mine = claim(port) if is_soon_free(host, port, LET_GO_S) else None
        if mine is None:
            by = "another Loadstar that was started just now" if is_free(host, port) else owner(port)
            raise SettingsError(f"port {port} is in use by {by}; stop it, or set LOADSTAR_{name.upper()} to another port")
        claimed.append(mine)
    return claimed


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
