"""Meters from their table to their end: tens of thousands listed, described, given another counter, retired."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from config.language import _
from store.errors import Refused
from store.ids import entity_id
from store.records.access.policy import Action, require
from store.records.plant.declarations import declare_energy, declared_with, energy_declarations
from store.records.plant.metering import Declared
from store.records.plant.meters import require_meters
from store.records.schema import EnergySource, Grant, Meter, Site
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import required
from store.scope import Scope


class MeterRow(NamedTuple):
    """A meter and the name of its site."""

    meter: Meter
    site: str


def meters_page(
    scope: Scope, wanted: Wanted, *, site_id: str | None = None, organisation_id: str | None = None, retired: bool = False
) -> Page[MeterRow]:
    """A page of the meters that the scope may see, sorted by `name`, `site`, `role`, `serial_number` or `created_at`.

    With `organisation_id` those that are assigned to the organisation now, one by one or with their site.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: there is no such column to sort by.
    """
    query = select(Meter, Site.name).join(Site, Site.id == Meter.site_id).where(_seen(scope))
    if site_id is not None:
        scope.require_site(site_id)
        query = query.where(Meter.site_id == site_id)
    if organisation_id is not None:
        query = query.where(_assigned(organisation_id))
    if not retired:
        query = query.where(Meter.retired_at.is_(None), Site.archived_at.is_(None))
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(Meter.name, Meter.serial_number, Meter.id, Site.name),
            sorts={
                "name": Natural(Meter.name),
                "site": Natural(Site.name),
                "role": Meter.role,
                "serial_number": Meter.serial_number,
                "created_at": Meter.created_at,
            },
            key=Meter.id,
        )
    return Page([MeterRow(*row) for row in rows], total)


def _assigned(organisation_id: str) -> ColumnElement[bool]:
    """Without the grants that a distributor has on each of its meters: they are those of its sites, and they are many."""
    at = now()
    held = select(Grant).where(Grant.entity_id == entity_id(organisation_id), GIVEN, Grant.valid_from <= at)
    held = held.where(or_(Grant.valid_to.is_(None), Grant.valid_to > at))
    meters = held.with_only_columns(Grant.meter_id).where(Grant.meter_id.is_not(None))
    sites = held.with_only_columns(Grant.site_id).where(Grant.site_id.is_not(None))
    own = select(Site.id).where(Site.organisation_id == organisation_id)
    return or_(Meter.id.in_(meters), func.coalesce(Meter.site_id, "").in_(sites.union(own)))


def _seen(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return Meter.id.is_not(None)
    whole = func.coalesce(Meter.site_id, "").in_(scope.site_ids)  # no index: it would be read for each of 50,000 meters
    return or_(whole, Meter.id.in_(scope.meter_ids)) if scope.meter_ids else whole


def describe_meter(
    scope: Scope,
    meter_id: str,
    *,
    name: str,
    serial_number: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> Meter:
    """Set what people know a meter by: its name, the serial number of its counter, its position in degrees (none: the site's).

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site, no name, or an impossible position.
    """
    _require_administered(scope, meter_id)
    if not name.strip():
        raise Refused(_("a meter has a name: give one"))
    with session() as records:
        meter = required(records, Meter, meter_id)
        meter.name, meter.serial_number = name.strip(), (serial_number or "").strip() or None
        meter.latitude, meter.longitude = latitude, longitude
    return meter


def exchange(
    scope: Scope,
    meter_id: str,
    *,
    at: datetime,
    serial_number: str,
    note: str = "",
    rollover_kwh: float | None = None,
) -> EnergySource:
    """Put another counter into a meter at a moment: its readings before and after are never subtracted from each other.

    The meter, its assignments and its readings stay; the declaration from that moment on says which counter came for which.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site, no serial number, the meter is retired or declares no energy at that time,
            or another declaration begins then.
    """
    meter = _require_administered(scope, meter_id)
    serial_number = serial_number.strip()
    if not serial_number:
        raise Refused(_("the new counter has a serial number: give it"))
    if meter.retired_at is not None:
        raise Refused(_("%(meter)s is retired: make a new meter", meter=meter.name))
    of_the_new = _of_the_new(scope, meter, at, rollover_kwh)
    with session() as records:
        declaration = declare_energy(scope, meter_id, **of_the_new)
        said = (
            _("counter %(new)s in the place of %(old)s", new=serial_number, old=meter.serial_number)
            if meter.serial_number
            else _("counter %(new)s in the place of one without a number", new=serial_number)
        )
        records.merge(declaration).note = f"{said}: {note.strip()}" if note.strip() else said
        required(records, Meter, meter_id).serial_number = serial_number
        return records.merge(declaration)


def declared_exchanged(scope: Scope, meter_id: str, *, at: datetime, rollover_kwh: float | None = None) -> list[Declared]:
    """What a meter would declare, were its counter exchanged then. Nothing is saved; raises as `exchange`."""
    meter = _require_administered(scope, meter_id)
    return declared_with(scope, meter_id, **_of_the_new(scope, meter, at, rollover_kwh))


def _of_the_new(scope: Scope, meter: Meter, at: datetime, rollover_kwh: float | None) -> dict[str, Any]:
    """What is declared from then on: as before, but for where the new counter starts again."""
    before = [each for each in energy_declarations(scope, [meter.id])[meter.id] if holds_at(each, at)]
    if not before:
        raise Refused(_("%(meter)s declares no energy at that time: declare where it comes from first", meter=meter.name))
    return {
        "method": before[0].method,
        "interval_s": before[0].interval_s,
        "valid_from": at,
        "rollover_kwh": rollover_kwh if rollover_kwh is not None else before[0].rollover_kwh,
        "rated_kw": before[0].rated_kw,
    }


def retire_meter(scope: Scope, meter_id: str, at: datetime | None = None) -> Meter:
    """Take a meter out of use: it takes no readings and cannot be claimed any more; what it measured stays to be seen.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site.
    """
    _require_administered(scope, meter_id)
    with session() as records:
        meter = required(records, Meter, meter_id)
        meter.retired_at = meter.retired_at or at or now()
    return meter


def _require_administered(scope: Scope, meter_id: str) -> Meter:
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    return meter
