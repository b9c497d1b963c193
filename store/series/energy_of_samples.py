"""The energy of meters from their samples, in stretches of at most a quarter: what is open, and what the rollup makes of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.quantities import INTERVAL_S
from models import energy as arithmetic
from models.energy import PATIENCE, Floats
from store.series import counters, samples, short_intervals
from store.series.counters import COUNTERS
from store.series.declared import Span
from store.series.grid import ceil, floor
from store.series.pieces import REGISTERS, Pieces, Places, pieces, places, seconds, together

POWER = "power_kw"
MEASURES = ["first_ts", "last", "last_ts", "above", "below", "held_s", "pace_s"]


def from_samples(span: Span, ids: Sequence[str], start: datetime, end: datetime, grain_s: int) -> Pieces:
    """Energy of the span's meters in [start, end); whose a piece is, is a place in `ids`."""
    grain_s = min(grain_s, INTERVAL_S)
    if span.method == "counter":
        return _between(span, ids, start, end, grain_s)
    if span.method == "power":
        return _held(span, ids, start, end, grain_s)
    return pieces(short_intervals.energies(ids, start, end, grain_s, span.interval_s), ids)


def _held(span: Span, ids: Sequence[str], start: datetime, end: datetime, grain_s: int) -> Pieces:
    """Energy of power: each sample holds until the next one, at most `PATIENCE` intervals; what was later is not guessed."""
    patience_s = PATIENCE * span.interval_s
    first = max(span.since, start - timedelta(seconds=patience_s))
    # Of the samples before the range only the last one reaches into it.
    if start.timestamp() % grain_s:
        before = samples.aggregates(ids, [POWER], first, start, INTERVAL_S, MEASURES, span.interval_s)
        within = samples.aggregates(ids, [POWER], start, end, grain_s, MEASURES, span.interval_s)
        found = pd.concat([each for each in (before, within) if len(each)] or [within], ignore_index=True)
    else:
        found = samples.aggregates(ids, [POWER], first, end, grain_s, MEASURES, span.interval_s)
    early = found["last_ts"] < start
    last_before = found[early].sort_values("last_ts").drop_duplicates("meter", keep="last").index
    found = found[~early | found.index.isin(last_before)]
    whose, first_s, last_s = places(found["meter"], ids), seconds(found["first_ts"]), seconds(found["last_ts"])
    order = np.lexsort((last_s, whose))
    whose, first_s, last_s = whose[order], first_s[order], last_s[order]
    names = ("last", "above", "below", "held_s", "pace_s")
    last, above, below, held, pace = (found[name].to_numpy(float)[order] for name in names)
    newest = _ends(whose)
    # Between the readings of each stretch, and from its last one to the first of the next.
    gaps = np.where(newest, np.inf, np.append(first_s[1:], np.inf) - last_s)
    start_s, end_s = start.timestamp(), end.timestamp()
    until = np.clip(last_s + arithmetic.holds(gaps, pace, span.interval_s), start_s, end_s)
    until = np.where(newest, np.minimum(until, np.maximum(clock.now().timestamp(), last_s)), until)
    tails = until - np.maximum(last_s, start_s)
    starts = np.concatenate([first_s, np.maximum(last_s, start_s)])
    lasting = np.concatenate([last_s, until]) - starts
    covered, whose = np.concatenate([held, tails]), np.tile(whose, 2)
    inside = (starts >= start_s) & (lasting > 0)
    both = []
    for register, integral, level in ((0, above, last.clip(min=0)), (1, below, (-last).clip(min=0))):
        kwh = np.concatenate([integral, level * tails]) / 3600
        told = Pieces(whose, np.full(len(kwh), register), starts, lasting, kwh, covered, covered, starts + lasting)
        both.append(told.only(inside))
    return together(both)


def _ends(whose: Places) -> NDArray[np.bool_]:
    """Of rows that are sorted by whose they are: the last of each."""
    return np.append(_begins(whose)[1:], True)[: len(whose)]


