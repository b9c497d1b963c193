"""The hours of a tariff as lines that people read and write: `weekday 07:00-22:00 = 0.35, 0.08`."""

import re
from collections.abc import Sequence

from config.language import N_, _
from dashboard.parts.written import plain
from models.tariffs import Hours, spoken
from store.errors import Refused

EXAMPLE = "weekday 07:00-22:00 = 0.35, 0.08"
ABOUT = N_(
    "One line each: weekday, weekend or every, then the hours = import price, export price. Without an export price the one "
    "above applies. Hours may run past midnight. At all other times the prices above apply."
)
DAYS = {"weekday": "weekday", "weekdays": "weekday", "weekend": "weekend", "weekends": "weekend", "every": "every"}
LINE = re.compile(r"(?P<days>\w+)(?: day)? +(?P<start>\d\d?:\d\d) *[-–−] *(?P<end>\d\d?:\d\d) *= *(?P<prices>.+)")


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


def _line(line: str, export_price_per_kwh: float) -> Hours:
    said = LINE.fullmatch(line)
    days = DAYS.get(said["days"].casefold()) if said else None
    if said is None or days is None:
        raise Refused(_("the line %(line)s is not hours and prices: write it like %(example)s", line=repr(line), example=EXAMPLE))
    start, end = (_minutes(said[name], line) for name in ("start", "end"))
    try:
        prices = [float(part) for part in said["prices"].split(",")]
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
    return Hours(days, start, end or 24 * 60, prices[0], prices[1] if len(prices) == 2 else export_price_per_kwh)


def _minutes(text: str, line: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise Refused(_("the line %(line)s names a time that no clock shows: %(time)s", line=repr(line), time=text))
    return hours * 60 + minutes
