"""Whether a value can be true: a finite number within what its quantity can be."""

from typing import Any

from config.quantities import QUANTITIES
from ingest.directory import Target
from ingest.problem import Problem, Unreal, echo, json_type
from ingest.units import convert


def number(value: Any, field: str) -> float | Problem:
    """The value as a float, or why it is none. Nothing that is not a JSON number is turned into one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return Problem(
                "not_a_number", f"{field} is larger than any number that can be kept", field, echo(value), "a finite number"
            )
    what = f"{echo(value)}, which is no finite JSON number" if isinstance(value, Unreal) else f"{json_type(value)}, not a number"
    return Problem("not_a_number", f"{field} is {what}", field, echo(value), "a finite number")


def possible(value: float, target: Target, field: str = "value", unit: str | None = None) -> float | Problem:
    """The value in the canonical unit if it can be true, or why it cannot."""
    if unit is not None and unit != target.unit:
        converted = convert(value, unit, target.series.quantity)
        if isinstance(converted, Problem):
            return converted
        value = converted
    if target.least <= value <= target.greatest:
        return value
    what = QUANTITIES[target.series.quantity]
    if target.greatest < what.greatest and value > 0:
        return Problem(
            "one_way", f"the meter stands on a one-way edge, so nothing flows back: {what.name} must be 0", field, value, "0"
        )
    allowed = f"{target.least:g} to {target.greatest:g} {what.label}".strip()
    return Problem("out_of_range", f"{what.name} cannot be {value:g} {what.label}".strip(), field, value, allowed)
