"""The energy that samples of counters and powers tell of, by closed quarters, as `store.series.energy` reads it again.

It is computed by the same functions as that of the open quarter, and kept as `derived_energy_kwh`.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from config.settings import settings
from models.energy import Floats
from store.records.plant.declarations import declaring
from store.scope import SYSTEM
from store.series import amendments, bulk, counters, estimated, quarters, short_intervals
from store.series.connection import frame, listed, query
from store.series.counters import COUNTERS, Register
from store.series.declared import Span, spans
from store.series.energy_of_intervals import DERIVED
from store.series.energy_of_samples import POWER, from_samples
from store.series.grid import ceil, floor
from store.series.interval_sums import ROLLUP
from store.series.pieces import REGISTERS, Pieces
from store.series.write import INTERVALS

QUARTERS_AT_ONCE = 100_000  # of energy, computed together
HOLDS = counters.patience(90_000)  # a sample of power, at the slowest rhythm
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
BESIDE = timedelta(seconds=3 * INTERVAL_S)  # before a stretch: samples of power that may hold into it
PARTS = ["kwh", "covered_s", "known_s", "estimated_s"]  # of a quarter


def derive(start: datetime, end: datetime, series_ids: Collection[str] | None, closed: datetime) -> None:
    """Make the energy that the samples of counters and powers in [start, end) tell of, of all series or of these.

    What a counter counted between two readings is told by both, and a sample of power holds until the next: a reading
    changes all that lies between those beside it, be they months away. No quarter from `closed` on is made.
    """
    meters = declaring(SYSTEM, series_ids if series_ids is not None else _deriving(start, end))
    with bulk.writer(settings()) as sender:
        for (first, until), registers in _reached(meters, start, end, closed).items():
            said = estimated.samples({meter for meter, _ in registers}, first - BESIDE, until + MOMENT)
            at_once = timedelta(seconds=INTERVAL_S) * max(QUARTERS_AT_ONCE // len(registers), 96)
            while first < until:
                stop = min(first + at_once, until)
                bulk.write(SYSTEM, sender, INTERVALS, _intervals(_energies(registers, said, first, stop)))
                first = stop


def _reached(
    meters: Collection[str], start: datetime, end: datetime, closed: datetime
) -> dict[tuple[datetime, datetime], set[Register]]:
    """The registers of energy that readings in [start, end) tell of, by the closed quarters in which they do."""
    registers: dict[tuple[datetime, datetime], set[Register]] = {}
    by_patience: dict[timedelta, set[str]] = {}
    for span, ids in spans(SYSTEM, meters, start, end).items():
        if span.method == "power":
            reach = _quarters(start - counters.patience(span.interval_s), end + counters.patience(span.interval_s), closed)
            registers.setdefault(reach, set()).update((meter, name) for meter in ids for name in DERIVED.values())
        elif span.method == "interval" and span.sampled:
            # Only what begins off the grid: the others are added up in the database.
            longer = timedelta(seconds=span.interval_s)
            if across := short_intervals.across_quarters(ids, start, end, span.interval_s):
                registers.setdefault(_quarters(start - longer, end + longer, closed), set()).update(across)
        elif span.method == "counter":
            by_patience.setdefault(counters.patience(span.interval_s), set()).update(ids)
    for patience, those in by_patience.items():
        read = {register for register in _read(start, end) if register[0] in those}
        before = _moments(counters.previous(read, BEGINNING, start - patience))
        unknown = read - before.keys()
        gone = unknown - _moments(counters.previous(unknown, start - patience, start)).keys()
        before |= _moments(counters.kept_before(gone, BEGINNING, start))
        after = _moments(counters.following({meter for meter, _ in read}, end + patience, closed))
        for meter, name in read:
            since, until = before.get((meter, name), start - patience), after.get((meter, name), end + patience)
            registers.setdefault(_quarters(since, until + MOMENT, closed), set()).add((meter, COUNTERS[name]))
    return registers


def _quarters(start: datetime, end: datetime, closed: datetime) -> tuple[datetime, datetime]:
    return floor(start, INTERVAL_S), min(ceil(end, INTERVAL_S), closed)


def _moments(readings: pd.DataFrame) -> dict[Register, datetime]:
    return {
        (meter, name): ts.to_pydatetime()
        for meter, name, ts in zip(readings["meter"], readings["quantity"], readings["ts"], strict=True)
    }


def _read(start: datetime, end: datetime) -> set[Register]:
    """The counters that were read in [start, end), or of which a person says what was read."""
    which = f"WHERE ts >= %s AND ts < %s AND quantity IN ({listed(COUNTERS)})"
    return {
        (meter, name)
        for table in ("telemetry", "amendments")
        for meter, name in query(f"SELECT DISTINCT meter, quantity FROM {table} {which}", [start, end])
    }


def _energies(registers: Collection[Register], said: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """The energy of each quarter of [start, end); nothing for those that had some and have none any more.

    `said`: the samples that are their senders' estimates.
    """
    meters = sorted({meter for meter, _ in registers})
    edges_s = np.arange(start.timestamp(), end.timestamp() + 1, INTERVAL_S)
    frames = [
        _rows(span, ids, from_samples(span, ids, span.start, span.end, INTERVAL_S), said, edges_s)
        for span, ids in spans(SYSTEM, meters, start, end).items()
        if span.sampled or span.method == "power"
    ]
    frames.append(_emptied(meters, start, end))
    rows = pd.concat([each for each in frames if len(each)] or frames[-1:], ignore_index=True)
    # Two declarations may meet within a quarter: their parts are one row.
    rows = rows.groupby(["meter", "register", "quantity", "ts"], as_index=False, sort=False).sum()
    wanted = np.array([each in registers for each in zip(rows["meter"], rows["register"], strict=True)], bool)
    return _untold(rows[wanted], start, end)


def _untold(rows: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """Without the quarters that a device or a file told itself: they stand."""
    if rows["quantity"].isin(list(DERIVED)).all():
        return rows
    told = frame(quarters.told(*(f"'{each.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'" for each in (start, end))))
    told["ts"] = pd.DatetimeIndex(told["ts"]).as_unit("us").asi8
    return amendments.without(rows, told)


def _intervals(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `intervals`.

    `value` is the energy (kWh), `covered_s` for how long something was heard (`count`: whether anything was), `known_s` the part
    of the quarter that the energy is of, `estimated_s` that of which its sender says that it is an estimate, and `min` and `max`
    are the mean power (kW) over it.
    """
    kwh, covered_s, known_s, estimated_s = (rows[name].to_numpy(float) for name in PARTS)
    kw = 3600 * kwh / np.where(known_s > 0, known_s, INTERVAL_S)
    meter, quantity = (rows[name].to_numpy(object) for name in ("meter", "quantity"))
    ts = rows["ts"].to_numpy(np.int64)
    quarters = bulk.intervals(ts, meter, quantity, kwh, ROLLUP, interval_s=INTERVAL_S, extremes=(kw, kw), estimated_s=estimated_s)
    return quarters.assign(count=(covered_s > 0).astype(np.int64), covered_s=covered_s, known_s=known_s)


