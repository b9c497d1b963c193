"""What stands where an import's readings go, and putting it back when the import is undone.

A row of another source under the same key is replaced for good when one is written: it has to be read before. A row that is
taken away keeps its key without a value, as one of the rollup's, which may make it anew; nothing that adds up reads those.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.quantities import INTERVAL_S
from config.settings import Settings, settings
from store.records.access.policy import Action, require
from store.scope import Scope
from store.series import bulk
from store.series.connection import frame, listed, query
from store.series.grid import EPOCH, floor, moment
from store.series.interval_sums import ROLLUP
from store.series.write import INTERVALS, TELEMETRY, Marker

KEY = ["at", "meter", "quantity", "interval_s"]
COLUMNS = [*KEY, "value", "min", "max", "count", "source", "covered_s", "known_s", "estimated_s", "lasts_s"]
NUMBERS = COLUMNS[COLUMNS.index("value") :]
NUMBERS.remove("source")
SLICES = {TELEMETRY: timedelta(days=10), INTERVALS: timedelta(days=366)}  # asked for at once of a series
_ROWS = {
    # Of a moment `estimated_s` says whether it was.
    TELEMETRY: "ts::LONG at, value, source, CASE WHEN estimated THEN 1.0 ELSE 0.0 END estimated_s, lasts_s",
    INTERVALS: 'ts::LONG at, value, source, "min", "max", "count", covered_s, known_s, estimated_s',
}
MICROSECOND, HOUR = timedelta(microseconds=1), timedelta(hours=1)
AT_ONCE = 150_000  # rows that are taken back at a time


class Keys(NamedTuple):
    """Rows of one meter, quantity and length (s; 0 of a sample): their times (µs since 1970), in order."""

    meter: str
    quantity: str
    interval_s: int
    at_us: NDArray[np.int64]

    @property
    def table(self) -> str:
        """Where they are kept."""
        return INTERVALS if self.interval_s else TELEMETRY


@dataclass(frozen=True, slots=True)
class Stored:
    """What a source has stored of one meter, quantity and length: the first and the last row, and how many."""

    meter: str
    quantity: str
    interval_s: int
    first: datetime
    last: datetime
    count: int


def standing(scope: Scope, source: str, keys: Sequence[Keys]) -> pd.DataFrame:
    """The rows of other sources than this one under these keys; columns `COLUMNS`.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    found = [
        rows[np.isin(rows["at"].to_numpy(np.int64), each.at_us)]
        for table in (TELEMETRY, INTERVALS)
        for each in _with_others(source, table, [each for each in keys if each.table == table and len(each.at_us)])
        for rows in _slices(each, f"AND source != '{source}' AND value != null")
    ]
    found = [each for each in found if len(each)]
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)


def _with_others(source: str, table: str, keys: Sequence[Keys]) -> Iterator[Keys]:
    """Those with anything of another source in their time; mostly none has, and that is one question."""
    if not keys:
        return
    lasts = "interval_s" if table == INTERVALS else "0"
    rows = query(
        f"SELECT DISTINCT meter, quantity, {lasts} lasts FROM {table} WHERE ts >= %s AND ts <= %s AND source != '{source}' "
        f"AND value != null AND meter IN ({listed(each.meter for each in keys)}) "
        f"AND quantity IN ({listed(each.quantity for each in keys)})",
        [moment(min(each.at_us[0] for each in keys)), moment(max(each.at_us[-1] for each in keys))],
    )
    there = {*rows}
    yield from (each for each in keys if (each.meter, each.quantity, each.interval_s) in there)


def _slices(of: Keys, only: str) -> Iterator[pd.DataFrame]:
    """The rows from the first to the last of the keys, some at a time."""
    start, end, step = moment(of.at_us[0]), moment(of.at_us[-1]) + MICROSECOND, SLICES[of.table]
    lasting = f"AND interval_s = {of.interval_s}" if of.interval_s else ""
    while start < end:
        stop = min(start + step, end)
        if np.searchsorted(of.at_us, _us(stop)) > np.searchsorted(of.at_us, _us(start)):
            rows = frame(
                f"SELECT {_ROWS[of.table]} FROM {of.table} WHERE ts >= %s AND ts < %s AND meter = '{of.meter}' "
                f"AND quantity = '{of.quantity}' {lasting} {only}",
                [start, stop],
            )
            made = rows.assign(meter=of.meter, quantity=of.quantity, interval_s=of.interval_s).reindex(columns=COLUMNS)
            yield made.astype(dict.fromkeys(NUMBERS, float))
        start = stop


