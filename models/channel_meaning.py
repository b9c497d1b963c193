"""What a channel may mean, by what its source says of it and by its name: a proposal, which a person takes or leaves.

A quantity follows from what the source calls its kind (the device classes of Home Assistant), else from its unit, else from
words of its name. Of power and energy the unit is never guessed: a thousand times too much looks like a reading.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from config.quantities import EXPORT_OF

_ESTIMATED = re.compile(r"(?<!\\),quality=estimated(?=[, ])")
ENERGY = "energy_total_kwh"  # what keeps counting; energies of intervals say so on no road
_BY_UNIT = {
    **dict.fromkeys(("W", "kW", "MW"), "power_kw"),
    **dict.fromkeys(("Wh", "kWh", "MWh"), ENERGY),
    **dict.fromkeys(("var", "kvar"), "reactive_power_kvar"),
    **dict.fromkeys(("V", "mV", "kV"), "voltage_v"),
    **dict.fromkeys(("A", "mA"), "current_a"),
    "Hz": "frequency_hz",
    **dict.fromkeys(("°C", "degC", "°F", "degF"), "temperature_c"),
    **dict.fromkeys(("W/m²", "W/m2", "W/m**2"), "irradiance_w_m2"),
}
_BY_KIND = {
    "energy": ENERGY,
    "power": "power_kw",
    "reactive_power": "reactive_power_kvar",
    "voltage": "voltage_v",
    "current": "current_a",
    "frequency": "frequency_hz",
    "power_factor": "power_factor",
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "battery": "soc_pct",
    "irradiance": "irradiance_w_m2",
}
# The first that fits: `power factor` is no power.
_BY_WORDS: tuple[tuple[str, str | None], ...] = (
    ("factor", "power_factor"),
    ("pf", "power_factor"),
    ("powerfactor", "power_factor"),
    ("cosphi", "power_factor"),
    ("reactive", "reactive_power_kvar"),
    ("apparent", None),
    ("soc", "soc_pct"),
    ("humidity", "humidity_pct"),
    ("irradiance", "irradiance_w_m2"),
    ("temperature", "temperature_c"),
    ("temp", "temperature_c"),
    ("frequency", "frequency_hz"),
    ("freq", "frequency_hz"),
    ("voltage", "voltage_v"),
    ("current", "current_a"),
    ("energy", ENERGY),
    ("power", "power_kw"),
    ("apower", "power_kw"),
)
_SCALED = frozenset({"power_kw", "reactive_power_kvar", ENERGY, EXPORT_OF[ENERGY]})  # as often sent in units of a thousandth
_PLAIN = frozenset({"dimensionless", "%", "percent"})  # the kind or the name has to say of what
_OF_A_PHASE = {"voltage_v": "voltage_{}_v", "current_a": "current_{}_a"}
_BACKWARDS = frozenset({"export", "exported", "returned", "ret"})
_OF_A_WHILE = frozenset({"today", "yesterday", "day", "yieldday", "week", "month", "year", "hour", "period"})  # no register
_SAY_NOTHING = frozenset({"meter", "main", "the", "of"})
_ENDS = {"w": "W", "kw": "kW", "wh": "Wh", "kwh": "kWh", "var": "var", "kvar": "kvar"}
_WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+|[^\W\d_]+\d*")


class Meaning(NamedTuple):
    """A quantity, and the unit that its values come in (none: the quantity's own); `sure` when nothing of it is guessed."""

    quantity: str
    unit: str | None
    sure: bool


def meaning(name: str, unit: str | None = None, kind: str | None = None) -> Meaning | None:
    """What a channel of this name may measure; none where nothing says it.

    Args:
        name: of the channel: `plant/hall#power`, `power,phase=l1 active`.
        unit: that its source says it has.
        kind: what its source calls it, such as `energy total_increasing`.

    >>> meaning("kWh,domain=sensor,entity_id=hall value")
    Meaning(quantity='energy_total_kwh', unit='kWh', sure=True)
    >>> meaning("plant/hall/power")
    Meaning(quantity='power_kw', unit=None, sure=False)
    """
    said = words(name)
    unit = unit or _unit_of(name, said)
    quantity = next((_BY_KIND[each] for each in (kind or "").split() if each in _BY_KIND), None)
    if quantity is None:
        quantity = _BY_UNIT[unit] if unit in _BY_UNIT else _by_words(said) if unit is None or unit in _PLAIN else None
    if quantity is None or (unit is not None and unit not in _PLAIN and _BY_UNIT.get(unit) not in (quantity, None)):
        return None  # nothing says it, or the unit is of something else
    if quantity == ENERGY:
        if _OF_A_WHILE & set(said):
            return None
        quantity = EXPORT_OF[ENERGY] if _BACKWARDS & set(said) else ENERGY
    phase = next((each for each in said if each in ("l1", "l2", "l3")), None)
    if quantity in _OF_A_PHASE and phase:
        quantity = _OF_A_PHASE[quantity].format(phase)
    return Meaning(quantity, unit, unit is not None or quantity not in _SCALED)


def meter_of(name: str, told: str | None, meters: Mapping[str, str], mapped: Mapping[str, str]) -> str | None:
    """The meter that a channel may be of: that of its neighbours, else the one whose name stands in what it is called.

    Args:
        name: of the channel.
        told: what its source calls it besides.
        meters: of the site: their names by their ids.
        mapped: channels of the same source that are mapped, and to which meter.
    """
    beside = {meter for other, meter in mapped.items() if head(other) == head(name)}
    if len(beside) == 1:
        return beside.pop()
    called = set(words(f"{told or ''} {name}"))
    fitting: dict[int, list[str]] = {}
    for meter_id, meter in meters.items():
        own = set(words(meter)) - _SAY_NOTHING
        if own and own <= called:
            fitting.setdefault(len(own), []).append(meter_id)
    best = fitting[max(fitting)] if fitting else []
    return best[0] if len(best) == 1 else None


def head(name: str) -> str:
    """What channels of one thing have in common: their names without the last part.

    >>> head("plant/hall/power"), head("tele/plug/SENSOR#ENERGY.Power"), head("power,phase=l1 active")
    ('plant/hall', 'tele/plug/SENSOR#ENERGY', 'power,phase=l1')
    """
    return re.sub(r"[/#. ][^/#. ]*$", "", name)


def words(text: str) -> list[str]:
    """The words of a name, in small letters.

    >>> words("tele/plug_1/SENSOR#ENERGY.ApparentPower")
    ['tele', 'plug', '1', 'sensor', 'energy', 'apparent', 'power']
    """
    return [each.lower() for each in _WORD.findall(text)]


def _by_words(said: list[str]) -> str | None:
    """By the words of the last part first: `energy.power` is power."""
    for last in (said[-2:], said):
        for word, quantity in _BY_WORDS:
            if word in last:
                return quantity
    return None


def _unit_of(name: str, said: list[str]) -> str | None:
    """A unit within the name: Home Assistant's measurements are units, and fields end with theirs (`power_w`)."""
    measurement = re.split(r"[, ]", name, maxsplit=1)[0]
    if measurement in _BY_UNIT:
        return measurement
    last = re.search(r"[_.](\w+)$", name)
    return _ENDS.get(last[1].rpartition("_")[2].lower()) if last and len(said) > 1 else None


def estimated(road: str, name: str) -> bool:
    """Whether a channel's name says that its sender estimates its values: in line protocol by a tag `quality=estimated`."""
    return road == "lines" and _ESTIMATED.search(name) is not None
