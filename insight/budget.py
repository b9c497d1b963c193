"""How the budgets of a month fare: what was used, paid or emitted so far, what the month will come to, and how sure that is.

What is charged by the month as a whole (fixed charges, demand by the highest peak so far) counts in full in what a month will
cost; the days' own part (energy, export, tiers, taxes) is projected by what is usual. A minimum is what the month costs at least.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config import clock
from insight import own_home, subjects
from insight.courses import courses
from insight.energy_days import LEAST_COVERAGE, LOOKED_BACK, kinds, midnights
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subject_cost import SubjectCost, subject_cost
from insight.subjects import Subject
from models import budgets, local_time, statistics
from models.bills import PARTS
from models.budgets import Projection
from models.home import Home, energy_of
from store.errors import NotFound
from store.records.plant import budgets as kept_budgets
from store.records.plant import sites
from store.records.schema import Budget
from store.scope import Scope

Floats = NDArray[np.float64]

ENERGY, COST, CO2 = "energy", "cost", "co2"
UNITS = {ENERGY: "kWh", CO2: "kg"}  # of cost it is the currency
LASTS_S, STALE_S = 60.0, 900.0
OF_DAYS = ("energy", "export", "tiers", "taxes")  # parts of a bill that are of days by themselves
OF_MONTHS = ("fixed", "demand", "rounding")


@dataclass(frozen=True, slots=True)
class MonthBudget:
    """A budget of a local month and how it fares, in `unit`: kWh, a currency, or kg of CO2.

    `subject_id` is the site or the building; "" for the meters that are one's own. `passed` (0..1) is the share of the month's
    time that is over, `coverage` (0..1) of what was due of it, NaN where nothing was.
    """

    subject_id: str
    name: str
    measure: str
    unit: str
    month: date
    amount: float
    projection: Projection
    passed: float
    coverage: float
    provisional: bool

    @property
    def state(self) -> str:
        """As `models.budgets.state` calls it."""
        return budgets.state(self.amount, self.projection)

    @property
    def used(self) -> float:
        """The share of the budget that is used (1: all of it)."""
        return self.projection.so_far / self.amount

    @property
    def expected(self) -> float:
        """The share of it that the month will come to; NaN where nobody can say."""
        return self.projection.projected / self.amount


class _Outlook(NamedTuple):
    """What a month comes to by measure, and how sure that is."""

    projections: Mapping[str, Projection]
    passed: float
    coverage: float
    provisional: bool

    def of(self, measure: str) -> Projection:
        """What it comes to in a measure; where nothing tells that, nobody can say."""
        return self.projections.get(measure, budgets.NOTHING)


class _Days(NamedTuple):
    """Successive local days: those of a month are the last `month` ones, before them those that they are compared with.

    `begun` are how many of all have begun, `kinds` as `models.usual_day` takes them.
    """

    edges: list[datetime]
    kinds: Sequence[int]
    month: int
    begun: int
    now: datetime

    def padded(self, values: Floats) -> Floats:
        """Values of the days that have begun, and NaN for those to come."""
        return np.append(values[: self.begun], np.full(len(self.edges) - 1 - self.begun, np.nan))

    def missing(self, coverage: Floats) -> Floats:
        """The share of each day of which nothing is known: what is still to come of it, and what its readings lack."""
        edges_s, known = np.array([each.timestamp() for each in self.edges]), np.nan_to_num(self.padded(coverage))
        to_come = np.clip((edges_s[1:] - self.now.timestamp()) / np.diff(edges_s), 0.0, 1.0)
        return to_come + (1 - to_come) * _lacking(known)

    def project(self, totals: Floats, missing: Floats) -> Projection:
        """What the month comes to."""
        return budgets.project(self.padded(totals), missing, self.kinds, self.month)

    def of_month(self, values: NDArray[Any]) -> NDArray[Any]:
        """Those of the month among values of all days, or of those that have begun."""
        return values[len(self.edges) - 1 - self.month :]

    def outlook(self, used: Floats, coverage: Floats, provisional: bool, paid: Sequence[SubjectCost]) -> _Outlook:
        """By every measure; by energy alone where nothing `paid` is told."""
        missing = self.missing(coverage)
        found = {ENERGY: self.project(used, missing)}
        if paid:
            emitted = np.sum([each.co2_kg for each in paid], axis=0)
            found |= {COST: self._cost(missing, paid), CO2: self.project(emitted, missing)}
        first_s, last_s = (each.timestamp() for each in (self.edges[-1 - self.month], self.edges[-1]))
        passed = min(1.0, max(0.0, (self.now.timestamp() - first_s) / (last_s - first_s))) if self.month else 1.0
        due = statistics.mean(self.of_month(coverage))
        return _Outlook(found, passed, due, provisional or passed < 1)

    def _cost(self, missing: Floats, paid: Sequence[SubjectCost]) -> Projection:
        parts = {name: np.sum([each.bill.parts[name][0] for each in paid], axis=0) for name in PARTS}
        is_told = np.isfinite([each.bill.cost[0] for each in paid]).all(axis=0)
        of_days = np.where(is_told, np.sum([parts[name] for name in OF_DAYS], axis=0), np.nan)
        priced = np.min([each.bill.priced[0] for each in paid], axis=0)
        found = self.project(of_days, np.maximum(missing, _lacking(priced)))
        if not is_told.any():
            return found
        due, least = (self.of_month(np.sum([parts[name] for name in names], axis=0)) for names in (OF_MONTHS, ("minimum",)))
        until_now = self.of_month(np.arange(len(self.edges) - 1) < self.begun)
        whole = sum(float(self.of_month(each).sum()) for each in parts.values())
        lacks = least.sum() > 0
        return found.beside(float((due + least)[until_now].sum()), float(due.sum()), whole if lacks else -np.inf)


def month_budgets(scope: Scope, view: SiteView, month: date, of: str | None = None) -> list[MonthBudget]:
    """Those of a site and its buildings in the local month that holds a day, the one that fares worst first.

    `of`: of that alone, the site's id or a node's. Whoever does not see the whole site is told of none, as of months to come.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    kept = _kept(scope, view, month.replace(day=1))
    return _faring(scope, view, [each for each in kept if of in (None, each.node_id or view.id)])


