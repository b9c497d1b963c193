"""What meters declare over a range: where their energy comes from, in which rhythm, and the shortest intervals that they tell."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from config.quantities import DAY_S, INTERVAL_S, LONGEST_INTERVAL_S
from models import local_time
from store.records.plant.metering import Metering, metering
from store.scope import ALWAYS, Scope, Times, Window, within
from store.series.grid import ceil, floor, micros, moments, us


class Span(NamedTuple):
    """Meters whose energy comes from the same source, in the same rhythm, during the same part of a range.

    `since` and `until` are the declaration's own dates: readings outside them are of another counter.
    """

    method: str
    interval_s: int
    rollover_kwh: float | None
    start: datetime
    end: datetime
    since: datetime
    until: datetime
    zone: str = ""  # whose local days its values of days are of; none of counters

    @property
    def rhythm_s(self) -> int:
        """How long the shortest interval is of which it tells the energy, once that is closed (s)."""
        return INTERVAL_S if self.sampled else self.interval_s

    @property
    def daily(self) -> bool:
        """Whether its values are of local days."""
        return self.method != "counter" and self.interval_s == DAY_S

    @property
    def sampled(self) -> bool:
        """Whether its readings are samples, of which the rollup makes quarters; registers are, however seldom they are read."""
        return self.method == "counter" or self.interval_s < INTERVAL_S


class Rhythm(NamedTuple):
    """A part of a range in which meters tell their energy together: how often (s), and the zone of local days."""

    start: datetime
    end: datetime
    every_s: int
    zone: str


class Telling(NamedTuple):
    """Meters that tell an energy together in [start, end)."""

    start: datetime
    end: datetime
    meters: Sequence[str]


def spans(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, known: Metering | None = None
) -> dict[Span, list[str]]:
    """The meters by what they declare within [start, end), in the times that are the holder's; raises `NotFound`.

    `known`: how they measure, if that was read already.
    """
    return spans_of(metering(scope, meter_ids, known), meter_ids, start, end)


def spans_of(
    known: Metering, meter_ids: Collection[str], start: datetime, end: datetime, *, whole_quarters: bool = False
) -> dict[Span, list[str]]:
    """The same of meters that were checked.

    With `whole_quarters` the quarter of an hour in which somebody left and somebody came is neither's: what is kept of a
    quarter cannot be divided between them.
    """
    by_span: dict[Span, list[str]] = defaultdict(list)
    # Most meters of a site declare the same: what follows from that is found out once.
    alike: dict[tuple[object, ...], list[Span]] = {}
    for meter in meter_ids:
        times = known.times.get(meter, ALWAYS)
        for each in known.declared[meter]:
            zone = known.zones[meter] if each.method != "counter" else ""
            declared = each.method, each.interval_s, each.rollover_kwh, each.valid_from, each.valid_to or ALWAYS[0].end, zone
            if (of := alike.get((times, *declared))) is None:
                of = alike[times, *declared] = _within(declared, times, start, end, whole_quarters)
            for span in of:
                by_span[span].append(meter)
    return by_span


def _within(
    declared: tuple[str, int, float | None, datetime, datetime, str],
    times: Times,
    start: datetime,
    end: datetime,
    whole_quarters: bool,
) -> list[Span]:
    """The parts of a range of which a declaration holds, in the times that are the holder's."""
    method, interval_s, rollover_kwh, since, until, zone = declared
    if whole_quarters and times != ALWAYS:
        times = _whole_quarters(times)
    return [
        Span(method, interval_s, rollover_kwh, first, last, since, until, zone)
        for first, last in within(times, max(start, since), min(end, until))
    ]


def _whole_quarters(times: Times) -> Times:
    first, last = ALWAYS[0]
    windows = (
        Window(
            start if start == first else ceil(start, INTERVAL_S),
            end if end == last else floor(end, INTERVAL_S),
        )
        for start, end in times
    )
    return tuple(window for window in windows if window.start < window.end)


def cells(
    scope: Scope, meter_ids: Sequence[str], start: datetime, end: datetime, known: Metering | None = None
) -> pd.DatetimeIndex:
    """The edges of the shortest intervals that all the meters tell within [start, end), which is cut by both.

    A virtual meter tells what its terms tell together. Where one of them declares nothing the others tell nothing together:
    one cell. `known`: how they measure, if that was read already. Raises `NotFound`.
    """
    known = metering(scope, meter_ids, known)
    parts = [
        edges_of(rhythm._replace(start=max(rhythm.start, start), end=min(rhythm.end, end)))
        for rhythm in rhythms(known, known.measured(meter_ids), start, end)
        if max(rhythm.start, start) < min(rhythm.end, end)
    ]
    return moments(np.unique(np.concatenate([micros([start, end]), *(micros(part) for part in parts)])))


def rhythms(known: Metering, meter_ids: Collection[str], start: datetime, end: datetime) -> Iterable[Rhythm]:
    """The longest rhythm of all the meters, in each part of a range, and a day beyond its ends, in which all declare a source."""
    reach = timedelta(seconds=LONGEST_INTERVAL_S)
    declared = spans_of(known, meter_ids, start - reach, end + reach, whole_quarters=True)
    for first, last in pairwise(sorted({moment for span in declared for moment in (span.start, span.end)})):
        holding = [(span, ids) for span, ids in declared.items() if span.start <= first < span.end]
        if len({meter for _, ids in holding for meter in ids}) == len(set(meter_ids)):
            slowest = max((span for span, _ in holding), key=lambda span: span.rhythm_s)
            yield Rhythm(first, last, slowest.rhythm_s, slowest.zone if slowest.daily else "")


def edges_of(rhythm: Rhythm) -> pd.DatetimeIndex:
    """The edges of the intervals of a rhythm within its part, both ends among them: local days, or multiples since 1970."""
    start, end = us(rhythm.start), us(rhythm.end)
    if rhythm.zone:
        inner = local_time.edges_s(rhythm.start, rhythm.end, "day", ZoneInfo(rhythm.zone)) * 1_000_000
    else:
        step = rhythm.every_s * 1_000_000
        inner = np.arange(start // step * step, end, step)
    return moments(np.concatenate([[start], inner[(inner > start) & (inner < end)], [end]]))
