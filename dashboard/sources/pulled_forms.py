"""What is asked to have something pulled: a service for a region or a site's weather, or an address of one's own for a meter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.language import N_, _
from config.pull_services import CO2, PRICE, READINGS, SERVICES
from config.quantities import QUANTITIES
from dashboard.parts import forms
from dashboard.parts.fields import Choice, Field, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.web.access import administers_site, prices_region
from store.records.plant import meters, pull_sources, sites
from store.records.plant.pull_sources import EVERY_S, Own
from store.records.schema import PullSource
from store.scope import Scope

AREA = Text("area", N_("Area"), longest=80)
KEY = Text(
    "key", N_("Key"), longest=1000, kind="password", keeper="new-password", help=N_("Kept encrypted, and never shown again.")
)
ADDRESS = Text(
    "address",
    N_("Another address of it"),
    longest=300,
    help=N_("Of an instance of your own, on the list of the setting `pull_addresses`. Empty: the public one."),
)
PRECISIONS = (
    ("iso", N_("ISO 8601 with an offset")),
    ("s", N_("Seconds since 1970")),
    ("ms", N_("Milliseconds since 1970")),
    ("us", N_("Microseconds since 1970")),
    ("asked", N_("None: values are of the moment of asking")),
)
OWN_FIELDS: Sequence[Field] = (
    Text("name", N_("Name"), longest=120, required=True),
    Text(
        "address",
        N_("Address"),
        longest=300,
        required=True,
        like=N_("https://inverter.example.org/api/power?from={from}&to={to}"),
        help=N_("Its host is on the list of the setting pull_addresses. {from}, {to} and {key} are filled in, where they stand."),
    ),
    Choice("meter", N_("Meter"), of="meter_id", required=True, hint=N_("Choose a meter")),
    Choice("quantity", N_("Quantity"), [(each, each) for each in QUANTITIES], required=True),
    Text("value", N_("Path of the value"), longest=200, required=True, like=N_("data.items[0].power")),
    Text("time", N_("Path of its time"), longest=200, like=N_("data.items[0].at")),
    Choice("precision", N_("How times are written"), PRECISIONS),
    Text("items", N_("Path of the list of values"), longest=200, help=N_("Value and time are then looked for in each item.")),
    Text("unit", N_("Unit"), longest=32, help=N_("That its values come in. Empty: the quantity's own.")),
    Text(
        "interval", N_("Of an interval (s)"), longest=6, of="interval_s", keys="numeric", help=N_("Empty: samples, and counters.")
    ),
    Text("every", N_("Asked every (s)"), str(EVERY_S), longest=6, of="every_s", required=True, keys="numeric"),
    Text("header", N_("Header of the key"), longest=60, like=N_("X-API-Key")),
    KEY,
)


def fields_of(source: PullSource) -> Sequence[Field]:
    """What can be changed of a source."""
    if source.gives == READINGS:
        return OWN_FIELDS
    service = SERVICES.get(source.service)
    area = replace(AREA, help=_like(source.service)) if service and service.like else AREA
    return (area, KEY, ADDRESS)


def values(source: PullSource) -> dict[str, str]:
    """What stands in the fields of a source, but for its key."""
    own = pull_sources.own_of(source)
    if own is None:
        return {"area": source.area, "address": source.url or ""}
    told = {"name": source.name, "address": source.url or "", "meter": own.meter_id, "every": str(own.every_s)}
    told |= {each: str(getattr(own, each)) for each in ("quantity", "value", "time", "precision", "items", "unit", "header")}
    return told | {"interval": str(own.interval_s or "")}


def with_options(fields: Sequence[Field], changed: Mapping[str, Mapping[str, Any]]) -> list[Field]:
    """The fields with what depends on the moment."""
    return [replace(each, **changed.get(each.key, {})) for each in fields]


def change(scope: Scope, source: PullSource, given: Given) -> None:
    """Describe a source as it was written."""
    if source.gives == READINGS:
        own, name, address, key = _own(given)
        pull_sources.change_own(scope, source.id, own, name=name, address=address, key=key)
        return
    area, key, other = given.text("area"), given.secret("key"), given.text("address")
    given.check()
    pull_sources.change_service(scope, source.id, area=area, key=key or None, address=other or None)


def _own(given: Given) -> tuple[Own, str, str, str | None]:
    own = Own(
        meter_id=given.text("meter"),
        quantity=given.text("quantity"),
        value=given.text("value"),
        time=given.text("time"),
        items=given.text("items"),
        precision=given.text("precision"),
        header=given.text("header"),
        unit=given.text("unit"),
        interval_s=given.whole("interval"),
        every_s=given.count("every"),
    )
    name, address, key = given.text("name"), given.text("address"), given.secret("key")
    given.check()
    return own, name, address, key or None


def _like(name: str) -> str:
    service = SERVICES[name]
    return _("The %(area)s, like %(like)s.", area=_(service.area), like=service.like)


def _add_service(scope: Scope, given: Given, owner_id: str) -> Words:
    name, area = given.text("service"), given.text("area")
    key, address = given.secret("key"), given.text("address")
    given.check()
    made = pull_sources.add_service(scope, owner_id, service=name, area=area, key=key or None, address=address or None)
    return _("%(name)s is asked within some seconds.", name=_(made.name))


def _add_own(scope: Scope, given: Given, site_id: str) -> Words:
    own, name, address, key = _own(given)
    made = pull_sources.add_own(scope, site_id, own, name=name, address=address, key=key)
    return _("%(name)s is asked within some seconds.", name=made.name)


def _now_service(_scope: Scope, _of: str, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    service = SERVICES.get(said.get("service", ""))
    examples = dict.fromkeys(_like(each.name) for each in SERVICES.values() if each.gives in (PRICE, CO2) and each.like)
    return {"area": {"help": _like(service.name) if service and service.like else " ".join(examples)}}


def _now_weather(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    site = sites.site(scope, site_id)
    return {"area": {"value": f"{site.latitude:.4f}, {site.longitude:.4f}", "help": _like("open_meteo")}}


def now_own(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The meters of the site that take readings."""
    taking = [each for each in meters.meters_of(scope, site_id) if each.role != "virtual"]
    return {"meter": {"options": [(each.id, each.name) for each in taking]}}


def _services(*, weather: bool) -> list[tuple[str, str]]:
    return [(each.name, each.words) for each in SERVICES.values() if weather is (each.gives not in (PRICE, CO2))]


SERVICE = Choice("service", N_("Service"), _services(weather=False) + _services(weather=True), required=True)
ADD_SHARED = Form(
    "pull-shared",
    N_("Add a pulled source"),
    prices_region("of"),
    (SERVICE, AREA, KEY, ADDRESS),
    do=_add_service,
    now=_now_service,
    changes=("pulled",),
)
ADD_WEATHER = Form(
    "pull-weather",
    N_("Add weather"),
    administers_site("of"),
    (replace(SERVICE, options=_services(weather=True)), AREA, KEY, ADDRESS),
    do=_add_service,
    now=_now_weather,
    changes=("pulls",),
)
ADD_OWN = Form(
    "pull-own",
    N_("Add an address"),
    administers_site("of"),
    OWN_FIELDS,
    do=_add_own,
    now=now_own,
    changes=("pulls",),
)
for each in (ADD_SHARED, ADD_WEATHER, ADD_OWN):
    forms.declare(each)
