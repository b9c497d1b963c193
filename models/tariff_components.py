"""What a tariff may consist of besides its prices per kWh: components, each of which adds its own part to a bill.

A price per kWh, the tiers and the per-kWh taxes add up for the same energy; so tiers on top of a price are surcharges, and
tiers on top of none are the price.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

MONTH, DAY, YEAR = "month", "day", "year"
IMPORT, EXPORT = "import", "export"
PARTS = ("energy", "export", "tiers", "fixed", "demand", "taxes")  # of a bill, that a tax may be on; `taxes`: those before it
FIRST_DAY, LAST_DAY = 101, 1231  # month · 100 + day
DAY_MIN = 24 * 60


class Window(NamedTuple):
    """Times of certain days of a season; by the local clock in minutes since midnight, and they may reach across it.

    A season runs from one day to another, both included (month · 100 + day), and may reach across the end of the year.
    """

    days: str = "every"
    start_min: int = 0
    end_min: int = DAY_MIN
    first_day: int = FIRST_DAY
    last_day: int = LAST_DAY


class Market(NamedTuple):
    """The market price of the region, raised by percent and then per kWh; what the tariff itself says is added to it."""

    side: str
    percent: float
    per_kwh: float


class Tiers(NamedTuple):
    """Prices per kWh by what was bought since the local month or day began: the first up to the first bound, and so on."""

    period: str
    bounds_kwh: tuple[float, ...]
    prices_per_kwh: tuple[float, ...]


class Fixed(NamedTuple):
    """An amount per local day or month, spread evenly over its time."""

    amount: float
    period: str


class Demand(NamedTuple):
    """A price per month and kW of the greatest mean power that was bought.

    The mean is over `window_min` minutes of the local clock, within `windows` if there are any; of a day its greatest counts,
    and charged is the mean of the `highest_days` greatest of the month, or of the year up to its end; at least
    `ratchet_percent` of the greatest that the `ratchet_months` before would have been charged by themselves.
    """

    price_per_kw: float
    window_min: int = 15
    span: str = MONTH
    highest_days: int = 1
    ratchet_percent: float = 0.0
    ratchet_months: int = 0
    windows: tuple[Window, ...] = ()


class Tax(NamedTuple):
    """Percent of some parts of the bill (`PARTS`), and an amount per kWh bought."""

    percent: float
    parts: tuple[str, ...]
    per_kwh: float = 0.0


class Minimum(NamedTuple):
    """What a month costs at the least, taxes included."""

    amount: float


class Rounding(NamedTuple):
    """The decimals that a month's sum is rounded to, halves away from zero."""

    decimals: int


class Holidays(NamedTuple):
    """Holidays count as Sundays: the hours of weekends hold on them, and those of weekdays do not."""


Component = Market | Tiers | Fixed | Demand | Tax | Minimum | Rounding | Holidays
KINDS: Mapping[str, type[Component]] = {
    "market": Market,
    "tiers": Tiers,
    "fixed": Fixed,
    "demand": Demand,
    "tax": Tax,
    "minimum": Minimum,
    "rounding": Rounding,
    "holidays": Holidays,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def as_json(components: Iterable[Component]) -> list[dict[str, Any]]:
    """As they are kept: each an object with its kind."""
    return [{"kind": NAMES[type(each)]} | each._asdict() for each in components]


def from_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Component, ...]:
    """What was kept by `as_json`.

    Raises:
        TypeError: an object lacks a field, or has one that its kind does not.
        KeyError: it has no kind, or none that is known.
    """
    return tuple(_component(dict(each)) for each in kept)


def _component(said: dict[str, Any]) -> Component:
    kind = KINDS[said.pop("kind")]
    for name in ("bounds_kwh", "prices_per_kwh", "parts"):
        if name in said:
            said[name] = tuple(said[name])
    if "windows" in said:
        said["windows"] = tuple(Window(*each) for each in said["windows"])
    return kind(**said)
