"""What one tells of one's home, as a form: voluntary, with consent."""

from collections.abc import Mapping
from typing import Any

from config.language import N_, _
from dashboard.parts.fields import NONE, YES, Choice, Field, Text, Tick
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.written import plain
from dashboard.web.access import residential
from store.records.people import household
from store.scope import Scope

NOT_SAID = (NONE, N_("Not said"))
BUILDINGS = {
    "flat": N_("Flat"),
    "terraced": N_("Terraced house"),
    "semi_detached": N_("Semi-detached house"),
    "detached": N_("Detached house"),
    "other": N_("Something else"),
}
HEATINGS = {
    "gas": N_("Gas"),
    "oil": N_("Oil"),
    "district": N_("District heating"),
    "heat_pump": N_("Heat pump"),
    "electric": N_("Electric heaters"),
    "wood": N_("Wood"),
    "other": N_("Something else"),
}
APPLIANCES = {
    "electric_cooker": N_("Electric cookers"),
    "dishwasher": N_("Dishwashers"),
    "washing_machine": N_("Washing machines"),
    "tumble_dryer": N_("Tumble dryers"),
    "freezer": N_("Freezers"),
    "air_conditioning": N_("Air conditioners"),
    "electric_car": N_("Electric cars"),
    "pv": N_("Solar systems"),
}
FIELDS: tuple[Field, ...] = (
    Text("area", N_("Living area (m²)"), longest=12, of="area_m2", keys="decimal"),
    Text("people", N_("People"), longest=12, keys="numeric"),
    Choice("building", N_("Building"), (NOT_SAID, *BUILDINGS.items()), of="building_type"),
    Text("year", N_("Year built"), longest=12, of="built_year", keys="numeric"),
    Choice("heating", N_("Heating"), (NOT_SAID, *HEATINGS.items())),
    *(Text(name, words, longest=12, keys="numeric") for name, words in APPLIANCES.items()),
    Tick("consent", N_("I agree that this is kept and used to compare like with like.")),
)


def _now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        name: {"words": _("%(appliances)s, how many", appliances=_(words))} for name, words in APPLIANCES.items()
    }
    told = household.household(scope)
    if told is None:
        return found
    numbers = {"area": told.area_m2, "people": told.people, "year": told.built_year, **told.appliances}
    texts = {"building": told.building_type or NONE, "heating": told.heating or NONE, "consent": YES}
    for key, value in (numbers | texts).items():
        if value is not None:
            found.setdefault(key, {})["value"] = value if isinstance(value, str) else plain(value)
    return found


def _save(scope: Scope, given: Given, _of: str) -> Words:
    """Keep what was told, all of it or nothing."""
    said: dict[str, Any] = {
        "area_m2": given.number("area"),
        "people": given.whole("people"),
        "building_type": given.chosen("building"),
        "built_year": given.whole("year"),
        "heating": given.chosen("heating"),
    }
    owned = {name: given.whole(name) for name in APPLIANCES}
    given.check()
    consent, counts = given.ticked("consent"), {name: count for name, count in owned.items() if count}
    household.keep_household(scope, consent=consent, appliances=counts, **said)
    return _("Saved.")


FORM = Form("household", N_("Your home"), residential, FIELDS, do=_save, act="save", button=N_("Save"), icon="", now=_now)
