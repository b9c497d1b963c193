"""Samples become 15-minute intervals: each quarter once it is over, and again when late samples or amendments arrive.

Means, sums, extremes and counts are made inside QuestDB. The energy of counters and powers is computed by
`store.series.energy`, the same as for the open quarter, and kept as `derived_energy_kwh`. Doing a quarter again writes
the same rows over themselves.
"""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S, QUANTITIES, Kind
from config.settings import settings
from models import energy as arithmetic
from store.errors import Refused, StoreError
from store.scope import Scope
from store.series import checkpoint, counters, energy, last, samples
from store.series.checkpoint import NEVER, Checkpoint
from store.series.connection import execute, frame, listed, query
from store.series.counters import COUNTERS, LOOK_BACK
from store.series.energy import DERIVED, floor
from store.series.write import INTERVALS, MARKER_HOLDS_S, NOW, Writer, now_us

QUARTER = timedelta(seconds=INTERVAL_S)
SOURCE = "rollup"
GRACE = timedelta(seconds=75)  # a reading that came before the quarter's end is stored by then, and a minute's counter read again
MARKED_WITHIN = timedelta(minutes=2)  # a marker is written this long after its own time at most
AT_ONCE = timedelta(days=1)  # samples of one day are aggregated in a statement
APPLY_S = 30.0
LINES_AT_ONCE = 20_000
REGISTER_OF = {register: derived for derived, register in DERIVED.items()}


class Marker(NamedTuple):
    """Samples of a meter arrive for quarters in [ts, ts_end) that are over; they may still do so for `MARKER_HOLDS_S`."""

    received_at: datetime
    meter: str
    ts: datetime
    ts_end: datetime


_handled: set[Marker] = set()  # by this process; doing one again after a restart does no harm


