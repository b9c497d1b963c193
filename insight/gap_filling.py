"""The gaps of a meter, what each of them probably was, and filling one with that once a person has accepted it."""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from config import clock
from config.language import _
from config.quantities import DAY_S, INTERVAL_S, TELLING
from models import gaps, local_time
from models.energy import ON_TIME, PATIENCE, Floats
from models.gaps import Estimate
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters
from store.scope import Scope
from store.series import amendments, beside, corrections, declared, energy
from store.series.amendments import Said
from store.series.beside import Reading
from store.series.declared import Span

WITHIN = timedelta(days=92)
WHOLE = 0.95  # of a slot of the history: what is less tells no profile
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """From one reading to the next, or from an interval's end to another's beginning; `offer` is what it probably was.

    `edges` are of the slots that the offer is of, which may reach a little beyond. `readings` are those of a register at both
    ends, which tell the sum; none of a meter without one.
    """

    start: datetime
    end: datetime
    edges: tuple[datetime, ...]
    offer: Estimate | None
    span: Span
    readings: tuple[Reading, Reading] | None = None

    @property
    def kwh(self) -> float:
        """What is known of it, or offered; NaN without either."""
        if self.readings is not None:
            return self.readings[1].value - self.readings[0].value
        if self.offer is None:
            return math.nan
        edges_s = np.array([each.timestamp() for each in self.edges])
        ends = np.clip(edges_s, self.start.timestamp(), self.end.timestamp())
        return float(np.sum(self.offer.kwh * np.diff(ends) / np.diff(edges_s)))


def gaps_of(scope: Scope, meter_id: str, zone: ZoneInfo) -> list[Gap]:
    """The gaps of the last `WITHIN` that have ended, the newest first, of what the meter declares now.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an operator of its site.
        StoreAway: the database cannot be reached.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    now = clock.now()
    known = [span for span in declared.spans(scope, [meter_id], now - MICROSECOND, now) if span.until > now]
    if not known:
        return []
    span = known[0]
    slot = "day" if span.interval_s == DAY_S and span.method == "interval" else max(span.rhythm_s, INTERVAL_S)
    start = max(now - WITHIN, span.since)
    history = timedelta(days=gaps.HISTORY_DAYS)
    edges = local_time.edges(max(start - history, span.since), now, slot, zone)
    if edges[-1] > now:
        edges = edges[:-1]
    if len(edges) < 2:
        return []
    flow = energy.flows(scope, [meter_id], edges)[meter_id]
    lasting = np.diff([each.timestamp() for each in edges])
    whole = np.minimum(flow.covered_s / lasting, 1.0) >= WHOLE
    course = _Course(span, edges, _local_s(edges[:-1], zone), np.where(whole, flow.forward, np.nan))
    found: list[Gap] = []
    for first, last in gaps.missing(flow.covered_s, flow.due_s, lasting):
        if edges[last] <= start:
            continue
        if span.sampled:
            found += _between_readings(scope, meter_id, course, edges[first - 1], edges[last + 1])
        else:
            found.append(Gap(edges[first], edges[last], course.edges_of(first, last), course.offer(first, last, None), span))
    return found[::-1]


@dataclass(frozen=True, slots=True)
class _Course:
    """The slots of a meter, what the site's clocks show as each begins, and its energy, NaN where not all of it was heard."""

    span: Span
    edges: list[datetime]
    local_s: gaps.Ints
    kwh: Floats

    def edges_of(self, first: int, last: int) -> tuple[datetime, ...]:
        return tuple(self.edges[first : last + 1])

    def offer(self, first: int, last: int, known_kwh: float | None) -> Estimate | None:
        """What the slots from the first up to the last probably were."""
        slot_s = (self.edges[last] - self.edges[first]).total_seconds() / (last - first)
        near = tuple(float(self.kwh[at]) if 0 <= at < len(self.kwh) else math.nan for at in (first - 1, last))
        return gaps.estimate(self.local_s[first:last], slot_s, self.local_s, self.kwh, known_kwh, (near[0], near[1]))