def past_budgets(scope: Scope, view: SiteView, kept: Collection[Budget]) -> list[MonthBudget]:
    """How budgets of a site's months that are over fared, as far as anything is known of them.

    All months of a subject are read together and each as a whole: what its readings lack is not filled up with what is usual.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    months: dict[str, set[date]] = {}
    for each in kept:
        months.setdefault(each.node_id or view.id, set()).add(each.month)
    outlooks: dict[tuple[str, date], _Outlook] = {}
    names: dict[str, str] = {}
    for subject_id, of_subject in months.items():
        try:
            of = subjects.subject(view, subject_id)
        except NotFound:
            continue  # as above: of the current month nothing is told either
        first, last = min(of_subject), max(of_subject)
        paying = any(each.measure != ENERGY and (each.node_id or view.id) == subject_id for each in kept)
        key = ("past budgets", scope.key, view.id, view.version, subject_id, first, last, paying)
        found = shared.get(key, LASTS_S, partial(_of_months, scope, view, of, first, last, paying), STALE_S)
        outlooks |= {(subject_id, month): outlook for month, outlook in found.items()}
        names[subject_id] = of.name
    told = [
        _told(each, subject_id, names[subject_id], view.currency, outlooks[subject_id, each.month])
        for each in kept
        if (subject_id := each.node_id or view.id) in names
    ]
    return [each for each in told if isfinite(each.projection.projected) and each.coverage > 0]


def known_budgets(scope: Scope, view: SiteView) -> list[MonthBudget]:
    """Those of the current month, as they were found some minutes ago at most; none until they are. Nobody waits for them."""
    kept = _kept(scope, view, clock.now().astimezone(view.zone).date().replace(day=1))
    if not kept:
        return []
    key = ("faring", scope.key, view.id, view.version, kept[0].month)
    return shared.soon(key, LASTS_S, lambda: _faring(scope, view, kept), STALE_S) or []


def own_budgets(scope: Scope) -> list[MonthBudget]:
    """Those of the meters that are the holder's own, in the current month of their site; raises `StoreAway`."""
    kept = kept_budgets.own_budgets(scope)
    homes = own_home.places(scope) if kept else []
    if not homes:
        return []
    month = clock.now().astimezone(homes[0].zone).date().replace(day=1)
    kept = [each for each in kept if each.month == month]
    measures = frozenset(each.measure for each in kept)
    found = [
        shared.get(
            ("own budget", scope.key, sites.version(scope, place.site_id), place.home.meter_ids, month, measures),
            LASTS_S,
            partial(_of_home, place, month, measures),
            STALE_S,
        )
        for place in homes
    ]
    currencies = {site_view(scope, place.site_id).currency for place in homes}
    return [_own(each, found, currencies) for each in kept]


def _own(kept: Budget, found: Sequence[_Outlook], currencies: Collection[str]) -> MonthBudget:
    """A budget of homes together; what they pay in several currencies is no sum."""
    mixed = kept.measure == COST and len(currencies) > 1
    projection = budgets.NOTHING if mixed else budgets.together([each.of(kept.measure) for each in found])
    coverage, passed = statistics.mean([each.coverage for each in found]), min(each.passed for each in found)
    together = _Outlook({kept.measure: projection}, passed, coverage, any(each.provisional for each in found))
    return _told(kept, "", "", min(currencies), together)


def _kept(scope: Scope, view: SiteView, month: date) -> list[Budget]:
    if not scope.sees_whole_site(view.id) or month > clock.now().astimezone(view.zone).date():
        return []
    key = ("budgets", scope.key, view.id, view.version, month)
    return shared.get(key, LASTS_S, lambda: kept_budgets.budgets(scope, view.id, month), STALE_S)


