"""What a counter counted from each of its readings to the next.

Computed when it is asked for, so that late data and corrections are always in it. Energies over time, of whatever source,
are `store.series.energy`.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from models import energy as arithmetic
from store.records.plant.meters import require_series
from store.scope import ALWAYS, Scope, Times, holds
from store.series import counters, samples
from store.series.declared import Span, spans
from store.series.latest import not_ahead

FORWARD = "energy_total_kwh"
REGISTERS = tuple(counters.COUNTERS)
EVENTS = ("reset", "rollover", "correction", "glitch", "exchange")
COLUMNS = ["ts", "reading_kwh", "energy_kwh", "event"]


def differences(scope: Scope, meter_id: str, start: datetime, end: datetime, register: str = FORWARD) -> pd.DataFrame:
    """The readings of a counter in [start, end), oldest first, as they count: corrected, without what was voided.

    Returns:
        `ts` in UTC, `reading_kwh`, `energy_kwh` counted since the reading before it (however long before `start` that was; NaN
        when there is none, or when it is of a time that is not the holder's), and `event`: `reset`, `rollover` or `correction`
        when the register fell, `glitch` for a reading that is passed over because the register came back to where it had
        stood, `exchange` for the first reading of another counter, else empty. Nothing is subtracted across an exchange.
        Empty for a meter that declares no counter.

    Raises:
        NotFound: the meter does not exist for the scope.
        ValueError: `register` is not one of `REGISTERS`.
        StoreAway: QuestDB cannot be reached.
    """
    if register not in REGISTERS:
        raise ValueError(f"{register} is no register of a counter: {', '.join(REGISTERS)}")
    declared = sorted(spans(scope, [meter_id], start, end), key=lambda span: span.since)
    counting = [span for span in declared if span.method == "counter"]
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    parts = [
        _within(span, meter_id, register, seen, exchanged=span is not counting[0] and span.start == span.since)
        for span in counting
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _within(span: Span, meter_id: str, register: str, seen: Times, *, exchanged: bool) -> pd.DataFrame:
    """Of one counter: the readings between the dates of its declaration, in the times that are seen."""
    wide = counters.patience(span.interval_s)
    first, last = max(span.since, span.start - wide), min(span.until, span.end + wide, not_ahead())
    found = samples.effective([meter_id], [register], first, last)
    before = counters.previous({(meter_id, register)}, span.since, first)
    if before.empty and not (found["ts"] < span.start).any():
        before = counters.kept_before({(meter_id, register)}, span.since, span.start)
    readings = np.concatenate([before["value"], found["value"]]).astype(float)
    moments = pd.concat([before["ts"], found["ts"]], ignore_index=True)
    counted = (pd.DatetimeIndex(moments).as_unit("us").asi8 / 1e6, readings, span.rollover_kwh, wide.total_seconds())
    since_seen = np.array([False, *(holds(seen, ts) for ts in moments[:-1])][: len(moments)], bool)
    kwh = np.where(since_seen, np.diff(arithmetic.counted(*counted), prepend=np.nan), np.nan)
    events = ["exchange" if exchanged else "", *arithmetic.falls(*counted)][: len(readings)]
    rows = pd.DataFrame({"ts": moments, "reading_kwh": readings, "energy_kwh": kwh, "event": events})
    rows = rows.iloc[len(before) :]
    return rows[(rows["ts"] >= span.start) & (rows["ts"] < span.end)].reset_index(drop=True)
