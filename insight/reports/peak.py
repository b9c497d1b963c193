"""The greatest mean power of what a report is of: of a quarter of an hour where its meters tell them apart, else of an hour."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from insight.courses import stretches
from insight.reports.numbers import Peak
from insight.site_view import SiteView
from insight.subjects import Subject
from models import local_time, tariff_demand
from models.tariff_demand import COVERED, Load
from store.scope import Scope
from store.series import cost

Floats = NDArray[np.float64]

QUARTER_MIN, HOUR_MIN = 15, 60


def peak(
    scope: Scope, view: SiteView, of: Sequence[Subject], start: datetime, end: datetime, progress: Callable[[float], None]
) -> Peak | None:
    """The greatest in [start, end), of all of them together; none where no step is told whole. The first of equal ones.

    What is partly an estimate counts and is marked. Raises as `insight.courses.stretches`.
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


def _of_quarters(scope: Scope, view: SiteView, of: Sequence[Subject], start: datetime, end: datetime) -> list[Peak]:
    edges = local_time.edges(start, end, "quarter", view.zone)
    told = [stretches(scope, view, each.id, edges) for each in of]
    edges_s = np.array([each.timestamp() for each in edges])
    used = np.nan_to_num([each.kwh[subject.used] for each, subject in zip(told, of, strict=True)])
    load = Load(edges_s, used, np.array([each.covered_s for each in told]), np.zeros_like(used))
    load = cost.told_apart(scope, load, [each.behind for each in told], {}, view.metering)
    found = tariff_demand.windows(load, QUARTER_MIN, view.zone)
    return _greatest(found.edges_s, found.kw.sum(axis=0), np.logical_or.reduce(found.estimated, axis=0), QUARTER_MIN)


def _of_hours(scope: Scope, view: SiteView, of: Sequence[Subject], start: datetime, end: datetime) -> list[Peak]:
    edges = local_time.edges(start, end, "hour", view.zone)
    edges_s = np.array([each.timestamp() for each in edges])
    lasting_s = np.diff(edges_s)
    kw = np.zeros(len(lasting_s))
    for each in of:
        told = stretches(scope, view, each.id, edges)
        whole = (told.covered_s >= COVERED * lasting_s) & np.isfinite(told.kwh[each.used])
        kw += np.where(whole, np.nan_to_num(told.kwh[each.used]) * 3600 / lasting_s, -np.inf)
    return _greatest(edges_s, kw, np.zeros(len(kw), bool), HOUR_MIN)


def _greatest(edges_s: NDArray[np.generic], kw: Floats, estimated: NDArray[np.bool_], minutes: int) -> list[Peak]:
    if not len(kw) or not np.isfinite(kw).any():
        return []
    at = int(np.argmax(kw))
    return [Peak(datetime.fromtimestamp(float(edges_s[at]), UTC), minutes, float(kw[at]), bool(estimated[at]))]
