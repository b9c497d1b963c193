"""What a site has used, paid and emitted since local midnight: added up from the energies of its meters, hour by hour.

Cost is import times price minus export times price. The region's hourly price holds for both directions; where it has
none, the site's tariff does. CO2 is that of what was imported.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.live.once import once
from dashboard.live.site_view import SiteView, site_view
from models import flows, local_time
from store.records import tariffs
from store.scope import Scope
from store.series import energy, levels

LASTS_S = 4.0
STALE_S = 20.0
HOUR_S = 3600
Hours = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Today:
    """Energies in kWh, cost in the site's currency, CO2 in kg; `coverage` (0..1) is the mean of the meters behind them."""

    production_kwh: float
    demand_kwh: float
    imported_kwh: float
    exported_kwh: float
    cost: float | None
    co2_kg: float | None
    currency: str
    price_note: str
    co2_note: str
    coverage: float
    produces: bool


def today_of(scope: Scope, site_id: str) -> Today:
    """The day so far, at most some seconds old; raises `NotFound` and `StoreAway`."""
    scope.require_site(site_id)
    return once.get(
        ("today", scope.key, site_id), LASTS_S, lambda: read(scope, site_view(scope, site_id), datetime.now(UTC)), STALE_S
    )


def read(scope: Scope, view: SiteView, now: datetime) -> Today:
    """The local day that holds `now`, up to it."""
    start = local_time.begin(now, "day", view.zone)
    measured = view.flow_meters
    frame = energy.energy_by(scope, measured, start, now, "hour", view.zone.key)
    hours = pd.DatetimeIndex(frame.index.get_level_values("ts").unique()) if len(frame) else pd.DatetimeIndex([])
    totals = flows.solve(view.graph, _readings(frame, measured)).totals
    imported, exported = _known(totals, "imported"), _known(totals, "exported")
    price, price_note = _series(scope, view, "price_per_kwh", hours)
    carbon, co2_note = _series(scope, view, "co2_g_per_kwh", hours)
    tariff = tariffs.tariff_at(scope, view.id, now)
    if tariff is not None:
        buying = np.where(np.isnan(price), tariff.import_price_per_kwh, price)
        selling = np.where(np.isnan(price), tariff.export_price_per_kwh, price)
        carbon = np.where(np.isnan(carbon), tariff.co2_g_per_kwh, carbon)
        price_note, co2_note = price_note or tariff.name.lower(), co2_note or "fixed factor"
    else:
        buying = selling = price
    cost = imported * buying - exported * selling if len(hours) else np.array([np.nan])
    co2 = imported * carbon / 1000 if len(hours) else np.array([np.nan])
    return Today(
        production_kwh=float(_known(totals, "production").sum()),
        demand_kwh=float(np.where(np.isnan(totals.demand), totals.partial["demand"], totals.demand).sum()),
        imported_kwh=float(imported.sum()),
        exported_kwh=float(exported.sum()),
        cost=float(np.nansum(cost)) if np.isfinite(cost).any() else None,
        co2_kg=float(np.nansum(co2)) if np.isfinite(co2).any() else None,
        currency=view.currency,
        price_note=price_note or "no price known",
        co2_note=co2_note or "no factor known",
        coverage=_coverage(frame, start, now),
        produces=any(node.kind == "source" and node.technology != "grid" for node in view.graph.nodes),
    )


def _readings(frame: pd.DataFrame, measured: list[str]) -> dict[str, tuple[Hours, Hours]]:
    found = {}
    for meter_id in measured:
        if not len(frame):
            break
        own = frame.loc[meter_id]
        heard = own["coverage"].to_numpy(dtype=float) > 0
        found[meter_id] = (
            np.where(heard, own["forward_kwh"].to_numpy(dtype=float), np.nan),
            np.where(heard, own["export_kwh"].to_numpy(dtype=float), np.nan),
        )
    return found


def _known(totals: flows.Totals, name: str) -> Hours:
    """A total hour by hour; where a part is not known, the parts that are."""
    whole: Hours = getattr(totals, name)
    return np.where(np.isnan(whole), totals.partial[name], whole)


def _series(scope: Scope, view: SiteView, quantity: str, hours: pd.DatetimeIndex) -> tuple[Hours, str]:
    """The region's series by hour (NaN where it has none), and what to call it."""
    nothing = np.full(len(hours), np.nan)
    if view.region_id is None or not len(hours):
        return nothing, ""
    start, end = hours[0].floor("h").to_pydatetime(), (hours[-1] + timedelta(hours=1)).ceil("h").to_pydatetime()
    frame = levels.levels(scope, [view.region_id], quantity, start, end, HOUR_S)
    values = frame[view.region_id].reindex(hours, method="ffill").to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return nothing, ""
    return values, "at the hourly price" if quantity == "price_per_kwh" else "by the hourly factor"


def _coverage(frame: pd.DataFrame, start: datetime, now: datetime) -> float:
    if not len(frame) or now <= start:
        return 0.0
    begun = frame.index.get_level_values("ts")
    lasting = np.clip([(now - moment).total_seconds() for moment in begun], 0, HOUR_S)
    return float((frame["coverage"].to_numpy(dtype=float) * lasting).sum() / lasting.sum())
