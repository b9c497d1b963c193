"""What stands beside a reading: those before and after it that count, and what energy hangs on whether it counts itself."""

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from config.quantities import INTERVAL_S
from models import energy as arithmetic
from store.records.plant.meters import require_series
from store.scope import ALWAYS, SYSTEM, Scope, within
from store.series import amendments
from store.series.connection import frame
from store.series.counters import COUNTERS
from store.series.declared import spans
from store.series.interval_sums import ROLLUP

LOOKED_FOR = (timedelta(minutes=15), timedelta(hours=3), timedelta(days=2))  # around it, until one is found on either side
MOMENT = timedelta(microseconds=1)
KEY = ["ts", "meter", "quantity", "interval_s"]


class Reading(NamedTuple):
    """When, and what."""

    ts: datetime
    value: float


class Beside(NamedTuple):
    """The reading before and the one after that count; none within two days: None."""

    before: Reading | None
    after: Reading | None


def beside(scope: Scope, meter_id: str, quantity: str, ts: datetime, interval_s: int = 0) -> Beside:
    """What counts on either side of a reading, in the times that are the holder's.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    sides: list[Reading | None] = [None, None]
    for reach in LOOKED_FOR:
        for side, (first, last) in enumerate(((ts - reach, ts), (ts + MOMENT, ts + reach))):
            for start, end in within(seen, first, last) if sides[side] is None else ():
                found = _counting(meter_id, quantity, interval_s, start, end)
                if found:
                    sides[side] = found[0 if side else -1]
        if None not in sides:
            break
    return Beside(*sides)


def counting(scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime) -> list[Reading]:
    """The samples of [start, end) that count, in the order of time and in the times that are the holder's. Raises as `beside`."""
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    return [each for window in within(seen, start, end) for each in _counting(meter_id, quantity, 0, *window)]


def _counting(meter_id: str, quantity: str, interval_s: int, start: datetime, end: datetime) -> list[Reading]:
    """The readings of [start, end) that count, in the order of time."""
    table, lasts, only = ("intervals", "interval_s", f"AND source != '{ROLLUP}'") if interval_s else ("telemetry", "0", "")
    raw = frame(
        f"SELECT ts, meter, quantity, {lasts} interval_s, value FROM {table} WHERE ts >= %s AND ts < %s AND meter = %s "
        f"AND quantity = %s AND value != null {only}",
        [start, end, meter_id, quantity],
    )
    changed = amendments.newest([meter_id], [quantity], start, end, intervals=interval_s > 0)
    rows = amendments.apply(raw, changed, KEY) if len(changed) else raw
    rows = rows[rows["interval_s"] == interval_s].sort_values("ts", kind="stable")
    return [Reading(ts.to_pydatetime(), float(value)) for ts, value in zip(rows["ts"], rows["value"], strict=True)]


def makes_kwh(scope: Scope, meter_id: str, quantity: str, reading: Reading, near: Beside, interval_s: int = 0) -> float | None:
    """By how much the meter's energy is greater (kWh) if the reading counts than if it does not; None where it is no energy.

    Of a register what is counted over it, of a power for as long as it holds, of an interval its own value. Raises as `beside`.
    """
    declared = spans(SYSTEM, [meter_id], reading.ts, reading.ts + MOMENT) if require_series(scope, [meter_id]) is not None else {}
    span = next(iter(declared), None)
    if span is None:
        return None
    around = [each for each in (near.before, reading, near.after) if each is not None]
    if span.method == "counter" and quantity in COUNTERS:
        return _counted(around, span.rollover_kwh, span.interval_s) - _counted(
            [each for each in around if each is not reading], span.rollover_kwh, span.interval_s
        )
    if span.method == "interval" and quantity in COUNTERS.values():
        return reading.value
    if span.method == "power" and quantity == "power_kw":
        if interval_s >= INTERVAL_S:
            return reading.value * interval_s / 3600
        without = [each for each in around if each is not reading]
        return _held(around, span.interval_s) - _held(without, span.interval_s)
    return None


def _counted(readings: list[Reading], rollover_kwh: float | None, interval_s: int) -> float:
    if len(readings) < 2:
        return 0.0
    moments, kwh = [each.ts.timestamp() for each in readings], [each.value for each in readings]
    return float(arithmetic.counted(moments, kwh, rollover_kwh, arithmetic.PATIENCE * interval_s)[-1])


def _held(readings: list[Reading], interval_s: int) -> float:
    """The energy of powers up to the last of them, or as long as it holds where nothing follows."""
    moments = np.array([each.ts.timestamp() for each in readings])
    gaps = np.append(np.diff(moments), np.inf)
    paces = np.insert(np.diff(moments), 0, np.nan)[: len(moments)]
    lasting = arithmetic.holds(gaps, paces, interval_s)
    return float(np.sum(np.abs([each.value for each in readings]) * lasting) / 3600)
