"""What the terms of a tariff may be: its hours and its components."""

import calendar
import math
from collections.abc import Sequence

from config.language import N_, _
from config.quantities import QUANTITIES
from models.tariff_components import (
    DAY,
    DAY_MIN,
    EXPORT,
    IMPORT,
    MONTH,
    PARTS,
    YEAR,
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
from models.tariff_days import DAYS
from models.tariff_demand import STEPS
from models.tariffs import QUARTER_MIN, Hours, overlapping, spoken
from store.errors import Refused

MOST_HOURS, MOST_COMPONENTS, MOST_TIERS = 192, 24, 12
GREATEST_AMOUNT, GREATEST_KWH = 1e9, 1e12
MOST_DECIMALS, MOST_RATCHET_MONTHS = 4, 24
LEAP_YEAR = 2024
_ONCE = (Tiers, Minimum, Rounding, Holidays)


def check_hours(hours: Sequence[Hours]) -> None:
    """Raises `Refused` where times of other prices cannot be."""
    if len(hours) > MOST_HOURS:
        raise Refused(
            _("a tariff has %(most_hours)s lines of hours at the most: take together what has one price", most_hours=MOST_HOURS)
        )
    for each in hours:
        check_window(each.window, "hours")
    if both := overlapping(hours):
        raise Refused(
            _(
                "%(hours)s and %(other)s overlap, and only one price can hold at a time: change one of the two",
                hours=spoken(both[0].window),
                other=spoken(both[1].window),
            ),
            "hours",
        )


def check_window(window: Window, about: str) -> None:
    """Raises `Refused`, for the argument `about`, where a window cannot be."""
    if window.days not in DAYS:
        raise Refused(_("no days %(days)s: choose one of %(known)s", days=f"{window.days!r}", known=", ".join(DAYS)), about)
    times = (window.start_min, window.end_min)
    if any(time % QUARTER_MIN or not 0 <= time <= DAY_MIN for time in times) or window.start_min in (DAY_MIN, window.end_min):
        raise Refused(
            _("%(hours)s: hours begin and end on quarters, at two different times of a day", hours=spoken(window)), about
        )
    for day in (window.first_day, window.last_day):
        month, of_month = divmod(day, 100)
        if not 1 <= month <= 12 or not 1 <= of_month <= calendar.monthrange(LEAP_YEAR, month)[1]:
            raise Refused(_("%(hours)s: a season begins and ends on days of the calendar", hours=spoken(window)), about)


def check_components(components: Sequence[Component], *, region_first: bool) -> None:
    """Raises `Refused` where what a tariff charges besides cannot be, or does not go together."""
    if len(components) > MOST_COMPONENTS:
        raise _refused(_("a tariff has %(most)s further charges at the most", most=MOST_COMPONENTS))
    for each in components:
        _check(each)
    for kind in _ONCE:
        if sum(isinstance(each, kind) for each in components) > 1:
            raise _refused(_("tiers, minimum, rounding and holidays are given once each: take them together"))
    sides = [each.side for each in components if isinstance(each, Market)]
    if len(sides) > len(set(sides)):
        raise _refused(_("the market price is given once for import and once for export"))
    if sides and region_first:
        raise _refused(
            _("a tariff by the market price uses the region's prices by itself: it cannot stand behind them too"), "region_first"
        )


def _check(each: Component) -> None:
    match each:
        case Market(side, percent, per_kwh):
            _known(side, (IMPORT, EXPORT))
            _number(percent, -100, 1000, N_("a margin of %(number)s %% cannot be: it is %(least)s to %(most)s"))
            _price(per_kwh)
        case Tiers(period, bounds, prices):
            _known(period, (DAY, MONTH))
            _tiers(bounds)
            for price in prices:
                _price(price)
            if len(prices) != len(bounds) + 1:
                raise _refused(_("tiers have one price more than bounds: the last holds beyond the last bound"))
        case Fixed(amount, period):
            _known(period, (DAY, MONTH))
            _amount(amount, -GREATEST_AMOUNT)
        case Demand():
            _demand(each)
        case Tax(percent, parts, per_kwh):
            for part in parts:
                _known(part, PARTS)
            if bool(percent) != bool(parts):
                raise _refused(_("a tax in percent says what it is on, one per kWh does not"))
            _number(percent, -100, 1000, N_("a tax of %(number)s %% cannot be: it is %(least)s to %(most)s"))
            _price(per_kwh)
        case Minimum(amount):
            _amount(amount, 0)
        case Rounding(decimals):
            _number(decimals, 0, MOST_DECIMALS, N_("%(number)s decimals cannot be: they are %(least)s to %(most)s"))
        case Holidays():
            pass


def _tiers(bounds: Sequence[float]) -> None:
    if not 1 <= len(bounds) <= MOST_TIERS:
        raise _refused(_("tiers have 1 to %(most)s bounds", most=MOST_TIERS))
    rising = all(before < after for before, after in zip((0.0, *bounds), bounds, strict=False))
    if not rising or not bounds[-1] <= GREATEST_KWH:
        raise _refused(_("the bounds of tiers are kWh above 0, each greater than the one before"))


def _demand(demand: Demand) -> None:
    _amount(demand.price_per_kw, 0)
    _known(demand.span, (MONTH, YEAR))
    if demand.window_min not in STEPS:
        raise _refused(_("a demand charge is of means over 15 or 30 minutes"))
    _number(demand.highest_days, 1, 31, N_("the mean of %(number)s days cannot be: it is of %(least)s to %(most)s"))
    _number(demand.ratchet_percent, 0, 100, N_("a ratchet of %(number)s %% cannot be: it is %(least)s to %(most)s"))
    _number(
        demand.ratchet_months,
        0,
        MOST_RATCHET_MONTHS,
        N_("a ratchet over %(number)s months cannot be: it is %(least)s to %(most)s"),
    )
    if bool(demand.ratchet_percent) != bool(demand.ratchet_months):
        raise _refused(_("a ratchet has a percentage and a number of months"))
    for window in demand.windows:
        check_window(window, "components")


def _price(price: float) -> None:
    possible = QUANTITIES["price_per_kwh"]
    _number(price, possible.least, possible.greatest, N_("a price of %(number)s per kWh cannot be: it is %(least)s to %(most)s"))


def _amount(amount: float, least: float) -> None:
    _number(amount, least, GREATEST_AMOUNT, N_("an amount of %(number)s cannot be: it is %(least)s to %(most)s"))


def _number(number: float, least: float, most: float, sentence: str) -> None:
    if not (math.isfinite(number) and least <= number <= most):
        raise _refused(_(sentence, number=f"{number:g}", least=f"{least:g}", most=f"{most:g}"))


def _known(word: str, words: Sequence[str]) -> None:
    if word not in words:
        raise _refused(_("no %(word)s: choose one of %(known)s", word=f"{word!r}", known=", ".join(words)))


def _refused(sentence: str, about: str = "components") -> Refused:
    return Refused(sentence, about)
