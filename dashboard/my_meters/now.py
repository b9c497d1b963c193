"""One's own meters now: live value and age of each, and its energy since local midnight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.figures import wording
from dashboard.live.once import once
from dashboard.live.site_view import site_view
from models import local_time
from models.presence import presence
from store.records import listing, meter_life, meters, sites
from store.records.schema import Meter
from store.scope import Scope
from store.series import energy, power

COUNT = 12  # meters of one page
LASTS_S = 2.0
TODAY_LASTS_S = 30.0
UNDECLARED_S = 60


class Way(NamedTuple):
    """What is said of energy in a meter's direction, and of energy against it."""

    forward: str
    backward: str
    tokens: tuple[str, str]  # the colours of both


TAKEN, MADE = Way("taken", "fed in", ("demand", "pv")), Way("produced", "drawn", ("pv", "demand"))
CHARGED, DISCHARGED = Way("charged", "discharged", ("storage", "grid")), Way("discharged", "charged", ("storage", "grid"))


@dataclass(frozen=True, slots=True)
class Mine:
    """A meter of the holder's, with what people need to know it by."""

    meter: Meter
    site: str
    zone: ZoneInfo
    expected_s: int
    way: Way


@dataclass(frozen=True, slots=True)
class Value:
    """A meter's power now (kW, positive: in its direction) and when it was heard; its energy today (kWh)."""

    kilowatts: float | None
    heard: datetime | None
    state: str
    forward_kwh: float | None
    export_kwh: float | None


def mine(scope: Scope, search: str, first: int) -> listing.Page[Mine]:
    """A page of the meters that are the holder's one by one, by name; meters of sites that they see whole are not among them."""
    own = Scope(scope.user_id, part_site_ids=scope.part_site_ids | scope.site_ids, meter_ids=scope.meter_ids)
    found = meter_life.meters_page(own, listing.Wanted(search=search, first=first, count=COUNT))
    now = datetime.now(UTC)
    declared = meters.energy_declarations(own, [row.meter.id for row in found.rows])
    zones = {site_id: ZoneInfo(sites.site(own, site_id).time_zone) for site_id in {row.meter.site_id for row in found.rows}}
    rows = []
    for meter, site in found.rows:
        current = [each for each in declared[meter.id] if each.valid_to is None or each.valid_to > now]
        rows.append(
            Mine(meter, site, zones[meter.site_id], current[-1].interval_s if current else UNDECLARED_S, way_of(scope, meter))
        )
    return listing.Page(rows, found.total)


def way_of(scope: Scope, meter: Meter) -> Way:
    """What the meter's energy is called: by what it comes from and goes to."""
    view = site_view(scope, meter.site_id)
    edge = next((edge for edge in view.graph.edges if edge.meter_id == meter.id), None)
    nodes = {node.id: node for node in view.graph.nodes}
    source, target = (nodes.get(end) for end in ((edge.source, edge.target) if edge else ("", "")))
    if source is not None and source.kind == "storage":
        return DISCHARGED
    if target is not None and target.kind == "storage":
        return CHARGED
    return MADE if source is not None and source.kind == "source" and source.technology != "grid" else TAKEN


def values(scope: Scope, shown: Sequence[Mine]) -> Mapping[str, Value]:
    """What each of the meters does, some seconds old at most.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    ids = tuple(each.meter.id for each in shown if each.meter.role != "condition")
    live = once.get(("my live", scope.key, ids), LASTS_S, lambda: power.live_power(scope, ids, datetime.now(UTC))) if ids else {}
    today = once.get(("my today", scope.key, ids), TODAY_LASTS_S, lambda: _today(scope, shown)) if ids else {}
    now = datetime.now(UTC)
    found = {}
    for each in shown:
        heard = live.get(each.meter.id)
        state = presence(heard.ts if heard else None, each.expected_s, now)
        net = heard.forward_kw - heard.export_kw if heard and state in ("live", "late") else None
        taken, fed_in = today.get(each.meter.id, (None, None))
        known = net if net is not None and isfinite(net) else None
        found[each.meter.id] = Value(known, heard.ts if heard else None, state, taken, fed_in)
    return found


def _today(scope: Scope, shown: Sequence[Mine]) -> dict[str, tuple[float | None, float | None]]:
    now = datetime.now(UTC)
    found: dict[str, tuple[float | None, float | None]] = {}
    for zone in {each.zone for each in shown}:
        ids = [each.meter.id for each in shown if each.zone == zone and each.meter.role != "condition"]
        frame = energy.energy(scope, ids, local_time.begin(now, "day", zone), now)
        for meter_id, row in frame.iterrows():
            known = row["coverage"] > 0
            found[str(meter_id)] = (float(row["forward_kwh"]), float(row["export_kwh"])) if known else (None, None)
    return found


def age_words(value: Value, now: datetime) -> str:
    """How old a value is, and whether that is too old."""
    if value.heard is None:
        return wording.STATES["never"]
    old = wording.age((now - value.heard).total_seconds())
    return f"{old} ago" if value.state == "live" else f"{wording.STATES[value.state]}, {old}"
