"""All rows of the series' tables, as they are: out of one QuestDB, a part of a partition at a time, and into an empty one.

The server writes Parquet as it reads (`/exp`, streamed: three million samples in 0.2 s, where its rows as text take 2 s), so a
server on another machine is read like one that is here, and what it wrote is read by whatever version comes later.
"""

import base64
import http.client
import re
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import IO, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from questdb import QuestDBError

from config.settings import Settings
from store.errors import Refused, StoreAway, StoreFull
from store.scope import Scope
from store.series import bulk, health, tables
from store.series.connection import execute, persistently, query

# How far the rollup and the flags have come is read before what they have made, and what is late after the samples: what is
# restored is then rolled up once more where the two may not fit.
FIRST, LAST = ("rollups", "retention", "flagging"), ("late",)
PART_ROWS = 500_000  # 25 bytes each of a sample, before they are packed
BATCH_ROWS = 65_536
PATIENT_S = 120.0  # for QuestDB to get on with what is committed
ANSWER_S = 300.0
LOOK_S = 0.05
_TABLE = re.compile(r"[a-z_]+")


def names(scope: Scope) -> list[str]:
    """The tables, in the order that they are read in."""
    _require_own(scope)
    others = [name for name in tables.TABLES if name not in (*FIRST, *LAST)]
    return [*FIRST, *others, *LAST]


def await_applied(scope: Scope) -> None:
    """Wait until everything that is committed now can be read.

    Raises:
        StoreFull: a table is suspended, and would not get there.
        StoreAway: QuestDB cannot be reached, or does not get on.
    """
    _require_own(scope)

    def state() -> dict[str, tuple[int, int]]:
        rows = query("SELECT name, writerTxn, sequencerTxn FROM wal_tables()")
        return {name: (written, committed) for name, written, committed in rows if name in tables.TABLES}

    def behind() -> dict[str, int]:
        now = state()
        return {name: committed - now[name][0] for name, committed in wanted.items() if now[name][0] < committed}

    wanted = {name: committed for name, (_, committed) in state().items()}
    before, deadline = behind(), time.monotonic() + PATIENT_S
    while left := behind():
        if suspended := [table.name for table in health.tables() if table.suspended and table.name in left]:
            raise StoreFull(f"QuestDB has suspended {', '.join(suspended)}: what it has to itself would be missing")
        if left != before:
            before, deadline = left, time.monotonic() + PATIENT_S
        if time.monotonic() > deadline:
            raise StoreAway(f"QuestDB does not get on with what was committed to {', '.join(left)}")
        time.sleep(LOOK_S)


def count(scope: Scope) -> dict[str, int]:
    """How many rows each table has.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    return {name: query(f"SELECT count() FROM {name}")[0][0] for name in names(scope)}


def size(scope: Scope) -> int:
    """The bytes that the tables' partitions take on their disk.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    found = [query(f"SELECT sum(diskSize) FROM table_partitions('{name}')")[0][0] for name in names(scope)]
    return sum(each or 0 for each in found)


class Piece(NamedTuple):
    """A part of a table, which is yet to be read."""

    settings: Settings
    sql: str

    def copy(self, into: IO[bytes]) -> None:
        """Write it as a Parquet file.

        Raises:
            StoreAway: QuestDB cannot be reached, or stops in the middle.
        """

        def copied() -> None:
            into.seek(0)
            into.truncate()
            into.writelines(_exported(self.settings, self.sql))

        persistently(copied)


