"""The greatest mean power of what a report is of: of a quarter of an hour where its meters tell them apart, else of an hour."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insight import closed_energy
from insight.courses import Stretches, stretches_of
from insight.reports.numbers import Peak
from insight.site_view import SiteView
from insight.subjects import Subject
from models import local_time, tariff_demand
from models.tariff_demand import COVERED, Load
from store.scope import Scope
from store.series import cost
from store.series.declared import Telling

Floats = NDArray[np.float64]

QUARTER_MIN, HOUR_MIN = 15, 60


class Drawing(NamedTuple):
    """A subject, and the meters without which its power would be another one."""

    subject: Subject
    needed: frozenset[str]


def peak(
    scope: Scope, view: SiteView, of: Sequence[Drawing], start: datetime, end: datetime, progress: Callable[[float], None]
) -> Peak | None:
    """The greatest in [start, end), of all of them together; none where no step is told whole. The first of equal ones.

    What is partly an estimate counts and is marked. Raises as `insight.courses.courses`.
    """
    months = local_time.edges(start, end, "month", view.zone)
    cuts = [start, *(each for each in months if start < each < end), end]
    quarters, hours = list[Peak](), list[Peak]()
    for at, (first, last) in enumerate(pairwise(cuts)):
        quarters += _of_quarters(scope, view, of, first, last)
        if not quarters:
            hours += _of_hours(scope, view, of, first, last)
        progress((at + 1) / (len(cuts) - 1))
    return max(quarters or hours, key=lambda each: each.kw, default=None)


def _of_quarters(scope: Scope, view: SiteView, of: Sequence[Drawing], start: datetime, end: datetime) -> list[Peak]:
    edges = local_time.edges(start, end, "quarter", view.zone)
    told = _told(scope, view, of, edges)
    used = np.nan_to_num([each.kwh for each in told])
    edges_s = np.array([each.timestamp() for each in edges])
    load = Load(edges_s, used, np.array([each.covered_s for each in told]), np.zeros_like(used))
    load = cost.told_apart(scope, load, [each.behind for each in told], {}, view.metering)
    found = tariff_demand.windows(load, QUARTER_MIN, view.zone)
    return _greatest(found.edges_s, found.kw.sum(axis=0), np.logical_or.reduce(found.estimated, axis=0), QUARTER_MIN)


def _of_hours(scope: Scope, view: SiteView, of: Sequence[Drawing], start: datetime, end: datetime) -> list[Peak]:
    edges = local_time.edges(start, end, "hour", view.zone)
    edges_s = np.array([each.timestamp() for each in edges])
    lasting_s = np.diff(edges_s)
    kw = np.zeros(len(lasting_s))
    for told in _told(scope, view, of, edges):
        whole = (told.covered_s >= COVERED * lasting_s) & np.isfinite(told.kwh)
        kw += np.where(whole, np.nan_to_num(told.kwh) * 3600 / lasting_s, -np.inf)
    return _greatest(edges_s, kw, np.zeros(len(kw), bool), HOUR_MIN)


class _Told(NamedTuple):
    kwh: Floats
    covered_s: Floats
    behind: Sequence[Telling]


def _told(scope: Scope, view: SiteView, of: Sequence[Drawing], edges: list[datetime]) -> list[_Told]:
    """What each used between the edges, and how much of that the meters that it needs tell."""
    every = stretches_of(scope, view, [each.subject.id for each in of], edges)
    return [_of_needed(scope, view, each, every[each.subject.id], edges) for each in of]


def _of_needed(scope: Scope, view: SiteView, of: Drawing, found: Stretches, edges: list[datetime]) -> _Told:
    behind = [part._replace(meters=[meter for meter in part.meters if meter in of.needed]) for part in found.behind]
    covered_s = found.covered_s
    if of.subject.kind == "site" and of.needed:  # which a use that is silent does not make another one
        flows = closed_energy.flows(scope, sorted(of.needed), edges, view.metering)
        covered_s = np.min([flow.covered_s for flow in flows.values()], axis=0)
    return _Told(found.kwh[of.subject.used], covered_s, behind)


def _greatest(edges_s: NDArray[np.generic], kw: Floats, estimated: NDArray[np.bool_], minutes: int) -> list[Peak]:
    if not len(kw) or not np.isfinite(kw).any():
        return []
    at = int(np.argmax(kw))
    return [Peak(datetime.fromtimestamp(float(edges_s[at]), UTC), minutes, float(kw[at]), bool(estimated[at]))]
