"""What a change would make of the past: both sums of each month that would be another, computed before anything is saved."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import closed_energy, site_view
from insight.emissions import made
from insight.site_cost import bill_of
from insight.site_energy import site_energy
from insight.subject_cost import emitted_kg, market_kg
from models import local_time
from models.emissions import Factor, summed
from models.tariffs import Version
from store.records.plant import emission_factors, meters, sites
from store.records.plant.metering import Declared, Metering, metering
from store.scope import Scope
from store.series import foretold
from store.series.as_if import Amendment
from store.series.energy import Flow
from store.series.foretold import Reach
from store.series.prices import Rows, prices
from store.series.region_series import Change

Floats = NDArray[np.float64]

MOST = 36  # months that are looked at: reading more would keep a person waiting
LONGEST = timedelta(days=MOST * 31)
PATIENCE_S = 2.0  # for the sites of a region, one after the other
LEAST = {  # of a difference that counts
    "cost": 0.005,
    "co2": 0.0005,
    "market_co2": 0.0005,
    "made_co2": 0.0005,
    "forward": 0.0005,
    "export": 0.0005,
}


class Month(NamedTuple):
    """A local month by its start (UTC): what it is now, and what it would be; None where nothing is known."""

    start: datetime
    before: float | None
    after: float | None


class Restated(NamedTuple):
    """The months of a figure (a key of `LEAST`) of a site or a meter, by its name, that would be others, by the clocks of a zone.

    `unit` is the currency of a cost, and kg or kWh. `peaked`: the cost that would be has the demand charges of all its months.
    """

    figure: str
    name: str
    unit: str
    zone: ZoneInfo
    months: Sequence[Month]
    peaked: bool = True

    @property
    def by(self) -> float:
        """By how much their sum would be another."""
        return sum((each.after or 0.0) - (each.before or 0.0) for each in self.months)


class Foretold(NamedTuple):
    """What would be restated. Not looked at were months before `since` (by the site's clocks, if any), and further `sites`."""

    every: Sequence[Restated] = ()
    since: datetime | None = None
    sites: int = 0


def by_tariffs(scope: Scope, site_id: str, after: Sequence[Version], since: datetime) -> Foretold:
    """What a site paid and emitted up to now, by the tariffs `after`, which differ from those that it has from `since` on.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    return _of_site(scope, site_id, since, clock.now(), versions=after)


def by_region(scope: Scope, region_id: str, change: Change) -> Foretold:
    """What the sites of a region paid and emitted up to now, by other prices and CO2 intensities of it.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    every, since, late = list[Restated](), list[datetime](), time.monotonic() + PATIENCE_S
    theirs = [each.id for each in sites.visible_sites(scope) if each.region_id == region_id]
    for nth, site_id in enumerate(theirs):
        if nth and time.monotonic() > late:
            return Foretold(every, max(since, default=None), len(theirs) - nth)
        told = _of_site(scope, site_id, change.start, change.end, rows=change.rows)
        every += told.every
        since += [told.since] if told.since else []
    return Foretold(every, max(since, default=None))


def by_factors(scope: Scope, site_id: str, after: Sequence[Factor]) -> Foretold:
    """What a site emitted up to now by certificates and own production, by the CO2 factors `after`.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    now, known = clock.now(), emission_factors.factors(scope, site_id)
    view = site_view.read(scope, site_id, now)
    differing = {each._replace(name="", note="") for each in known} ^ {each._replace(name="", note="") for each in after}
    times = [each.moments(view.zone) for each in differing]
    start, end = min((each for each, _ in times), default=now), max((each or now for _, each in times), default=now)
    edges, since = _months(start, min(end, now), view.zone)
    if not edges:
        return Foretold()
    priced = prices(scope, view.id, edges[0], edges[-1], reaching=True)
    bought = site_energy(scope, view, priced.edges).imported
    used = summed(bought, priced.edges.searchsorted(pd.DatetimeIndex(edges))) > 0
    market = (np.where(used, market_kg(bought, priced, edges, factors), np.nan) for factors in (known, after))
    own = (made(scope, view, factors, edges)[1] for factors in (known, after))
    both = (
        Restated("market_co2", view.name, "kg", view.zone, _another("market_co2", edges, *market)),
        Restated("made_co2", view.name, "kg", view.zone, _another("made_co2", edges, *own)),
    )
    every = _some(both)
    return Foretold(every, since if every else None)


def by_declarations(scope: Scope, meter_id: str, after: Sequence[Declared]) -> Foretold:
    """The energy of a meter up to now, by what it would declare.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    reach = foretold.of_declarations(scope, meter_id, after)
    if reach is None:
        return Foretold()
    return _of_meter(scope, meter_id, reach, lambda known: known.declaring(meter_id, after))


def by_corrections(scope: Scope, said: Sequence[Amendment]) -> Foretold:
    """The energy of a meter, by what would be said of values of it (`store.series.as_if.tried`). Raises as `by_declarations`."""
    reach = foretold.of_corrections(scope, said)
    return Foretold() if reach is None else _of_meter(scope, said[0][1], reach, lambda known: known, said)


def _of_meter(
    scope: Scope, meter_id: str, reach: Reach, as_if: Callable[[Metering], Metering], said: Sequence[Amendment] = ()
) -> Foretold:
    name, known = meters.require_meters(scope, [meter_id])[meter_id].name, metering(scope, [meter_id])
    zone = ZoneInfo(known.zones[meter_id])
    edges, since = _months(reach.start, reach.end, zone, reach.known_from)
    if not edges:
        return Foretold(since=since)
    before = closed_energy.flows(scope, [meter_id], edges, known)[meter_id]
    after = foretold.flow(scope, meter_id, edges, reach, as_if(known), said)
    both = (
        Restated("forward", name, "kWh", zone, _another("forward", edges, _forward(before), _forward(after))),
        Restated("export", name, "kWh", zone, _another("export", edges, before.export, after.export)),
    )
    return Foretold(_some(both), since)


def _forward(flow: Flow) -> Floats:
    return np.where(flow.known_s > 0, flow.forward, np.nan)


def _of_site(
    scope: Scope,
    site_id: str,
    start: datetime,
    end: datetime,
    versions: Sequence[Version] | None = None,
    rows: Rows | None = None,
) -> Foretold:
    """By other tariffs than it has, or other rows than its region's."""
    now = clock.now()
    view = site_view.read(scope, site_id, now)
    edges, since = _months(start, min(end, now), view.zone)
    if not edges:
        return Foretold()
    of_now, other = (
        prices(scope, view.id, edges[0], edges[-1], reaching=True, versions=each, rows=these)
        for each, these in ((None, None), (versions, rows))
    )
    energy = site_energy(scope, view, of_now.edges)
    again = energy if other.edges.equals(of_now.edges) else site_energy(scope, view, other.edges)
    priced = [(energy, of_now), (again, other)]
    bills = [bill_of(scope, view, read, edges, each) for read, each in priced]
    used = bills[0].bought_kwh[0] + bills[0].sold_kwh[0] > 0
    cost = [np.where(used, bill.cost[0], np.nan) for bill in bills]
    peaked = bool((bills[1].peaked[0][used] == 1).all())
    co2 = [np.where(used, emitted_kg(read.imported, each, edges), np.nan) for read, each in priced]
    both = (
        Restated("cost", view.name, view.currency, view.zone, _another("cost", edges, *cost), peaked),
        Restated("co2", view.name, "kg", view.zone, _another("co2", edges, *co2)),
    )
    every = _some(both)
    return Foretold(every, since if every else None)


def _months(
    start: datetime, end: datetime, zone: ZoneInfo, known_from: datetime | None = None
) -> tuple[list[datetime], datetime | None]:
    """The edges of the months that a time touches, the newest of them, and where these begin if that is not with the first.

    Of a time that is only known from a moment on they are the whole months from then on.
    """
    if start >= end:
        return [], None
    edges = local_time.edges(max(start, end - LONGEST), end, "month", zone)[-MOST - 1 :]
    if known_from is not None and known_from > start:
        edges = [each for each in edges if each >= known_from] or edges[-1:]
    since = edges[0].astimezone(zone) if edges[0] > start else None
    return (edges if len(edges) > 1 else []), since


def _another(figure: str, edges: Sequence[datetime], before: Floats, after: Floats) -> list[Month]:
    """The months that would be others."""
    sums = ([None if math.isnan(each) else each for each in told.tolist()] for told in (before, after))
    months = [Month(*each) for each in zip(edges, *sums, strict=False)]
    return [each for each in months if _differs(each.before, each.after, LEAST[figure])]


def _differs(before: float | None, after: float | None, least: float) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= least


def _some(every: Iterable[Restated]) -> list[Restated]:
    return [each for each in every if each.months]
