"""What a whole site paid for what it drew from the grid, less what it earned, by local periods: as its tiles tell today's."""

from datetime import datetime

import numpy as np
import pandas as pd

from insight import site_view
from insight.site_energy import SiteEnergy, site_energy
from insight.site_view import SiteView
from models import bills, local_time
from models.bills import Bill, Billed
from models.tariff_components import Demand
from models.tariff_demand import Load
from store.scope import Scope
from store.series import cost
from store.series.prices import Priced, prices


def site_cost(scope: Scope, site_id: str, start: datetime, end: datetime, step: str) -> pd.DataFrame:
    """The cost of a site by local periods (one of `local_time.STEPS`), from the one that holds `start` to the one before `end`.

    Returns as `store.series.cost.cost_by`: bought is what came from the grid, sold what went into it.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    return site_billed(scope, site_id, start, end, step).table()


def site_billed(scope: Scope, site_id: str, start: datetime, end: datetime, step: str) -> Billed:
    """The same with what is behind it: the peaks that are charged, and what each tariff costs. Raises as `site_cost`."""
    view = site_view.read(scope, site_id, end)
    edges = local_time.edges(start, end, step, view.zone)
    priced = prices(scope, site_id, edges[0], edges[-1], reaching=True)
    # Asked before the energies are, like theirs.
    waiting = cost.provisional(scope, list(view.meters), edges, priced, view.metering).values()
    may_change = np.array([*waiting], bool).reshape(-1, len(edges) - 1).any(axis=0)
    return Billed(site_bill(scope, view, edges, priced), 0, edges, np.atleast_1d(may_change).tolist(), priced.versions)


def site_bill(scope: Scope, view: SiteView, edges: list[datetime], priced: Priced) -> Bill:
    """What a site pays between successive edges for what crosses its grid connection; `priced`: reaching, from first to last.

    Raises as `site_cost`.
    """
    return bill_of(scope, view, site_energy(scope, view, priced.edges), edges, priced)


def bill_of(scope: Scope, view: SiteView, energy: SiteEnergy, edges: list[datetime], priced: Priced) -> Bill:
    """The same of an energy that was read already, between the edges of the prices."""
    bought, sold = energy.imported[None], energy.exported[None]
    load = Load(priced.edges_s, bought, energy.covered_s[None], np.zeros_like(bought))
    if priced.has(Demand):
        load = cost.told_apart(scope, load, [energy.crossing], {}, view.metering)
    places = priced.edges.searchsorted(pd.DatetimeIndex(edges))
    return bills.bill(priced.versions, load, sold, priced.prices, places, priced.zone, priced.holidays)