def _between_readings(scope: Scope, meter_id: str, course: _Course, start: datetime, end: datetime) -> list[Gap]:
    """The silences among the readings of [start, end): a few of them, however long it is."""
    span, found = course.span, list[Gap]()
    silence = timedelta(seconds=PATIENCE * span.interval_s)
    for before, after in pairwise(beside.counting(scope, meter_id, _told_by(span), start, end)):
        if after.ts - before.ts <= silence:
            continue
        first = bisect_right(course.edges, before.ts) - 1
        last = max(bisect_left(course.edges, after.ts), first + 1)
        counts = span.method == "counter"
        if counts and after.value < before.value:
            continue  # a register that began again tells nothing of the time between
        offer = course.offer(first, last, after.value - before.value if counts else None)
        found.append(Gap(before.ts, after.ts, course.edges_of(first, last), offer, span, (before, after) if counts else None))
    return found


def _told_by(span: Span) -> str:
    return TELLING[span.method][0]


def _local_s(moments: list[datetime], zone: ZoneInfo) -> gaps.Ints:
    """What the zone's clocks show at these moments, as seconds since 1970."""
    shown = pd.DatetimeIndex(moments).tz_convert(zone).tz_localize(None)
    seconds: gaps.Ints = shown.as_unit("s").asi8
    return seconds


def fill(scope: Scope, meter_id: str, zone: ZoneInfo, start: datetime, *, reason: str) -> int:
    """Say that the gap which begins there was as is offered now; returns how many values were said.

    What was said is a correction: listed, undone as one, and its energy a person's word (`store.series.shares`).

    Raises:
        NotFound: the meter does not exist for the scope, or has no such gap, or nothing is offered for it.
        Refused: not an operator of its site, no reason, or too long a gap.
        StoreAway: QuestDB did not take it.
    """
    gap = next((each for each in gaps_of(scope, meter_id, zone) if each.start == start), None)
    if gap is None or gap.offer is None:
        raise NotFound(_("no gap begins there any more, or nothing is offered for it"))
    values = _values(gap)
    if len(values) > corrections.MOST:
        raise Refused(_("this gap is too long for its meter's rhythm: import what was measured from a file instead"))
    amendments.amend_all(scope, meter_id, _told_by(gap.span), values, reason=reason)
    return len(values)


def _values(gap: Gap) -> list[Said]:
    """The values of the offer in the rhythm in which the meter tells them."""
    assert gap.offer is not None  # noqa: S101  # the caller looked
    span, kwh = gap.span, gap.offer.kwh
    if not span.sampled:
        lasts = span.interval_s
        return [(start, lasts, float(value)) for start, value in zip(gap.edges[:-1], kwh, strict=True)]
    step_s = float(span.interval_s)
    if (gap.end - gap.start).total_seconds() / step_s > corrections.MOST:
        step_s *= ON_TIME  # as far apart as readings may be that are all that were due
    edges_s = np.array([each.timestamp() for each in gap.edges])
    moments = np.arange(gap.start.timestamp() + step_s, gap.end.timestamp() - step_s / 2, step_s)
    if gap.readings is not None:
        before, after = gap.readings
        share = _share(edges_s, kwh, np.array([gap.start.timestamp(), *moments, gap.end.timestamp()]))[1:-1]
        return _said(moments, before.value + share * (after.value - before.value))
    slot = np.clip(np.searchsorted(edges_s, moments, side="right") - 1, 0, len(kwh) - 1)
    power = kwh[slot] * 3600 / np.diff(edges_s)[slot]
    return _said(moments, power if span.method == "power" else power * step_s / 3600)


def _share(edges_s: Floats, kwh: Floats, moments: Floats) -> Floats:
    """Which part of what flows from the first of the moments to the last has flowed by each; beside the slots as in the next."""
    power = kwh / np.diff(edges_s)
    grown = np.concatenate([[0.0], np.cumsum(kwh)])
    inside = np.interp(moments, edges_s, grown)
    inside += np.minimum(moments - edges_s[0], 0) * power[0] + np.maximum(moments - edges_s[-1], 0) * power[-1]
    total = inside[-1] - inside[0]
    even = (moments - moments[0]) / (moments[-1] - moments[0])
    share: Floats = (inside - inside[0]) / total if total > 0 else even
    return share


def _said(moments: Floats, values: Floats) -> list[Said]:
    times = pd.DatetimeIndex(np.round(moments * 1e6).astype("datetime64[us]"), tz="UTC").to_pydatetime()
    return [(ts, 0, float(value)) for ts, value in zip(times, values, strict=True)]
