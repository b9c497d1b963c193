"""What the energy of a meter cost, over any period: the one place that puts meters and prices together.

Energy and prices are read by the same stretches, so short that no price changes within them, multiplied there and then
added; `models.tariffs` says how. Sites, whose import is computed from many meters, do the same with `store.series.prices`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from models import local_time, tariffs
from store.records.plant import dated_graph, meters, sites
from store.records.plant.metering import metering
from store.records.schema import Meter
from store.scope import Scope
from store.series import finality
from store.series.energy import flows
from store.series.prices import prices

COLUMNS = ("bought_kwh", "sold_kwh", "cost", "priced", "provisional")


def cost(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The cost of each meter in [start, end): a row a meter, with the columns and errors of `cost_by`."""
    of_sites: dict[str, list[Meter]] = {}
    for meter in meters.require_meters(scope, meter_ids).values():
        of_sites.setdefault(meter.site_id, []).append(meter)
    frames = [frame for each in of_sites.values() for frame in _between(scope, each, [start, end]).values()]
    rows = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    return rows.set_axis(pd.Index([meter.id for each in of_sites.values() for meter in each]))


def cost_by(scope: Scope, meter_id: str, start: datetime, end: datetime, step: str) -> pd.DataFrame:
    """The cost of a meter by local periods (one of `local_time.STEPS`), from the one that holds `start` to the one before `end`.

    Energy towards the site's uses is bought, energy against it sold; of a source or a storage (but not of the grid) it is
    the other way round.

    Returns:
        Index: start of each period in UTC. `bought_kwh`, `sold_kwh`; `cost` in the site's currency, negative where more was
        earned than paid, NaN where nothing has a price; `priced` (0..1), the share of the energy that has a price: `cost` is
        of that share; `provisional`, as of energy.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    zone = ZoneInfo(sites.site(scope, meter.site_id).time_zone)
    return _between(scope, [meter], local_time.edges(start, end, step, zone))[meter_id]


def _between(scope: Scope, of_site: Sequence[Meter], edges: list[datetime]) -> dict[str, pd.DataFrame]:
    """A row for each stretch between the edges, by meter; all of one site."""
    priced = prices(scope, of_site[0].site_id, edges[0], edges[-1])
    # Local periods begin on quarters in every zone, and so do the stretches.
    first = np.searchsorted(priced.edges, pd.DatetimeIndex(edges[:-1]))
    ids = [meter.id for meter in of_site]
    known = metering(scope, ids)
    may_change = finality.provisional(scope, ids, edges, known)  # before the energies are read
    found, energies, giving = {}, flows(scope, ids, priced.edges, known), _giving(scope, ids)
    for meter in of_site:
        flow = energies[meter.id]
        bought, sold = (flow.export, flow.forward) if meter.id in giving else (flow.forward, flow.export)
        values = tariffs.bill(bought, sold, priced.prices, first)._asdict() | {"provisional": may_change[meter.id]}
        found[meter.id] = pd.DataFrame(values, index=pd.DatetimeIndex(edges[:-1], name="ts"), columns=list(COLUMNS))
    return found


def _giving(scope: Scope, meter_ids: Collection[str]) -> set[str]:
    """The meters whose direction leads from a source or a storage of the site's own, or led so while that was there."""
    sources = {meter_id: source for meter_id, (source, _) in dated_graph.ends(scope, meter_ids).items()}
    return {meter_id for meter_id, node in sources.items() if node.kind in ("source", "storage") and node.technology != "grid"}
