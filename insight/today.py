"""What a site has used, paid and emitted since local midnight: added up from the energies of its meters.

Cost is import times its price less export times its own, over the stretches within which neither price changes
(`store.series.prices`): the tariff of each moment, each price in its own interval. CO2 is that of what was imported.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config import clock
from insight.shared import shared
from insight.site_energy import site_energy
from insight.site_view import SiteView, site_view
from models import local_time
from models.flows import makers
from models.tariffs import money, share
from store.records.plant import tariffs
from store.records.schema import Tariff
from store.scope import Scope
from store.series.prices import Priced, prices

LASTS_S = 4.0
STALE_S = 20.0
WHOLE = 0.995  # a share that rounds to all of it
Floats = NDArray[np.float64]


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
    price_note: str
    co2_note: str
    coverage: float
    produces: bool


def today_of(scope: Scope, site_id: str) -> Today:
    """The day so far, at most some seconds old; raises `NotFound` and `StoreAway`."""
    scope.require_site(site_id)
    return shared.get(
        ("today", scope.key, site_id), LASTS_S, lambda: read(scope, site_view(scope, site_id), clock.now()), STALE_S
    )


def read(scope: Scope, view: SiteView, now: datetime) -> Today:
    """The local day that holds `now`, up to it."""
    start = local_time.begin(now, "day", view.zone)
    now = max(now, start + timedelta(seconds=1))
    priced = prices(scope, view.id, start, now)
    day = site_energy(scope, view, priced.edges)
    totals, imported = day.flows.totals, day.imported
    paid = money(imported, day.exported, priced.prices)
    emitted = imported * priced.prices.co2 / 1000
    known = share(float(paid.priced_kwh.sum()), float(paid.unpriced_kwh.sum()))
    is_priced = known > 0 and bool(np.isfinite([priced.prices.importing, priced.prices.exporting]).any())
    return Today(
        production_kwh=float(totals.told("production")[0]),
        demand_kwh=float(totals.told("demand")[0]),
        imported_kwh=float(totals.told("imported")[0]),
        exported_kwh=float(totals.told("exported")[0]),
        cost=float(paid.cost.sum()) if is_priced else None,
        priced=known,
        co2_kg=float(np.nansum(emitted)) if np.isfinite(emitted).any() else None,
        currency=view.currency,
        price_note=price_note(priced, tariffs.tariffs(scope, view.id), known) if is_priced else "no price known",
        co2_note=_co2_note(priced, imported),
        coverage=day.coverage,
        produces=bool(makers(view.graph)),
    )


def price_note(priced: Priced, every: list[Tariff], known: float) -> str:
    """Whose prices a cost is of, and of how much of the energy, in words."""
    start, end = priced.edges[0], priced.edges[-1]
    held = [each.name.lower() for each in every if each.valid_from < end and (each.valid_to is None or each.valid_to > start)]
    named = held[0] if len(held) == 1 else f"by {len(held)} tariffs"
    if priced.by_region.any():
        own = np.isfinite(priced.prices.importing) & ~priced.by_region
        said = f"by the region's price, else {named}" if held and own.any() else "by the region's price"
    else:
        said = named
    return said if known > WHOLE else f"{said}; {100 * known:.0f} % priced"


def _co2_note(priced: Priced, imported: Floats) -> str:
    known = np.isfinite(priced.prices.co2)
    if not known.any():
        return "no factor known"
    part = share(float(imported[known].sum()), float(imported[~known].sum()))
    if part <= WHOLE:
        return f"known for {100 * part:.0f} %"
    return "fixed factor" if np.ptp(priced.prices.co2[known]) == 0 else "hourly factors"
