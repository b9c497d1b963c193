"""Sites: places with a time zone, a currency and a position."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.currencies import CURRENCIES
from config.language import _
from models import local_time
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import names
from store.records.schema import Device, Meter, Organisation, Region, Site
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction import versions
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import required
from store.scope import Scope


def visible_sites(scope: Scope) -> list[Site]:
    """The sites in use that the scope may see, whole or in part, by name."""
    query = select(Site).where(Site.archived_at.is_(None)).order_by(Natural(Site.name), Site.id)
    if not scope.everything:
        query = query.where(Site.id.in_(scope.site_ids | scope.part_site_ids))
    with reading() as records:
        return list(records.scalars(query))


def site(scope: Scope, site_id: str) -> Site:
    """One site; raises `NotFound`."""
    scope.require_site(site_id)
    with reading() as records:
        return required(records, Site, site_id)


def numbered(scope: Scope, public_number: int) -> Site:
    """The site of that public number, the `facility_id` of its devices; raises `NotFound` if it does not exist for the scope."""
    with reading() as records:
        found = records.scalar(select(Site).where(Site.public_number == public_number))
    if found is None or not scope.sees_site(found.id):
        raise NotFound(f"no site {public_number}")
    return found


def version(scope: Scope, site_id: str) -> int:
    """Differs when what is on sites, what it measured or what it costs is not as it was; one row is read. Raises `NotFound`."""
    scope.require_site(site_id)
    return version_of_all()


def version_of_all() -> int:
    """The same of all sites together, of which nobody learns whose change it was."""
    with reading() as records:
        return versions.version(records, versions.PLANT)


def restated(scope: Scope) -> None:
    """Have every process compute anew what it keeps of sites, for values of the past are others than they were.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        versions.note(records, versions.PLANT)


def create_site(
    scope: Scope,
    *,
    name: str,
    kind: str,
    organisation_id: str,
    time_zone: str,
    currency: str,
    latitude: float,
    longitude: float,
    region_id: str | None = None,
    public_number: int | None = None,
    nominal_voltage_v: float = 230.0,
    nominal_frequency_hz: float = 50.0,
    reporting_interval_s: int = 60,
    replay: bool = False,
    source_note: str = "",
) -> Site:
    """Make a site of a distributor; the next free public number unless one is given.

    Args:
        scope: whose; an administrator of the distributor, or a platform administrator.
        name: what people call it.
        kind: `plant`, `campus` or `pv_battery`.
        organisation_id: the distributor that owns it.
        time_zone: IANA name; local days and tariffs follow it.
        currency: ISO 4217, of its tariffs.
        latitude: degrees north.
        longitude: degrees east.
        region_id: whose prices, CO2 intensity and weather it shares.
        public_number: the `facility_id` that its devices send.
        nominal_voltage_v: V, as its meters measure it.
        nominal_frequency_hz: Hz.
        reporting_interval_s: how often its devices post, s, unless they say otherwise.
        replay: its data are a recorded year, replayed.
        source_note: where its data come from, and under which licence.

    Raises:
        NotFound: the organisation or the region does not exist for the scope.
        Refused: the site would break a rule; the message says which.
    """
    require(scope, Action.MANAGE_PEOPLE, organisation_id=organisation_id)
    _check(name, time_zone, currency)
    with session() as records:
        if required(records, Organisation, organisation_id).kind != "distributor":
            raise Refused(_("a site is owned by a distributor: give the id of one"))
        if region_id is not None:
            required(records, Region, region_id)
        site = Site(
            public_number=public_number if public_number is not None else _next_number(records),
            name=name.strip(),
            kind=kind,
            organisation_id=organisation_id,
            region_id=region_id,
            time_zone=time_zone,
            currency=currency,
            latitude=latitude,
            longitude=longitude,
            nominal_voltage_v=nominal_voltage_v,
            nominal_frequency_hz=nominal_frequency_hz,
            reporting_interval_s=reporting_interval_s,
            replay=replay,
            source_note=source_note,
        )
        names.require_free(records, site)
        records.add(site)
        records.flush()
        records.refresh(site)
    return site


