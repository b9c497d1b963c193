"""A resident's home: what it does now, its energy and cost today, how much of its own it uses, and how that is against its usual.

Usual is the mean of the same weekday's energy up to the same time by the local clock, of the last weeks, of the resident's own
time only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from insight import own_meters
from insight.own_meters import Mine, Value
from insight.shared import shared
from models import local_time
from models.home import Home, HomeEnergy, Part, energy_of, home_of
from store.records.plant import dated_graph, sites
from store.scope import Scope, Window, within
from store.series import energy

WEEKS = 4  # that are looked back at
LEAST_DAYS = 2  # of one weekday, for a usual
LEAST_COVERAGE = 0.9  # of a day's readings, for it to count
DAYS = 14  # of the trend, today not counted
LASTS_S = 60.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Usual:
    """What the home usually uses by this time of this weekday (kWh), the mean of so many days; and today, up to `until`."""

    until: datetime
    kwh: float
    today_kwh: float
    days: int


@dataclass(frozen=True, slots=True)
class Trend:
    """What the home used day by day (kWh, NaN where too little is known), the last one still open; coverage 0..1.

    `change` is the last seven whole days against the seven before, as a share (0.1: a tenth more); none where a day is missing.
    """

    edges: Sequence[datetime]
    used: Floats
    coverage: Floats
    change: float | None


@dataclass(frozen=True, slots=True)
class OwnHome:
    """A home on one site. Power in kW, `cost` in the currency, of the share `priced` of the energy; none where not known."""

    site: str
    zone: ZoneInfo
    currency: str
    used_kw: float | None
    made_kw: float | None
    today: HomeEnergy
    cost: float | None
    priced: float
    usual: Usual | None
    trend: Trend


def homes(scope: Scope) -> list[OwnHome]:
    """The holder's homes, one for each site that they have meters of, by the site's name; none without a meter of energy.

    Raises:
        StoreAway: the readings cannot be reached.
    """
    found = [_home(scope, mine) for mine in _by_site(scope)]
    return sorted((each for each in found if each is not None), key=lambda each: each.site)


def places(scope: Scope) -> list["Place"]:
    """Where the holder's homes are, in the order of their meters; none without a meter of energy."""
    found = [_place(scope, mine) for mine in _by_site(scope)]
    return [each for each in found if each.home.meter_ids]


def _by_site(scope: Scope) -> Collection[list[Mine]]:
    of_sites: dict[str, list[Mine]] = {}
    for each in _all(scope):
        if each.meter.role == "main" and each.meter.retired_at is None:
            of_sites.setdefault(each.meter.site_id, []).append(each)
    return of_sites.values()


def _all(scope: Scope) -> list[Mine]:
    meters: list[Mine] = []
    while True:
        page = own_meters.mine(scope, "", len(meters))
        meters += page.rows
        if not page.rows or len(meters) >= page.total:
            return meters


def _place(scope: Scope, mine: Sequence[Mine]) -> "Place":
    ends = dated_graph.ends(scope, [each.meter.id for each in mine])
    parts = [Part(each.meter.id, *ends[each.meter.id]) for each in mine if each.meter.id in ends]
    return Place(scope, mine[0].meter.site_id, mine[0].zone, home_of(parts))


def _home(scope: Scope, mine: Sequence[Mine]) -> OwnHome | None:
    place = _place(scope, mine)
    home = place.home
    if not home.meter_ids:
        return None
    first, now, version = mine[0], clock.now(), sites.version(scope, place.site_id)
    values = own_meters.values(scope, [each for each in mine if each.meter.id in home.meter_ids])
    today, usual, trend = shared.get(("my home", scope.key, version, home.meter_ids), LASTS_S, lambda: _told(place, now))
    paid = [values[meter] for meter in home.entries if values[meter].cost is not None]
    return OwnHome(
        site=first.site,
        zone=first.zone,
        currency=first.currency,
        used_kw=_used_now(home, values),
        made_kw=_sum(values, home.made) if home.made else None,
        today=today,
        cost=sum(value.cost or 0.0 for value in paid) if paid else None,
        priced=min((value.priced for value in paid), default=1.0),
        usual=usual,
        trend=trend,
    )