def catch_up(scope: Scope, now: datetime | None = None) -> int:
    """Roll up every quarter that is over and not done, and those that late samples have changed; returns how many rows.

    Safe to run again and after any interruption: the checkpoint is written last.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    _require_own(scope)
    done, began = checkpoint.read(), datetime.now(UTC)
    until = floor(now or datetime.now(UTC) - GRACE, INTERVAL_S)
    # Markers first: a sample that becomes visible after them has a marker of its own still to come.
    late = _new_markers(done.late_to)
    if not await_applied(("telemetry", "late", "amendments"), APPLY_S):
        return 0
    start = done.rolled_to if done.rolled_to > NEVER else _first_sample(until)
    made = 0
    if start < until:
        made = roll_up(scope, start, until) + _bridge(scope, start, until)
    made += _roll_up_late(scope, late, start)
    last.keep(scope, _earliest(late))
    reached = Checkpoint(max(until, done.rolled_to), max([done.late_to, *(marker.received_at for marker in late)]))
    if made and not await_applied(("intervals",), APPLY_S):
        return made
    if reached != done:
        checkpoint.write(reached)
        await_applied(("rollups",), APPLY_S)
    _handled.update(marker for marker in late if marker.received_at < began - timedelta(seconds=MARKER_HOLDS_S))
    return made


def _new_markers(late_to: datetime) -> list[Marker]:
    """Markers not handled for good. One is dated before it is written, so those of the last minutes are looked through again."""
    oldest = late_to - MARKED_WITHIN if late_to > NEVER else late_to
    _handled.difference_update([marker for marker in _handled if marker[0] < oldest])
    end = f"coalesce(ts_end, dateadd('s', {INTERVAL_S}, ts))"  # of markers from when each was of one quarter
    rows = query(f"SELECT received_at, meter, ts, {end} FROM late WHERE received_at > %s ORDER BY received_at", [oldest])
    return [marker for row in rows if (marker := Marker(*row)) not in _handled]


def _earliest(late: Iterable[Marker]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for _, meter, ts, _ in late:
        found[meter] = min(ts, found.get(meter, ts))
    return found


def _bridge(scope: Scope, start: datetime, end: datetime) -> int:
    """Quarters before `start` of counters that go on in [start, end): what they counted since their last reading is known now.

    For most it is the quarter just before; for one that was silent, all that it was silent in.
    """
    meters = _deriving(start, end, None, tuple(COUNTERS))
    since = datetime.now(UTC) - timedelta(days=settings().kept_telemetry_days)
    by_quarter: dict[datetime, set[str]] = {}
    for meter, ts in counters.last_read(meters, since, start).items():
        by_quarter.setdefault(floor(ts, INTERVAL_S), set()).add(meter)
    return sum(_derive(scope, quarter, start, ids) for quarter, ids in sorted(by_quarter.items()))


def roll_up(scope: Scope, start: datetime, end: datetime, series_ids: Collection[str] | None = None) -> int:
    """Make the quarters of [start, end) from their samples, of all series or of these; returns how many rows."""
    _require_own(scope)
    start, made = floor(start, INTERVAL_S), 0
    while start < end:
        stop = min(start + AT_ONCE, end)
        made += _aggregate(start, stop, series_ids)
        made += _derive(scope, start, stop, series_ids)
        start = stop
    return made


def await_applied(names: Collection[str], within_s: float) -> bool:
    """Wait until everything that is committed to the tables now can be read; False when it takes longer."""

    def state() -> dict[str, tuple[int, int]]:
        rows = query(f"SELECT name, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN ({listed(names)})")
        return {name: (written, committed) for name, written, committed in rows}

    wanted = {name: committed for name, (_, committed) in state().items()}
    deadline = time.monotonic() + within_s
    while any(state()[name][0] < committed for name, committed in wanted.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _require_own(scope: Scope) -> None:
    if not scope.everything:
        raise Refused("only Loadstar itself rolls up")


def _first_sample(otherwise: datetime) -> datetime:
    rows = query("SELECT min(ts) FROM telemetry")
    return floor(rows[0][0], INTERVAL_S) if rows and rows[0][0] is not None else otherwise


def _roll_up_late(scope: Scope, late: Iterable[Marker], before: datetime) -> int:
    """Do again the quarters that markers name; those from `before` on have just been done."""
    oldest = datetime.now(UTC) - timedelta(days=settings().kept_telemetry_days)
    by_quarter: dict[datetime, set[str]] = {}
    for _, meter, ts, ts_end in late:
        # Beyond what is kept the samples are gone, and making a quarter of nothing would empty it.
        quarter = floor(max(ts, oldest + QUARTER), INTERVAL_S)
        while quarter < min(ts_end, before):
            by_quarter.setdefault(quarter, set()).add(meter)
            quarter += QUARTER
    made = 0
    for start, end, meters in _runs(by_quarter):
        made += roll_up(scope, start, end, meters)
        made += _derive_neighbours(scope, start, end, meters, before)
    return made


def _runs(by_quarter: dict[datetime, set[str]]) -> Iterable[tuple[datetime, datetime, set[str]]]:
    """Successive quarters of the same meters as one range."""
    start = end = None
    meters: set[str] = set()
    for quarter in sorted(by_quarter):
        if start is not None and quarter == end and by_quarter[quarter] == meters:
            end = quarter + QUARTER
            continue
        if start is not None and end is not None:
            yield start, end, meters
        start, end, meters = quarter, quarter + QUARTER, by_quarter[quarter]
    if start is not None and end is not None:
        yield start, end, meters


def _derive_neighbours(scope: Scope, start: datetime, end: datetime, meters: Collection[str], before: datetime) -> int:
    """A late reading of a counter also changes the quarters between it and the readings beside it."""
    where = f"meter IN ({listed(meters)}) AND quantity IN ({listed(COUNTERS)})"
    rows = query(f"SELECT max(ts) FROM telemetry WHERE ts >= %s AND ts < %s AND {where}", [start - LOOK_BACK, start])
    first = floor(rows[0][0], INTERVAL_S) if rows and rows[0][0] is not None else start
    rows = query(f"SELECT min(ts) FROM telemetry WHERE ts >= %s AND ts < %s AND {where}", [end, end + LOOK_BACK])
    last = floor(rows[0][0], INTERVAL_S) + QUARTER if rows and rows[0][0] is not None else end
    made = _derive(scope, first, start, meters) if first < start else 0
    return made + (_derive(scope, end, min(last, before), meters) if end < min(last, before) else 0)


def _aggregate(start: datetime, end: datetime, series_ids: Collection[str] | None) -> int:
    """Every quantity of every series, inside QuestDB; quarters with amended samples again, from their effective samples."""
    only = f"AND meter IN ({listed(series_ids)})" if series_ids is not None else ""
    added, read = (
        listed(name for name, quantity in QUANTITIES.items() if quantity.kind is kind) for kind in (Kind.ENERGY, Kind.COUNTER)
    )
    first, last = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'" for moment in (start, end))
    # All text here is ours: times, names of quantities, and ids made by `store.ids`. A quarter that a device or a file told
    # itself stands.
    execute(
        f"""INSERT INTO intervals
            SELECT made.ts, made.meter, made.quantity, {INTERVAL_S}, CASE WHEN made.quantity IN ({added}) THEN total
                WHEN made.quantity IN ({read}) THEN last ELSE mean END, least, greatest, count::INT, '{SOURCE}', now()
            FROM (SELECT ts, meter, quantity, sum(value) total, avg(value) mean, last(value) last, min(value) least,
                max(value) greatest, count() count FROM telemetry
                WHERE ts >= {first} AND ts < {last} AND value != null {only} SAMPLE BY 15m) made
            LEFT JOIN ({_told(first, last)}) told
                ON made.ts = told.ts AND made.meter = told.meter AND made.quantity = told.quantity
            WHERE told.meter = null"""
    )
    rows = query("SELECT DISTINCT meter, quantity FROM amendments WHERE ts >= %s AND ts < %s AND interval_s = 0", [start, end])
    amended = [(meter, quantity) for meter, quantity in rows if series_ids is None or meter in series_ids]
    told = {*query(_told(first, last))} if amended else set()
    for meter, quantity in amended:
        _aggregate_amended(meter, quantity, start, end, {ts for ts, *series in told if series == [meter, quantity]})
    counted = query("SELECT count() FROM telemetry WHERE ts >= %s AND ts < %s", [start, end])
    return int(counted[0][0])


def _told(first: str, last: str) -> str:
    """The quarters that do not come from the rollup."""
    return (
        f"SELECT ts, meter, quantity FROM intervals "
        f"WHERE ts >= {first} AND ts < {last} AND interval_s = {INTERVAL_S} AND source != '{SOURCE}'"
    )


def _aggregate_amended(meter: str, quantity: str, start: datetime, end: datetime, told: Collection[datetime]) -> None:
    every = query(
        "SELECT DISTINCT ts FROM amendments WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND interval_s = 0",
        [start, end, meter, quantity],
    )
    kind = QUANTITIES[quantity].kind
    value = {Kind.ENERGY: "total", Kind.COUNTER: "last"}.get(kind, "mean")
    found = samples.aggregates([meter], [quantity], start, end, INTERVAL_S, [value, "least", "greatest", "count"]).set_index("ts")
    rows = []
    for quarter in sorted({floor(ts, INTERVAL_S) for (ts,) in every}.difference(told)):
        numbers, count = "null, null, null", 0  # every sample of the quarter is void
        if quarter in found.index:
            row: Any = found.loc[quarter].to_dict()
            numbers, count = ", ".join(repr(float(row[name])) for name in (value, "least", "greatest")), int(row["count"])
        moment = int(quarter.timestamp() * 1e6)
        rows.append(f"({moment}, '{meter}', '{quantity}', {INTERVAL_S}, {numbers}, {count}, '{SOURCE}', now())")
    if rows:
        execute(f"INSERT INTO intervals VALUES {', '.join(rows)}")


def _derive(scope: Scope, start: datetime, end: datetime, series_ids: Collection[str] | None) -> int:
    """The energy of counters and powers that come more often than every quarter."""
    meters = _deriving(start, end, series_ids, (*COUNTERS, energy.POWER))
    if not meters:
        return 0
    edges_s = np.arange(start.timestamp(), end.timestamp() + 1, INTERVAL_S)
    frames = [
        _rows(piece, edges_s, span.interval_s)
        for span, ids in energy.spans(scope, meters, start, end).items()
        if span.method != "interval" and span.sampled
        for piece in energy.from_samples(span, ids, span.start, span.end, INTERVAL_S)
    ]
    if series_ids is not None:
        frames.append(_emptied(meters, start, end))
    rows = pd.concat([each for each in frames if len(each)], ignore_index=True) if any(map(len, frames)) else pd.DataFrame()
    if rows.empty:
        return 0
    # Two declarations may meet within a quarter: their parts are one row.
    rows = rows.groupby(["meter", "quantity", "ts"], as_index=False, sort=False).sum()
    kw = 3600 * rows["kwh"] / rows["known_s"].where(rows["known_s"] > 0, INTERVAL_S)
    _write(
        f"{INTERVALS},meter={meter},quantity={quantity},source={SOURCE} received_at={NOW}t,interval_s={INTERVAL_S}i,"
        f"count={count:.0f}i,value={kwh!r},min={mean!r},max={mean!r} {ts}\n"
        for meter, quantity, count, kwh, mean, ts in zip(
            rows["meter"], rows["quantity"], rows["count"], rows["kwh"].tolist(), kw.tolist(), rows["ts"], strict=True
        )
    )
    return len(rows)


def _write(lines: Iterable[str]) -> None:
    writer = Writer(settings())
    try:
        for part in _batched(lines, LINES_AT_ONCE):
            if refused := writer.write(part, now_us()):
                raise StoreError(f"QuestDB refuses what the rollup made: {next(iter(refused.values()))}")
    finally:
        writer.close()


def _batched(lines: Iterable[str], size: int) -> Iterable[list[str]]:
    """The lines in lists of at most that many."""
    left = iter(lines)
    while part := list(islice(left, size)):
        yield part


def _emptied(meters: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """Nothing for each quarter made before: what remains of one all of whose samples are void by now."""
    found = frame(
        f"SELECT ts, meter, quantity FROM intervals WHERE ts >= %s AND ts < %s AND interval_s = {INTERVAL_S} "
        f"AND meter IN ({listed(meters)}) AND quantity IN ({listed(DERIVED)})",
        [start, end],
    )
    micros = pd.DatetimeIndex(found["ts"]).as_unit("us").asi8
    return found.assign(ts=micros, kwh=0.0, count=0.0, known_s=0.0)


def _rows(piece: energy.Piece, edges_s: energy.Floats, interval_s: int) -> pd.DataFrame:
    """The energy of each quarter with something in it.

    They become rows of `intervals`: `value` is the energy (kWh), `count` the readings, `min` and `max` the mean power (kW)
    over the part of the quarter that the energy is of.
    """
    kwh, covered, known = (
        arithmetic.spread(edges_s, piece.starts_s, piece.lasting_s, amounts)
        for amounts in (piece.kwh, piece.covered_s, piece.known_s)
    )
    # A reading of a longer interval covers quarters that it is not in.
    count = np.round(covered / interval_s) if interval_s <= INTERVAL_S else np.round(covered / INTERVAL_S)
    there = (kwh != 0) | (count > 0)
    ts = (edges_s[:-1][there] * 1e6).astype(np.int64)
    quantity = REGISTER_OF[piece.register]
    return pd.DataFrame(
        {"meter": piece.meter, "quantity": quantity, "ts": ts, "kwh": kwh[there], "count": count[there], "known_s": known[there]}
    )


def _deriving(start: datetime, end: datetime, series_ids: Collection[str] | None, names: Collection[str]) -> list[str]:
    """Meters with samples of these quantities in the range."""
    rows = query(
        f"SELECT DISTINCT meter FROM telemetry WHERE ts >= %s AND ts < %s AND quantity IN ({listed(names)})",
        [start, end],
    )
    return [meter for (meter,) in rows if series_ids is None or meter in series_ids]
