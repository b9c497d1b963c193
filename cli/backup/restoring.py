"""Reads a backup: to see that it is whole, or into an empty Loadstar, which has the rows that were backed up, by their sums."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import PurePosixPath
from typing import IO, Any

import msgspec
import pyarrow as pa

from cli.backup import place, taking
from cli.backup.archive import MANIFEST, Manifest, NoBackup, Reader
from cli.backup.taking import Say
from cli.home import RESTORING
from config.settings import Settings, SettingsError
from store import checksum
from store.errors import Refused
from store.records.transaction import rows as records
from store.scope import SYSTEM
from store.series import rows as series

Take = Callable[[str, "Part"], None]  # a table, and rows of it


class Part(msgspec.Struct, frozen=True):
    """Rows of a table of the records."""

    columns: list[str]
    rows: list[list[Any]]


def verify(reader: Reader, say: Say) -> Manifest:
    """Read all of it and add it up; what it holds.

    Raises:
        NoBackup: it is cut off or damaged, or is not what it says.
    """
    read = Manifest()
    for name, part in reader.parts():
        kind, rest = _of(name)
        if name == MANIFEST:
            return _proven(reader, read, part)
        if kind == "home":
            read.files[rest] = _digest(part)
        elif kind == "records":
            _records(part, read.of(_table(name)))
        else:
            for _ in _series(part, read.of(_table(name))):
                pass
            say(_table(name), _so_far(read), reader.head.rows)
    raise NoBackup("it is cut off: its end is missing")


def files(reader: Reader, settings: Settings, read: Manifest) -> tuple[str, IO[bytes]] | None:
    """Put the settings of the state folder back, but for those that are there already; the first part that is none of them.

    Raises:
        NoBackup: it is cut off or damaged.
        OSError: a file cannot be written.
    """
    for name, part in reader.parts():
        kind, rest = _of(name)
        if kind != "home":
            return name, part
        _put_file(settings, rest, part, read)
    return None


def rows(reader: Reader, settings: Settings, first: tuple[str, IO[bytes]] | None, read: Manifest, say: Say) -> Manifest:
    """Put the rest back: rows into both databases, which hold none, and files. The records show nothing until all of it is there.

    Raises:
        NoBackup: it is cut off or damaged, or is not what it says.
        Refused: it does not fit the tables, or a database does not have what it was given.
        StoreAway: a database cannot be reached.
    """
    with records.restoring(SYSTEM, reader.head.revision) as into:
        for name, part in _from(first, reader):
            kind, rest = _of(name)
            if kind == "home":
                _put_file(settings, rest, part, read)
                continue
            table = _table(name)
            short = table.partition("/")[2]
            if name == MANIFEST:
                manifest = _proven(reader, read, part)
                break
            if table.startswith("records/"):
                found = _records(part, read.of(table))
                into.add(short, found.columns, found.rows)
            else:
                series.load(SYSTEM, settings, short, _series(part, read.of(table)))
                say(table, _so_far(read), reader.head.rows)
        else:
            raise NoBackup("it is cut off: its end is missing")
        series.await_applied(SYSTEM)
        for table, given in sorted(manifest.tables.items()):
            kind, _, short = table.partition("/")
            there = taking.sum_of_records(into.rows(short)) if kind == "records" else taking.sum_of(settings, short)
            if there != given:
                raise Refused(f"{table} has {there.rows} rows with sum {there.sum}, not {given.rows} with sum {given.sum}")
    return manifest


def is_unfinished(settings: Settings) -> bool:
    """Whether a restore was begun here and has not ended well."""
    return (settings.home / RESTORING).exists()


@contextmanager
def begun(settings: Settings) -> Iterator[None]:
    """Note that a restore is under way, until it has ended well."""
    mark = settings.home / RESTORING
    mark.touch()
    yield
    mark.unlink()


def require_key(settings: Settings, reader: Reader) -> None:
    """Refuse to restore what could not be read afterwards.

    Raises:
        SettingsError: the secret key is another than that of the backup.
    """
    if reader.head.secret and place.secret_mark(settings) != reader.head.secret:
        raise SettingsError(
            "LOADSTAR_SECRET_KEY is not the one of the Loadstar that was backed up: second factors and passwords of brokers "
            "could not be read; set it as it was there"
        )


def _from(first: tuple[str, IO[bytes]] | None, reader: Reader) -> Iterator[tuple[str, IO[bytes]]]:
    return chain([first] if first is not None else [], reader.parts())


def _of(name: str) -> tuple[str, str]:
    """The kind of a part, and the rest of its name.

    Raises:
        NoBackup: no backup has a part of that name; nothing leads out of the state folder.
    """
    kind, _, rest = name.partition("/")
    path = PurePosixPath(rest)
    known = kind in ("records", "series") or (path.parts[:1] and path.parts[0] in (*place.FILES, *place.FOLDERS))
    if name != MANIFEST and not (known and kind in ("home", "records", "series") and ".." not in path.parts):
        raise NoBackup(f"it holds {name}, which no backup does")
    return kind, rest


def _put_file(settings: Settings, name: str, part: IO[bytes], read: Manifest) -> None:
    read.files[name] = _digest(part)
    path = settings.home / name
    if name == place.SETTINGS and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(part, file, 1 << 20)


def _digest(part: IO[bytes]) -> str:
    return hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]  # it is one


def _table(name: str) -> str:
    return name.rpartition("/")[0]


def _so_far(read: Manifest) -> int:
    return sum(each.rows for table, each in read.tables.items() if table.startswith("series/"))


def _records(part: IO[bytes], total: checksum.RowsSum) -> Part:
    try:
        found = msgspec.msgpack.decode(part.read(), type=Part)
    except msgspec.DecodeError as error:
        raise NoBackup("a part of the records cannot be read") from error
    total.add(len(found.rows), checksum.of_records(found.columns, found.rows))
    return found


def _series(part: IO[bytes], total: checksum.RowsSum) -> Iterator[pa.RecordBatch]:
    for batch in series.batches(SYSTEM, part):
        total.add(batch.num_rows, checksum.of_batch(batch))
        yield batch


def _proven(reader: Reader, read: Manifest, part: IO[bytes]) -> Manifest:
    """The manifest, which says what was read.

    Raises:
        NoBackup: it says something else.
    """
    try:
        manifest = msgspec.json.decode(part.read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise NoBackup("what it says of itself cannot be read") from error
    empty = checksum.RowsSum()
    for table in sorted({*manifest.tables, *read.tables}):
        if manifest.tables.get(table, empty) != read.tables.get(table, empty):
            raise NoBackup(f"it is damaged: {table} is not what it was")
    if manifest.files != read.files:
        raise NoBackup("it is damaged: files of the state folder are not what they were")
    for name, _ in reader.parts():
        raise NoBackup(f"it holds {name} behind its end")
    return manifest
