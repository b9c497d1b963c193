"""Who uses what on a site: what each use took over some days, its share, its base load and peak, and how that was before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config import clock
from insight.courses import courses
from insight.shared import shared
from insight.site_energy import site_energy
from insight.site_view import SiteView, site_view
from insight.subject_cost import node_costs
from insight.subjects import of_node
from models import local_time, statistics
from models.flows import Flows
from models.graph import Node
from store.records.plant import sites
from store.scope import Scope

Floats = NDArray[np.float64]

LASTS_S, STALE_S = 60.0, 600.0
LEAST_COVERAGE = 0.9  # of both periods, for them to be compared


@dataclass(frozen=True, slots=True)
class Consumer:
    """A use over a period. Energies in kWh, powers (means of hours) in kW; NaN where not known.

    `share` (0..1) is of what the whole site used, `change` (0.1: a tenth more) against as many days before, NaN where too little
    of one of them is known. `peak_at` is when the hour of the peak began.
    """

    id: str
    name: str
    kwh: float
    share: float
    change: float
    base_kw: float
    peak_kw: float
    peak_at: datetime | None
    coverage: float


class Cost(NamedTuple):
    """What a use paid, as if the site's tariff billed it alone, for the share `priced` (0..1) of its energy; NaN without any.

    `peaked` (0..1) is the share of the time with a demand charge whose charge is in it.
    """

    amount: float
    priced: float
    peaked: float


@dataclass(frozen=True, slots=True)
class Consumers:
    """The uses of a site, that with the most energy first. `rest_kwh` is what the site used that nothing of them tells."""

    start: datetime
    end: datetime
    demand_kwh: float
    rest_kwh: float
    provisional: bool
    every: Sequence[Consumer]


def consumers(scope: Scope, site_id: str, first: date, last: date) -> Consumers:
    """Who used what from the local day `first` to the end of `last`, or to the last hour that is over.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("consumers", scope.key, site_id, sites.version(scope, site_id), first, last)
    return shared.get(key, LASTS_S, lambda: _consumers(scope, site_view(scope, site_id), first, last), STALE_S)


def costs(scope: Scope, site_id: str, first: date, last: date) -> Mapping[str, Cost]:
    """What each use paid on the days of `consumers`, by its id; asked for by itself, for it takes longer. Raises as that."""
    key = ("costs of consumers", scope.key, site_id, sites.version(scope, site_id), first, last)
    return shared.get(key, LASTS_S, lambda: _costs(scope, site_view(scope, site_id), first, last), STALE_S)


def flows_of(scope: Scope, site_id: str, start: datetime, end: datetime) -> Flows:
    """What flowed through the site between two moments (kWh), to its uses; raises as `consumers`."""
    key = ("flows of consumers", scope.key, site_id, sites.version(scope, site_id), start, end)
    return shared.get(key, LASTS_S, lambda: site_energy(scope, site_view(scope, site_id), [start, end]).flows, STALE_S)


def _consumers(scope: Scope, view: SiteView, first: date, last: date) -> Consumers:
    start, end = _within(view, first, last)
    hours = local_time.edges(start, end, "hour", view.zone)
    uses = _uses(view)
    told = courses(scope, view, [view.id, *(node.id for node in uses)], hours)
    demand = _sum(told[view.id].kwh["demand"])
    before = _before(scope, view, [node.id for node in uses], first, last, end)
    lasting_h = np.diff([each.timestamp() for each in hours]) / 3600
    every = []
    for node in uses:
        course = told[node.id]
        power = course.kwh["taken"] / lasting_h
        peak = statistics.highest(power)
        kwh, coverage = _sum(course.kwh["taken"]), statistics.mean(course.coverage)
        kwh_before, coverage_before = before[node.id]
        comparable = min(coverage, coverage_before) >= LEAST_COVERAGE and kwh_before > 0
        every.append(
            Consumer(
                node.id,
                node.name,
                kwh,
                kwh / demand if demand > 0 else np.nan,
                kwh / kwh_before - 1 if comparable else np.nan,
                statistics.base_load_kw(power),
                peak.value,
                hours[peak.at] if peak.at >= 0 else None,
                coverage,
            )
        )
    every.sort(key=lambda each: -np.nan_to_num(each.kwh))
    known = sum(each.kwh for each in every if np.isfinite(each.kwh))
    return Consumers(start, end, demand, max(demand - known, 0.0), bool(told[view.id].provisional.any()), every)


def _within(view: SiteView, first: date, last: date) -> tuple[datetime, datetime]:
    start, end = local_time.days(first, last, view.zone)
    return start, min(end, local_time.begin(clock.now(), "hour", view.zone))  # a part of an hour would be no base load


def _uses(view: SiteView) -> list[Node]:
    return [node for node in view.graph.nodes if node.kind == "sink"]


def _costs(scope: Scope, view: SiteView, first: date, last: date) -> dict[str, Cost]:
    (start, end), uses = _within(view, first, last), [of_node(node) for node in _uses(view)]
    if not uses or start >= end:
        return {}
    bill = node_costs(scope, view, uses, [start, end])
    amounts = zip(*(each[:, 0].tolist() for each in (bill.cost, bill.priced, bill.peaked)), strict=True)
    return {use.id: Cost(*of) for use, of in zip(uses, amounts, strict=True)}


def _before(
    scope: Scope, view: SiteView, ids: Sequence[str], first: date, last: date, end: datetime
) -> dict[str, tuple[float, float]]:
    """The energy (kWh) of each in as many days before, up to the same time of the last of them, and its coverage."""
    days = last - first + timedelta(days=1)
    start, until = local_time.days(first - days, last - days, view.zone)
    _, of_last = local_time.days(first, last, view.zone)
    until -= of_last - end
    told = courses(scope, view, ids, [start, until]) if start < until else {}
    return {
        each: (_sum(told[each].kwh["taken"]), statistics.mean(told[each].coverage)) if each in told else (np.nan, np.nan)
        for each in ids
    }


def _sum(kwh: Floats) -> float:
    known = kwh[np.isfinite(kwh)]
    return float(known.sum()) if len(known) else float("nan")
