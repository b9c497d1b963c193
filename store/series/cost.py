"""What the energy of a meter cost, over any period: the one place that puts meters and prices together.

Energy and prices are read by the same stretches, so short that no price changes within them, multiplied there and then
added; `models.tariffs` says how. Sites, whose import is computed from many meters, do the same with `store.series.prices`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from models import bills, local_time
from models.bills import COLUMNS, Bill, Billed
from models.tariff_components import Demand, Minimum, Rounding, Tiers
from models.tariff_demand import Floats, Load
from store.records.plant import dated_graph, meters, sites
from store.records.plant.metering import Metering, metering
from store.records.schema import Meter
from store.scope import Scope
from store.series import estimated, finality
from store.series.declared import Telling, cells, rhythms
from store.series.energy import TellsFlows, flows
from store.series.grid import micros
from store.series.pieces import EXPORT, FORWARD
from store.series.prices import Priced, prices


def cost(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, told_by: TellsFlows = flows) -> pd.DataFrame:
    """The cost of each meter in [start, end): a row a meter, with the columns and errors of `cost_by`.

    `told_by`: who tells the energies, where some of them are kept.
    """
    of_sites: dict[str, list[Meter]] = {}
    for meter in meters.require_meters(scope, meter_ids).values():
        of_sites.setdefault(meter.site_id, []).append(meter)
    frames = [found.table() for each in of_sites.values() for found in _between(scope, each, [start, end], told_by)]
    rows = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    return rows.set_axis(pd.Index([meter.id for each in of_sites.values() for meter in each]))


def cost_by(scope: Scope, meter_id: str, start: datetime, end: datetime, step: str) -> pd.DataFrame:
    """The cost of a meter by local periods (one of `local_time.STEPS`), from the one that holds `start` to the one before `end`.

    Energy towards the site's uses is bought, energy against it sold; of a source or a storage (but not of the grid) it is
    the other way round.

    Returns:
        Index: start of each period in UTC. `bought_kwh`, `sold_kwh`; `cost` in the site's currency, negative where more was
        earned than paid, NaN where nothing has a price; `priced` (0..1), the share of the energy that has a price: `cost` is
        of that share; `peaked` (0..1), the share of the time with a demand charge whose month has a peak; the parts that add
        up to the cost (`models.bills.PARTS`); `provisional`, as of energy, and of the months that a tariff charges as a whole.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    return billed(scope, meter_id, start, end, step).table()


def billed(scope: Scope, meter_id: str, start: datetime, end: datetime, step: str) -> Billed:
    """The same with what is behind it: the peaks that are charged, and what each tariff costs. Raises as `cost_by`."""
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    zone = ZoneInfo(sites.site(scope, meter.site_id).time_zone)
    [found] = _between(scope, [meter], local_time.edges(start, end, step, zone), flows)
    return found


def _between(scope: Scope, of_site: Sequence[Meter], edges: list[datetime], told_by: TellsFlows) -> list[Billed]:
    """What each meter pays between the edges; all of one site."""
    priced = prices(scope, of_site[0].site_id, edges[0], edges[-1], reaching=True).longer(edges)
    ids = [meter.id for meter in of_site]
    known = metering(scope, ids)
    may_change = provisional(scope, ids, edges, priced, known)  # before the energies are read
    bill = _bill(scope, ids, edges, priced, known, told_by)
    return [Billed(bill, row, edges, may_change[meter], priced.versions) for row, meter in enumerate(ids)]


def provisional(
    scope: Scope, ids: Collection[str], edges: list[datetime], priced: Priced, known: Metering
) -> dict[str, list[bool]]:
    """Of each meter, whether what it costs between edges may change: with its energy, or with that of months that price it."""
    found = finality.provisional(scope, ids, edges, known)
    if not priced.has(Tiers, Demand, Minimum, Rounding):
        return found
    first, last = priced.edges[0].to_pydatetime(), priced.edges[-1].to_pydatetime()
    months = local_time.edges(first, last, "month", priced.zone)
    of_month = {meter: np.logical_or.accumulate(each) for meter, each in finality.provisional(scope, ids, months, known).items()}
    places = np.searchsorted(np.array(months), np.array(edges[1:])) - 1
    return {meter: [*map(bool, np.array(each) | of_month[meter][places])] for meter, each in found.items()}


def _bill(scope: Scope, ids: Sequence[str], edges: list[datetime], priced: Priced, known: Metering, told_by: TellsFlows) -> Bill:
    """What each meter pays between the edges. Local periods begin on quarters in every zone, and so do the stretches."""
    energies, giving = told_by(scope, ids, priced.edges, known).every, _giving(scope, ids)
    turned = np.array([meter in giving for meter in ids])[:, None]
    bought = np.where(turned, energies.export, energies.forward)
    sold = np.where(turned, energies.forward, energies.export)
    load = Load(priced.edges_s, bought, energies.covered_s, np.zeros_like(bought))
    if priced.has(Demand):
        registers = {meter: EXPORT if meter in giving else FORWARD for meter in ids}
        first, last = priced.edges[0].to_pydatetime(), priced.edges[-1].to_pydatetime()
        load = told_apart(scope, load, [[Telling(first, last, [meter])] for meter in ids], registers, known)
    places = priced.edges.searchsorted(pd.DatetimeIndex(edges))
    return bills.bill(priced.versions, load, sold, priced.prices, places, priced.zone, priced.holidays)


def told_apart(
    scope: Scope, load: Load, behind: Sequence[Sequence[Telling]], registers: Mapping[str, str], known: Metering
) -> Load:
    """The load with the moments between which readings tell it apart, and the seconds of it that are estimates.

    Args:
        scope: whose.
        load: of rows whose energy is that of certain meters.
        behind: these meters, of each row, by the parts of the time in which they tell it.
        registers: of each meter, the register (`store.series.pieces`) that is bought; of one that is not named, both.
        known: how the meters measure.
    """
    alike: dict[object, Floats] = {}
    told = []
    for row in behind:
        rhythm = tuple(each for part in row for each in rhythms(known, known.measured(part.meters), part.start, part.end))
        if rhythm not in alike:
            apart = [micros(cells(scope, part.meters, part.start, part.end, known)) / 1e6 for part in row]
            alike[rhythm] = np.unique(np.concatenate(apart))
        told.append(alike[rhythm])
    telling = [{meter for part in row for meter in known.measured(part.meters)} for row in behind]
    guessed = np.zeros_like(load.bought_kwh)
    for (meter, register), amounts in estimated.told(known, sorted(set().union(*telling)), load.edges_s).items():
        if registers.get(meter, register) == register:
            guessed[[meter in each for each in telling]] += amounts
    return load._replace(told=told, estimated_s=guessed)


def _giving(scope: Scope, meter_ids: Collection[str]) -> set[str]:
    """The meters whose direction leads from a source or a storage of the site's own, or led so while that was there."""
    sources = {meter_id: source for meter_id, (source, _) in dated_graph.ends(scope, meter_ids).items()}
    return {meter_id for meter_id, node in sources.items() if node.kind in ("source", "storage") and node.technology != "grid"}
