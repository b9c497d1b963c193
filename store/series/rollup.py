"""Samples become 15-minute intervals: each quarter once it is over, and again when late samples or amendments arrive.

Means, sums, extremes and counts are made inside QuestDB. The energy of counters and powers is computed by
`store.series.energy`, the same as for the open quarter, and kept as `derived_energy_kwh`. Doing a quarter again writes
the same rows over themselves.
"""

import logging
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from config import clock
from config.quantities import INTERVAL_S, QUANTITIES, Kind
from config.settings import settings
from models import energy as arithmetic
from store.errors import Refused, StoreError
from store.records.plant import restatements
from store.records.plant.meters import declaring
from store.scope import Scope
from store.series import amendments, checkpoint, counters, energy, last, samples, short_intervals
from store.series.backlog import Backlog
from store.series.checkpoint import GRACE, NEVER, Checkpoint
from store.series.connection import execute, frame, listed, query
from store.series.counters import COUNTERS, Register
from store.series.energy import DERIVED, ceil, floor
from store.series.write import INTERVALS, NOW, Writer, now_us

log = logging.getLogger(__name__)

SOURCE = "rollup"
AT_ONCE = timedelta(days=1)  # samples of one day are aggregated in a statement
APPLY_S = 30.0
LINES_AT_ONCE = 20_000
QUARTERS_AT_ONCE = 100_000  # of energy, computed together
LATE_S = 8.0  # of each run, for what came late: the worker rests as long again
HOLDS = counters.patience(90_000)  # a sample of power, at the slowest rhythm
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
REGISTER_OF = {register: derived for derived, register in DERIVED.items()}

_restated: set[str] = set()  # changes of declarations that are in it
_backlog = Backlog()  # of this process; hearing of something again after a restart does no harm


def catch_up(scope: Scope, now: datetime | None = None, late_s: float = LATE_S) -> int:
    """Roll up every quarter that is over and not done, and those that late samples have changed; returns how many samples.

    Safe to run again and after any interruption: the checkpoint is written last. What came late is worked at for about
    `late_s` seconds, and the rest left for the next time, so that what is live does not wait for it.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    _require_own(scope)
    deadline = time.monotonic() + late_s
    done = checkpoint.read()
    until = floor(now or clock.now() - GRACE, INTERVAL_S)
    # Markers first: of what becomes visible after them there is a marker that is heard again.
    _backlog.hear(done.late_to)
    _restate(scope, until)
    if not await_applied(("telemetry", "late", "amendments"), APPLY_S):
        log.warning("QuestDB shows what was written %.0f s ago not yet: quarters that are over wait", APPLY_S)
        return 0
    start = done.rolled_to if done.rolled_to > NEVER else _first_sample(until)
    made = roll_up(scope, start, until) if start < until else 0
    last.keep(scope, _backlog.news)
    _backlog.news.clear()
    made += _make_again(scope, max(until, done.rolled_to), deadline)
    if made and not await_applied(("intervals",), APPLY_S):
        return made
    late_to = done.late_to if _backlog else _backlog.heard_to
    reached = Checkpoint(max(until, done.rolled_to), late_to)
    if reached.rolled_to != done.rolled_to or (_backlog.heard and not _backlog):
        checkpoint.write(reached)
        _backlog.heard = bool(_backlog)
        await_applied(("rollups",), APPLY_S)
    if _restated and not _backlog:
        restatements.done(scope, _restated)
        _restated.clear()
    return made


def _restate(scope: Scope, closed: datetime) -> None:
    """What changed declarations tell of anew joins what came late."""
    waiting = [each for each in restatements.waiting(scope) if each.id not in _restated]
    if not waiting:
        return
    first: dict[str, datetime] = dict(
        query(f"SELECT meter, min(ts) FROM telemetry WHERE meter IN ({listed({each.meter_id for each in waiting})})")
    )
    for each in waiting:
        if each.meter_id in first:
            since = max(floor(first[each.meter_id], INTERVAL_S), floor(each.since, INTERVAL_S))
            _backlog.add(each.meter_id, since, min(each.until or closed, closed))
    _restated.update(each.id for each in waiting)


def _make_again(scope: Scope, closed: datetime, deadline: float) -> int:
    """The closed quarters that came late, a day of them at a time, until they are done or it is time for what is live."""
    made = 0
    # Beyond what is kept the samples are gone, and making a quarter of nothing would empty it.
    oldest = floor(clock.now() - timedelta(days=settings().kept_telemetry_days), INTERVAL_S)
    for start, end, meters in _backlog:
        first, stop = max(start, oldest), min(end, closed)
        if first < stop:
            made += roll_up(scope, first, stop, meters, closed)
        _backlog.done(start)
        if time.monotonic() > deadline:
            break
    return made


def roll_up(
    scope: Scope, start: datetime, end: datetime, series_ids: Collection[str] | None = None, closed: datetime | None = None
) -> int:
    """Make the quarters of [start, end) from their samples, of all series or of these; returns how many samples.

    The energy beside them that these samples tell of is made with them, up to `closed` (or `end`).
    """
    _require_own(scope)
    start, made = floor(start, INTERVAL_S), 0
    while start < end:
        stop = min(start + AT_ONCE, end)
        made += _aggregate(start, stop, series_ids)
        derive(scope, start, stop, series_ids, closed or end)
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
        f"""INSERT INTO intervals (ts, meter, quantity, interval_s, value, min, max, count, source, received_at)
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
    counted = query(f"SELECT count() FROM telemetry WHERE ts >= %s AND ts < %s {only}", [start, end])
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
        columns = "ts, meter, quantity, interval_s, value, min, max, count, source, received_at"
        execute(f"INSERT INTO intervals ({columns}) VALUES {', '.join(rows)}")


