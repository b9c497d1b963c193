"""Units other than the canonical one, converted at the door."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from config.language import _
from config.quantities import QUANTITIES
from ingest.problem import Problem, echo

if TYPE_CHECKING:
    from collections.abc import Callable

    import pint

# Written on meters and in gateways, but not known to pint under these names.
_SPELLED = {
    "%": "percent",
    "°C": "degC",
    "C": "degC",
    "°F": "degF",
    "F": "degF",
    "W/m2": "W/m**2",
    "W/m²": "W/m**2",
    "kW/m2": "kW/m**2",
    "kW/m²": "kW/m**2",
    "": "dimensionless",
    "1": "dimensionless",
}
_KNOWN = 256  # distinct pairs of unit and quantity; a site uses a handful


def convert(value: float, unit: str, quantity: str) -> float | Problem:
    """The value in the quantity's canonical unit, or why it cannot be had.

    `unit` as pint reads it, or as it is commonly written (`%`, `°C`, `W/m²`).
    """
    what = QUANTITIES[quantity]
    if unit in (what.unit, what.label):
        return value
    factor = _converter(unit, quantity)
    if factor is None:
        return Problem(
            "unknown_unit",
            _(
                "unit %(unit)s cannot be converted to %(other)s, the unit of %(quantity)s: correct the unit or the quantity",
                unit=repr(echo(unit)),
                other=what.label or _("a plain number"),
                quantity=quantity,
            ),
            "unit",
            echo(unit),
            what.unit,
        )
    converted = factor(value)
    if not math.isfinite(converted):
        return Problem(
            "out_of_range",
            _(
                "%(value)s %(unit)s is no number of %(other)s that can be kept: correct the value or the unit",
                value=value,
                unit=unit,
                other=what.label,
            ),
            "value",
            echo(value),
        )
    return converted


@lru_cache(maxsize=_KNOWN)
def _converter(unit: str, quantity: str) -> "Callable[[float], float] | None":
    what = QUANTITIES[quantity]
    if len(unit) > 32 or "**" in unit.replace("**2", ""):  # a unit is short; towers of powers are not computed
        return None
    registry = _registry()
    try:
        zero, one = (_in(registry, n, unit, what.unit) for n in (0.0, 1.0))
    except Exception:  # pint raises a dozen kinds for text that is no unit
        return None
    if not (math.isfinite(zero) and math.isfinite(one)):
        return None
    # Every conversion between units of a quantity is linear; twelve digits hide what floats add.
    return lambda value: float(f"{zero + value * (one - zero):.12g}")


def _in(registry: "pint.UnitRegistry[Any]", value: float, unit: str, canonical: str) -> float:
    quantity = registry.Quantity(value, _SPELLED.get(unit, unit)).to(_SPELLED.get(canonical, canonical))
    return float(quantity.magnitude)


@lru_cache(maxsize=1)
def _registry() -> "pint.UnitRegistry[Any]":
    import pint  # half a second and 20 MB: only when somebody sends another unit

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("var = volt * ampere")
    return registry
