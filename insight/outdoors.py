"""How warm it was outdoors on a site, day by day, where a meter of it or its region says so."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.shared import shared
from insight.site_view import SiteView
from models import local_time
from models.natural_order import natural
from store.records.plant import regions
from store.scope import Scope
from store.series.levels import levels

Floats = NDArray[np.float64]

QUANTITY = "temperature_c"
STEP_S = 3600
LEAST_HOURS = 18  # of a day that are known, for its mean
MOST_LOOKED_AT = 20  # meters of a site
LASTS_S, STALE_S = 60.0, 600.0


class Temperature(NamedTuple):
    """The mean of each local day (°C), NaN where too little of it is known, and the name of the meter or region that says it."""

    source: str
    days: Sequence[date]
    means_c: Floats


def temperature(scope: Scope, view: SiteView, start: datetime, end: datetime) -> Temperature | None:
    """The outdoor temperature of the local days of [start, end); none where nothing says it.

    A temperature of the site itself, which belongs to no node and no edge, is that of the air outdoors; of several the first by
    its name that says anything. Else that of the region is taken.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    key = ("outdoors", scope.key, view.id, view.version, start, end)
    return shared.get(key, LASTS_S, lambda: _temperature(scope, view, start, end), STALE_S)


def _temperature(scope: Scope, view: SiteView, start: datetime, end: datetime) -> Temperature | None:
    of_site = [each for each in view.meters.values() if each.edge_id is None and each.node_id is None]
    names = {each.id: each.name for each in sorted(of_site, key=lambda each: natural(each.name))[:MOST_LOOKED_AT]}
    found = _daily(scope, view, names, start, end)
    if found is None and view.region_id is not None:
        found = _daily(scope, view, {view.region_id: regions.region(scope, view.region_id).name}, start, end)
    return found


def _daily(scope: Scope, view: SiteView, names: Mapping[str, str], start: datetime, end: datetime) -> Temperature | None:
    if not names:
        return None
    edges = local_time.edges(start, end, "day", view.zone)
    found = levels(scope, [*names], QUANTITY, edges[0], edges[-1], STEP_S)
    told = next((each for each in names if found[each].notna().any()), None)
    if told is None:
        return None
    hours = found[told]
    at = pd.DatetimeIndex(edges).searchsorted(pd.DatetimeIndex(hours.index), side="right") - 1
    values = hours.to_numpy(float)
    known = np.isfinite(values) & (at >= 0) & (at < len(edges) - 1)
    counts = np.bincount(at[known], minlength=len(edges) - 1)
    sums = np.bincount(at[known], values[known], len(edges) - 1)
    means = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts >= LEAST_HOURS)
    return Temperature(names[told], [each.astimezone(view.zone).date() for each in edges[:-1]], means)
