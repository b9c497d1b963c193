"""How warm it was outdoors on a site, day by day, where a meter of it says so."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.site_view import SiteView
from models import local_time
from models.natural_order import natural
from store.scope import Scope
from store.series.levels import levels

Floats = NDArray[np.float64]

QUANTITY = "temperature_c"
STEP_S = 3600
LEAST_HOURS = 18  # of a day that are known, for its mean
MOST_LOOKED_AT = 20  # meters of a site


class Temperature(NamedTuple):
    """The mean of each local day (°C), NaN where too little of it is known, and the name of the meter that it was read from."""

    meter: str
    days: Sequence[date]
    means_c: Floats


def temperature(scope: Scope, view: SiteView, start: datetime, end: datetime) -> Temperature | None:
    """The outdoor temperature of the local days of [start, end); none where no meter of the site says it.

    A temperature of the site itself, which belongs to no node and no edge, is that of the air outdoors; of several the first by
    its name that says anything.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    of_site = [each for each in view.meters.values() if each.edge_id is None and each.node_id is None]
    asked = sorted(of_site, key=lambda each: natural(each.name))[:MOST_LOOKED_AT]
    if not asked:
        return None
    edges = local_time.edges(start, end, "day", view.zone)
    found = levels(scope, [each.id for each in asked], QUANTITY, edges[0], edges[-1], STEP_S, known=view.metering)
    told = next((each for each in asked if found[each.id].notna().any()), None)
    if told is None:
        return None
    hours = found[told.id]
    at = pd.DatetimeIndex(edges).searchsorted(pd.DatetimeIndex(hours.index), side="right") - 1
    values = hours.to_numpy(float)
    known = np.isfinite(values) & (at >= 0) & (at < len(edges) - 1)
    counts = np.bincount(at[known], minlength=len(edges) - 1)
    sums = np.bincount(at[known], values[known], len(edges) - 1)
    means = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts >= LEAST_HOURS)
    return Temperature(told.name, [each.astimezone(view.zone).date() for each in edges[:-1]], means)