def _begins(whose: Places) -> NDArray[np.bool_]:
    """The first of each."""
    begins = np.ones(len(whose), bool)
    begins[1:] = whose[1:] != whose[:-1]
    return begins


def _between(span: Span, ids: Sequence[str], start: datetime, end: datetime, grain_s: int) -> Pieces:
    """What counters counted in each stretch of the grid within [start, end)."""
    stretches, readings = counters.around(
        ids, start, end, grain_s, since=span.since, until=span.until, interval_s=span.interval_s
    )
    first, last = floor(start, grain_s), ceil(end, grain_s)
    edges_s = np.arange(first.timestamp(), last.timestamp() + grain_s / 2, grain_s)
    edges_s[0], edges_s[-1] = start.timestamp(), end.timestamp()
    count, patience_s = len(REGISTERS) * len(ids), PATIENCE * span.interval_s
    # Of each counter's readings from the first to the last; a counter is a place in the list of all of them.
    whose, (moments, kwh) = _by_counter(readings, ids, "ts", "value")
    newest = _ends(whose)
    counting = whose[newest]
    lasting = np.diff(edges_s)
    since, until = moments[_begins(whose), None], moments[newest, None]
    known = np.clip(np.minimum(edges_s[1:], until) - np.maximum(edges_s[:-1], since), 0, None)
    counts = _counted(whose, moments, kwh, span.rollover_kwh, patience_s)
    energies = arithmetic.between_by(edges_s, moments, counts, np.cumsum(newest) - newest, len(counting))
    # Between the readings of each stretch, and from its last one to the first of the next.
    of, (first_s, last_s, heard_s) = _by_counter(stretches, ids, "first_ts", "last_ts", "heard_s")
    apart = ~_ends(of)[:-1]
    gaps = (first_s[1:] - last_s[:-1])[apart]
    starts = np.concatenate([first_s, last_s[:-1][apart]])
    told = np.concatenate([heard_s, arithmetic.heard(gaps, span.interval_s)])
    reaching = np.maximum(np.concatenate([last_s - first_s, gaps]), 1e-6)
    among = np.concatenate([of, of[:-1][apart]])
    covered = arithmetic.spread_by(edges_s, starts, reaching, told[None], among, count)[0][counting]
    covered = np.minimum(covered, np.minimum(known, lasting))
    register, meter = np.divmod(np.repeat(counting, len(lasting)), len(ids))
    wide = np.broadcast_to
    return Pieces(
        meter,
        register,
        wide(edges_s[:-1], known.shape).ravel(),
        wide(lasting, known.shape).ravel(),
        energies.ravel(),
        covered.ravel(),
        known.ravel(),
        np.minimum(edges_s[1:], until).ravel(),
    )


def _by_counter(found: pd.DataFrame, ids: Sequence[str], *columns: str) -> tuple[Places, list[Floats]]:
    """Rows sorted by counter, and within each as they are: which counter of all, and columns (times in seconds)."""
    register = places(found["quantity"], list(COUNTERS))
    whose = register * len(ids) + places(found["meter"], ids)
    order = np.argsort(whose, kind="stable")
    values = (seconds(found[name]) if name.endswith("ts") else found[name].to_numpy(float) for name in columns)
    return whose[order], [column[order] for column in values]


def _counted(whose: Places, moments: Floats, kwh: Floats, rollover_kwh: float | None, patience_s: float) -> Floats:
    """What each counter has counted since its first reading; only where one may have begun again each reading is looked at."""
    oldest = _begins(whose)
    counts: Floats = kwh - kwh[oldest][np.cumsum(oldest) - 1]
    fell = arithmetic.may_fall(kwh[1:], kwh[:-1]) & ~oldest[1:]
    for each in np.unique(whose[1:][fell]):
        those = slice(*np.searchsorted(whose, [each, each + 1]))
        counts[those] = arithmetic.counted(moments[those], kwh[those], rollover_kwh, patience_s)
    return counts