def _used_now(home: Home, values: Mapping[str, Value]) -> float | None:
    """What the home uses now, kW; none while a meter that this follows from is silent."""
    powers = {meter: values[meter].kilowatts for meter in home.meter_ids}
    if any(powers[meter] is None for meter in home.counted):
        return None
    forward, export = ({meter: max(0.0, sign * (power or 0.0)) for meter, power in powers.items()} for sign in (1, -1))
    return energy_of(home, forward, export).used


def _sum(values: Mapping[str, Value], meter_ids: Sequence[str]) -> float | None:
    powers = [values[meter].kilowatts for meter in meter_ids]
    known = [power for power in powers if power is not None]
    return sum(known) if len(known) == len(powers) else None


@dataclass(frozen=True, slots=True)
class Place:
    """A home on its site, and for whom it is looked at."""

    scope: Scope
    site_id: str
    zone: ZoneInfo
    home: Home

    def is_own(self, start: datetime, end: datetime) -> bool:
        """Whether all of that time is the holder's, of each meter that what is used follows from."""
        every = (self.scope.times(meter, self.site_id) for meter in self.home.counted)
        return all(within(times, start, end) == (Window(start, end),) for times in every)


class _Stretch(NamedTuple):
    """The home's energy between two edges, the least coverage of the meters it follows from, and whether it counts as whole."""

    energy: HomeEnergy
    coverage: float
    is_whole: bool


def _stretches(place: Place, edges: Sequence[datetime]) -> list[_Stretch]:
    flows = energy.flows(place.scope, place.home.meter_ids, list(edges))
    stretches = []
    for number, (start, end) in enumerate(pairwise(edges)):
        forward, export = (
            {meter: float(getattr(flow, way)[number]) for meter, flow in flows.items()} for way in ("forward", "export")
        )
        coverage = min((float(flows[meter].coverage[number]) for meter in place.home.counted), default=0.0)
        stretches.append(
            _Stretch(energy_of(place.home, forward, export), coverage, coverage >= LEAST_COVERAGE and place.is_own(start, end))
        )
    return stretches


def _told(place: Place, now: datetime) -> tuple[HomeEnergy, Usual | None, Trend]:
    midnight = local_time.begin(now, "day", place.zone)
    [today] = _stretches(place, [midnight, now])
    return today.energy, _usual(place, midnight, now), _trend(place, midnight, now)


def _usual(place: Place, midnight: datetime, now: datetime) -> Usual | None:
    until = local_time.begin(now, "quarter", place.zone)
    if until <= midnight or not place.home.entries:
        return None
    local = pd.DatetimeIndex([midnight, until]).tz_convert(place.zone)
    edges = [
        moment.to_pydatetime().astimezone(UTC)
        for week in range(WEEKS, -1, -1)
        for moment in local_time.same_time(local, 7 * week)
    ]
    *before, today = _stretches(place, edges)[::2]
    used = [each.energy.used for each in before if each.is_whole and each.energy.used is not None]
    if len(used) < LEAST_DAYS or today.coverage < LEAST_COVERAGE or today.energy.used is None:
        return None
    return Usual(until, sum(used) / len(used), today.energy.used, len(used))


def _trend(place: Place, midnight: datetime, now: datetime) -> Trend:
    days = local_time.edges(midnight - timedelta(days=DAYS + 2), midnight, "day", place.zone)
    edges = [*[each for each in days if each < midnight][-DAYS:], midnight, now]
    told = _stretches(place, edges)
    used = np.array([each.energy.used if each.energy.used is not None and each.coverage > 0 else np.nan for each in told])
    whole = np.array([each.is_whole for each in told[:-1]])
    earlier, later = used[: DAYS - 7], used[DAYS - 7 : DAYS]
    change = float(later.sum() / earlier.sum() - 1) if whole.all() and len(whole) == DAYS and earlier.sum() > 0 else None
    return Trend(edges, used, np.array([each.coverage for each in told]), change)
