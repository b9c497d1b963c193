"""What there is on a site, as far as a scope sees it: its graph, meters and devices. Records change seldom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from config import clock
from config.limits import Limit
from insight.meters_now import UNDECLARED_S
from insight.shared import shared
from models.flows import meters_of
from models.graph import Graph
from models.natural_order import natural
from store.records.plant import devices, graph, limits, meters, sites
from store.records.plant.metering import Metering, metering
from store.scope import Scope

LASTS_S = 10.0
STALE_S = 10.0
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as pages need it; `expected_s` is how often it should have a value."""

    id: str
    name: str
    device_id: str | None
    edge_id: str | None
    node_id: str | None
    simulated: bool
    source_note: str
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
    metering: Metering  # of its meters
    declared: str  # changes with where their energy comes from

    @property
    def flow_meters(self) -> list[str]:
        """The meters that the flows are read from, those that this scope sees."""
        return [meter_id for meter_id in meters_of(self.graph) if meter_id in self.meters]


def site_view(scope: Scope, site_id: str) -> SiteView:
    """The site as the scope sees it, some seconds old at most while it is looked at; raises `NotFound`."""
    scope.require_site(site_id)
    return shared.get(("view", scope.key, site_id), LASTS_S, lambda: read(scope, site_id, clock.now()), STALE_S)


def read(scope: Scope, site_id: str, at: datetime) -> SiteView:
    """The site as the scope sees it, with the graph of that moment; raises `NotFound`."""
    site = sites.site(scope, site_id)
    seen = meters.meters_of(scope, site_id)
    known = metering(scope, [meter.id for meter in seen])
    found = {}
    hardware = devices.devices_of(scope, site_id)
    intervals = {device.id: device.reporting_interval_s for device in hardware}
    of_device: dict[str, list[str]] = {}
    for meter in seen:
        if meter.device_id is not None:
            of_device.setdefault(meter.device_id, []).append(meter.id)
        current = [each for each in known.declared[meter.id] if each.valid_to is None or each.valid_to > at]
        hourly = [each for each in known.declared[meter.id] if each.interval_s >= HOUR_S]
        expected = current[-1].interval_s if current else intervals.get(meter.device_id or "", UNDECLARED_S)
        found[meter.id] = Meter(
            id=meter.id,
            name=meter.name,
            device_id=meter.device_id,
            edge_id=meter.edge_id,
            node_id=meter.node_id,
            simulated=meter.simulated,
            source_note=meter.source_note,
            expected_s=expected,
            hourly_until=(hourly[-1].valid_to or at) if hourly else None,
        )
    wired = graph.site_graph(scope, site_id, at)
    ordered = replace(wired, nodes=tuple(sorted(wired.nodes, key=lambda node: natural(node.name))))
    return SiteView(
        id=site.id,
        name=site.name,
        kind=site.kind,
        zone=ZoneInfo(site.time_zone),
        currency=site.currency,
        region_id=site.region_id,
        limits=limits.site_limits(scope, site_id),
        graph=ordered,
        meters=found,
        devices=tuple(
            Device(each.id, each.name, each.reporting_interval_s, tuple(of_device.get(each.id, ())))
            for each in sorted(hardware, key=lambda each: natural(each.name))
            if each.retired_at is None
        ),
        simulated=tuple(node.name for node in ordered.nodes if node.simulated),
        metering=known,
        declared=_declared(known),
    )


def _declared(known: Metering) -> str:
    sources = [
        (meter_id, each.method, each.interval_s, each.rollover_kwh, each.valid_from, each.valid_to)
        for meter_id, sources in sorted(known.declared.items())
        for each in sources
    ]
    return sha256(repr((sources, sorted(known.terms.items()))).encode()).hexdigest()[:16]


def _natural(name: str) -> tuple[object, ...]:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", name) if part)