def parts(scope: Scope, settings: Settings, table: str) -> Iterator[Piece]:
    """Each part of a table; together they are all of it.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    _require_own(scope)
    _require_name(table)
    (designated,) = query("SELECT designatedTimestamp FROM tables() WHERE table_name = %s", [table])[0]
    edges = [None, *_edges(table), None]
    for start, end in pairwise(edges):
        bounds = [f"{designated} >= {start}"] * (start is not None) + [f"{designated} < {end}"] * (end is not None)
        yield Piece(settings, f"SELECT * FROM {table}" + f" WHERE {' AND '.join(bounds)}" * bool(bounds))


def batches(scope: Scope, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    """The rows of a part, some ten thousand at a time; texts that repeat themselves are kept once.

    It is encoded here: pyarrow 26 reads what QuestDB has encoded with the dictionary of another row group.

    Raises:
        Refused: it is no such file.
    """
    _require_own(scope)
    try:
        for batch in pq.ParquetFile(file).iter_batches(BATCH_ROWS):
            encoded = [each.dictionary_encode() if pa.types.is_string(each.type) else each for each in batch.columns]
            yield pa.RecordBatch.from_arrays(encoded, batch.schema.names)
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"a part of the series cannot be read: {error}") from error


def load(scope: Scope, settings: Settings, table: str, given: Iterable[pa.RecordBatch]) -> None:
    """Write rows into a table, as they are.

    Raises:
        Refused: there is no such table.
        StoreAway: QuestDB does not take them.
    """
    _require_own(scope)
    _require_name(table)
    described = query(f"SELECT \"column\", type, designated FROM table_columns('{table}')")
    symbols = {name for name, kind, _ in described if kind == "SYMBOL"}
    at = next(name for name, _, designated in described if designated)
    with bulk.writer(settings) as sender:
        for batch in given:
            for frame in _frames(batch):
                shown = [name for name in frame.columns if name in symbols]
                try:
                    sender.dataframe(frame, table_name=table, symbols=shown, at=at)
                    sender.flush()
                except QuestDBError as error:
                    raise StoreAway(f"QuestDB does not take {table}: {error}") from error


def empty(scope: Scope) -> None:
    """Remove all rows, those of a restore that was not finished.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    for name in names(scope):
        execute(f"TRUNCATE TABLE {name}")


def _require_own(scope: Scope) -> None:
    if not scope.everything:
        raise Refused("only Loadstar itself copies the series")


def _require_name(table: str) -> None:
    if table not in tables.TABLES or not _TABLE.fullmatch(table):
        raise Refused(f"the series have no table {table}")


def _edges(table: str) -> list[int]:
    """The moments, in µs since 1970, that cut the table into parts of about as many rows as one shall have."""
    found = query(f"SELECT minTimestamp, maxTimestamp, numRows FROM table_partitions('{table}')")
    starts: set[int] = set()
    for first, last, rows in found:
        if not rows:
            continue
        pieces = -(-rows // PART_ROWS)
        low, high = _us(first), _us(last)
        starts.update(low + (high - low) * piece // pieces for piece in range(pieces))
    return sorted(starts)[1:]  # what lies before the first belongs to it


def _us(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def _exported(settings: Settings, sql: str) -> Iterator[bytes]:
    password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
    token = base64.b64encode(f"{settings.questdb_user}:{password}".encode()).decode()
    asked = urllib.parse.urlencode({"query": sql, "fmt": "parquet", "compression_codec": "uncompressed"})
    address = http.client.HTTPConnection(settings.questdb_host, settings.questdb_http_port, timeout=ANSWER_S)
    try:
        with closing(address) as connection:
            connection.request("GET", f"/exp?{asked}", headers={"Authorization": f"Basic {token}"})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise StoreAway(f"QuestDB does not export: {answer.read(500).decode(errors='replace')}")
            while data := answer.read(1 << 20):
                yield data
    except (OSError, http.client.HTTPException) as error:
        raise StoreAway(f"QuestDB cannot be reached: {error or type(error).__name__}") from error


def _frames(batch: pa.RecordBatch) -> Iterator[pd.DataFrame]:
    """The rows for the client, which knows no whole number or truth that is absent: rows that lack one lack its column."""
    batch = batch.select([name for name in batch.schema.names if batch.column(name).null_count < batch.num_rows])
    whole = [
        name
        for name, kind in zip(batch.schema.names, batch.schema.types, strict=True)
        if batch.column(name).null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind))
    ]
    if not whole:
        yield batch.to_pandas()
        return
    there = np.asarray(batch.column(whole[0]).is_valid())
    yield from _frames(batch.filter(pa.array(there)))
    yield from _frames(batch.filter(pa.array(~there)).drop_columns(whole[:1]))
