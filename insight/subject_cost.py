"""What a site, a node or a meter pays and emits between moments: each as if the site's tariff billed it alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.courses import stretches_of
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


TOGETHER = 100  # subjects, of which a year of quarters takes some hundred megabytes


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
    [found] = subject_costs(scope, view, [of], edges)
    return found


def subject_costs(scope: Scope, view: SiteView, of: Sequence[Subject], edges: list[datetime]) -> list[SubjectCost]:
    """What each of several pays, in their order: as `subject_cost` has it, but read together."""
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True).longer(edges)
    factors = emission_factors.factors(scope, view.id)
    paid = dict[str, tuple[Floats, Floats, Bill]]()
    for each in of:
        if each.kind == "site":
            energy = site_energy(scope, view, priced.edges)
            paid[each.id] = energy.imported, energy.exported, bill_of(scope, view, energy, edges, priced)
    alone = [each for each in of if each.kind != "site"]
    for first in range(0, len(alone), TOGETHER):
        some = alone[first : first + TOGETHER]
        read = _read(scope, view, some, priced)
        for row, each in enumerate(some):
            own = read.row(row)
            paid[each.id] = own.load.bought_kwh[0], own.sold_kwh[0], _bill(own, edges, priced)
    return [
        SubjectCost(
            bill,
            co2_kg=emitted_kg(bought, priced, edges),
            market_co2_kg=market_kg(bought, priced, edges, factors),
            avoided_co2_kg=emitted_kg(sold, priced, edges),
            priced=priced,
        )
        for bought, sold, bill in (paid[each.id] for each in of)
    ]


def node_costs(scope: Scope, view: SiteView, nodes: Sequence[Subject], edges: list[datetime]) -> Bill:
    """What each of several nodes pays, a row a node: as `subject_cost` has it, but read together.

    Raises as `subject_cost`.
    """
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True).longer(edges)
    return _bill(_read(scope, view, nodes, priced), edges, priced)


class _Traded(NamedTuple):
    """What subjects (rows) bought and sold in stretches of one price."""

    load: Load
    sold_kwh: Floats

    def row(self, at: int) -> "_Traded":
        """One of them alone."""
        own, load = slice(at, at + 1), self.load
        told = None if load.told is None else load.told[own]
        alone = Load(load.edges_s, load.bought_kwh[own], load.covered_s[own], load.estimated_s[own], told)
        return _Traded(alone, self.sold_kwh[own])


def _read(scope: Scope, view: SiteView, of: Sequence[Subject], priced: Priced) -> _Traded:
    told = stretches_of(scope, view, [each.id for each in of], list(priced.edges.to_pydatetime()))
    bought = np.array([np.nan_to_num(told[each.id].kwh[each.bought]) for each in of])
    sold = np.array([np.nan_to_num(told[each.id].kwh[each.sold]) for each in of])
    load = Load(priced.edges_s, bought, np.array([told[each.id].covered_s for each in of]), np.zeros_like(bought))
    if priced.has(Demand):
        load = cost.told_apart(scope, load, [told[each.id].behind for each in of], {}, view.metering)
    return _Traded(load, sold)


def _bill(of: _Traded, edges: list[datetime], priced: Priced) -> Bill:
    return bills.bill(priced.versions, of.load, of.sold_kwh, priced.prices, _places(priced, edges), priced.zone, priced.holidays)


def emitted_kg(kwh: Floats, priced: Priced, edges: list[datetime]) -> Floats:
    """The CO2 (kg) of energies in stretches of one price, by the grid, between successive edges; NaN where no factor is known."""
    return emissions.kilograms(kwh, priced.prices.co2, _places(priced, edges))


def market_kg(kwh: Floats, priced: Priced, edges: list[datetime], factors: Sequence[Factor]) -> Floats:
    """The same by the market: by certificates and residual mix, NaN where neither holds at any of these times."""
    grams = emissions.market(priced.prices.co2, factors, priced.edges_s[:-1], priced.zone)
    return emissions.kilograms(kwh, grams, _places(priced, edges))


def _places(priced: Priced, edges: list[datetime]) -> NDArray[np.intp]:
    return priced.edges.searchsorted(pd.DatetimeIndex(edges))
