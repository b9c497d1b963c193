"""What the device API must know to take a reading: keys, devices and meters as plain values, and their version.

It is a process's own copy, loaded whole and again when the version has changed, so that no reading waits for SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from config.limits import Limit, limits
from models.field_map import default_map
from store.records.plant.devices import devices_of
from store.records.plant.limits import own_limits
from store.records.schema import ApiKey, Broker, Channel, Device, DeviceField, Edge, EnergySource, Meter, Node, Site
from store.records.transaction import versions
from store.records.transaction.engine import reading
from store.records.transaction.lookup import in_parts
from store.scope import Scope


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An API key: of a device, or of a site. `secret_hash` is the SHA-256 of its secret in hexadecimal digits."""

    id: str
    secret_hash: str
    device_id: str | None
    site_id: str  # of its device, for a device's key
    can_write: bool
    revoked: bool  # itself, or its device is retired
    archived: bool  # its site is
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """A device in use; `fields` is field → (meter id, quantity): its map, or without one what its meters allow.

    `unmapped` says of fields that a device without a map cannot have, why.
    """

    id: str
    name: str
    site_id: str
    site_number: int  # the `facility_id` that it may send
    reporting_interval_s: int
    energy_mode: str  # interval or counter
    limits: Mapping[str, Limit]  # of its site, by quantity
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unmapped: Mapping[str, str] = field(default_factory=dict)

    @property
    def meter_ids(self) -> frozenset[str]:
        """The meters that its fields write."""
        return frozenset(meter_id for meter_id, _ in self.fields.values())


class _Mapping(TypedDict):
    fields: Mapping[str, tuple[str, str]]
    unmapped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MeterEntry:
    """A meter that can be written to; virtual and retired ones are not here.

    `one_way`: energy against its edge's direction cannot be. `quantities` are those that devices' fields write;
    others may come by name. `method` and `interval_s` are those of its last energy declaration: its energy comes from
    nothing else.
    """

    id: str
    site_id: str
    device_id: str | None
    one_way: bool
    quantities: frozenset[str]
    method: str | None
    interval_s: int | None
    role: str
    makes: bool  # its energy comes from a source of the site's own
    rated_kw: float | None = None  # by its last declaration; otherwise of the nodes beside it, the smaller
    rollover_kwh: float | None = None  # where its register begins again, by its last declaration


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """What one of a source's values means: of a meter and a quantity, or nothing that is wanted (no meter)."""

    meter_id: str | None
    quantity: str
    unit: str | None
    interval_s: int | None


Channels = Mapping[tuple[str, str], ChannelEntry]  # by road and name


@dataclass(frozen=True, slots=True)
class Directory:
    """All of it at one version; mappings are by id. `channels` are those of each source that mean something, or are ignored."""

    version: int
    keys: Mapping[str, KeyEntry]
    devices: Mapping[str, DeviceEntry]
    meters: Mapping[str, MeterEntry]
    channels: Mapping[str, Channels]
    brokers: Mapping[str, str]  # those that are listened to → their sites


def directory_version() -> int:
    """How often keys, devices, meters, edges or sites have changed; one row is read."""
    with reading() as records:
        return versions.version(records, versions.DIRECTORY)


def load_directory() -> Directory:
    """Read all of it. A change that happens meanwhile has a higher version, so the next look finds it."""
    with reading() as records:
        version = versions.version(records, versions.DIRECTORY)
        fields: dict[str, dict[str, tuple[str, str]]] = {}
        written: dict[str, set[str]] = {}
        query = select(DeviceField.device_id, DeviceField.field, DeviceField.meter_id, DeviceField.quantity)
        for device_id, name, meter_id, quantity in records.execute(query):
            fields.setdefault(device_id, {})[name] = (meter_id, quantity)
            written.setdefault(meter_id, set()).add(quantity)
        channels = _channels(records, written)
        meters = _meters(records, written)
        return Directory(version, _keys(records), _devices(records, fields, meters), meters, channels, _brokers(records))


def _brokers(records: Session) -> dict[str, str]:
    query = select(Broker.id, Broker.site_id).join(Site, Site.id == Broker.site_id)
    return dict(records.execute(query.where(Broker.enabled, Site.archived_at.is_(None))).all())


def _channels(records: Session, written: dict[str, set[str]]) -> dict[str, dict[tuple[str, str], ChannelEntry]]:
    """Of each source; the quantities that they write are added to `written`."""
    found: dict[str, dict[tuple[str, str], ChannelEntry]] = {}
    for channel in records.scalars(select(Channel).where(or_(Channel.meter_id.is_not(None), Channel.ignored))):
        entry = ChannelEntry(channel.meter_id, channel.quantity or "", channel.unit, channel.interval_s)
        found.setdefault(channel.source_id, {})[channel.road, channel.full_name] = entry
        if channel.meter_id is not None:
            written.setdefault(channel.meter_id, set()).add(entry.quantity)
    return found


