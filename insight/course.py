"""Production and demand over a period, aggregated in the database: the data of the chart and of the tiles' trends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import closed_power
from insight.periods import Period
from insight.shared import shared
from insight.site_view import SiteView, site_view
from models import flows
from models.flows import Values
from store.records.plant import sites
from store.scope import Scope
from store.series import power

LIVE_LASTS_S = 2.5
PAST_LASTS_S = 60.0
TREND = timedelta(hours=24)
TREND_STEP_S = 1800
TREND_LASTS_S = 300.0


@dataclass(frozen=True, slots=True)
class Course:
    """Power over time (kW), the mean of each step between successive `edges`; NaN is a gap.

    `arrays` are the sources one by one, name → values; `battery` is positive while it gives off.
    """

    edges: pd.DatetimeIndex
    production: Values
    demand: Values
    imported: Values
    battery: Values | None
    arrays: Mapping[str, Values]


def course_of(scope: Scope, site_id: str, period: Period, step_s: int, stale_s: float = 0.0) -> Course:
    """Mean power of each step of the period; the step that is still open is the last one.

    `stale_s`: how much of that step may be missing, so that nobody waits for an answer that is nearly the same.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view(scope, site_id)
    edges = power.steps(period.start, period.end, step_s, view.zone)
    lasts = LIVE_LASTS_S if period.live else PAST_LASTS_S
    key = ("course", scope.key, site_id, view.version, edges[0], edges[-1], step_s)
    return shared.get(key, lasts, lambda: _course(scope, view, edges, step_s), stale_s)


def _course(scope: Scope, view: SiteView, edges: pd.DatetimeIndex, step_s: int) -> Course:
    steps = len(edges) - 1
    measured = view.flow_meters
    known: dict[str, NDArray[np.float64]] = {}
    if measured:
        frame = closed_power.mean_power(scope, view, measured, edges[0], edges[-1], step_s).reindex(edges[:-1])
        known = dict(zip(frame.columns, frame.to_numpy(dtype=float).T, strict=True))
    solved = flows.from_power(view.graph, known)
    totals = solved.totals
    nothing = np.full(steps, np.nan)
    names = {node.id: node.name for node in view.graph.nodes}
    has_storage = any(node.kind == "storage" for node in view.graph.nodes)

    def wide(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values if len(values) == steps else nothing

    return Course(
        edges=edges,
        production=wide(totals.production),
        demand=wide(totals.demand),
        imported=wide(totals.imported - totals.exported),
        battery=wide(totals.discharge - totals.charge) if has_storage else None,
        arrays={names[node_id]: wide(values) for node_id, values in flows.made_by(solved).items()},
    )


def trends(scope: Scope, site_id: str) -> dict[str, NDArray[np.float64]]:
    """The last 24 hours of the tiles' numbers in half hours, by tile; some minutes old at most."""

    def compute() -> dict[str, NDArray[np.float64]]:
        now = clock.now()
        day = course_of(scope, site_id, Period(now - TREND, now, live=True), TREND_STEP_S)
        by_tile = {"production": day.production, "demand": day.demand, "grid": day.imported}
        if day.battery is not None:
            by_tile["battery"] = day.battery
        by_tile["sufficiency"] = flows.share(day.demand - np.maximum(day.imported, 0), day.demand)
        return by_tile

    key = ("trends", scope.key, site_id, sites.version(scope, site_id))
    return shared.get(key, TREND_LASTS_S, compute, TREND_LASTS_S)
