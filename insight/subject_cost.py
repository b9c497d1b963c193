"""What a site, a node or a meter pays and emits between moments: each as if the site's tariff billed it alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.courses import Stretches, stretches, stretches_of_nodes
from insight.site_cost import bill_of
from insight.site_energy import site_energy
from insight.site_view import SiteView
from insight.subjects import Subject
from models import bills, emissions
from models.bills import Bill
from models.emissions import Factor
from models.tariff_components import Demand
from models.tariff_demand import Load
from store.records.plant import emission_factors
from store.scope import Scope
from store.series import cost
from store.series.prices import Priced, prices

Floats = NDArray[np.float64]


class SubjectCost(NamedTuple):
    """A bill of one row, a column a stretch, and the CO2 (kg) of what was bought in each; NaN where no factor is known.

    `co2_kg` is location-based, `market_co2_kg` market-based, where the site has certificates or a residual mix. `avoided_co2_kg`
    is what the grid emits for as much as was sold (`models.emissions`). `priced` are the stretches of one price that it is made
    of, with the tariffs that said them.
    """

    bill: Bill
    co2_kg: Floats
    market_co2_kg: Floats
    avoided_co2_kg: Floats
    priced: Priced


def subject_cost(scope: Scope, view: SiteView, of: Subject, edges: list[datetime]) -> SubjectCost:
    """What it pays between successive edges; a site for what crosses its grid connection.

    Raises:
        NotFound: it is not there for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True).longer(edges)
    if of.kind == "site":
        energy = site_energy(scope, view, priced.edges)
        bought, sold, bill = energy.imported, energy.exported, bill_of(scope, view, energy, edges, priced)
    else:
        told = stretches(scope, view, of.id, list(priced.edges.to_pydatetime()))
        bought, sold = (np.nan_to_num(told.kwh[name]) for name in (of.bought, of.sold))
        bill = _bill(scope, view, [(of, told)], edges, priced)
    return SubjectCost(
        bill,
        co2_kg=emitted_kg(bought, priced, edges),
        market_co2_kg=market_kg(bought, priced, edges, emission_factors.factors(scope, view.id)),
        avoided_co2_kg=emitted_kg(sold, priced, edges),
        priced=priced,
    )


def node_costs(scope: Scope, view: SiteView, nodes: Sequence[Subject], edges: list[datetime]) -> Bill:
    """What each of several nodes pays, a row a node: as `subject_cost` has it, but read together.

    Raises as `subject_cost`.
    """
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True).longer(edges)
    told = stretches_of_nodes(scope, view, [each.id for each in nodes], list(priced.edges.to_pydatetime()))
    return _bill(scope, view, [(each, told[each.id]) for each in nodes], edges, priced)


def _bill(scope: Scope, view: SiteView, told: Sequence[tuple[Subject, Stretches]], edges: list[datetime], priced: Priced) -> Bill:
    bought = np.array([np.nan_to_num(found.kwh[of.bought]) for of, found in told])
    sold = np.array([np.nan_to_num(found.kwh[of.sold]) for of, found in told])
    load = Load(priced.edges_s, bought, np.array([found.covered_s for _, found in told]), np.zeros_like(bought))
    if priced.has(Demand):
        load = cost.told_apart(scope, load, [found.behind for _, found in told], {}, view.metering)
    return bills.bill(priced.versions, load, sold, priced.prices, _places(priced, edges), priced.zone, priced.holidays)


def emitted_kg(kwh: Floats, priced: Priced, edges: list[datetime]) -> Floats:
    """The CO2 (kg) of energies in stretches of one price, by the grid, between successive edges; NaN where no factor is known."""
    return emissions.kilograms(kwh, priced.prices.co2, _places(priced, edges))


def market_kg(kwh: Floats, priced: Priced, edges: list[datetime], factors: Sequence[Factor]) -> Floats:
    """The same by the market: by certificates and residual mix, NaN where neither holds at any of these times."""
    grams = emissions.market(priced.prices.co2, factors, priced.edges_s[:-1], priced.zone)
    return emissions.kilograms(kwh, grams, _places(priced, edges))


def _places(priced: Priced, edges: list[datetime]) -> NDArray[np.intp]:
    return priced.edges.searchsorted(pd.DatetimeIndex(edges))