def describe_site(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    kind: str,
    time_zone: str,
    currency: str,
    latitude: float,
    longitude: float,
    region_id: str | None,
    nominal_voltage_v: float,
    nominal_frequency_hz: float,
    reporting_interval_s: int,
    source_note: str = "",
) -> Site:
    """Set what a site is: the arguments are those of `create_site`. Its owner and its public number stay.

    Raises:
        NotFound: the site or the region does not exist for the scope.
        Refused: not an administrator of the site, or it would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    _check(name, time_zone, currency)
    with session() as records:
        site = required(records, Site, site_id)
        if region_id is not None:
            required(records, Region, region_id)
        site.name, site.kind, site.time_zone, site.currency = name.strip(), kind, time_zone, currency
        site.latitude, site.longitude, site.region_id = latitude, longitude, region_id
        site.nominal_voltage_v, site.nominal_frequency_hz = nominal_voltage_v, nominal_frequency_hz
        site.reporting_interval_s, site.source_note = reporting_interval_s, source_note.strip()
        if site.archived_at is None:
            names.require_free(records, site)
        records.flush()
        records.refresh(site)
    return site


def archive_site(scope: Scope, site_id: str, at: datetime | None = None) -> Site:
    """Take a site out of use: it is in no list, and its keys are refused. What was measured stays, and it can be restored.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        site = required(records, Site, site_id)
        site.archived_at = site.archived_at or at or now()
    return site


def restore_site(scope: Scope, site_id: str) -> Site:
    """Take an archived site into use again; its keys post as before.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or another of its distributor has its name by now.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        site = required(records, Site, site_id)
        names.require_free(records, site)
        site.archived_at = None
    return site


class SiteRow(NamedTuple):
    """A site, its owner's name, and how many devices and meters it has in use."""

    site: Site
    owner: str
    devices: int
    meters: int


def sites_page(scope: Scope, wanted: Wanted, *, archived: bool = False) -> Page[SiteRow]:
    """A page of the sites that the scope administers, in use or archived.

    Sorted by `name`, `public_number`, `kind`, `owner` or `created_at`.

    Raises:
        Refused: there is no such column to sort by.
    """
    devices = select(func.count()).where(Device.site_id == Site.id, Device.retired_at.is_(None))
    meters = select(func.count()).where(Meter.site_id == Site.id, Meter.retired_at.is_(None))
    counts = (devices.correlate(Site).scalar_subquery(), meters.correlate(Site).scalar_subquery())
    query = select(Site, Organisation.name, *counts).join(Organisation, Organisation.id == Site.organisation_id)
    query = query.where(Site.archived_at.is_not(None) if archived else Site.archived_at.is_(None))
    if not scope.everything:
        query = query.where(Site.id.in_(scope.admin_of))
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(Site.name, Site.id, Organisation.name),
            sorts={
                "name": Natural(Site.name),
                "public_number": Site.public_number,
                "kind": Site.kind,
                "owner": Natural(Organisation.name),
                "created_at": Site.created_at,
            },
            key=Site.id,
        )
    return Page([SiteRow(*row) for row in rows], total)


def _check(name: str, time_zone: str, currency: str) -> None:
    if not name.strip():
        raise Refused(_("a site has a name: give one"), "name")
    if time_zone not in local_time.zones():
        raise Refused(
            _("no time zone %(time_zone)s: give an IANA name such as Europe/London", time_zone=f"{time_zone!r}"), "time_zone"
        )
    if currency not in CURRENCIES:
        raise Refused(
            _("no currency %(currency)s: give the code of one, such as EUR, GBP or USD (ISO 4217)", currency=f"{currency!r}"),
            "currency",
        )


def _next_number(records: Session) -> int:
    return (records.scalar(select(func.max(Site.public_number))) or 0) + 1
