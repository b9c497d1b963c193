"""What there is on a site, as far as a scope sees it: its graph, meters and devices. Records change seldom."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from config import clock
from config.limits import Limit, with_phases
from insight.meters_now import UNDECLARED_S
from insight.shared import shared
from models.graph import Graph
from models.natural_order import natural
from models.topology import meters_of
from store.records.plant import buildings, dated_graph, devices, limits, meters, sites
from store.records.plant.dated_graph import Drawings
from store.records.plant.metering import Metering, metering
from store.scope import Scope

KEPT_S = 3600.0
FOREVER = datetime.max.replace(tzinfo=UTC)
HOUR_S = 3600
OUTLINE = [each.name for each in fields(meters.Outline)]


@dataclass(frozen=True, slots=True)
class Meter(meters.Outline):
    """A meter as pages need it; `expected_s` is how often it should have a value."""

    expected_s: int
    hourly_until: datetime | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device as pages need it."""

    id: str
    name: str
    interval_s: int
    meter_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site for one scope."""

    id: str
    name: str
    kind: str
    zone: ZoneInfo
    currency: str
    region_id: str | None
    limits: Mapping[str, Limit]
    graph: Graph
    meters: Mapping[str, Meter]
    devices: tuple[Device, ...]
    simulated: tuple[str, ...]
    buildings: frozenset[str]  # nodes that are said to be one; none for those who see a part of the site
    metering: Metering  # of its meters
    declared: str  # changes with where their energy comes from
    drawings: Drawings  # its graph at all times
    version: int  # of the records that it was read from
    since: datetime  # when the graph is of, and until when it stays so
    until: datetime

    @property
    def flow_meters(self) -> list[str]:
        """The meters that the flows are read from, those that this scope sees."""
        return [meter_id for meter_id in meters_of(self.graph) if meter_id in self.meters]


def site_view(scope: Scope, site_id: str) -> SiteView:
    """The site as the scope sees it; kept until its records change or a date of its graph comes. Raises `NotFound`."""
    scope.require_site(site_id)
    now, version = clock.now(), sites.version(scope, site_id)

    def holds(view: SiteView) -> bool:
        return view.version == version and view.since <= now < view.until

    return shared.get(("view", scope.key, site_id), KEPT_S, lambda: read(scope, site_id, now), good=holds)


def read(scope: Scope, site_id: str, at: datetime) -> SiteView:
    """The site as the scope sees it, with the graph of that moment; raises `NotFound`."""
    version = sites.version(scope, site_id)  # before all that it is of
    site = sites.site(scope, site_id)
    seen = meters.outlines(scope, site_id)
    known = metering(scope, [meter.id for meter in seen])
    seen_meters = {}
    hardware = devices.outlines(scope, site_id)
    intervals = {device.id: device.reporting_interval_s for device in hardware}
    of_device: dict[str, list[str]] = {}
    for meter in seen:
        if meter.device_id is not None:
            of_device.setdefault(meter.device_id, []).append(meter.id)
        current = [each for each in known.declared[meter.id] if each.valid_to is None or each.valid_to > at]
        hourly = [each for each in known.declared[meter.id] if each.interval_s >= HOUR_S]
        seen_meters[meter.id] = Meter(
            **{name: getattr(meter, name) for name in OUTLINE},
            expected_s=current[-1].interval_s if current else intervals.get(meter.device_id or "", UNDECLARED_S),
            hourly_until=(hourly[-1].valid_to or FOREVER) if hourly else None,
        )
    drawn = dated_graph.drawings(scope, site_id)
    wired = drawn.at(at)
    ordered = replace(wired, nodes=tuple(sorted(wired.nodes, key=lambda node: natural(node.name))))
    dates = [*drawn.dates, *(each.valid_to for every in known.declared.values() for each in every if each.valid_to)]
    return SiteView(
        id=site.id,
        name=site.name,
        kind=site.kind,
        zone=ZoneInfo(site.time_zone),
        currency=site.currency,
        region_id=site.region_id,
        limits=with_phases(limits.limits_of(scope, site)),
        graph=ordered,
        drawings=drawn,
        meters=seen_meters,
        devices=tuple(
            Device(each.id, each.name, each.reporting_interval_s, tuple(of_device.get(each.id, ())))
            for each in sorted(hardware, key=lambda each: natural(each.name))
        ),
        simulated=tuple(node.name for node in ordered.nodes if node.simulated),
        buildings=frozenset(buildings.numbers(scope, site_id)) if scope.sees_whole_site(site_id) else frozenset(),
        metering=known,
        declared=_declared(known),
        version=version,
        since=at,
        until=min((date for date in dates if date > at), default=FOREVER),
    )


def _declared(known: Metering) -> str:
    sources = [
        (meter_id, each.method, each.interval_s, each.rollover_kwh, each.valid_from, each.valid_to)
        for meter_id, sources in sorted(known.declared.items())
        for each in sources
    ]
    return sha256(repr((sources, sorted(known.terms.items()))).encode()).hexdigest()[:16]
