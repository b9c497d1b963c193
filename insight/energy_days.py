"""What a meter, a building or a whole site used day by day: energy, cost, CO2, how sure they are, and whether that is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import outdoors
from insight.courses import Course, courses, stretches
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subject_cost import subject_cost
from insight.subjects import Subject, subject
from models import calendars, local_time, usual_day
from models.bills import Billed, DemandOfMonth
from models.usual_day import Usual
from store.records.plant import calendars as site_calendars
from store.records.plant import sites
from store.scope import Scope

Floats = NDArray[np.float64]

LOOKED_BACK = timedelta(days=usual_day.WITHIN_DAYS + 1)  # for what is usual
LEAST_COVERAGE = 0.9  # of a day's readings, for it to be judged and compared with
LASTS_S, STALE_S = 30.0, 300.0
KINDS = {calendars.HOLIDAY: usual_day.FREE, calendars.SHUTDOWN: usual_day.CLOSED}


@dataclass(frozen=True, slots=True)
class EnergyDays:
    """Successive local days of a subject. Energies in kWh, cost in the site's currency, CO2 in kg; NaN where not known.

    `co2_kg` is location-based, `market_co2_kg` market-based, where the site has certificates or a residual mix.
    `priced` (0..1) is the share of the energy that has a price: `cost` is of that share. `peaked` (0..1) is the share of the time
    with a demand charge whose month has a peak: `cost` is without the charge of the rest. `is_open` is the day that is not over,
    `holidays` those of the site's calendar by their names. `outdoors` names what tells the temperatures that usual days are moved
    to; "" where nothing does. `demands` are the demand charges of the months that the days are of.
    """

    subject: Subject
    currency: str
    edges: Sequence[datetime]
    dates: Sequence[date]
    kwh: Floats
    cost: Floats
    priced: Floats
    peaked: Floats
    co2_kg: Floats
    market_co2_kg: Floats
    coverage: Floats
    provisional: NDArray[np.bool_]
    usual: Usual
    is_open: NDArray[np.bool_]
    holidays: Mapping[date, str]
    outdoors: str
    demands: Sequence[DemandOfMonth]


class Conditions(NamedTuple):
    """What makes successive local days comparable: their kinds, as `usual_day` takes them, and mean outdoor temperatures (°C).

    `outdoors` names what tells these; where nothing does, it is "" and there are none.
    """

    kinds: Sequence[int]
    temperatures_c: Floats | None
    outdoors: str

    def usual(self, totals: Floats, since: int = 0) -> Usual:
        """What is usual for each of the days from the one at `since` on."""
        return usual_day.usual(totals, self.kinds, self.temperatures_c, since)

    def warmth(self, totals: Floats, since: int = 0) -> Floats:
        """By what the courses that those days are compared with are multiplied to be of their outdoor temperatures."""
        return usual_day.warmth(totals, self.kinds, self.temperatures_c, since)


@dataclass(frozen=True, slots=True)
class DayCourse:
    """A local day by quarters of an hour between successive `edges`: mean power (kW), and the median of those `compared` with.

    The median is multiplied by `warmth`, what the outdoor temperature of the day makes of it (`models.usual_day`).
    """

    edges: pd.DatetimeIndex
    kilowatts: Floats
    usual_kw: Floats
    compared: Sequence[date]
    warmth: float


def energy_days(scope: Scope, site_id: str, wanted: str, first: date, last: date) -> EnergyDays:
    """The local days from `first` to `last`, or to today.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("days", scope.key, site_id, sites.version(scope, site_id), wanted, first, last)
    return shared.get(key, LASTS_S, lambda: _energy_days(scope, site_view(scope, site_id), wanted, first, last), STALE_S)


def day_course(scope: Scope, site_id: str, wanted: str, day: date) -> DayCourse:
    """A day by its quarters, beside the usual one; raises as `energy_days`."""
    key = ("day", scope.key, site_id, sites.version(scope, site_id), wanted, day)
    return shared.get(key, LASTS_S, lambda: _day_course(scope, site_view(scope, site_id), wanted, day), STALE_S)


def midnights(view: SiteView, first: date, last: date) -> list[datetime]:
    """Where the local days from `first` to `last` begin, and where the last one ends (UTC)."""
    start, end = local_time.days(first, last, view.zone)
    return local_time.edges(start, end, "day", view.zone)


def _dates(view: SiteView, edges: Sequence[datetime]) -> list[date]:
    return [each.astimezone(view.zone).date() for each in edges[:-1]]


