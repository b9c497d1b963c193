"""Devices: hardware that posts. Each has a map from the fields of its posts to (meter, quantity)."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from config.language import _
from config.quantities import QUANTITIES, Kind
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import names
from store.records.schema import Channel, Device, DeviceField, Meter, Site
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
from store.scope import Scope

Fields = Mapping[str, tuple[str, str]]  # field → (meter id, quantity)

# Fields of `POST /api/hardware/data` and the unit they come in. Other names are fields of line protocol.
HARDWARE_UNITS = {
    "energy_produced": "kWh",
    "energy_consumed": "kWh",
    "current_load": "percent",
    "voltage": "V",
    "current": "A",
    "current1": "A",
    "current2": "A",
    "current3": "A",
    "frequency": "Hz",
    "power_factor": "dimensionless",
}
FIELD_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_KIND_OF_MODE = {"interval": Kind.ENERGY, "counter": Kind.COUNTER}


def devices_of(scope: Scope, site_id: str, *, retired: bool = False) -> list[Device]:
    """The site's devices of which the scope sees a meter, by name; all of them for whoever sees the whole site.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    scope.require_site(site_id)
    query = select(Device).where(Device.site_id == site_id).order_by(Natural(Device.name), Device.id)
    if not retired:
        query = query.where(Device.retired_at.is_(None))
    if not scope.sees_whole_site(site_id):
        query = query.where(has_seen_meter(scope))
    with reading() as records:
        return list(records.scalars(query))


class Outline(NamedTuple):
    """What pages need of a device in use, of which a site may have hundreds."""

    id: str
    name: str
    reporting_interval_s: int


def outlines(scope: Scope, site_id: str) -> list[Outline]:
    """The site's devices in use as `devices_of` has them, in a few columns each; raises as it."""
    scope.require_site(site_id)
    columns = (getattr(Device, name) for name in Outline._fields)
    query = select(*columns).where(Device.site_id == site_id, Device.retired_at.is_(None)).order_by(Device.name, Device.id)
    if not scope.sees_whole_site(site_id):
        query = query.where(has_seen_meter(scope))
    with reading() as records:
        return [Outline(*row) for row in records.execute(query)]


def require_devices(scope: Scope, device_ids: Collection[str]) -> dict[str, Device]:
    """The devices by id; raises `NotFound` when any of them does not exist for the scope."""
    devices: dict[str, Device] = {}
    with reading() as records:
        for part in in_parts(device_ids):
            query = select(Device).where(Device.id.in_(part))
            if not scope.everything:
                query = query.where(or_(Device.site_id.in_(scope.site_ids), has_seen_meter(scope)))
            devices.update({device.id: device for device in records.scalars(query)})
    for device_id in device_ids:
        if device_id not in devices:
            raise missing(Device, device_id)
    return devices


def require_device_ids(scope: Scope, device_ids: Collection[str]) -> None:
    """As `require_devices`, of thousands: no objects are made."""
    known: set[str] = set()
    with reading() as records:
        for part in in_parts(device_ids):
            query = select(Device.id).where(Device.id.in_(part))
            if not scope.everything:
                query = query.where(or_(Device.site_id.in_(scope.site_ids), has_seen_meter(scope)))
            known.update(records.scalars(query))
    for device_id in device_ids:
        if device_id not in known:
            raise missing(Device, device_id)


def find_devices(scope: Scope, name_or_id: str) -> list[Device]:
    """The devices in use that have this id or this name, as far as the scope sees them: names repeat across sites."""
    query = select(Device).where(or_(Device.id == name_or_id, Device.name == name_or_id), Device.retired_at.is_(None))
    if not scope.everything:
        query = query.where(or_(Device.site_id.in_(scope.site_ids), has_seen_meter(scope)))
    with reading() as records:
        return list(records.scalars(query.order_by(Device.site_id, Device.id)))


def has_seen_meter(scope: Scope) -> ColumnElement[bool]:
    """Which devices have a meter in them, or write one, that the scope sees by itself; as a condition on `Device`."""
    in_it = select(Meter.device_id).where(Meter.id.in_(scope.meter_ids), Meter.device_id.is_not(None))
    written = select(DeviceField.device_id).where(DeviceField.meter_id.in_(scope.meter_ids))
    return or_(Device.id.in_(in_it), Device.id.in_(written))


