"""What a battery was like over a period: its round trip, its capacity, its cycles, and what it was worth.

States of charge are means of successive steps in percent, energies those of the same steps in kWh at the battery's terminals,
NaN where not known. What a mean hides is told by its neighbours: an edge between two steps is *still* where the steps around it,
so many before and after, differ by no more than `STILL`; the state there is their mean.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models import statistics

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

STILL = 1.0  # percentage points
WHOLE = 100.0  # points that have to come in over a span: what its ends differ by is then less than two hundredths of it
FAR = 40.0  # points between two states that a capacity is told by
LEAST_SWINGS = 3  # of either way
BOTH_WAYS = 0.05  # of the energy of a swing, which may have gone the other way
DEPTHS = (5.0, 25.0, 50.0, 75.0, 100.0)  # points of a cycle, by which cycles are counted


class RoundTrip(NamedTuple):
    """What came out of a battery (kWh) and what went in, over the `spans` (places of edges) between equal states of charge.

    `efficiency` (0..1) is NaN without such a span.
    """

    efficiency: float
    charged_kwh: float
    discharged_kwh: float
    spans: Sequence[tuple[int, int]]


class Capacity(NamedTuple):
    """What a full battery holds (kWh), the middle half of what single swings tell, and of how many either way; else NaN."""

    kwh: float
    low_kwh: float
    high_kwh: float
    charges: int
    discharges: int


class Worth(NamedTuple):
    """Of each battery: money that it saved and earned less what its charging cost, and the share (0..1) that has a price.

    `bought_kwh` is what of its charge came from the grid, `sold_kwh` what of its discharge went there.
    """

    earned: Floats
    priced: Floats
    bought_kwh: Floats
    sold_kwh: Floats


def round_trip(soc_pct: Floats, charged_kwh: Floats, discharged_kwh: Floats, around: int = 1) -> RoundTrip:
    """The round-trip efficiency between equal states of charge: energy out over energy in, without asking what the battery holds.

    Of each run of steps whose energies are all known it takes the span with the most charge of those whose ends are still and
    differ by no more than `STILL`, where `WHOLE` points came in at least. Source: round-trip energy efficiency of PNNL-22010
    Rev. 2 (2016), Protocol for Uniformly Measuring and Expressing the Performance of Energy Storage Systems.

    >>> soc = np.array([10.0, 10, 100, 100, 10, 10, 10, 100, 100, 10, 10])
    >>> there = np.array([0, 0, 10.0, 0, 0, 0, 0, 10, 0, 0, 0])
    >>> round_trip(soc, there, 0.9 * np.roll(there, 2)).efficiency
    0.9
    """
    at, states = _still(soc_pct, around)
    missing = _upto(~(np.isfinite(charged_kwh) & np.isfinite(discharged_kwh)))
    charged, discharged = (_upto(np.nan_to_num(each)) for each in (charged_kwh, discharged_kwh))
    risen = _upto(np.maximum(np.diff(_held(soc_pct), prepend=np.nan), 0.0))
    best: dict[int, tuple[float, int, int]] = {}
    firsts: dict[tuple[int, int], int] = {}
    for place, state in zip(at.tolist(), np.round(states / STILL).astype(int).tolist(), strict=True):
        run = int(missing[place])
        first = firsts.setdefault((run, state), place)
        if risen[place] - risen[first] >= WHOLE:
            best[run] = max(best.get(run, (0.0, 0, 0)), (float(charged[place] - charged[first]), first, place))
    spans = [(first, last) for _, first, last in best.values()]
    taken, given = (float(sum(sums[last] - sums[first] for first, last in spans)) for sums in (charged, discharged))
    return RoundTrip(statistics.round_trip_efficiency(taken, given), taken, given, spans)


def capacity(soc_pct: Floats, charged_kwh: Floats, discharged_kwh: Floats, around: int = 1) -> Capacity:
    """What the battery holds from empty to full, by counting energy between far states of charge.

    A swing goes one way from one still edge to another, over `FAR` points at least. What charging takes for each point is more
    than what the battery holds by its losses, what discharging gives is less by as much: the capacity is the geometric mean of
    the medians of both, so that no efficiency has to be assumed. NaN where there are fewer than `LEAST_SWINGS` of either way.
    Source: energy counted in place of charge as by Ng et al., Enhanced coulomb counting method, Applied Energy 86 (2009).

    >>> soc = np.array([10.0, 10, 90, 90] * 4)
    >>> there, back = np.zeros(16), np.zeros(16)
    >>> there[2::4], back[4::4] = 10.0, 6.4
    >>> capacity(soc, there, back).kwh
    10.0
    """
    at, states = _still(soc_pct, around)
    places = turns(states, 2 * STILL)
    edges, moved = at[places], np.diff(states[places])
    missing = _upto(~(np.isfinite(charged_kwh) & np.isfinite(discharged_kwh)))
    there, back = (np.diff(_upto(np.nan_to_num(each))[edges]) for each in (charged_kwh, discharged_kwh))
    known = (np.abs(moved) >= FAR) & (np.diff(missing[edges]) == 0)
    ways = []
    for main, other, is_way in ((there, back, moved > 0), (back, there, moved < 0)):
        counted = known & is_way & (main > 0) & (other <= BOTH_WAYS * main)
        ways.append(main[counted] / np.abs(moved[counted]) * 100)
    counts = [len(each) for each in ways]
    if min(counts) < LEAST_SWINGS:
        return Capacity(np.nan, np.nan, np.nan, *counts)
    low, middle, high = np.sqrt(np.prod([np.quantile(each, (0.25, 0.5, 0.75)) for each in ways], axis=0)).tolist()
    return Capacity(middle, low, high, *counts)


def cycles_by_depth(soc_pct: Floats) -> Floats:
    """How many cycles of the state of charge there were of each depth between `DEPTHS`, a half cycle counting half.

    Rainflow counting, ASTM E1049-85 (2017), 5.4.4; smaller moves than the first depth are no cycles. Over a gap the state
    before it is held.
    """
    depths, counts = rainflow(soc_pct[np.isfinite(soc_pct)], DEPTHS[0])
    found = np.histogram(depths, DEPTHS, weights=counts)[0]
    return np.asarray(found, np.float64)


def rainflow(values: Floats, least: float) -> tuple[Floats, Floats]:
    """The ranges of the cycles of a course and their counts (1, or 0.5 of a half cycle), without moves smaller than `least`.

    >>> ranges, counts = rainflow(np.array([-2.0, 1, -3, 5, -1, 3, -4, 4, -2]), 1)
    >>> sorted(zip(ranges.tolist(), counts.tolist()))
    [(3.0, 0.5), (4.0, 0.5), (4.0, 1.0), (6.0, 0.5), (8.0, 0.5), (8.0, 0.5), (9.0, 0.5)]
    """
    found: list[tuple[float, float]] = []
    open_: list[float] = []
    for value in values[turns(values, least)].tolist():
        open_.append(value)
        while len(open_) >= 3 and (inner := abs(open_[-2] - open_[-3])) <= abs(open_[-1] - open_[-2]):
            begins = len(open_) == 3
            found.append((inner, 0.5 if begins else 1.0))
            del open_[0 if begins else -3 : 1 if begins else -1]
    found += [(abs(after - before), 0.5) for before, after in pairwise(open_)]
    ranges, counts = np.array(found, np.float64).reshape(-1, 2).T
    return ranges, counts


def turns(values: Floats, least: float) -> Places:
    """The places where a course turns, its first and last extremes among them; moves smaller than `least` turn nothing.

    >>> turns(np.array([1.0, 5, 4.5, 6, 2, 3]), 1.0).tolist()
    [0, 3, 4, 5]
    """
    kept: list[int] = []
    extreme = way = 0.0
    for at, value in enumerate(values.tolist()):
        moved = value - extreme
        if kept and moved * way > 0:
            kept[-1], extreme = at, value
        elif not kept or abs(moved) >= least:
            kept.append(at)
            extreme, way = value, moved if len(kept) > 1 else 0.0
    return np.array(kept, np.int64)


def hours_at(soc_pct: Floats, hours: Floats, low: float, high: float) -> tuple[float, float]:
    """How long (h) the state of charge was at or below `low`, and at or above `high`, to within `STILL`.

    >>> hours_at(np.array([10.0, 10.4, 50, float("nan"), 100]), np.ones(5), 10, 100)
    (2.0, 1.0)
    """
    return float(hours[soc_pct <= low + STILL].sum()), float(hours[soc_pct >= high - STILL].sum())


def worth(
    charged_kwh: Floats,
    discharged_kwh: Floats,
    imported_kwh: Floats,
    exported_kwh: Floats,
    price: Floats,
    export_price: Floats,
) -> Worth:
    """What the batteries of a site (rows) were worth to it, by the prices (per kWh) of each stretch (columns).

    Discharge saves what a kWh costs, or earns what one sells for where it goes into the grid: at most what was exported then.
    Charge costs what a kWh costs as far as it came from the grid, at most what the site imported then; the rest is of the
    site's own making and costs what it would have sold for. So it is what the site would have paid for energy without its
    batteries, less what it did pay. Several share what crosses the grid connection by what each of them takes or gives.

    >>> worth(np.array([[2.0, 0]]), np.array([[0, 1.5]]), np.zeros(2), np.zeros(2), np.full(2, 0.4), np.full(2, 0.1)).earned
    array([0.4])
    """
    taken, given = np.nan_to_num(charged_kwh), np.nan_to_num(discharged_kwh)
    bought, sold = _part(taken, imported_kwh), _part(given, exported_kwh)
    amounts = ((given - sold) - bought, sold - (taken - bought))
    earned = sum((each * np.nan_to_num(of)).sum(axis=1) for each, of in zip(amounts, (price, export_price), strict=True))
    at_price, at_export = (given - sold) + bought, sold + (taken - bought)
    known = (at_price * np.isfinite(price) + at_export * np.isfinite(export_price)).sum(axis=1)
    moved = (taken + given).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return Worth(np.asarray(earned), known / np.where(moved > 0, moved, np.nan), bought.sum(axis=1), sold.sum(axis=1))


def _part(kwh: Floats, crossing_kwh: Floats) -> Floats:
    """What of each battery's energy crossed the grid connection."""
    together = kwh.sum(axis=0)
    share = np.minimum(np.nan_to_num(crossing_kwh), together) / np.where(together > 0, together, 1.0)
    crossed: Floats = kwh * share
    return crossed


def _still(soc_pct: Floats, around: int) -> tuple[Places, Floats]:
    """The edges (places between steps) around which the state of charge hardly moves, and the state there."""
    if len(soc_pct) < 2 * around:
        return np.zeros(0, np.int64), np.zeros(0)
    windows = sliding_window_view(soc_pct, 2 * around)
    at = np.flatnonzero(windows.max(axis=1) - windows.min(axis=1) <= STILL)  # NaN is no number that is small
    return at + around, windows[at].mean(axis=1)


def _held(values: Floats) -> Floats:
    """With the last known value in the place of those that are not known."""
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    return values[last]


def _upto(values: NDArray[np.generic]) -> Floats:
    """What has come up to each edge."""
    return np.concatenate([[0.0], np.cumsum(np.nan_to_num(values.astype(np.float64)))])