def derive(scope: Scope, start: datetime, end: datetime, series_ids: Collection[str] | None, closed: datetime) -> None:
    """Make the energy that the samples of counters and powers in [start, end) tell of, of all series or of these.

    What a counter counted between two readings is told by both, and a sample of power holds until the next: a reading
    changes all that lies between those beside it, be they months away. No quarter from `closed` on is made.
    """
    _require_own(scope)
    meters = declaring(scope, series_ids if series_ids is not None else _deriving(start, end))
    for (first, until), registers in _reached(scope, meters, start, end, closed).items():
        at_once = timedelta(seconds=INTERVAL_S) * max(QUARTERS_AT_ONCE // len(registers), 96)
        while first < until:
            stop = min(first + at_once, until)
            _write(_lines(_energies(scope, registers, first, stop)))
            first = stop


def _reached(
    scope: Scope, meters: Collection[str], start: datetime, end: datetime, closed: datetime
) -> dict[tuple[datetime, datetime], set[Register]]:
    """The registers of energy that readings in [start, end) tell of, by the closed quarters in which they do."""
    found: dict[tuple[datetime, datetime], set[Register]] = {}
    by_patience: dict[timedelta, set[str]] = {}
    for span, ids in energy.spans(scope, meters, start, end).items():
        if span.method == "power":
            reach = _quarters(start - counters.patience(span.interval_s), end + counters.patience(span.interval_s), closed)
            found.setdefault(reach, set()).update((meter, name) for meter in ids for name in DERIVED.values())
        elif span.method == "interval" and span.sampled:
            # Only what begins off the grid: the others are added up in the database.
            longer = timedelta(seconds=span.interval_s)
            if across := short_intervals.across_quarters(ids, start, end, span.interval_s):
                found.setdefault(_quarters(start - longer, end + longer, closed), set()).update(across)
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
            found.setdefault(_quarters(since, until + MOMENT, closed), set()).add((meter, COUNTERS[name]))
    return found


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


def _energies(scope: Scope, registers: Collection[Register], start: datetime, end: datetime) -> pd.DataFrame:
    """The energy of each quarter of [start, end); nothing for those that had some and have none any more."""
    meters = sorted({meter for meter, _ in registers})
    edges_s = np.arange(start.timestamp(), end.timestamp() + 1, INTERVAL_S)
    frames = [
        _rows(piece, edges_s, piece.register if span.method == "interval" else REGISTER_OF[piece.register])
        for span, ids in energy.spans(scope, meters, start, end).items()
        if span.sampled or span.method == "power"
        for piece in energy.from_samples(span, ids, span.start, span.end, INTERVAL_S)
        if (piece.meter, piece.register) in registers
    ]
    frames.append(_emptied(meters, start, end))
    rows = pd.concat([each for each in frames if len(each)] or frames[-1:], ignore_index=True)
    # Two declarations may meet within a quarter: their parts are one row.
    rows = rows.groupby(["meter", "register", "quantity", "ts"], as_index=False, sort=False).sum()
    wanted = np.array([each in registers for each in zip(rows["meter"], rows["register"], strict=True)], bool)
    return _untold(rows[wanted], start, end)


def _untold(rows: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """Without the quarters that a device or a file told itself: they stand."""
    if rows["quantity"].isin(list(REGISTER_OF.values())).all():
        return rows
    told = frame(_told(*(f"'{each.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'" for each in (start, end))))
    told["ts"] = pd.DatetimeIndex(told["ts"]).as_unit("us").asi8
    return amendments.without(rows, told)


def _lines(rows: pd.DataFrame) -> Iterable[str]:
    """Rows of `intervals`.

    `value` is the energy (kWh), `covered_s` for how long something was heard (`count`: whether anything was), `known_s` the part
    of the quarter that the energy is of, and `min` and `max` are the mean power (kW) over it.
    """
    kw = 3600 * rows["kwh"] / rows["known_s"].where(rows["known_s"] > 0, INTERVAL_S)
    numbers = (rows[name].tolist() for name in ("kwh", "covered_s", "known_s"))
    for meter, quantity, ts, mean, kwh, covered_s, known_s in zip(
        rows["meter"], rows["quantity"], rows["ts"], kw.tolist(), *numbers, strict=True
    ):
        yield (
            f"{INTERVALS},meter={meter},quantity={quantity},source={SOURCE} received_at={NOW}t,interval_s={INTERVAL_S}i,"
            f"count={int(covered_s > 0)}i,covered_s={covered_s!r},known_s={known_s!r},"
            f"value={kwh!r},min={mean!r},max={mean!r} {ts}\n"
        )


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
    zeros = dict.fromkeys(("kwh", "covered_s", "known_s"), 0.0)
    registers = found["quantity"].map(DERIVED)
    return pd.DataFrame({"meter": found["meter"], "register": registers, "quantity": found["quantity"], "ts": micros, **zeros})


def _rows(piece: energy.Piece, edges_s: energy.Floats, quantity: str) -> pd.DataFrame:
    """The energy (kWh) of each quarter with something in it, the seconds that were heard of, and those that the energy is of."""
    kwh, covered_s, known_s = (
        arithmetic.spread(edges_s, piece.starts_s, piece.lasting_s, amounts)
        for amounts in (piece.kwh, piece.covered_s, piece.known_s)
    )
    there = (kwh != 0) | (covered_s > 0)
    ts = (edges_s[:-1][there] * 1e6).astype(np.int64)
    numbers = {"kwh": kwh[there], "covered_s": np.minimum(covered_s[there], INTERVAL_S), "known_s": known_s[there]}
    return pd.DataFrame({"meter": piece.meter, "register": piece.register, "quantity": quantity, "ts": ts, **numbers})


def _deriving(start: datetime, end: datetime) -> list[str]:
    """Meters whose samples tell of the range: those in it, power that still holds, and energies that reach into it."""
    which = (
        f"ts < %s AND (ts >= %s AND quantity IN ({listed(COUNTERS)}) OR ts >= %s AND quantity = %s "
        f"OR ts >= %s AND quantity IN ({listed(short_intervals.REGISTERS)}))"
    )
    rows = query(
        f"SELECT DISTINCT meter FROM telemetry WHERE ts >= %s AND {which}",
        [start - HOLDS, end, start, start - HOLDS, energy.POWER, start - timedelta(seconds=INTERVAL_S)],
    )
    return [meter for (meter,) in rows]