def device_fields(scope: Scope, device_ids: Collection[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """What each field of each device means: device id → field → (meter id, quantity), of the meters the scope sees.

    Raises:
        NotFound: one of the devices does not exist for the scope.
    """
    devices = require_devices(scope, device_ids)
    fields: dict[str, dict[str, tuple[str, str]]] = {device_id: {} for device_id in devices}
    with reading() as records:
        for part in in_parts(device_ids):
            query = select(DeviceField).where(DeviceField.device_id.in_(part)).order_by(DeviceField.field)
            for each in records.scalars(query):
                if scope.sees_meter(each.meter_id, devices[each.device_id].site_id):
                    fields[each.device_id][each.field] = (each.meter_id, each.quantity)
    return fields


def create_device(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    reporting_interval_s: int | None = None,
    energy_mode: str = "interval",
    fields: Fields | None = None,
    plan_x: float | None = None,
    plan_y: float | None = None,
) -> Device:
    """Make a device of a site; the meters that its fields write become meters in it, unless they are in another.

    Args:
        scope: whose; an administrator of the site.
        site_id: where it stands.
        name: what people call it, and `loadstar key create` takes; once in a site.
        reporting_interval_s: how often it posts, s; as the site says when none is given.
        energy_mode: the energies that it posts are of its `interval`, or registers (`counter`).
        fields: field of its posts → (meter id, quantity).
        plan_x: place on the site plan, 0..1 from the left.
        plan_y: and 0..1 from the top.

    Raises:
        NotFound: the site or a meter of the fields does not exist for the scope, or is another site's.
        Refused: not an administrator of the site, or the device would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if not name.strip():
        raise Refused(_("a device has a name: give one"))
    with session() as records:
        site = required(records, Site, site_id)
        device = Device(
            site_id=site_id,
            name=name.strip(),
            reporting_interval_s=site.reporting_interval_s if reporting_interval_s is None else reporting_interval_s,
            energy_mode=energy_mode,
            plan_x=plan_x,
            plan_y=plan_y,
        )
        names.require_free(records, device)
        records.add(device)
        records.flush()
        _map_fields(records, device, fields or {})
    return device


def map_fields(scope: Scope, device_id: str, fields: Fields) -> None:
    """Say anew what the fields of a device's posts mean; fields that are left out mean nothing any more.

    Raises:
        NotFound: the device or a meter does not exist for the scope, or is another site's.
        Refused: not an administrator of the site, or a field would break a rule.
    """
    device = require_devices(scope, [device_id])[device_id]
    require(scope, Action.ADMINISTER, site_id=device.site_id)
    with session() as records:
        for field in records.scalars(select(DeviceField).where(DeviceField.device_id == device_id)):
            records.delete(field)
        records.flush()
        _map_fields(records, device, fields)


def _map_fields(records: Session, device: Device, fields: Fields) -> None:
    for field, (meter_id, quantity) in fields.items():
        _check_field(device, field, quantity)
        meter = required(records, Meter, meter_id)
        if meter.site_id != device.site_id:
            raise missing(Meter, meter_id)
        if meter.role == "virtual":
            raise Refused(
                _("field %(field)s: %(meter)s is computed from other meters: write to those", field=field, meter=meter.name)
            )
        by_channel = select(Channel.id).where(Channel.meter_id == meter_id, Channel.quantity == quantity)
        if records.scalar(by_channel) is not None:
            raise Refused(
                _(
                    "field %(field)s: a channel writes %(quantity)s of %(meter)s already: take that mapping away first",
                    field=field,
                    quantity=quantity,
                    meter=meter.name,
                )
            )
        if meter.device_id is None:
            meter.device_id = device.id
        records.add(DeviceField(device_id=device.id, field=field, meter_id=meter_id, quantity=quantity))


def _check_field(device: Device, field: str, quantity: str) -> None:
    if not FIELD_NAME.fullmatch(field):
        raise Refused(_("field %(field)s: use letters, digits and _ . : / - only, 128 at the most", field=f"{field!r}"))
    known = QUANTITIES.get(quantity)
    if known is None:
        raise Refused(
            _(
                "field %(field)s: no quantity %(quantity)s; choose one of %(quantities)s",
                field=field,
                quantity=f"{quantity!r}",
                quantities=", ".join(QUANTITIES),
            )
        )
    unit = HARDWARE_UNITS.get(field)
    if unit is not None and known.unit != unit:
        raise Refused(
            _(
                "field %(field)s comes in %(unit)s, and %(quantity)s is kept in %(kept)s: choose a quantity in %(unit)s",
                field=field,
                unit=unit,
                quantity=quantity,
                kept=known.unit,
            )
        )
    kind = _KIND_OF_MODE.get(device.energy_mode)
    if unit == "kWh" and known.kind is not kind:
        raise Refused(
            _(
                "field %(field)s: the device posts energies of its %(mode)s, and %(quantity)s is of kind %(kind)s: "
                "choose another quantity or another energy mode",
                field=field,
                mode=device.energy_mode,
                quantity=quantity,
                kind=known.kind,
            )
        )


def retire_device(scope: Scope, device_id: str, at: datetime | None = None) -> None:
    """Take a device out of use: its keys write no more, what it wrote is free for another to write, its readings stay.

    Raises:
        NotFound: the device does not exist for the scope.
        Refused: not an administrator of the site.
    """
    device = require_devices(scope, [device_id])[device_id]
    require(scope, Action.ADMINISTER, site_id=device.site_id)
    with session() as records:
        for field in records.scalars(select(DeviceField).where(DeviceField.device_id == device_id)):
            records.delete(field)
        for channel in records.scalars(select(Channel).where(Channel.device_id == device_id, Channel.meter_id.is_not(None))):
            channel.meter_id = channel.quantity = channel.unit = channel.interval_s = None
        records.merge(device).retired_at = at or now()


def describe_device(
    scope: Scope,
    device_id: str,
    *,
    name: str,
    reporting_interval_s: int,
    energy_mode: str,
    fields: Fields | None = None,
) -> Device:
    """Set what people know a device by, how often it posts (s), and how its energies are meant; with `fields` those too.

    The fields are looked at again, for what they may mean follows from the energy mode.

    Raises:
        NotFound: the device, or a meter of its fields, does not exist for the scope.
        Refused: not an administrator of its site, it is retired, or it would break a rule.
    """
    device = require_devices(scope, [device_id])[device_id]
    require(scope, Action.ADMINISTER, site_id=device.site_id)
    if device.retired_at is not None:
        raise Refused(_("%(device)s is retired: make a new device", device=device.name))
    if not name.strip():
        raise Refused(_("a device has a name: give one"))
    with session() as records:
        found = required(records, Device, device_id)
        found.name, found.reporting_interval_s, found.energy_mode = name.strip(), reporting_interval_s, energy_mode
        names.require_free(records, found)
        records.flush()
        map_fields(scope, device_id, fields if fields is not None else device_fields(scope, [device_id])[device_id])
    return found


def reporting_intervals(scope: Scope, site_id: str) -> dict[int, int]:
    """How many of the site's devices in use post how often: seconds → devices, the shortest first.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    every = Device.reporting_interval_s
    query = select(every, func.count()).where(Device.site_id == site_id, Device.retired_at.is_(None)).group_by(every)
    with reading() as records:
        return dict(records.execute(query.order_by(every)).all())


def devices_page(scope: Scope, site_id: str, wanted: Wanted, *, retired: bool = False) -> Page[Device]:
    """A page of the site's devices, sorted by `name`, `reporting_interval_s`, `energy_mode` or `created_at`.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or no such column to sort by.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    query = select(Device).where(Device.site_id == site_id)
    if not retired:
        query = query.where(Device.retired_at.is_(None))
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(Device.name, Device.id),
            sorts={
                "name": Natural(Device.name),
                "reporting_interval_s": Device.reporting_interval_s,
                "energy_mode": Device.energy_mode,
                "created_at": Device.created_at,
            },
            key=Device.id,
        )
    return Page([device for (device,) in rows], total)
