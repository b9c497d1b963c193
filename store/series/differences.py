"""What a counter counted from each of its readings to the next.

Computed when it is asked for, so that late data and corrections are always in it. Energies over time, of whatever source,
are `store.series.energy`.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from models import energy as arithmetic
from store.records.meters import require_series
from store.scope import ALWAYS, Scope, Times, holds
from store.series import amendments, counters, energy
from store.series.connection import frame
from store.series.energy import Span

FORWARD = "energy_total_kwh"
REGISTERS = tuple(counters.COUNTERS)
EVENTS = ("reset", "rollover", "correction", "exchange")
COLUMNS = ["ts", "reading_kwh", "energy_kwh", "event"]


def differences(scope: Scope, meter_id: str, start: datetime, end: datetime, register: str = FORWARD) -> pd.DataFrame:
    """The readings of a counter in [start, end), oldest first, as they count: corrected, without what was voided.

    Returns:
        `ts` in UTC, `reading_kwh`, `energy_kwh` counted since the reading before it (which may lie before `start`; NaN when
        there is none in the two days before, or when it is of a time that is not the holder's), and `event`: `reset`,
        `rollover` or `correction` when the register fell, `exchange` for the first reading of another counter, else empty.
        Nothing is subtracted across an exchange. Empty for a meter that declares no counter.

    Raises:
        NotFound: the meter does not exist for the scope.
        ValueError: `register` is not one of `REGISTERS`.
        StoreAway: QuestDB cannot be reached.
    """
    if register not in REGISTERS:
        raise ValueError(f"{register} is no register of a counter: {', '.join(REGISTERS)}")
    declared = sorted(energy.spans(scope, [meter_id], start, end), key=lambda span: span.since)
    counting = [span for span in declared if span.method == "counter"]
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    parts = [
        _within(span, meter_id, register, seen, exchanged=span is not counting[0] and span.start == span.since)
        for span in counting
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _within(span: Span, meter_id: str, register: str, seen: Times, *, exchanged: bool) -> pd.DataFrame:
    """Of one counter: the readings between the dates of its declaration, in the times that are seen."""
    raw = frame(
        "SELECT ts, meter, quantity, value FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s",
        [span.start, span.end, meter_id, register],
    )
    changed = amendments.newest([meter_id], [register], span.start, span.end, intervals=False)
    found = amendments.apply(raw, changed, counters.KEY).sort_values("ts")
    since = max(span.since, span.start - counters.LOOK_BACK)
    before = counters.previous([meter_id], since, span.start, counters.NEAR)
    before = before[before["quantity"] == register]
    known = before.loc[[holds(seen, ts) for ts in before["last_ts"]], "last"].to_numpy(float)[:1]
    readings = np.concatenate([known, found["value"].to_numpy(float)])
    kwh = np.diff(arithmetic.counted(readings, readings, span.rollover_kwh))
    events = arithmetic.falls(readings, span.rollover_kwh)
    if not len(known) and len(found):
        kwh, events = np.concatenate([[np.nan], kwh]), ["exchange" if exchanged else "", *events]
    return pd.DataFrame(
        {"ts": found["ts"].to_numpy(), "reading_kwh": found["value"].to_numpy(float), "energy_kwh": kwh, "event": events}
    )