def _keys(records: Session) -> dict[str, KeyEntry]:
    entries = {}
    query = (
        select(ApiKey, Site.id, Device.retired_at, Site.archived_at)
        .outerjoin(Device, Device.id == ApiKey.device_id)
        .join(Site, Site.id == func.coalesce(ApiKey.site_id, Device.site_id))
    )
    for key, site_id, retired_at, archived_at in records.execute(query):
        entries[key.id] = KeyEntry(
            id=key.id,
            secret_hash=key.secret_hash,
            device_id=key.device_id,
            site_id=site_id,
            can_write=key.can_write,
            revoked=key.revoked_at is not None or retired_at is not None,
            archived=archived_at is not None,
            expires_at=key.expires_at,
        )
    return entries


def _devices(
    records: Session, fields: Mapping[str, Mapping[str, tuple[str, str]]], meters: Mapping[str, MeterEntry]
) -> dict[str, DeviceEntry]:
    own: dict[str, list[MeterEntry]] = {}
    for meter in meters.values():
        if meter.device_id:
            own.setdefault(meter.device_id, []).append(meter)
    of_sites = own_limits(records)
    query = select(Device, Site).join(Site, Site.id == Device.site_id).where(Device.retired_at.is_(None))
    return {
        device.id: DeviceEntry(
            id=device.id,
            name=device.name,
            site_id=device.site_id,
            site_number=site.public_number,
            reporting_interval_s=device.reporting_interval_s,
            energy_mode=device.energy_mode,
            limits=limits(site.nominal_voltage_v, site.nominal_frequency_hz) | of_sites.get(site.id, {}),
            **_mapping(device, fields.get(device.id, {}), own.get(device.id, [])),
        )
        for device, site in records.execute(query)
    }


def _mapping(device: Device, said: Mapping[str, tuple[str, str]], meters: Sequence[MeterEntry]) -> _Mapping:
    """The device's map, or without one what its meters allow."""
    if said:
        return {"fields": said, "unmapped": {}}
    fields, whys = default_map([(meter.id, meter.role, meter.one_way, meter.makes) for meter in meters], device.energy_mode)
    return {"fields": fields, "unmapped": whys}


def fields_of_site(scope: Scope, site_id: str) -> dict[str, Mapping[str, tuple[str, str]]]:
    """What the fields of each device in use of a site mean, by its id, as the device API takes them: of meters the scope sees.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    devices = devices_of(scope, site_id)
    said: dict[str, dict[str, tuple[str, str]]] = {}
    with reading() as records:
        for part in in_parts([device.id for device in devices]):
            for each in records.scalars(select(DeviceField).where(DeviceField.device_id.in_(part))):
                said.setdefault(each.device_id, {})[each.field] = each.meter_id, each.quantity
        own: dict[str, list[MeterEntry]] = {}
        for meter in _meters(records, {}, site_id).values():
            own.setdefault(meter.device_id or "", []).append(meter)
    maps = {device.id: _mapping(device, said.get(device.id, {}), own.get(device.id, []))["fields"] for device in devices}
    return {
        device_id: {name: of for name, of in fields.items() if scope.sees_meter(of[0], site_id)}
        for device_id, fields in maps.items()
    }


def _meters(records: Session, written: Mapping[str, set[str]], site_id: str | None = None) -> dict[str, MeterEntry]:
    last = {each.meter_id: each for each in records.scalars(select(EnergySource).order_by(EnergySource.valid_from))}
    target = aliased(Node)
    query = (
        select(
            Meter.id,
            Meter.site_id,
            Meter.device_id,
            Meter.role,
            Edge.two_way,
            Node.kind,
            Node.technology,
            Node.capacity_kw,
            target.capacity_kw,
        )
        .outerjoin(Edge, Edge.id == Meter.edge_id)
        .outerjoin(Node, Node.id == Edge.from_node_id)
        .outerjoin(target, target.id == Edge.to_node_id)
        .where(Meter.role != "virtual", Meter.retired_at.is_(None))
    )
    if site_id is not None:
        query = query.where(Meter.site_id == site_id)
    return {
        meter_id: MeterEntry(
            id=meter_id,
            site_id=site_id,
            device_id=device_id,
            one_way=two_way is False,
            quantities=frozenset(written.get(meter_id, ())),
            method=said.method if said else None,
            interval_s=said.interval_s if said else None,
            role=role,
            makes=kind == "source" and technology != "grid",
            rated_kw=(said and said.rated_kw) or min((kw for kw in both_kw if kw), default=None),
            rollover_kwh=said.rollover_kwh if said else None,
        )
        for meter_id, site_id, device_id, role, two_way, kind, technology, *both_kw in records.execute(query)
        for said in (last.get(meter_id),)
    }