def _emptied(meters: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """Nothing for each quarter made before: what remains of one all of whose samples are void by now."""
    rows = frame(
        f"SELECT ts, meter, quantity FROM intervals WHERE ts >= %s AND ts < %s AND interval_s = {INTERVAL_S} "
        f"AND meter IN ({listed(meters)}) AND quantity IN ({listed(DERIVED)})",
        [start, end],
    )
    micros = pd.DatetimeIndex(rows["ts"]).as_unit("us").asi8
    zeros = dict.fromkeys(PARTS, 0.0)
    registers = rows["quantity"].map(DERIVED)
    return pd.DataFrame({"meter": rows["meter"], "register": registers, "quantity": rows["quantity"], "ts": micros, **zeros})


def _rows(span: Span, ids: Sequence[str], told: Pieces, said: pd.DataFrame, edges_s: Floats) -> pd.DataFrame:
    """The energy (kWh) of each quarter with something in it, the seconds heard of, those that it is of, and those estimated."""
    kwh, covered_s, known_s = told.sums(edges_s, len(ids))
    at = register, meter, quarter = np.nonzero((kwh != 0) | (covered_s > 0))
    kept = REGISTERS if span.method == "interval" else [*DERIVED]
    return pd.DataFrame(
        {
            "meter": np.array(ids, object)[meter],
            "register": np.array(REGISTERS, object)[register],
            "quantity": np.array(kept, object)[register],
            "ts": (edges_s[quarter] * 1e6).astype(np.int64),
            "kwh": kwh[at],
            "covered_s": np.minimum(covered_s[at], INTERVAL_S),
            "known_s": known_s[at],
            "estimated_s": np.minimum(estimated.of_samples(span, ids, said, edges_s)[at], known_s[at]),
        }
    )


def _deriving(start: datetime, end: datetime) -> list[str]:
    """Meters whose samples tell of the range: those in it, power that still holds, and energies that reach into it."""
    which = (
        f"ts < %s AND (ts >= %s AND quantity IN ({listed(COUNTERS)}) OR ts >= %s AND quantity = %s "
        f"OR ts >= %s AND quantity IN ({listed(short_intervals.REGISTERS)}))"
    )
    rows = query(
        f"SELECT DISTINCT meter FROM telemetry WHERE ts >= %s AND {which}",
        [start - HOLDS, end, start, start - HOLDS, POWER, start - timedelta(seconds=INTERVAL_S)],
    )
    return [meter for (meter,) in rows]
