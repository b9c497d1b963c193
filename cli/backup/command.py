"""The two commands: what they are given, what they say, and what becomes of a file that is not finished."""

import contextlib
import errno
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cli.home import absolute_settings, generate, make_folders
from cli.watch import Ended, on_signals
from config import settings as configuration
from config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cli.backup.archive import Manifest, Reader

PIPE = Path("-")
NICE = 10  # devices and people come first

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose first line is the passphrase.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--encrypt", is_flag=True, help="Encrypt it by a passphrase, which is asked for.")
@passphrase_option
def backup(file: Path, encrypt: bool, passphrase_file: Path | None) -> None:
    """Write everything that Loadstar keeps into FILE (`-`: to standard output), while it runs or not.

    People, sites, keys, settings and all readings, as they are at one moment; whatever was acknowledged before is in it. FILE
    opens every door that its Loadstar's state folder does: encrypt it when it leaves the machine.
    """
    from cli.backup import place, taking

    settings = _known()
    passphrase = _passphrase(passphrase_file) or (_ask_twice() if encrypt else None)
    with _plainly():
        os.nice(NICE)
        with place.stores(settings) as made, _written(file, made) as into:
            _use(made)
            manifest = taking.take(made, into, passphrase, _progress)
        _told("Backed up", manifest)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--verify", is_flag=True, help="Read all of it and add it up, and restore nothing.")
@passphrase_option
def restore(file: Path, verify: bool, passphrase_file: Path | None) -> None:
    """Put the backup FILE (`-`: from standard input) into an empty Loadstar, whose rows are then compared with the file's.

    A backup of an older release is brought up to date. Until everything is there, the Loadstar stays empty.
    """
    from cli.backup import place, restoring
    from cli.backup.archive import Manifest

    settings = absolute_settings()
    with _plainly(), _opened(file, passphrase_file) as reader:
        if verify:
            _told(f"Whole, of {reader.head.made_at:%Y-%m-%d %H:%M} UTC", restoring.verify(reader, _progress))
            return
        make_folders(settings)
        with place.alone(settings):
            manifest = _restore(settings, reader, Manifest())
        _told("Restored", manifest)


def _restore(settings: Settings, reader: "Reader", read: "Manifest") -> "Manifest":
    from cli.backup import place, restoring
    from store.records.transaction import rows as records
    from store.scope import SYSTEM
    from store.series import rows as series
    from store.series import tables

    _use(settings)
    if not records.is_known(SYSTEM, reader.head.revision):
        raise SettingsError(f"it was made by a newer Loadstar ({reader.head.version}): update this one first")
    if not (records.is_empty(SYSTEM) and (restoring.is_unfinished(settings) or place.has_no_series(settings))):
        raise SettingsError(
            f"there is something already: a backup is restored where nothing is yet. Set LOADSTAR_HOME to a new folder, or move "
            f"{settings.home} away; empty databases that are elsewhere"
        )
    _require_room(settings, reader.head.series_bytes)
    with restoring.begun(settings):
        first = restoring.files(reader, settings, read)
        settings = configuration.load(home=settings.home) if settings.questdb_external else generate(settings)
        restoring.require_key(settings, reader)
        _use(settings)
        with place.server(settings):
            tables.create_tables(settings)
            series.empty(SYSTEM)  # of a restore that was not finished
            return restoring.rows(reader, settings, first, read, _progress)


def _known() -> Settings:
    """The settings of a Loadstar that there is.

    Raises:
        SettingsError: there is none.
    """
    settings = absolute_settings()
    if not settings.database_url and not (settings.home / "records.sqlite3").exists():
        raise SettingsError(f"there is nothing to back up in {settings.home}; LOADSTAR_HOME says which state folder is meant")
    return settings


def _use(settings: Settings) -> None:
    from store.records.transaction import engine

    configuration.use(settings)
    engine.configure(settings.records_url)


def _require_room(settings: Settings, series_bytes: int) -> None:
    from store import disks

    needed, free = series_bytes + disks.least_free(settings), shutil.disk_usage(settings.home).free
    if not settings.questdb_external and free < needed:
        raise SettingsError(
            f"the disk of {settings.home} has {free / 2**30:.1f} GiB free, and {needed / 2**30:.1f} GiB are needed: make room, "
            "or set LOADSTAR_HOME to a folder elsewhere"
        )


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Whatever goes wrong is one line, and an end that is asked for is one."""
    from cli.backup.archive import NoBackup
    from cli.questdb import QuestDBUnavailable
    from cli.waiting import DidNotStart
    from store.errors import StoreError

    on_signals()
    try:
        yield
    except NoBackup as error:
        raise click.ClickException(f"This cannot be restored: {error}.") from None
    except (StoreError, QuestDBUnavailable, DidNotStart) as error:
        words = str(error)
        raise click.ClickException(words[:1].upper() + words[1:]) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise click.ClickException(f"{error.filename or 'The file'}: {error.strerror}") from None
        raise click.ClickException("The disk is full: make room, or name a file elsewhere. Nothing is left of it.") from None
    except Ended:
        raise click.ClickException("Stopped before the end.") from None


@contextlib.contextmanager
def _written(file: Path, settings: Settings) -> Iterator[IO[bytes]]:
    """The file to write, which has its name once it is whole, and is removed when it never is.

    Raises:
        SettingsError: there is one of that name.
    """
    if file == PIPE:
        if sys.stdout.isatty():
            raise SettingsError("a backup is nothing to look at: name a file")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists():
        raise SettingsError(f"{file} is there already: name another file")
    draft = file.with_name(f".{file.name}.unfinished")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
            yield _Considerate(into, draft.parent, settings)  # type: ignore[misc]  # it writes
            into.flush()
            os.fsync(into.fileno())
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)


class _Considerate:
    """Writes to a file, and stops before the disk that devices need has no room for them."""

    def __init__(self, file: IO[bytes], folder: Path, settings: Settings) -> None:
        from store import disks

        self._file, self._folder = file, folder
        shared = not settings.questdb_external and folder.stat().st_dev == settings.home.stat().st_dev
        self._least = disks.least_free(settings) if shared else 0
        self._looked = 0

    def write(self, data: bytes) -> int:
        self._looked -= len(data)
        if self._least and self._looked <= 0:
            self._looked = 16 * 2**20
            if shutil.disk_usage(self._folder).free < self._least:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)


@contextlib.contextmanager
def _opened(file: Path, passphrase_file: Path | None) -> Iterator["Reader"]:
    from cli.backup import sealed
    from cli.backup.archive import Reader

    with contextlib.ExitStack() as ending:
        source = io.BufferedReader(ending.enter_context(io.FileIO(0 if file == PIPE else file, closefd=file != PIPE)))
        passphrase = _passphrase(passphrase_file)
        if passphrase is None and sys.stdin.isatty() and sealed.is_sealed(source):
            passphrase = str(click.prompt("Passphrase", hide_input=True, err=True))
        yield Reader(source, passphrase)


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    first = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    if not first:
        raise SettingsError(f"{file} has no passphrase in its first line")
    return first


def _ask_twice() -> str:
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))


def _progress(table: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:>14,} of about {of:,} rows  {table:<24}", nl=False, err=True)


def _told(what: str, manifest: "Manifest") -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
    rows = {
        kind: sum(each.rows for name, each in manifest.tables.items() if name.startswith(kind)) for kind in ("records", "series")
    }
    click.echo(f"{what}: {rows['records']:,} records, {rows['series']:,} rows of series.", err=True)
