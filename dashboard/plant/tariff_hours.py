"""The hours of a tariff as lines that people read and write: `weekday 07:00-22:00 = 0.35, 0.08`."""

import re
from collections.abc import Sequence

from config.language import N_, _
from dashboard.parts.written import plain
from models.tariff_components import DAY_MIN, FIRST_DAY, LAST_DAY, Window
from models.tariffs import Hours, spoken
from store.errors import Refused

EXAMPLE = "weekday 07:00-22:00 = 0.35, 0.08"
ABOUT = N_(
    "One line each: weekday, weekend, holiday or every, then the hours = import price, export price. A season may go before "
    "them, as 11-01..03-31 (month-day). Without an export price the one above applies. Hours may run past midnight. At all "
    "other times the prices above apply."
)
DAYS = {word + plural: word for word in ("weekday", "weekend", "holiday") for plural in ("", "s")} | {"every": "every"}
WINDOW = re.compile(
    r"(?:(?P<first>\d\d?-\d\d?) *\.\. *(?P<last>\d\d?-\d\d?) +)?(?P<days>\w+)(?: day)? +"
    r"(?P<start>\d\d?:\d\d) *[-–−] *(?P<end>\d\d?:\d\d)"
)


def written(hours: Sequence[Hours]) -> str:
    """The hours as lines."""
    return "\n".join(
        f"{spoken(each.window)} = {plain(each.import_price_per_kwh)}, {plain(each.export_price_per_kwh)}" for each in hours
    )


def read(text: str, export_price_per_kwh: float) -> tuple[Hours, ...]:
    """The hours that the lines say; where they name no export price it is the given one.

    Raises:
        Refused: a line is not of the form.
    """
    return tuple(_line(line, export_price_per_kwh) for line in filter(None, (each.strip() for each in text.splitlines())))


def window(text: str, line: str) -> Window | None:
    """The window that a part of a line says; none where it is not of the form.

    Raises:
        Refused: no clock or calendar shows that.
    """
    said = WINDOW.fullmatch(text.strip())
    days = DAYS.get(said["days"].casefold()) if said else None
    if said is None or days is None:
        return None
    start, end = (_minutes(said[name], line) for name in ("start", "end"))
    season = (_day(said["first"]), _day(said["last"])) if said["first"] else (FIRST_DAY, LAST_DAY)
    return Window(days, start, end or DAY_MIN, *season)


def _line(line: str, export_price_per_kwh: float) -> Hours:
    when, _equals, said_prices = line.partition("=")
    at = window(when, line)
    if at is None or not said_prices.strip():
        raise Refused(_("the line %(line)s is not hours and prices: write it like %(example)s", line=repr(line), example=EXAMPLE))
    try:
        prices = [float(part) for part in said_prices.split(",")]
    except ValueError:
        prices = []
    if len(prices) not in (1, 2):
        raise Refused(
            _(
                "the line %(line)s ends in one or two prices, with a dot for decimals: write it like %(example)s",
                line=repr(line),
                example=EXAMPLE,
            )
        )
    export = prices[1] if len(prices) == 2 else export_price_per_kwh
    return Hours(at.days, at.start_min, at.end_min, prices[0], export, at.first_day, at.last_day)


def _day(text: str) -> int:
    month, day = (int(part) for part in text.split("-"))
    return month * 100 + day


def _minutes(text: str, line: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59 or hours * 60 + minutes > DAY_MIN:
        raise Refused(
            _(
                "the line %(line)s names a time that no clock shows, %(time)s: write times from 00:00 to 24:00",
                line=repr(line),
                time=text,
            )
        )
    return hours * 60 + minutes
