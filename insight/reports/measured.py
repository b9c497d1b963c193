"""Days of what a report is of, and what they add up to: with how much of their meters came, so that a part is no whole."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insight import closed_energy
from insight.courses import Course, courses, stretches_of
from insight.energy_days import LEAST_COVERAGE, midnights
from insight.reports.numbers import Total
from insight.site_energy import asked_of, site_energy
from insight.site_view import SiteView
from insight.subject_cost import SubjectCost, subject_costs
from insight.subjects import Subject
from models import statistics
from models.bills import PARTS
from models.report_periods import Span
from models.topology import electric
from store.scope import Scope

Floats = NDArray[np.float64]
Seconds = dict[str, tuple[Floats, Floats]]  # of each meter: what is there of each day, and what was due


class Days(NamedTuple):
    """Successive local days of a subject, or of several together; NaN where not known.

    `peaked` is the share of each day whose demand charge is in the cost; 1 where none is due.
    `meters` are those behind it, `needed` those without which the sum would be another one.
    """

    dates: Sequence[date]
    kwh: Floats
    cost: Floats
    priced_kwh: Floats
    traded_kwh: Floats
    peaked: Floats
    parts: dict[str, Floats]
    co2_kg: Floats
    market_co2_kg: Floats
    coverage: Floats
    provisional: NDArray[np.bool_]
    meters: Seconds
    needed: frozenset[str]

    def total(self, which: slice = slice(None)) -> Total:
        """These days, or some of them, as a whole: not known where no meter was due."""
        covered = {meter: (there[which].sum(), due[which].sum()) for meter, (there, due) in self.meters.items()}
        due = {meter: there / lasting for meter, (there, lasting) in covered.items() if lasting > 0}
        needed = [due[meter] for meter in self.needed if meter in due]
        traded = self.traded_kwh[which].sum()
        peaked = self.peaked[which][np.isfinite(self.kwh[which])]
        columns = (self.kwh, self.cost, self.co2_kg, self.market_co2_kg)
        kwh, cost, co2_kg, market_co2_kg = (each[which] if due else np.array([]) for each in columns)
        return Total(
            first=self.dates[which][0],
            last=self.dates[which][-1],
            kwh=summed(kwh),
            daily_kwh=known(statistics.mean(kwh)),
            cost=summed(cost),
            priced=float(self.priced_kwh[which].sum() / traded) if traded > 0 else 1.0,
            co2_kg=summed(co2_kg),
            coverage=known(statistics.mean(list(due.values()))),
            meters=len(due),
            telling=sum(bool(share > 0) for share in due.values()),
            whole=bool(needed and min(needed) >= LEAST_COVERAGE),
            provisional=bool(self.provisional[which].any()),
            market_co2_kg=summed(market_co2_kg),
            peaked=float(peaked.mean()) if len(peaked) else 1.0,
        )


class Measured(NamedTuple):
    """The days of a subject, and its bill by days where that was asked for."""

    days: Days
    paid: SubjectCost | None


def dates_of(view: SiteView, edges: Sequence[datetime]) -> list[date]:
    """The local days between successive midnights."""
    return [each.astimezone(view.zone).date() for each in edges[:-1]]


def measured(scope: Scope, view: SiteView, of: Sequence[Subject], span: Span, *, priced: bool = True) -> list[Measured]:
    """The days of each subject; `priced`: and its bill by days.

    Raises:
        NotFound: one of them is not there for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    edges = midnights(view, *span)
    told = courses(scope, view, [each.id for each in of], edges)
    wired = view.drawings.between(edges[0], edges[-1])
    of_electricity = {meter for _, drawn in wired for meter in asked_of(electric(drawn), view)}
    behind = stretches_of(scope, view, [each.id for each in of], edges)
    ids = {each.id: [*dict.fromkeys(meter for part in behind[each.id].behind for meter in part.meters)] for each in of}
    for each in of:
        if each.kind == "site":  # whose gas and heat are no part of it
            ids[each.id] = [meter for meter in ids[each.id] if meter in of_electricity]
    flows = closed_energy.flows(scope, [*dict.fromkeys(meter for every in ids.values() for meter in every)], edges, view.metering)
    seconds = {meter: (np.minimum(flow.covered_s, flow.due_s), flow.due_s) for meter, flow in flows.items()}
    paid = subject_costs(scope, view, of, edges) if priced else [None] * len(of)
    found, dates = [], dates_of(view, edges)
    for each, cost in zip(of, paid, strict=True):
        own = {meter: seconds[meter] for meter in ids[each.id]}
        days = _days(dates, told[each.id], each, cost, own, _needed(scope, view, each, ids[each.id], edges))
        found.append(Measured(days, cost))
    return found


