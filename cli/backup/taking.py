"""Writes a backup while everything goes on.

The records are read first, at one moment. What was acknowledged until then is waited for, and the series are read after it:
so nothing that the records speak of is missing, and no reading that was acknowledged before the backup began. A restored
Loadstar may have readings of meters that were made a moment later; nobody sees them. Files come last: what an import is
about to replace is in one before it is replaced.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from cli.backup import place
from cli.backup.archive import FORMAT, HEAD, MANIFEST, SPOOLED_BYTES, Head, Manifest, Writer
from cli.main import VERSION
from config.clock import now
from config.settings import Settings
from store import checksum
from store.records.transaction import rows as records
from store.scope import SYSTEM
from store.series import connection
from store.series import rows as series

PATIENT_S = 60.0  # with a QuestDB that is busy with what devices post and people look at, or is started again
Say = Callable[[str, int, int], None]  # a table, and how many rows of how many are done


def take(settings: Settings, into: IO[bytes], passphrase: str | None, say: Say) -> Manifest:
    """Write everything into a file; what it holds.

    Raises:
        StoreAway: a database cannot be reached.
        StoreFull: QuestDB has suspended a table, whose rows would be missing.
        OSError: the file cannot be written.
    """
    with Writer(into, passphrase) as writer, connection.patiently(PATIENT_S):
        manifest = _write(settings, writer, say)
        writer.finish()
    return manifest


def _write(settings: Settings, writer: Writer, say: Say) -> Manifest:
    manifest = Manifest()
    with records.snapshot(SYSTEM) as snapshot:
        expected = sum(series.count(SYSTEM).values())
        mark = place.secret_mark(settings)
        head = Head(FORMAT, VERSION, now(), snapshot.revision, mark, expected, series.size(SYSTEM))
        writer.add(HEAD, msgspec.json.format(msgspec.json.encode(head)))
        for path in place.files(settings):
            _add_file(writer, manifest, settings, path)
        for table in snapshot.tables():
            for number, (columns, rows) in enumerate(snapshot.rows(table)):
                manifest.of(f"records/{table}").add(len(rows), checksum.of_records(columns, rows))
                part = {"columns": columns, "rows": [list(row) for row in rows]}
                writer.add(f"records/{table}/{number:05}.msgpack", msgspec.msgpack.encode(part))
    series.await_applied(SYSTEM)
    done = 0
    for table in series.names(SYSTEM):
        manifest.of(f"series/{table}")
        for number, piece in enumerate(series.parts(SYSTEM, settings, table)):
            with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as file:
                piece.copy(file)
                done += _count(file, manifest.of(f"series/{table}"))
                writer.add(f"series/{table}/{number:05}.parquet", file)
            say(table, done, max(done, expected))
    for path in place.folders(settings):
        with suppress(FileNotFoundError):  # it was in use, and is not any more
            _add_file(writer, manifest, settings, path)
    writer.add(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _add_file(writer: Writer, manifest: Manifest, settings: Settings, path: Path) -> None:
    name = path.relative_to(settings.home).as_posix()
    with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as copy, path.open("rb") as file:
        shutil.copyfileobj(file, copy, 1 << 20)  # it may grow meanwhile
        copy.seek(0)
        manifest.files[name] = hashlib.file_digest(copy, "sha256").hexdigest()
        writer.add(f"home/{name}", copy)


def _count(file: IO[bytes], total: checksum.RowsSum) -> int:
    rows = 0
    for batch in series.batches(SYSTEM, file):
        total.add(batch.num_rows, checksum.of_batch(batch))
        rows += batch.num_rows
    return rows


def sum_of(settings: Settings, table: str) -> checksum.RowsSum:
    """The rows of a table of the series as they are now, and their sum.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    total = checksum.RowsSum()
    for part in series.parts(SYSTEM, settings, table):
        with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as file:
            part.copy(file)
            _count(file, total)
    return total


def sum_of_records(given: Iterable[tuple[list[str], records.Rows]]) -> checksum.RowsSum:
    """The same of a table of the records."""
    total = checksum.RowsSum()
    for columns, rows in given:
        total.add(len(rows), checksum.of_records(columns, rows))
    return total
