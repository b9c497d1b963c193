"""When and where a site uses energy: a subject by hour and day, and its buildings day by day, as they stand on the site."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import energy_days
from insight.courses import courses, stretches
from insight.energy_days import LOOKED_BACK
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subjects import Subject, subject
from models import local_time, patterns, statistics, topology
from models.graph import Node
from store.records.plant import buildings as records
from store.records.plant import sites
from store.records.plant.buildings import Facts
from store.scope import Scope

Floats = NDArray[np.float64]

LASTS_S, STALE_S = 60.0, 600.0
NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class HoursByDay:
    """The mean power (kW) of each hour of the day (24 rows) on each local day of a subject; NaN where nothing is known."""

    subject: Subject
    dates: Sequence[date]
    kw: Floats
    coverage: float
    provisional: bool


@dataclass(frozen=True, slots=True)
class Built:
    """A building, or a use where a site has no buildings: what is said of it, and what it took (kWh) on each of the days.

    `plan` is where it stands on the site's plan (0..1 from the left and from the top), `usual_kwh` what is usual on each day; NaN
    where too few days tell. `within` are the boards that it lies behind, of which what it took is a part.
    """

    node: Node
    facts: Facts
    plan: tuple[float, float] | None
    kwh: Floats
    usual_kwh: Floats
    coverage: Floats
    within: frozenset[str] = frozenset()

    @property
    def kwh_m2(self) -> Floats:
        """What it took by each m² of its floor; NaN without a floor area."""
        return self.kwh / (self.facts.floor_area_m2 or np.nan)

    @property
    def against_usual(self) -> Floats:
        """How it differed from usual (0.1: a tenth more)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.usual_kwh > 0, self.kwh / self.usual_kwh - 1, np.nan)


@dataclass(frozen=True, slots=True)
class BuiltByDay:
    """The buildings of a site, by name, on successive local days. `is_open` is the day that is not over."""

    dates: Sequence[date]
    every: Sequence[Built]
    is_open: NDArray[np.bool_]
    provisional: NDArray[np.bool_]


def hours_by_day(scope: Scope, site_id: str, wanted: str, first: date, last: date) -> HoursByDay:
    """The hours of the local days from `first` to `last`, or to the last hour that is over.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("hours by day", scope.key, site_id, sites.version(scope, site_id), wanted, first, last)
    return shared.get(key, LASTS_S, lambda: _hours_by_day(scope, site_view(scope, site_id), wanted, first, last), STALE_S)


def built_by_day(scope: Scope, site_id: str, first: date, last: date) -> BuiltByDay:
    """The buildings on the local days from `first` to `last`, or to today.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("buildings by day", scope.key, site_id, sites.version(scope, site_id), first, last)
    return shared.get(key, LASTS_S, lambda: _built_by_day(scope, site_view(scope, site_id), first, last), STALE_S)


def _hours_by_day(scope: Scope, view: SiteView, wanted: str, first: date, last: date) -> HoursByDay:
    of, now = subject(view, wanted), clock.now()
    midnights = energy_days.midnights(view, first, min(last, now.astimezone(view.zone).date()))
    by_day = courses(scope, view, [of.id], midnights)[of.id]
    end = min(midnights[-1], max(local_time.begin(now, "hour", view.zone), midnights[0] + timedelta(hours=1)))
    edges = pd.DatetimeIndex(local_time.edges(midnights[0], end, "hour", view.zone))
    kwh = stretches(scope, view, of.id, [*edges.to_pydatetime()]).kwh[of.used]
    days = pd.DatetimeIndex(midnights).searchsorted(edges[:-1], side="right") - 1
    kw = patterns.hours_by_day(
        kwh, np.diff(edges.as_unit("us").asi8) / 3.6e9, edges[:-1].tz_convert(view.zone).hour, days, len(midnights) - 1
    )
    dates = [each.astimezone(view.zone).date() for each in midnights[:-1]]
    return HoursByDay(of, dates, kw, statistics.mean(by_day.coverage), bool(by_day.provisional.any()))


def _built_by_day(scope: Scope, view: SiteView, first: date, last: date) -> BuiltByDay:
    now = clock.now()
    last = min(last, now.astimezone(view.zone).date())
    midnights = energy_days.midnights(view, first - LOOKED_BACK, last)
    every = [each.astimezone(view.zone).date() for each in midnights[:-1]]
    own = slice(next(at for at, day in enumerate(every) if day >= first), None)
    is_open = np.array([each > now for each in midnights[1:]])
    homes, facts = _homes(view), _facts(scope, view)
    nodes = _built(view, homes, facts)
    told = courses(scope, view, [node.id for node in nodes], midnights) if nodes else {}
    like = energy_days.conditions(scope, view, midnights)
    found = []
    for node in nodes:
        course = told[node.id]
        kwh = course.kwh["taken"]
        usual = like.usual(energy_days.comparable(kwh, course, is_open), own.start)
        home = homes.get(node.id, node)
        known = facts.get(node.id) or facts.get(home.id, NO_FACTS)
        told_of = kwh[own], usual.middle[own], course.coverage[own]
        found.append(Built(node, known, _plan(node) or _plan(home), *told_of, topology.within(view.graph, node.id)))
    provisional = np.zeros(len(every[own]), bool)
    for course in told.values():
        provisional |= course.provisional[own]
    return BuiltByDay(every[own], found, is_open[own], provisional)


def _built(view: SiteView, homes: Mapping[str, Node], facts: Mapping[str, Facts]) -> list[Node]:
    """The uses that are buildings, or the only ones of one; boards that are buildings of several; all uses where none is one."""
    told_by_use = {home.id for home in homes.values()}
    boards = {node.id for node in view.graph.nodes if node.kind == "bus" and node.id in facts} - told_by_use
    uses = [node for node in view.graph.nodes if node.kind == "sink"]
    told = {node.id for node in uses if node.id in facts or homes.get(node.id, node).id in facts} | boards
    return [node for node in view.graph.nodes if node.id in told] or uses


def _homes(view: SiteView) -> Mapping[str, Node]:
    """The bus behind which a use is the only one, as in a home with an array and a battery of its own, by the use.

    One with another board behind it is no such bus.
    """
    nodes = {node.id: node for node in view.graph.nodes}
    supplied = {edge.target: nodes[edge.source] for edge in view.graph.edges if edge.carrier == "electricity"}
    behind = Counter(bus.id for fed, bus in supplied.items() if nodes[fed].kind in ("sink", "bus"))
    return {use: bus for use, bus in supplied.items() if bus.kind == "bus" and behind[bus.id] == 1}


def _plan(node: Node) -> tuple[float, float] | None:
    return (node.plan_x, node.plan_y) if node.plan_x is not None and node.plan_y is not None else None


def _facts(scope: Scope, view: SiteView) -> Mapping[str, Facts]:
    """What is said of the buildings, by node; nothing to those who see a part of the site."""
    if not scope.sees_whole_site(view.id):
        return {}
    return {each.node.id: each.facts for each in records.buildings(scope, view.id)}
