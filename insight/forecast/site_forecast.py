"""The next 24 hours of a site: its demand and its production, as far as a scope sees them.

Kept for whoever sees the same, as long as the data are the same: the key holds the scope, the meters, the hour and
the version of the readings, so late readings and corrections make a new forecast and a neighbour never gets another's.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from diskcache import Cache

from config import clock
from config.language import N_, Told
from config.settings import Settings
from insight.forecast import fitting
from models import flows, topology
from models.forecast import choice, clear_sky
from models.forecast.hours import TooLittleData, hours_after
from models.graph import Graph
from store.records.plant import dated_graph, sites
from store.scope import Scope
from store.series import power, versions

FORMAT = 4  # of what is kept and what it is made of: a new number forgets what older programs kept
HISTORY = timedelta(days=44)  # 36 days for the model's longest look back and a week to test it, and one to spare
HOUR_S = 3600
RESULT_LASTS_S = 2 * 3600

Progress = Callable[[float, Mapping[str, Any]], None]
"""Told how much is done, from 0 to 1, and the stage: `{"stage", "series", "fitted", "of"}`, as far as they apply."""


@dataclass(frozen=True, slots=True)
class PastHours:
    """The site's past hours: kW by the start of the hour, in the site's time zone; `rating_kw` of all its PV, if known."""

    demand: pd.Series
    production: pd.Series
    all_pv: bool
    rating_kw: float | None
    latitude: float
    longitude: float


def site_forecast(
    scope: Scope, site_id: str, settings: Settings, cache: Cache, progress: Progress, at: datetime | None = None
) -> dict[str, Any]:
    """The forecast of a site as JSON: `{"issued", "demand": …, "production": … or None}`, each as `fitting.to_plain` writes it.

    Args:
        scope: whose; what they see of the site is forecast.
        site_id: the site.
        settings: the time budget.
        cache: where results are kept.
        progress: told how far it is.
        at: now, unless it is given.

    Raises:
        NotFound: the site does not exist for the scope.
        TooLittleData: there is less than a day of readings.
        StoreAway: a database cannot be reached.
    """
    scope.require_site(site_id)
    at = at or clock.now()
    end = at.replace(minute=0, second=0, microsecond=0)
    start = end - HISTORY
    wired = dated_graph.site_graph(scope, site_id, at)
    measured = topology.meters_of(wired)
    key = _key(scope, site_id, wired, end, versions.version(scope, measured, start, end) if measured else 0)
    if (kept := cache.get(key)) is not None:
        return dict(kept)
    progress(0.0, {"stage": "reading"})
    forecast = _compute(_past(scope, site_id, wired, start, end), settings.forecast_budget_s, progress, end)
    cache.set(key, forecast, expire=RESULT_LASTS_S)
    return forecast


def _key(scope: Scope, site_id: str, wired: Graph, end: datetime, version: int) -> str:
    of = json.dumps([FORMAT, site_id, scope.key, repr(wired), end.isoformat(), version])
    return f"forecast-{hashlib.sha256(of.encode()).hexdigest()}"


def _past(scope: Scope, site_id: str, wired: Graph, start: datetime, end: datetime) -> PastHours:
    site = sites.site(scope, site_id)
    measured = topology.meters_of(wired)
    index = pd.date_range(start, end, freq="h", inclusive="left")
    frame = power.mean_power(scope, measured, start, end, HOUR_S).reindex(index) if measured else pd.DataFrame(index=index)
    solved = flows.from_power(wired, {str(meter): frame[meter].to_numpy(dtype=np.float64) for meter in frame.columns})
    boundary = topology.grid_nodes(wired)
    makers = [node for node in wired.nodes if node.kind == "source" and node.id not in boundary]
    ratings = [node.capacity_kw for node in makers]
    local = index.tz_convert(site.time_zone)

    def series(values: np.ndarray) -> pd.Series:
        return pd.Series(values if len(values) == len(local) else np.full(len(local), np.nan), index=local)

    return PastHours(
        demand=series(solved.totals.demand),
        production=series(solved.totals.production if makers else np.full(len(local), np.nan)),
        all_pv=all(node.technology == "pv" for node in makers),
        rating_kw=sum(rating for rating in ratings if rating is not None) if ratings and None not in ratings else None,
        latitude=site.latitude,
        longitude=site.longitude,
    )


def _compute(past: PastHours, budget_s: float, progress: Progress, end: datetime) -> dict[str, Any]:
    deadline = time.monotonic() + budget_s
    production = None
    try:
        production = _production(past, deadline, progress)
    except TooLittleData:
        production = None  # no source on this site, or none that has been read
    left_s = max(0.0, deadline - time.monotonic())
    demand = fitting.best_arima(past.demand, choice.Bounds(least=0), left_s, _fitting(progress, "demand", 0.5))
    return {
        "issued": end.isoformat(),
        "demand": fitting.to_plain(demand),
        "production": fitting.to_plain(production) if production else None,
    }


def _production(past: PastHours, deadline: float, progress: Progress) -> choice.Forecast:
    if not past.all_pv:
        half_s = (deadline - time.monotonic()) / 2
        bounds = choice.Bounds(0, past.rating_kw)
        return fitting.best_arima(past.production, bounds, half_s, _fitting(progress, "production", 0.0))
    progress(0.0, {"stage": "fitting", "series": "production"})
    nights = clear_sky.nights(hours_after(past.production), past.latitude, past.longitude)
    bounds = choice.Bounds(0, past.rating_kw, nights)
    model = clear_sky.clear_sky(past.latitude, past.longitude, past.rating_kw)
    return choice.better_of(past.production, [choice.Candidate(Told(N_("clear-sky persistence")), model)], bounds)


def _fitting(progress: Progress, series: str, before: float) -> fitting.Progress:
    """Half of the work from `before` on: told how many models of the series are fitted, of how many."""
    progress(before, {"stage": "fitting", "series": series})

    def tell(fitted: int, of: int) -> None:
        progress(before + fitted / of / 2, {"stage": "fitting", "series": series, "fitted": fitted, "of": of})

    return tell
