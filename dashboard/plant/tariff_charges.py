"""What a tariff charges besides its prices, as lines that people read and write: `demand month 15 = 7.00, 3 days`."""

import re
from collections.abc import Callable, Sequence

from config.language import N_, _
from dashboard.parts.written import plain
from dashboard.plant import tariff_hours
from models.tariff_components import (
    NAMES,
    Component,
    Demand,
    Fixed,
    Holidays,
    Market,
    Minimum,
    Rounding,
    Tax,
    Tiers,
    Window,
)
from models.tariffs import spoken
from store.errors import Refused

EXAMPLES = (
    "market import = 5 %, 0.02",
    "tiers month = 0 to 1000, 0.03 to 2500, 0.05",
    "fixed month = 12.50",
    "demand month 15 = 7.00, 3 days, ratchet 80 % of 12 months, at weekday 07:00-20:00",
    "tax = 19 % of energy, tiers, fixed, demand",
    "tax = 0.02 per kWh",
    "minimum = 9",
    "rounding = 2",
    "holidays = sundays",
)
ABOUT = N_(
    "One line each, all added up: market import or export = percent, per kWh on the region's price; tiers month or day = "
    "price to kWh, and so on; fixed month or day; demand month or year 15 or 30 (minutes) = price per kW and month, days in "
    "the mean, ratchet, hours; tax; minimum per month; rounding to decimals; holidays as Sundays."
)
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
TIER = re.compile(rf"(?P<price>{NUMBER})(?: +to +(?P<bound>{NUMBER}))?")
RATCHET = re.compile(rf"ratchet +(?P<percent>{NUMBER}) *% +of +(?P<months>\d+) +months?")
HIGHEST = re.compile(r"(?P<days>\d+) +days?")
PERCENT = re.compile(rf"(?P<percent>{NUMBER}) *% +of +(?P<parts>.+)")
PER_KWH = re.compile(rf"(?P<price>{NUMBER}) +per +kwh", re.IGNORECASE)


def written(components: Sequence[Component]) -> str:
    """The components as lines."""
    return "\n".join(_written(each) for each in components)


def _written(component: Component) -> str:
    match component:
        case Market(side, percent, per_kwh):
            return f"market {side} = {plain(percent)} %, {plain(per_kwh)}"
        case Tiers(period, bounds, prices):
            tiers = [f"{plain(price)} to {plain(bound)}" for price, bound in zip(prices, bounds, strict=False)]
            return f"tiers {period} = {', '.join([*tiers, plain(prices[-1])])}"
        case Fixed(amount, period):
            return f"fixed {period} = {plain(amount)}"
        case Demand():
            return _written_demand(component)
        case Tax(percent, parts, per_kwh):
            return f"tax = {plain(percent)} % of {', '.join(parts)}" if parts else f"tax = {plain(per_kwh)} per kWh"
        case Minimum(amount):
            return f"minimum = {plain(amount)}"
        case Rounding(decimals):
            return f"rounding = {decimals}"
        case _:
            return "holidays = sundays"


def _written_demand(demand: Demand) -> str:
    parts = [plain(demand.price_per_kw)]
    if demand.highest_days > 1:
        parts.append(f"{demand.highest_days} days")
    if demand.ratchet_months:
        parts.append(f"ratchet {plain(demand.ratchet_percent)} % of {demand.ratchet_months} months")
    parts += [f"at {spoken(each)}" for each in demand.windows]
    return f"demand {demand.span} {demand.window_min} = {', '.join(parts)}"


def read(text: str) -> tuple[Component, ...]:
    """The components that the lines say.

    Raises:
        Refused: a line is not of the form.
    """
    return tuple(_line(line) for line in filter(None, (each.strip() for each in text.splitlines())))


def _line(line: str) -> Component:
    named, _equals, said = line.partition("=")
    kind, *words = named.casefold().split()
    example = next((each for each in EXAMPLES if each.startswith(f"{kind} ")), None)
    if example is None:
        raise Refused(
            _(
                "the line %(line)s names no charge: begin it with one of %(known)s",
                line=repr(line),
                known=", ".join(NAMES.values()),
            )
        )
    try:
        return READERS[kind](words, said.strip(), line)
    except (ValueError, TypeError) as problem:
        raise Refused(
            _("the line %(line)s cannot be read: write it like %(example)s", line=repr(line), example=example)
        ) from problem


def _market(words: list[str], said: str, _line: str) -> Market:
    [side], (percent, per_kwh) = words, said.split(",")
    number, sign, rest = percent.partition("%")
    if not sign or rest.strip():
        raise ValueError(percent)
    return Market(side, float(number), float(per_kwh))


def _tiers(words: list[str], said: str, _line: str) -> Tiers:
    [period] = words
    found = [TIER.fullmatch(each.strip()) for each in said.split(",")]
    tiers = [each for each in found if each]
    bounds = [float(each["bound"]) for each in tiers[:-1]]
    if len(tiers) < len(found) or tiers[-1]["bound"]:
        raise ValueError(said)
    return Tiers(period, tuple(bounds), tuple(float(each["price"]) for each in tiers))


def _fixed(words: list[str], said: str, _line: str) -> Fixed:
    [period] = words
    return Fixed(float(said), period)


def _demand(words: list[str], said: str, line: str) -> Demand:
    span, minutes = words
    price, *rest = (each.strip() for each in said.split(","))
    demand, windows = Demand(float(price), int(minutes), span), list[Window]()
    for each in rest:
        if days := HIGHEST.fullmatch(each):
            demand = demand._replace(highest_days=int(days["days"]))
        elif ratchet := RATCHET.fullmatch(each):
            demand = demand._replace(ratchet_percent=float(ratchet["percent"]), ratchet_months=int(ratchet["months"]))
        else:
            window = tariff_hours.window(each.removeprefix("at "), line) if each.startswith("at ") else None
            if window is None:
                raise ValueError(each)
            windows.append(window)
    return demand._replace(windows=tuple(windows))


def _tax(words: list[str], said: str, _line: str) -> Tax:
    if words:
        raise ValueError(words)
    if per_kwh := PER_KWH.fullmatch(said):
        return Tax(0.0, (), float(per_kwh["price"]))
    percent = PERCENT.fullmatch(said)
    if percent is None:
        raise ValueError(said)
    return Tax(float(percent["percent"]), tuple(each.strip() for each in percent["parts"].casefold().split(",")))


def _alone(kind: Callable[[str], Component]) -> Callable[[list[str], str, str], Component]:
    """A line of a name and one value."""

    def reader(words: list[str], said: str, _line: str) -> Component:
        if words:
            raise ValueError(words)
        return kind(said)

    return reader


def _sundays(said: str) -> Holidays:
    if said.casefold() != "sundays":
        raise ValueError(said)
    return Holidays()


READERS: dict[str, Callable[[list[str], str, str], Component]] = {
    "market": _market,
    "tiers": _tiers,
    "fixed": _fixed,
    "demand": _demand,
    "tax": _tax,
    "minimum": _alone(lambda said: Minimum(float(said))),
    "rounding": _alone(lambda said: Rounding(int(said))),
    "holidays": _alone(_sundays),
}
