"""People's own meters now: the power of each, when it was heard, and its energy since local midnight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, nan
from typing import Literal
from zoneinfo import ZoneInfo

from config import clock
from insight.meters_now import UNDECLARED_S, MeterNow, meters_now
from insight.shared import shared
from models import local_time
from store.records.plant import dated_graph, declarations, meter_life, sites
from store.records.schema import Meter, listing
from store.scope import Scope
from store.series import cost, energy

COUNT = 12  # meters of one page
LASTS_S = 2.0
TODAY_LASTS_S = 30.0

Day = tuple[float | None, float | None, float | None, float]  # of `Value`: since local midnight
Direction = Literal["taken", "made", "charged", "discharged"]  # what energy in a meter's direction is to its holder
NOTHING: Day = (None, None, None, 1.0)
SILENT = MeterNow(nan, nan, None, "never")  # of a condition, which has no power


@dataclass(frozen=True, slots=True)
class Mine:
    """A meter of the holder's, with what people need to know it by."""

    meter: Meter
    site: str
    zone: ZoneInfo
    currency: str
    expected_s: int
    direction: Direction
    counts: bool  # whether anything declares now where its energy comes from


@dataclass(frozen=True, slots=True)
class Value:
    """A meter's power now (kW, positive: in its direction) and when it was heard; its energy today (kWh), and what that cost.

    `cost` is in the site's currency, and of the share `priced` (0..1) of the energy.
    """

    kilowatts: float | None
    heard: datetime | None
    state: str
    forward_kwh: float | None
    export_kwh: float | None
    cost: float | None
    priced: float


def mine(scope: Scope, search: str, first: int) -> listing.Page[Mine]:
    """A page of the meters that are the holder's one by one, by name; meters of sites that they see whole are not among them."""
    own = Scope(scope.user_id, part_site_ids=scope.part_site_ids | scope.site_ids, meter_ids=scope.meter_ids)
    found = meter_life.meters_page(own, listing.Wanted(search=search, first=first, count=COUNT))
    now = clock.now()
    declared = declarations.energy_declarations(own, [row.meter.id for row in found.rows])
    places = {site_id: sites.site(own, site_id) for site_id in {row.meter.site_id for row in found.rows}}
    rows = []
    for meter, site in found.rows:
        current = [each for each in declared[meter.id] if each.valid_to is None or each.valid_to > now]
        rows.append(
            Mine(
                meter,
                site,
                ZoneInfo(places[meter.site_id].time_zone),
                places[meter.site_id].currency,
                current[-1].interval_s if current else UNDECLARED_S,
                direction_of(scope, meter),
                bool(current) or meter.role not in ("main", "check"),
            )
        )
    return listing.Page(rows, found.total)


def direction_of(scope: Scope, meter: Meter) -> Direction:
    """What the meter's energy is: by what it comes from and goes to."""
    source, target = dated_graph.ends(scope, [meter.id]).get(meter.id, (None, None))
    if source is not None and source.kind == "storage":
        return "discharged"
    if target is not None and target.kind == "storage":
        return "charged"
    return "made" if source is not None and source.kind == "source" and source.technology != "grid" else "taken"


def values(scope: Scope, shown: Sequence[Mine]) -> Mapping[str, Value]:
    """What each of the meters does, some seconds old at most.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    ids = tuple(each.meter.id for each in shown if each.meter.role != "condition")
    every_s = {each.meter.id: each.expected_s for each in shown if each.meter.role != "condition"}
    key = (scope.key, sites.version_of_all(), ids)
    telling = shared.get(("my live", *key), LASTS_S, lambda: meters_now(scope, every_s, clock.now())) if ids else {}
    today = shared.get(("my today", *key), TODAY_LASTS_S, lambda: _today(scope, shown)) if ids else {}
    by_meter = {}
    for each in shown:
        meter = telling.get(each.meter.id, SILENT)
        known = meter.net_kw if isfinite(meter.net_kw) else None
        by_meter[each.meter.id] = Value(known, meter.heard, meter.state, *today.get(each.meter.id, NOTHING))
    return by_meter


def _today(scope: Scope, shown: Sequence[Mine]) -> dict[str, Day]:
    now = clock.now()
    days: dict[str, Day] = {}
    for zone in {each.zone for each in shown}:
        ids = [each.meter.id for each in shown if each.zone == zone and each.meter.role != "condition"]
        start = local_time.begin(now, "day", zone)
        table = energy.energy(scope, ids, start, now).join(cost.cost(scope, ids, start, now)[["cost", "priced"]])
        for meter_id, row in table.iterrows():
            if row["known_s"] > 0:  # a counter that was silent tells afterwards what it counted
                paid = float(row["cost"]) if isfinite(row["cost"]) else None
                days[str(meter_id)] = (float(row["forward_kwh"]), float(row["export_kwh"]), paid, float(row["priced"]))
    return days
