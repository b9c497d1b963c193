"""What a site, a node or a meter pays and emits between moments: each as if the site's tariff billed it alone."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.courses import stretches
from insight.site_cost import bill_of
from insight.site_energy import site_energy
from insight.site_view import SiteView
from insight.subjects import Subject
from models import bills
from models.bills import Bill
from models.tariff_components import Demand
from models.tariff_demand import Load
from store.scope import Scope
from store.series import cost
from store.series.prices import Priced, prices

Floats = NDArray[np.float64]


class SubjectCost(NamedTuple):
    """A bill of one row, a column a stretch, and the CO2 (kg) of what was bought in each; NaN where no factor is known.

    `priced` are the stretches of one price that it is made of, with the tariffs that said them.
    """

    bill: Bill
    co2_kg: Floats
    priced: Priced


def subject_cost(scope: Scope, view: SiteView, of: Subject, edges: list[datetime]) -> SubjectCost:
    """What it pays between successive edges; a site for what crosses its grid connection.

    Raises:
        NotFound: it is not there for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True)
    if of.kind == "site":
        energy = site_energy(scope, view, priced.edges)
        bought, bill = energy.imported, bill_of(scope, view, energy, edges, priced)
    else:
        told = stretches(scope, view, of.id, list(priced.edges.to_pydatetime()))
        bought = np.nan_to_num(told.kwh[of.bought])
        load = Load(priced.edges_s, bought[None], told.covered_s[None], np.zeros((1, len(bought))))
        if priced.has(Demand):
            load = cost.told_apart(scope, load, [told.behind], {}, view.metering)
        sold, places = np.nan_to_num(told.kwh[of.sold])[None], priced.edges.searchsorted(pd.DatetimeIndex(edges))
        bill = bills.bill(priced.versions, load, sold, priced.prices, places, priced.zone, priced.holidays)
    return SubjectCost(bill, emitted_kg(bought, priced, edges), priced)


def emitted_kg(bought_kwh: Floats, priced: Priced, edges: list[datetime]) -> Floats:
    """The CO2 (kg) of what was bought in each stretch of one price, between successive edges; NaN where no factor is known."""
    first, *_rest, last = places = priced.edges.searchsorted(pd.DatetimeIndex(edges))
    inner, known = places[:-1] - first, np.isfinite(priced.prices.co2)[first:last]
    kilograms = (bought_kwh * np.nan_to_num(priced.prices.co2))[first:last] / 1000
    sums = np.add.reduceat(kilograms, inner)
    return np.where(np.add.reduceat(known.astype(float), inner) > 0, sums, np.nan)
