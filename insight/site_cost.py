"""What a whole site paid for what it drew from the grid, less what it earned, by local periods: as its tiles tell today's."""

from datetime import datetime

import numpy as np
import pandas as pd

from insight import site_view
from insight.site_energy import site_energy
from models import local_time, tariffs
from store.scope import Scope
from store.series import finality
from store.series.cost import COLUMNS
from store.series.prices import prices


def site_cost(scope: Scope, site_id: str, start: datetime, end: datetime, step: str) -> pd.DataFrame:
    """The cost of a site by local periods (one of `local_time.STEPS`), from the one that holds `start` to the one before `end`.

    Returns as `store.series.cost.cost_by`: bought is what came from the grid, sold what went into it.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    view = site_view.read(scope, site_id, end)
    edges = local_time.edges(start, end, step, view.zone)
    # Asked before the energies are, like theirs.
    waiting = finality.provisional(scope, list(view.meters), edges).values()
    may_change = np.array([*waiting], bool).reshape(-1, len(edges) - 1).any(axis=0)
    priced = prices(scope, site_id, edges[0], edges[-1])
    energy = site_energy(scope, view, priced.edges)
    first = np.searchsorted(priced.edges, pd.DatetimeIndex(edges[:-1]))
    values = tariffs.bill(energy.imported, energy.exported, priced.prices, first)._asdict() | {"provisional": may_change}
    return pd.DataFrame(values, index=pd.DatetimeIndex(edges[:-1], name="ts"), columns=list(COLUMNS))
