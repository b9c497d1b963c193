"""What a site has used, paid and emitted since local midnight: added up from the energies of its meters.

Cost is import times its price less export times its own, over the stretches within which neither price changes
(`store.series.prices`): the tariff of each moment, each price in its own interval. CO2 is that of what was imported.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight.read_together import ReadTogether
from insight.shared import shared
from insight.site_cost import bill_of
from insight.site_energy import questions, site_energy
from insight.site_view import SiteView
from models import bills, local_time
from models.tariffs import money, share
from models.topology import makers
from store.records.plant import tariffs
from store.records.plant.metering import Metering
from store.records.schema import Tariff
from store.scope import Scope
from store.series.prices import Priced, Rows, prices, region_rows

LASTS_S = 4.0
STALE_S = 20.0
WHOLE = 0.995  # a share that rounds to all of it
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Price:
    """Whose prices a cost is of: the names of the tariffs of the time, whether any price is of these, and any of the region."""

    tariffs: tuple[str, ...]
    of_tariffs: bool
    of_region: bool


@dataclass(frozen=True, slots=True)
class Carbon:
    """The factors that CO2 is told by: for which share (0..1) of the imported energy, and whether one is for all times."""

    known: float
    fixed: bool


@dataclass(frozen=True, slots=True)
class Today:
    """Energies in kWh, cost in the site's currency, CO2 in kg; `coverage` (0..1) is the mean of the meters behind them.

    `priced` (0..1) is the share of the imported and exported energy that has a price: `cost` is of that share.
    """

    production_kwh: float
    demand_kwh: float
    imported_kwh: float
    exported_kwh: float
    cost: float | None
    priced: float
    co2_kg: float | None
    currency: str
    price: Price | None
    carbon: Carbon | None
    coverage: float
    produces: bool


def today_of(scope: Scope, view: SiteView) -> Today:
    """The day so far, at most some seconds old; raises `StoreAway`."""
    key = ("today", scope.key, view.id, view.version)
    return shared.get(key, LASTS_S, lambda: read(scope, view, clock.now()), STALE_S)


def read(scope: Scope, view: SiteView, now: datetime) -> Today:
    """The local day that holds `now`, up to it."""
    return _told(scope, view, _asked(scope, view, now))


def todays(scope: Scope, views: Sequence[SiteView], now: datetime) -> list[Today]:
    """The same of each of several sites, which are the scope's: regions and meters are read together. Raises `StoreAway`."""
    rows = functools.cache(lambda region_id, start, end: region_rows(scope, region_id, start, end))
    asked = [_asked(scope, view, now, lambda _scope, *of: rows(*of)) for view in views]
    wanted = (questions(scope, view, edges) for view, each in zip(views, asked, strict=True) for edges in each.edges)
    known = Metering.together([view.metering for view in views])
    together = ReadTogether(scope, (each for some in wanted for each in some), known)
    return [_told(scope, view, each, together) for view, each in zip(views, asked, strict=True)]


class _Asked(NamedTuple):
    """The prices of a day so far; where a tariff charges more than kWh, those too of the time that these costs depend on."""

    priced: Priced
    whole: Priced | None

    @property
    def edges(self) -> list[pd.DatetimeIndex]:
        """Between which moments energy is read."""
        return [self.priced.edges, *([self.whole.edges] if self.whole and self.whole is not self.priced else [])]


def _asked(scope: Scope, view: SiteView, now: datetime, rows: Rows | None = None) -> _Asked:
    start = local_time.begin(now, "day", view.zone)
    now = max(now, start + timedelta(seconds=1))
    priced = prices(scope, view.id, start, now, rows=rows)
    if not any(version.components for version in priced.versions):
        return _Asked(priced, None)
    alone = bills.reach(priced.versions, start, now, view.zone) == (start, now)
    return _Asked(priced, priced if alone else prices(scope, view.id, start, now, reaching=True, rows=rows))


def _told(scope: Scope, view: SiteView, asked: _Asked, together: ReadTogether | None = None) -> Today:
    priced, whole = asked
    day = site_energy(scope, view, priced.edges, together)
    totals, imported = day.flows.totals, day.imported
    paid = money(imported, day.exported, priced.prices)
    cost = float(paid.cost.sum())
    if whole is not None:
        edges = [priced.edges[0].to_pydatetime(), priced.edges[-1].to_pydatetime()]
        reached = day if whole is priced else site_energy(scope, view, whole.edges, together)
        cost = float(bill_of(scope, view, reached, edges, whole).cost[0, 0])
    emitted = imported * priced.prices.co2 / 1000
    known = share(float(paid.priced_kwh.sum()), float(paid.unpriced_kwh.sum()))
    is_priced = known > 0 and bool(np.isfinite([priced.prices.importing, priced.prices.exporting]).any())
    return Today(
        production_kwh=float(totals.told("production")[0]),
        demand_kwh=float(totals.told("demand")[0]),
        imported_kwh=float(totals.told("imported")[0]),
        exported_kwh=float(totals.told("exported")[0]),
        cost=cost if is_priced else None,
        priced=known,
        co2_kg=float(np.nansum(emitted)) if np.isfinite(emitted).any() else None,
        currency=view.currency,
        price=_price(priced, tariffs.tariffs(scope, view.id)) if is_priced else None,
        carbon=_carbon(priced, imported),
        coverage=day.coverage,
        produces=bool(makers(view.graph)),
    )


def _price(priced: Priced, every: list[Tariff]) -> Price:
    start, end = priced.edges[0], priced.edges[-1]
    held = [each.name for each in every if each.valid_from < end and (each.valid_to is None or each.valid_to > start)]
    own = np.isfinite(priced.prices.importing) & ~priced.by_region
    return Price(tuple(held), bool(own.any()), bool(priced.by_region.any()))


def _carbon(priced: Priced, imported: Floats) -> Carbon | None:
    factors, known = priced.prices.co2, np.isfinite(priced.prices.co2)
    if not known.any():
        return None
    return Carbon(share(float(imported[known].sum()), float(imported[~known].sum())), bool(np.ptp(factors[known]) == 0))
