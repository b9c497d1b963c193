"""What a meter, a node or a site did over some days: its course beside the days before, trend, peaks, base load and patterns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight.courses import Course, courses, stretches
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subjects import Subject, subject
from models import calendars, local_time, patterns, statistics, system_balance, trend
from models.statistics import Duration
from models.trend import Trend
from store.records.plant import calendars as site_calendars
from store.records.plant import sites
from store.scope import Scope

Floats = NDArray[np.float64]

POWER, EFFICIENCY, LOAD = "power", "efficiency", "load"
LASTS_S, STALE_S = 60.0, 600.0
LEAST_COVERAGE = 0.9  # of a day, and of both periods, for them to be compared
READ_AT_ONCE = 200_000  # quarters of all meters behind a subject; of more than that hours are read, which are kept
SHORT_DAYS, LONG_DAYS = 8, 92  # up to which a course is drawn by its finest steps, and by hours
PEAKS = 5
FREE = (calendars.WEEKEND_DAY, calendars.HOLIDAY, calendars.SHUTDOWN)
OUT_OF_WEEK = (calendars.HOLIDAY, calendars.SHUTDOWN)
OF_NO_WEEKDAY = 7


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest step of a day: its mean power, and when it began (UTC)."""

    kw: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Loading:
    """How much of what it can carry a subject carried: shares (0..1) of `capacity_kw`, on average and in the highest step."""

    capacity_kw: float
    mean: float
    highest: float
    at: datetime | None


@dataclass(frozen=True, slots=True)
class System:
    """What a site took in and lost (kWh), of the days on which all meters that tell of it did, of so many days."""

    taken_in_kwh: float
    lost_kwh: float
    days: int
    of_days: int


@dataclass(frozen=True, slots=True)
class Patterns:
    """Mean powers (kW, NaN: not known): by the hour of working days and of free days (2, 24), weekday (7,), month (12,)."""

    hours: Floats
    weekdays: Floats
    months: Floats


@dataclass(frozen=True, slots=True)
class History:
    """Some local days of a subject. Energies in kWh, powers (means of the `finest` step) in kW; NaN where not known.

    `values` are what is `shown` between successive `edges`, in kW, or in percent, and `before` the same at the same local time as
    many days before. `change` (0.1: a tenth more) is against these, NaN where too little of one of both is known.
    """

    subject: Subject
    shown: str
    offered: Sequence[str]
    finest: str
    edges: pd.DatetimeIndex
    values: Floats
    before: Floats
    kwh: float
    change: float
    coverage: float
    provisional: bool
    usual_day_kwh: float
    trend: Trend
    mean_kw: float
    base_kw: float
    load_factor: float
    peaks: Sequence[Peak]
    duration: Duration
    patterns: Patterns
    system: System | None
    loading: Loading | None