def _days(
    dates: Sequence[date], told: Course, of: Subject, paid: SubjectCost | None, meters: Seconds, needed: frozenset[str]
) -> Days:
    nothing = np.zeros(len(dates))
    traded = nothing if paid is None else (paid.bill.bought_kwh + paid.bill.sold_kwh)[0]
    return Days(
        dates,
        told.kwh[of.used],
        nothing + np.nan if paid is None else paid.bill.cost[0],
        nothing if paid is None else traded * paid.bill.priced[0],
        traded,
        nothing + 1 if paid is None else paid.bill.peaked[0],
        {name: nothing if paid is None else paid.bill.parts[name][0] for name in PARTS},
        nothing + np.nan if paid is None else paid.co2_kg,
        nothing + np.nan if paid is None else paid.market_co2_kg,
        told.coverage,
        told.provisional,
        meters,
        needed,
    )


def together(every: Sequence[Days]) -> Days:
    """Several subjects as one: what is known of each is added up."""
    if len(every) == 1:
        return every[0]
    meters = {meter: seconds for each in every for meter, seconds in each.meters.items()}
    shape = len(meters), len(every[0].dates)
    due = np.array([lasting for _, lasting in meters.values()]).reshape(shape)
    there = np.array([seconds for seconds, _ in meters.values()]).reshape(shape)
    shares = np.where(due > 0, there / np.where(due > 0, due, 1), np.nan)
    counted = np.isfinite(shares).sum(axis=0)
    return Days(
        every[0].dates,
        _added([each.kwh for each in every]),
        _added([each.cost for each in every]),
        sum((each.priced_kwh for each in every), np.zeros(len(every[0].kwh))),
        sum((each.traded_kwh for each in every), np.zeros(len(every[0].kwh))),
        np.mean([each.peaked for each in every], axis=0),
        {name: sum((each.parts[name] for each in every), np.zeros(len(every[0].kwh))) for name in PARTS},
        _added([each.co2_kg for each in every]),
        _added([each.market_co2_kg for each in every]),
        np.where(counted > 0, np.nansum(shares, axis=0) / np.maximum(counted, 1), np.nan),
        np.logical_or.reduce([each.provisional for each in every]),
        meters,
        frozenset().union(*(each.needed for each in every)),
    )


def by_month(days: Days) -> list[Total]:
    """The local months of which there are days, each as far as there are."""
    months = [(each.year, each.month) for each in days.dates]
    begins = [at for at, month in enumerate(months) if not at or months[at - 1] != month]
    return [days.total(slice(first, last)) for first, last in zip(begins, [*begins[1:], len(months)], strict=True)]


def known(value: float) -> float | None:
    """The number; None for NaN."""
    return float(value) if np.isfinite(value) else None


def summed(values: Floats) -> float | None:
    """The sum of what is known; None where nothing is."""
    there = values[np.isfinite(values)]
    return float(there.sum()) if len(there) else None


def _added(values: Sequence[Floats]) -> Floats:
    every = np.array(values)
    return np.where(np.isfinite(every).any(axis=0), np.nansum(every, axis=0), np.nan)


def _needed(scope: Scope, view: SiteView, of: Subject, ids: Sequence[str], edges: Sequence[datetime]) -> frozenset[str]:
    """The meters that the sum depends on: of a site whose grid connection and plant tell it whole not those of its uses."""
    if of.kind != "site":
        return frozenset(ids)
    totals = site_energy(scope, view, [edges[0], edges[-1]]).flows.totals
    if not np.isfinite(totals.demand[0]):
        return frozenset(ids)
    wired = view.drawings.between(edges[0], edges[-1])
    uses = {node.id for _, drawn in wired for node in drawn.nodes if node.kind == "sink"}
    into_uses = [edge for _, drawn in wired for edge in drawn.edges if edge.target in uses]
    return frozenset(ids) - {*asked_of(into_uses, view)} or frozenset(ids)