def stored(scope: Scope, source: str) -> list[Stored]:
    """What a source has stored and is still its own.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    return [
        Stored(*row)
        for table, lasts in ((TELEMETRY, "0"), (INTERVALS, "interval_s"))
        for row in query(
            f"SELECT meter, quantity, {lasts} lasts, min(ts), max(ts), count() FROM {table} WHERE source = '{_id(source)}'"
        )
        if row[-1]
    ]


def rows_of(scope: Scope, source: str) -> Iterator[pd.DataFrame]:
    """The keys (`KEY`) of the rows of a source, of one table and in the order of time, some at a time. Raises as `stored`."""
    require(scope, Action.RUN)
    for table, lasts in ((TELEMETRY, "0"), (INTERVALS, "interval_s")):
        hours = query(f"SELECT timestamp_floor('h', ts) hour, count() FROM {table} WHERE source = '{_id(source)}' ORDER BY hour")
        for first, last in _together(hours):
            yield frame(
                f"SELECT ts::LONG at, meter, quantity, {lasts} interval_s FROM {table} "
                f"WHERE ts >= %s AND ts < %s AND source = '{_id(source)}'",
                [first, last + HOUR],
            )


def _together(hours: Sequence[tuple[datetime, int]]) -> Iterator[tuple[datetime, datetime]]:
    """The first and the last of as many hours, one after the other, as have some `AT_ONCE` rows."""
    first, size = None, 0
    for hour, count in hours:
        first, size = first or hour, size + count
        if size >= AT_ONCE:
            yield first, hour
            first, size = None, 0
    if first is not None:
        yield first, hours[-1][0]


def put_back(scope: Scope, made: Settings, keys: pd.DataFrame, before: pd.DataFrame) -> None:
    """Write the rows that stood under these keys of one table (`COLUMNS`) again; where none did, none has a value any more.

    What the rollup has made of their quarters of an hour it makes anew.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB did not take it; doing it again completes it.
    """
    require(scope, Action.RUN)
    rows = keys.merge(before, on=KEY, how="left")
    nothing = rows["source"].isna().to_numpy()
    written = pd.DataFrame(
        {
            "meter": rows["meter"].astype(object),
            "quantity": rows["quantity"].astype(object),
            "source": pd.Series(np.where(nothing, ROLLUP, rows["source"].astype(object)), dtype=object),
            "value": rows["value"].astype(float),
            "ts": rows["at"].to_numpy(np.int64).astype("datetime64[us]"),
        }
    )
    of_intervals = bool((rows["interval_s"] > 0).any())
    if of_intervals:
        numbers = {name: rows[name].astype(float) for name in ("min", "max", "covered_s", "known_s", "estimated_s")}
        count = np.where(nothing, 0, rows["count"].fillna(0)).astype(np.int64)
        written = written.assign(interval_s=rows["interval_s"].astype(np.int64), count=count, **numbers)
    else:
        written = written.assign(
            estimated=rows["estimated_s"].to_numpy(float) > 0, lasts_s=rows["lasts_s"].fillna(0).astype(np.int64)
        )
    rolled_up = rows[rows["interval_s"].isin((0, INTERVAL_S))]
    with bulk.writer(made) as sender:
        bulk.write(scope, sender, "late", bulk.late(_markers(rolled_up)))
        bulk.write(scope, sender, INTERVALS if of_intervals else TELEMETRY, written)


def _markers(rows: pd.DataFrame) -> list[Marker]:
    """What the rollup has to look at again, as far back as there are samples."""
    oldest = floor(clock.now() - timedelta(days=settings().kept_telemetry_days), INTERVAL_S)
    quarter = INTERVAL_S * 1_000_000
    spans = rows[rows["at"] >= _us(oldest)].groupby("meter")["at"].agg(["min", "max"]).to_records().tolist()
    return [(meter, first - first % quarter, last - last % quarter + quarter) for meter, first, last in spans]


def _id(source: str) -> str:
    return listed([source])[1:-1]


def _us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND
