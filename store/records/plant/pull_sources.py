"""Sources that are asked by the clock: described by whoever administers their region or site, asked by the worker alone.

When each is asked, and what came of it, is `pull_turns`.
"""

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import allowed, pull_services
from config.language import _
from config.pull_services import OWN, READINGS, SERVICES
from config.quantities import LONGEST_INTERVAL_S, QUANTITIES, Kind
from config.settings import settings
from models import json_place
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant.regions import require_pricing
from store.records.schema import Channel, DeviceField, Meter, PullSource, Region, Site
from store.records.schema.columns import now
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

_KEYS = "keys of pulled sources"
EVERY_S = 900  # of an address of one's own, unless somebody says otherwise
LEAST_S, MOST_S = 60, 86_400
PRECISIONS = ("iso", "s", "ms", "us", "asked")  # how an answer writes times; `asked`: it has none
PLACES = ("items", "time", "precision", "value", "header")
_FORBIDDEN = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie"})


class Own(NamedTuple):
    """What an address of one's own is asked for: a meter's quantity, and where the answer has it.

    `items` leads to a list, each of whose items has a time and a value; `header` is the name under which the key is sent, without
    one the key stands for `{key}` in the address. `interval_s` is the stretch of time, ending at its time, that a value is of.
    """

    meter_id: str
    quantity: str
    value: str
    time: str = ""
    items: str = ""
    precision: str = "iso"
    header: str = ""
    unit: str = ""
    interval_s: int | None = None
    every_s: int = EVERY_S


def sources_of(scope: Scope, owner_id: str, *, archived: bool = False) -> list[PullSource]:
    """The sources of a region or a site that are in use, by name; with `archived` the others too. Keys stay sealed.

    Raises:
        NotFound: there is no such region or site for the scope.
        Refused: it is not the holder's to administer.
    """
    _require_owner(scope, owner_id)
    query = select(PullSource).where((PullSource.region_id == owner_id) | (PullSource.site_id == owner_id))
    if not archived:
        query = query.where(PullSource.archived_at.is_(None))
    with reading() as records:
        return list(records.scalars(query.order_by(PullSource.archived_at, PullSource.name, PullSource.id)))


def all_sources(scope: Scope) -> list[PullSource]:
    """All that are in use, by name.

    Raises:
        Refused: not a platform administrator.
    """
    require(scope, Action.RUN)
    with reading() as records:
        query = select(PullSource).where(PullSource.archived_at.is_(None)).order_by(PullSource.name, PullSource.id)
        return list(records.scalars(query))


def require_source(scope: Scope, source_id: str) -> PullSource:
    """One source.

    Raises:
        NotFound: there is none, or it is of a region or site that does not exist for the scope.
        Refused: that is not the holder's to administer.
    """
    with reading() as records:
        found = records.get(PullSource, source_id)
    if found is None:
        raise missing(PullSource, source_id)
    _require_owner(scope, found.region_id or found.site_id or "")
    return found


def add_service(
    scope: Scope, owner_id: str, *, service: str, area: str = "", key: str | None = None, address: str | None = None
) -> PullSource:
    """Have a service asked for what a region shares, or for a site's weather, from now on.

    Args:
        scope: whose; an administrator of it.
        owner_id: the region or the site.
        service: of `config.pull_services`.
        area: which, as the service names it.
        key: for it; kept sealed.
        address: of an instance of one's own, on the settings' list; the public one without.

    Raises:
        NotFound: as `sources_of`.
        Refused: likewise; or something of it cannot be.
    """
    _require_owner(scope, owner_id)
    with session() as records:
        of_region = records.get(Region, owner_id) is not None
        made = PullSource(region_id=owner_id if of_region else None, site_id=None if of_region else owner_id)
        _describe_service(made, service, area, address)
        if of_region:
            _require_currency(SERVICES[service].currency, currencies(records, owner_id))
        if SERVICES[service].key and not key:
            raise Refused(_("%(service)s asks for a key: type the one that you were given there", service=made.name), "key")
        records.add(made)
        records.flush()
        made.secret = _sealed(key, made.id)
    return made


def change_service(
    scope: Scope, source_id: str, *, area: str = "", key: str | None = None, address: str | None = None
) -> PullSource:
    """Describe a service's source anew; without a key the one that is kept stays. Raises as `add_service`.

    What goes to another address is not told the key of before.
    """
    before = require_source(scope, source_id)
    with session() as records:
        found = required(records, PullSource, source_id)
        _describe_service(found, found.service, area, address)
        _keep_key(found, before, key)
        if (before.area, before.url) != (found.area, found.url):
            found.value_at = None
        found.next_at, found.marks = now(), {}
    return found


def add_own(scope: Scope, site_id: str, own: Own, *, name: str, address: str, key: str | None = None) -> PullSource:
    """Have an address of one's own asked for the values of a meter. Raises as `add_service`."""
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        made = PullSource(site_id=site_id, service=OWN, gives=READINGS)
        _describe_own(records, made, own, name, address)
        records.add(made)
        records.flush()
        made.secret = _sealed(key, made.id)
    return made


def change_own(scope: Scope, source_id: str, own: Own, *, name: str, address: str, key: str | None = None) -> PullSource:
    """Describe it anew; without a key the one that is kept stays, while the address is the same. Raises as `add_service`."""
    before = require_source(scope, source_id)
    with session() as records:
        found = required(records, PullSource, source_id)
        if found.service != OWN:
            raise missing(PullSource, source_id)
        _describe_own(records, found, own, name, address)
        _keep_key(found, before, key)
        found.next_at, found.marks = now(), {}
    return found


def archive_source(scope: Scope, source_id: str) -> None:
    """Ask it no more. What it gave stays, under its id; its key is forgotten. Raises as `require_source`."""
    require_source(scope, source_id)
    with session() as records:
        found = required(records, PullSource, source_id)
        found.archived_at, found.secret = found.archived_at or now(), None


def ask_now(scope: Scope, source_id: str) -> None:
    """Have it asked within seconds, whatever it was to wait for; raises as `require_source`, and `Refused` if archived."""
    if require_source(scope, source_id).archived_at is not None:
        raise Refused(_("this source is archived: add it again to have it asked"))
    with session() as records:
        required(records, PullSource, source_id).next_at = now()


def own_of(source: PullSource) -> Own | None:
    """What an address of one's own is asked for; none of a service."""
    if source.service != OWN or source.meter_id is None or source.quantity is None:
        return None
    places = {name: str(source.places.get(name, "")) for name in PLACES}
    return Own(
        source.meter_id, source.quantity, unit=source.unit or "", interval_s=source.interval_s, every_s=source.every_s, **places
    )


def key_of(source: PullSource) -> str | None:
    """Its key in the clear, for the worker."""
    return sealing.unseal(sealing.derived_key(_KEYS), source.secret, source.id) if source.secret else None


def _require_owner(scope: Scope, owner_id: str) -> None:
    with reading() as records:
        of_region = records.get(Region, owner_id) is not None
    if of_region:
        require_pricing(scope, owner_id)
    else:
        require(scope, Action.ADMINISTER, site_id=owner_id)
        with reading() as records:
            required(records, Site, owner_id)


def currencies(records: Session, region_id: str) -> frozenset[str]:
    """In which the sites of a region account."""
    return frozenset(records.scalars(select(Site.currency).where(Site.region_id == region_id).distinct()))


def _require_currency(currency: str, of_sites: frozenset[str]) -> None:
    if other := sorted(of_sites - {currency}) if currency else []:
        raise Refused(
            _(
                "its prices are in %(currency)s, sites of this region account in %(other)s, and nothing is converted: "
                "choose a service in %(other)s",
                currency=currency,
                other=", ".join(other),
            ),
            "service",
        )


def _describe_service(source: PullSource, name: str, area: str, address: str | None) -> None:
    service = SERVICES.get(name)
    if service is None:
        raise Refused(_("no service %(name)s: choose one of %(names)s", name=f"{name!r}", names=", ".join(SERVICES)), "service")
    if source.site_id is not None and service.gives not in (pull_services.WEATHER, pull_services.PAST_WEATHER):
        raise Refused(_("a site has weather of its own; prices and CO₂ are its region's"), "service")
    area = area.strip()
    if not service.knows(area):
        if not service.like:
            raise Refused(_("this service has one area only: leave it out"), "area")
        raise Refused(
            _("%(area)s is no %(kind)s: write it like %(like)s", area=f"{area!r}", kind=_(service.area), like=service.like),
            "area",
        )
    source.service, source.gives, source.name, source.area = name, service.gives, service.words, area
    source.every_s = service.every_s
    source.url = _listed(address) if address and address.strip() else None


def _describe_own(records: Any, source: PullSource, own: Own, name: str, address: str) -> None:
    if not name.strip():
        raise Refused(_("a source has a name: give one"), "name")
    source.name, source.url = name.strip(), _listed(address)
    meter = records.get(Meter, own.meter_id)
    if meter is None or meter.site_id != source.site_id:
        raise Refused(_("the site has no such meter: choose one"), "meter_id")
    if meter.role == "virtual" or meter.retired_at is not None:
        raise Refused(_("%(meter)s takes no readings: choose another meter", meter=meter.name), "meter_id")
    _require_quantity(own.quantity, own.interval_s)
    fields = select(DeviceField.device_id).where(DeviceField.meter_id == own.meter_id, DeviceField.quantity == own.quantity)
    heard = select(Channel.id).where(Channel.meter_id == own.meter_id, Channel.quantity == own.quantity)
    if records.scalar(fields) or records.scalar(heard):
        raise Refused(_("a device or a channel writes this quantity of the meter already: choose another"), "quantity")
    if not LEAST_S <= own.every_s <= MOST_S:
        raise Refused(
            _("a source is asked every %(least)s to %(most)s seconds: correct that", least=LEAST_S, most=MOST_S), "every_s"
        )
    if own.precision not in PRECISIONS:
        raise Refused(_("choose how the answer writes times"), "precision")
    if (own.precision == "asked") != (not own.time.strip()):
        raise Refused(_("give the path of the time, or say that values have none and are of the moment of asking"), "time")
    if not own.value.strip():
        raise Refused(_("give the path of the value, for instance data.power"), "value")
    for about in ("items", "time", "value"):
        try:
            json_place.read(getattr(own, about).strip())
        except ValueError as wrong:
            raise Refused(str(wrong), about) from None
    header = own.header.strip()
    if header and (not header.isascii() or not header.replace("-", "").isalnum() or header.casefold() in _FORBIDDEN):
        raise Refused(_("%(header)s is no header that could be sent: write one like X-API-Key", header=f"{header!r}"), "header")
    source.meter_id, source.quantity, source.every_s = own.meter_id, own.quantity, own.every_s
    source.unit, source.interval_s = own.unit.strip() or None, own.interval_s
    source.places = {each: getattr(own, each).strip() for each in PLACES}


def _require_quantity(name: str, interval_s: int | None) -> None:
    what = QUANTITIES.get(name)
    if what is None:
        words = _(
            "no quantity %(quantity)s; choose one of %(quantities)s", quantity=f"{name!r}", quantities=", ".join(QUANTITIES)
        )
        raise Refused(words, "quantity")
    if what.kind is Kind.COUNTER and interval_s is not None:
        raise Refused(_("%(quantity)s is a counter, read at a moment: leave the interval out", quantity=name), "interval_s")
    if what.kind is Kind.ENERGY and interval_s is None:
        raise Refused(_("%(quantity)s is of an interval: say of how many seconds", quantity=name), "interval_s")
    if interval_s is not None and not 1 <= interval_s <= LONGEST_INTERVAL_S:
        raise Refused(_("an interval is of 1 to %(most)s seconds: correct it", most=LONGEST_INTERVAL_S), "interval_s")


def _listed(address: str) -> str:
    """The address, when the settings list it."""
    address = address.strip()
    try:
        wanted = allowed.origin(address)
    except ValueError:
        raise Refused(
            _("this is no address of a web service, or holds an account: write one like https://api.example.org/v1/power"),
            "address",
        ) from None
    if wanted not in allowed.origins(settings().pull_addresses):
        raise Refused(
            _(
                "%(origin)s is not on the list of addresses that may be asked: whoever runs this Loadstar adds it to the "
                "setting pull_addresses",
                origin=wanted,
            ),
            "address",
        )
    return address


def _keep_key(source: PullSource, before: PullSource, key: str | None) -> None:
    def goes_to(told: PullSource) -> tuple[str, str]:
        return (allowed.origin(told.url) if told.url else "", str(told.places.get("header", "")))

    if key:
        source.secret = _sealed(key, source.id)
    elif before.secret is not None and goes_to(before) != goes_to(source):
        raise Refused(_("the key is kept for the address of before: type it again"), "key")


def _sealed(key: str | None, source_id: str) -> str | None:
    if key and not (key.strip().isascii() and key.strip().isprintable()):
        raise Refused(_("a key is of plain letters, digits and signs: type it again"), "key")
    return sealing.seal(sealing.derived_key(_KEYS), key.strip(), source_id) if key and key.strip() else None