def _energy_days(scope: Scope, view: SiteView, wanted: str, first: date, last: date) -> EnergyDays:
    of, now = subject(view, wanted), clock.now()
    last = min(last, now.astimezone(view.zone).date())
    shown = midnights(view, first, last)
    every = midnights(view, first - LOOKED_BACK, last)
    told = courses(scope, view, [of.id], every)[of.id]
    totals, dates = told.kwh[of.used], _dates(view, every)
    is_open = np.array([each > now for each in every[1:]])
    own, like = slice(len(every) - len(shown), None), conditions(scope, view, every)
    usual = like.usual(comparable(totals, told, is_open), own.start)
    paid = subject_cost(scope, view, of, shown)
    return EnergyDays(
        subject=of,
        currency=view.currency,
        edges=shown,
        dates=dates[own],
        kwh=totals[own],
        cost=paid.bill.cost[0],
        priced=paid.bill.priced[0],
        peaked=paid.bill.peaked[0],
        co2_kg=paid.co2_kg,
        market_co2_kg=paid.market_co2_kg,
        coverage=told.coverage[own],
        provisional=told.provisional[own],
        usual=usual.of(own),
        is_open=is_open[own],
        holidays=site_calendars.holidays(scope, view.id, first, last),
        outdoors=like.outdoors,
        demands=Billed(paid.bill, 0, shown, [], paid.priced.versions).demands(),
    )


def conditions(scope: Scope, view: SiteView, edges: Sequence[datetime]) -> Conditions:
    """Of the local days between successive edges; raises `StoreAway`."""
    warmth = outdoors.temperature(scope, view, edges[0], edges[-1])
    of_days = kinds(scope, view, _dates(view, edges))
    return Conditions(of_days, warmth.means_c, warmth.source) if warmth else Conditions(of_days, None, "")


def kinds(scope: Scope, view: SiteView, dates: Sequence[date]) -> list[int]:
    """Of successive days, as `usual_day` takes them; a date that the clocks left out is none of them."""
    kept = site_calendars.calendar(scope, view.id).day_kinds(dates[0], dates[-1])
    return [KINDS.get(kept[(day - dates[0]).days], day.weekday()) for day in dates]


def comparable(totals: Floats, told: Course, is_open: NDArray[np.bool_]) -> Floats:
    """The totals of days that are over and of which enough is known."""
    return np.where(np.nan_to_num(told.coverage) >= LEAST_COVERAGE, np.where(is_open, np.nan, totals), np.nan)


def _day_course(scope: Scope, view: SiteView, wanted: str, day: date) -> DayCourse:
    of, now = subject(view, wanted), clock.now()
    every = midnights(view, day - LOOKED_BACK, day)
    told = courses(scope, view, [of.id], every)[of.id]
    dates = _dates(view, every)
    totals = comparable(told.kwh[of.used], told, np.array([each > now for each in every[1:]]))
    like = conditions(scope, view, every)
    compared = usual_day.compared_with(totals, like.kinds, len(dates) - 1)
    enough, warmth = len(compared) >= usual_day.LEAST, float(like.warmth(totals, len(dates) - 1)[-1])
    quarters = local_time.edges(every[-2], every[-1], "quarter", view.zone)
    shown = _quarters_kw(scope, view, of, quarters)
    usual_kw = np.full(len(shown), np.nan)
    if enough:
        walls = [_wall(each, view) for each in quarters[:-1]]
        courses_kw = np.full((len(compared), len(walls)), np.nan)
        for row, place in enumerate(compared.tolist()):
            theirs = local_time.edges(every[place], every[place + 1], "quarter", view.zone)
            by_wall = dict(zip((_wall(at, view) for at in theirs[:-1]), _quarters_kw(scope, view, of, theirs), strict=True))
            courses_kw[row] = [by_wall.get(wall, np.nan) for wall in walls]
        usual_kw = _medians(courses_kw) * warmth
    days = [dates[place] for place in compared.tolist()] if enough else []
    return DayCourse(pd.DatetimeIndex(quarters), shown, usual_kw, days, warmth)


def _wall(moment: datetime, view: SiteView) -> tuple[int, int]:
    local = moment.astimezone(view.zone)
    return local.hour, local.minute


def _quarters_kw(scope: Scope, view: SiteView, of: Subject, quarters: list[datetime]) -> Floats:
    kwh = stretches(scope, view, of.id, quarters).kwh[of.used]
    hours = np.diff([each.timestamp() for each in quarters]) / 3600
    power: Floats = kwh / hours
    return power


def _medians(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    found = np.full(values.shape[1], np.nan)
    found[known] = np.nanmedian(values[:, known], axis=0)
    return found