def history(scope: Scope, site_id: str, wanted: str, first: date, last: date, show: str = POWER) -> History:
    """The local days from `first` to the end of `last`, or to the last step that is over.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("history", scope.key, site_id, sites.version(scope, site_id), wanted, first, last, show)
    return shared.get(key, LASTS_S, lambda: _history(scope, site_view(scope, site_id), wanted, first, last, show), STALE_S)


def _history(scope: Scope, view: SiteView, wanted: str, first: date, last: date, show: str) -> History:
    of, days = subject(view, wanted), (last - first).days + 1
    capacity_kw, offered = _capacity_kw(view, of), _offered(view, of)
    shown = show if show in offered else POWER
    finest = "quarter" if days * 96 * _meters_behind(view, of) <= READ_AT_ONCE else "hour"
    start, until = local_time.days(first, last, view.zone)
    fine = _steps(start, min(until, local_time.begin(clock.now(), finest, view.zone)), finest, view)
    told = stretches(scope, view, of.id, [*fine.to_pydatetime()]).kwh
    edges = _steps(start, fine[-1].to_pydatetime(), _step(shown, finest, days), view)
    start_before, until_before = local_time.days(first - timedelta(days), last - timedelta(days), view.zone)
    end_before = until_before - (until - fine[-1].to_pydatetime())
    edges_before = _steps(start_before, end_before, _step(shown, finest, days), view)
    told_before = stretches(scope, view, of.id, [*edges_before.to_pydatetime()]).kwh
    values_before = _values(shown, told_before, _hours(edges_before), of, capacity_kw)
    by_day = _days(scope, view, of, first, last)
    kwh, kwh_before = _sum(told[of.used]), _sum(told_before[of.used])
    is_comparable = min(by_day.coverage, by_day.coverage_before) >= LEAST_COVERAGE and kwh_before > 0
    power, local = told[of.used] / _hours(fine), fine[:-1].tz_convert(view.zone)
    highest = patterns.peaks(power, [*local.date], PEAKS).tolist()
    return History(
        subject=of,
        shown=shown,
        offered=offered,
        finest=finest,
        edges=edges,
        values=_values(shown, stretches(scope, view, of.id, [*edges.to_pydatetime()]).kwh, _hours(edges), of, capacity_kw),
        before=_at_the_same_time(values_before, edges_before, edges, view, days),
        kwh=kwh,
        change=kwh / kwh_before - 1 if is_comparable else np.nan,
        coverage=by_day.coverage,
        provisional=by_day.provisional,
        usual_day_kwh=statistics.median(by_day.whole_kwh),
        trend=trend.trend(by_day.whole_kwh, by_day.alike),
        mean_kw=statistics.mean(power),
        base_kw=statistics.base_load_kw(power),
        load_factor=statistics.load_factor(power),
        peaks=[Peak(float(power[place]), fine[place].to_pydatetime()) for place in highest],
        duration=statistics.load_duration(power),
        patterns=_patterns(power, local, by_day.free),
        system=by_day.system if EFFICIENCY in offered else None,
        loading=_loading(told, fine, of, capacity_kw) if LOAD in offered else None,
    )


class _Days(NamedTuple):
    """What the days of a period tell: energies of those that are over and whole (kWh, else NaN), which of them are alike.

    `free` are the dates on which nobody works, `system` is of the site alone.
    """

    whole_kwh: Floats
    alike: Sequence[int]
    free: Collection[date]
    coverage: float
    coverage_before: float
    provisional: bool
    system: System | None


def _days(scope: Scope, view: SiteView, of: Subject, first: date, last: date) -> _Days:
    (start, until), length = local_time.days(first, last, view.zone), last - first + timedelta(days=1)
    start_before, _ = local_time.days(first - length, last - length, view.zone)
    midnights = local_time.edges(start_before, until, "day", view.zone)
    told = courses(scope, view, [of.id], midnights)[of.id]
    own, before = slice(midnights.index(start), None), slice(midnights.index(start))
    dates = [each.astimezone(view.zone).date() for each in midnights[own][:-1]]
    kept = site_calendars.calendar(scope, view.id).day_kinds(first, last)
    kinds = {day: kept[(day - first).days] for day in dates}  # a date that the clocks left out is none of them
    is_over = np.array([each <= clock.now() for each in midnights[own][1:]], bool)
    is_whole = is_over & (np.nan_to_num(told.coverage[own]) >= LEAST_COVERAGE)
    return _Days(
        whole_kwh=np.where(is_whole, told.kwh[of.used][own], np.nan),
        alike=[OF_NO_WEEKDAY if kind in OUT_OF_WEEK else day.weekday() for day, kind in kinds.items()],
        free={day for day, kind in kinds.items() if kind in FREE},
        coverage=statistics.mean(told.coverage[own]),
        coverage_before=statistics.mean(told.coverage[before]),
        provisional=bool(told.provisional[own].any()),
        system=_system(told, own) if of.kind == "site" else None,
    )


def _meters_behind(view: SiteView, of: Subject) -> int:
    return len(view.flow_meters) if of.kind == "site" else 1


def _capacity_kw(view: SiteView, of: Subject) -> float:
    """What the subject can carry: of a site its grid connection; NaN where that is not said."""
    if of.kind == "site":
        return system_balance.connection_kw(view.graph)
    said = view.graph.node(of.id).capacity_kw if of.kind == "node" else None
    return said or np.nan


def _offered(view: SiteView, of: Subject) -> list[str]:
    """What can be shown of it beside its power."""
    tells_losses = of.kind == "site" and bool(system_balance.telling(view.graph))
    is_rated = bool(np.isfinite(_capacity_kw(view, of)))
    return [POWER, *([EFFICIENCY] if tells_losses else []), *([LOAD] if is_rated else [])]


def _step(shown: str, finest: str, days: int) -> str:
    if shown == EFFICIENCY:  # of shorter ones meters that tell at different moments would show
        return "hour" if days <= SHORT_DAYS else "day"
    return finest if days <= SHORT_DAYS else "hour" if days <= LONG_DAYS else "day"


def _steps(start: datetime, end: datetime, step: str, view: SiteView) -> pd.DatetimeIndex:
    """The edges of steps of which the last one ends where the time does; an hour at least, however short the time is."""
    end = max(end, start + timedelta(hours=1))
    *inner, _ = local_time.edges(start, end, step, view.zone)
    return pd.DatetimeIndex([*inner, end])


def _hours(edges: pd.DatetimeIndex) -> Floats:
    return np.asarray(np.diff(edges.as_unit("us").asi8) / 3.6e9, np.float64)


def _values(shown: str, kwh: Mapping[str, Floats], hours: Floats, of: Subject, capacity_kw: float) -> Floats:
    if shown == EFFICIENCY:
        return 100 * system_balance.efficiency(kwh["taken_in"], kwh["lost"])
    if shown == LOAD:
        return 100 * _carried(kwh, of) / hours / capacity_kw
    return kwh[of.used] / hours


def _carried(kwh: Mapping[str, Floats], of: Subject) -> Floats:
    """What went through it in either direction: through the grid connection of a site, else to or from a node."""
    there, back = kwh[of.bought], kwh[of.sold]
    return np.where(np.isfinite(there) | np.isfinite(back), np.nan_to_num(there) + np.nan_to_num(back), np.nan)


def _at_the_same_time(values: Floats, theirs: pd.DatetimeIndex, edges: pd.DatetimeIndex, view: SiteView, days: int) -> Floats:
    """The values of steps (`theirs`) at the local times of other steps, so many days before."""
    moments = local_time.same_time(edges[:-1].tz_convert(view.zone), days).tz_convert("UTC")
    return np.asarray(pd.Series(values, theirs[:-1]).reindex(moments), np.float64)


def _patterns(power: Floats, local: pd.DatetimeIndex, free_days: Collection[date]) -> Patterns:
    free = np.array([day in free_days for day in local.date], bool)
    return Patterns(
        patterns.means(power, np.asarray(local.hour) + 24 * free, 48).reshape(2, 24),
        patterns.means(power, local.day_of_week, 7),
        patterns.means(power, np.asarray(local.month) - 1, 12),
    )


def _system(by_day: Course, own: slice) -> System:
    taken_in, lost = (by_day.kwh[name][own] for name in ("taken_in", "lost"))
    known = np.isfinite(taken_in)
    return System(float(taken_in[known].sum()), float(lost[known].sum()), int(known.sum()), len(taken_in))


def _loading(kwh: Mapping[str, Floats], fine: pd.DatetimeIndex, of: Subject, capacity_kw: float) -> Loading:
    shares = _carried(kwh, of) / _hours(fine) / capacity_kw
    most = statistics.highest(shares)
    at = fine[most.at].to_pydatetime() if most.at >= 0 else None
    return Loading(capacity_kw, statistics.mean(shares), most.value, at)


def _sum(kwh: Floats) -> float:
    known = kwh[np.isfinite(kwh)]
    return float(known.sum()) if len(known) else float("nan")
