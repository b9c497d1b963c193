"""The buildings that somebody sees, by name or number, and what each took by its site's days, hours and months.

A building is a node that uses energy, or one that is said to be a building. What it took is electricity, in kWh, as
`insight.courses` has it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pandas as pd

from config import clock
from insight.courses import courses
from insight.site_view import SiteView, site_view
from models import local_time
from store.errors import NotFound
from store.records.plant import buildings as described
from store.records.plant import sites
from store.scope import Scope
from store.series.oldest import oldest


class Building(NamedTuple):
    """A building and the site that it stands on; `number` is empty where it has none."""

    node_id: str
    name: str
    number: str
    view: SiteView


class Ambiguous(Exception):
    """Several buildings bear the name or number; `sites` are the names of where they stand."""

    def __init__(self, sites: Sequence[str]) -> None:
        super().__init__()
        self.sites = tuple(sites)


class Had(NamedTuple):
    """The first and the last local day of which anything is known of a building, and its months in which there is, by year."""

    first: date
    last: date
    months: dict[int, list[int]]


def buildings(scope: Scope, site: str = "") -> list[Building]:
    """The buildings that the scope sees, by site and name; of one site only, where its id or name is given.

    Raises:
        NotFound: there is no such site for the scope.
    """
    found = [each for each in sites.visible_sites(scope) if site in ("", each.id, each.name)]
    if site and not found:
        raise NotFound("no such site")
    seen = []
    for each in found:
        view = site_view(scope, each.id)
        numbers = described.numbers(scope, each.id)
        supplied = {edge.target for edge in view.graph.edges if edge.carrier == "electricity"}
        uses = [node for node in view.graph.nodes if node.id in supplied and (node.kind == "sink" or node.id in numbers)]
        seen += [Building(node.id, node.name, numbers.get(node.id, ""), view) for node in uses]
    return seen


def building(scope: Scope, called: str, site: str = "") -> Building:
    """The one building of that name or number.

    Raises:
        NotFound: there is none for the scope.
        Ambiguous: there are several.
    """
    every = buildings(scope, site)
    found = [each for each in every if each.name == called] or [each for each in every if each.number == called != ""]
    if not found:
        raise NotFound("no such building")
    if len(found) > 1:
        raise Ambiguous([each.view.name for each in found])
    return found[0]


def taken(scope: Scope, of: Building, start: datetime, end: datetime, step: str) -> "pd.Series[float]":
    """What it took (kWh) by local periods, from that which holds `start` to the one before `end`; NaN where nothing is known.

    Index: the start of each in UTC. Raises `StoreAway`.
    """
    return _taken(scope, [of], start, end, step)[of.node_id]


def _taken(scope: Scope, of: Sequence[Building], start: datetime, end: datetime, step: str) -> dict[str, "pd.Series[float]"]:
    """The same of several buildings of one site, by node."""
    view = of[0].view
    edges = local_time.edges(start, end, step, view.zone)
    found = courses(scope, view, [each.node_id for each in of], edges)
    return {node: pd.Series(course.kwh["taken"], pd.DatetimeIndex(edges[:-1])) for node, course in found.items()}


def had(scope: Scope, of: Sequence[Building]) -> list[Had | None]:
    """Of each building of which times anything is known; none of which nothing is. Raises `StoreAway`."""
    found: dict[str, Had] = {}
    for view in {each.view.id: each.view for each in of}.values():
        here = [each for each in of if each.view.id == view.id]
        first = oldest(scope, [*view.meters], view.metering)
        if first is None:
            continue
        months = {node: _known(kwh, view) for node, kwh in _taken(scope, here, first, clock.now(), "month").items()}
        days = {}
        for at in {at for each in months.values() if len(each) for at in (each[0], each[-1])}:
            _, end, *_others = local_time.edges(at, at + timedelta(days=1), "month", view.zone)
            days[at] = _taken(scope, here, at, end, "day")
        for node, each in months.items():
            if len(each):
                since, until = (_known(days[at][node], view) for at in (each[0], each[-1]))
                by_year: dict[int, list[int]] = {}
                for month in each:
                    by_year.setdefault(month.year, []).append(month.month)
                found[node] = Had(since[0].date(), until[-1].date(), by_year)
    return [found.get(each.node_id) for each in of]


def _known(kwh: "pd.Series[float]", view: SiteView) -> list[datetime]:
    """The beginnings of the periods of which something is known, by the site's clock."""
    return [each.astimezone(view.zone) for each in pd.DatetimeIndex(kwh.dropna().index).to_pydatetime()]
