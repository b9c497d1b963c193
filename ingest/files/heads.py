"""What the heads of columns say: which names the meter, which holds values, of what quantity and unit."""

import re
from collections.abc import Sequence

METER = frozenset(
    [
        "meter",
        "meter id",
        "meter number",
        "meter name",
        "meter_id",
        "mpan",
        "mpr",
        "mprn",
        "mpxn",
        "mpan core",
        "nmi",
        "ean",
        "ean-code",
        "ean code",
        "cups",
        "building",
        "group",
        "serial",
        "serial number",
        "device",
        "device id",
        "deviceid",
        "device_id",
        "entity_id",
        "entity id",
        "name",
        "location",
        "point",
        "identifiant prm",
        "prm",
        "målepunktsid",
        "site id",
        "supply number",
        "register",
        "type",
        "zähler",
        "zählpunkt",
        "compteur",
        "contador",
        "statistic_id",
        "id",
        "channel",
        "site",
        "area",
        "bidding zone",
    ]
)
QUALITY = frozenset(
    [
        "quality",
        "status",
        "readtype",
        "read type",
        "kvalitet",
        "nature",
        "nature de la donnée",
        "real/estimado",
        "obtainmethod",
        "validation status",
        "validatiestatus",
        "réelle/estimée",
        "type relevé",
    ]
)
UNIT = frozenset(["unit", "units", "unite", "unité", "unidad", "einheit", "måleenhed", "eenheid", "unit_of_measurement", "uom"])
_VAGUE = frozenset({"type", "site", "site id", "group", "location", "name", "id", "channel", "register"})
END = ("end", "to", "til", "tot", "bis", "fin", "until")
START = ("start", "from", "fra", "van", "von", "debut", "début", "begin")
COST = re.compile(r"cost|price|amount|€|\$|£|kosten|prix|tariff", re.IGNORECASE)

# Unit as it is written → quantity and unit. A bare word is a head of its own.
_UNITS = {
    "kwh": ("energy_kwh", "kWh"), "wh": ("energy_kwh", "Wh"), "mwh": ("energy_kwh", "MWh"),
    "kilowatt-hours": ("energy_kwh", "kWh"), "kilowatt hours": ("energy_kwh", "kWh"), "watt-hours": ("energy_kwh", "Wh"),
    "gj": ("energy_kwh", "GJ"), "mj": ("energy_kwh", "MJ"),
    "kw": ("power_kw", "kW"), "w": ("power_kw", "W"), "mw": ("power_kw", "MW"), "kvar": ("reactive_power_kvar", "kvar"),
    "v": ("voltage_v", "V"), "a": ("current_a", "A"),
    "hz": ("frequency_hz", "Hz"), "°c": ("temperature_c", "°C"), "w/m²": ("irradiance_w_m2", "W/m²"),
    "w/m2": ("irradiance_w_m2", "W/m2"),
}  # fmt: skip
_BRACKET = re.compile(r"[(\[]\s*([^)\]]+?)\s*[)\]]")
_WORD = re.compile(r"(?:^|[\s_.])([A-Za-z°/²]+)(?:[_\s]?\d{1,3})?$")
_ENDING = re.compile(r"[a-z](KWh|kWh|MWh|Wh|kW|KW)$")  # consumptionKWh
_VALUES = frozenset(
    [
        "value",
        "valeur",
        "consumption",
        "usage",
        "energy",
        "energyconsumption",
        "volume",
        "mængde",
        "reading",
        "state",
        "kwh",
        "wh",
        "v",
        "val",
        "amount of energy",
        "primaryvalue",
        "verbruik",
        "verbrauch",
        "energia",
        "sum",
        "import",
        "delivered",
        "received",
    ]
)
_EXPORT = re.compile(
    r"export|feed.?in|received|injection|injectie|generation|einspeisung|surplus|teruglever|return|as_kwh", re.IGNORECASE
)

_ESTIMATED = frozenset(
    [
        "e",
        "est",
        "estimated",
        "estimate",
        "estimé",
        "estimée",
        "estimada",
        "estimado",
        "s",
        "substituted",
        "67",
        "geschat",
        "geschätzt",
    ]
)


def measured(head: str) -> tuple[str, str] | None:
    """The quantity and the unit that a head names."""
    tidy = head.strip()
    if COST.search(tidy):
        return None
    for pattern in (_BRACKET, _WORD, _ENDING):
        for said in pattern.findall(tidy) if len(tidy) > 1 else ():  # a letter by itself names a column, of whatever
            found = _UNITS.get(_case(said)) or _UNITS.get(_case(said.rpartition(" ")[2]))
            if found is not None:
                return sided(found, tidy)
    return None


def in_unit(unit: str) -> tuple[str, str] | None:
    """The quantity that a unit is of."""
    return _UNITS.get(_case(unit))


def _case(said: str) -> str:
    tidy = said.strip()
    return "mwh" if tidy == "MWh" else "mw" if tidy == "MW" else "" if tidy in ("mW", "mWh") else tidy.lower()


def sided(found: tuple[str, str], head: str) -> tuple[str, str]:
    """The same of what flows back, where the head says that."""
    return ("energy_export_kwh", found[1]) if found[0] == "energy_kwh" and _EXPORT.search(head) else found


def is_vague(head: str) -> bool:
    """Whether it may name the meter, but often something that several have."""
    return _bare(head) in _VAGUE


def is_value(head: str) -> bool:
    """Whether it says that values stand below, though not of what."""
    return head.strip().casefold() in _VALUES


def place(heads: Sequence[str], known: frozenset[str]) -> int | None:
    """The first head that is one of these."""
    return next((at for at, head in enumerate(heads) if _bare(head) in known), None)


def places(heads: Sequence[str], known: frozenset[str]) -> list[int]:
    """All heads that are."""
    return [at for at, head in enumerate(heads) if _bare(head) in known]


def _bare(head: str) -> str:
    return " ".join(head.strip().strip('="').casefold().split())


def says(head: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in it by itself."""
    return bool(set(re.split(r"[\s_()/:.-]+", head.casefold())) & set(words))


def estimated(said: str) -> bool:
    """Whether a mark of quality says that the sender estimated the value."""
    return said.strip().casefold() in _ESTIMATED