def _faring(scope: Scope, view: SiteView, kept: Sequence[Budget]) -> list[MonthBudget]:
    measures: dict[tuple[str, date], set[str]] = {}
    for each in kept:
        measures.setdefault((each.node_id or view.id, each.month), set()).add(each.measure)
    found = []
    for each in kept:
        subject_id = each.node_id or view.id
        try:
            of = subjects.subject(view, subject_id)
        except NotFound:
            continue  # it is gone, or passes energy on: what it uses itself is not told
        wanted = frozenset(measures[subject_id, each.month])
        key = ("budget", scope.key, view.id, view.version, subject_id, each.month, wanted)
        outlook = shared.get(key, LASTS_S, partial(_of_subject, scope, view, of, each.month, wanted), STALE_S)
        found.append(_told(each, subject_id, of.name, view.currency, outlook))
    return sorted(found, key=lambda each: -max(each.used, each.expected))  # where that is not known, by what is used


def _told(kept: Budget, subject_id: str, name: str, currency: str, outlook: _Outlook) -> MonthBudget:
    unit, projection = UNITS.get(kept.measure, currency), outlook.of(kept.measure)
    return MonthBudget(subject_id, name, kept.measure, unit, kept.month, kept.amount, projection, *outlook[1:])


def _of_subject(scope: Scope, view: SiteView, of: Subject, month: date, measures: Collection[str]) -> _Outlook:
    days = _days(scope, view, month)
    told = courses(scope, view, [of.id], days.edges[: days.begun + 1])[of.id]
    paid = [subject_cost(scope, view, of, days.edges)] if {COST, CO2} & {*measures} else []
    return days.outlook(told.kwh[of.used], told.coverage, bool(days.of_month(told.provisional).any()), paid)


def _of_months(scope: Scope, view: SiteView, of: Subject, first: date, last: date, paying: bool) -> dict[date, _Outlook]:
    """What each whole local month from that of `first` to that of `last` came to."""
    edges = local_time.edges(*local_time.days(first, _last_day(last), view.zone), "month", view.zone)
    told = courses(scope, view, [of.id], edges)[of.id]
    totals = {ENERGY: told.kwh[of.used]}
    if paying:
        paid = subject_cost(scope, view, of, edges)
        totals |= {COST: paid.bill.cost[0], CO2: paid.co2_kg}
    return {
        edge.astimezone(view.zone).date(): _Outlook(
            {measure: budgets.over(float(each[nth])) for measure, each in totals.items()},
            1.0,
            float(told.coverage[nth]),
            bool(told.provisional[nth]),
        )
        for nth, edge in enumerate(edges[:-1])
    }


def _of_home(place: own_home.Place, month: date, measures: Collection[str]) -> _Outlook:
    """Of a home: what it uses, and what its entries pay; the days before it was its holder's count for nothing."""
    scope, home, view = place.scope, place.home, site_view(place.scope, place.site_id)
    days = _days(scope, view, month)
    edges = days.edges[: days.begun + 1]
    is_own = np.array([place.is_own(*each) for each in pairwise(edges)])
    before = int(is_own.argmax()) if is_own.any() else days.begun
    days = days._replace(month=min(days.month, len(days.edges) - 1 - before))
    told = courses(scope, view, home.meter_ids, edges)
    forward, export = ({m: np.nan_to_num(told[m].kwh[way]) for m in home.meter_ids} for way in ("forward", "export"))
    used = [_used(home, forward, export, day) for day in range(days.begun)]
    coverage = np.min([np.nan_to_num(told[each].coverage) for each in home.counted], axis=0) if home.counted else is_own * 0.0
    provisional = any(days.of_month(told[each].provisional).any() for each in home.meter_ids)
    paid = []
    if {COST, CO2} & {*measures}:
        paid = [subject_cost(scope, view, subjects.subject(view, each), days.edges) for each in home.entries]
    return days.outlook(np.array(used), np.where(is_own, coverage, 0.0), provisional, paid)


def _used(home: Home, forward: Mapping[str, Floats], export: Mapping[str, Floats], day: int) -> float:
    there, back = ({meter: float(kwh[day]) for meter, kwh in way.items()} for way in (forward, export))
    used = energy_of(home, there, back).used
    return np.nan if used is None else used


def _days(scope: Scope, view: SiteView, month: date) -> _Days:
    first, last = month.replace(day=1), _last_day(month)
    edges, now = midnights(view, first - LOOKED_BACK, last), clock.now()
    of_days = kinds(scope, view, [each.astimezone(view.zone).date() for each in edges[:-1]])
    return _Days(edges, of_days, len(midnights(view, first, last)) - 1, sum(each <= now for each in edges[:-1]), now)


def _last_day(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _lacking(known: Floats) -> Floats:
    """The shares that lack, where it is too much to go by what is known."""
    return np.where(known >= LEAST_COVERAGE, 0.0, 1 - known)
