"""Numbers and moments as people write them."""

import math
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.language import _
from dashboard.figures.wording import THIN
from models import local_time
from store.errors import Refused

DAY = "2026-01-31"
MOMENT = f"{DAY} 14:00"
LONGEST = 25  # of a moment, with its offset
LARGEST = 2**31


def number(given: object) -> float | None:
    """What was written as a number, none for nothing.

    Raises:
        Refused: it is none.
    """
    text = str(given if given is not None else "").strip().replace("−", "-")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Refused(_("%(text)s is not a number: write it like 51.5", text=repr(text)))
    return found


def plain(value: float) -> str:
    """A number with all of its digits and no power of ten: what `number` reads as the same again.

    >>> [plain(each) for each in (51.96123456, 1234567.5, 230.0, 0.00001)]
    ['51.96123456', '1234567.5', '230', '0.00001']
    """
    return f"{Decimal(repr(float(value))):f}".removesuffix(".0")


def exact(value: float) -> str:
    r"""A number with all of its digits, thousands set apart, as people read it.

    >>> exact(1234567.5)
    '1\u202f234\u202f567.5'
    """
    return f"{Decimal(plain(value)):,f}".replace(",", THIN)


def whole(given: object) -> int | None:
    """What was written as a whole number, none for nothing.

    Raises:
        Refused: it is none.
    """
    found = number(given)
    if found is None:
        return None
    if found != int(found) or abs(found) >= LARGEST:
        raise Refused(_("%(number)s is not a whole number: write it like 60", number=f"{found:g}"))
    return int(found)


def moment(given: object, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """What was written as a day or a moment of that zone's clocks, none for nothing.

    A day is its start; with `end_of_day` the start of the next, for what holds through that day.

    Raises:
        Refused: it is neither, or one that the clocks leave out.
        TwiceShown: the clocks show it twice.
    """
    text = str(given or "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            _("%(text)s is not a date or time: write it like %(day)s or %(moment)s", text=repr(text), day=DAY, moment=MOMENT)
        ) from None
    if not local_time.FIRST_YEAR <= found.year < local_time.LAST_YEAR:
        raise Refused(_("%(text)s is not of our time: write it like %(day)s", text=repr(text), day=DAY))
    if found.tzinfo:
        return found
    try:
        return _day(found, zone, end_of_day) if len(text) <= len(DAY) else local_time.moment(found, zone)
    except local_time.Unclear as unclear:
        if unclear.moments:
            raise TwiceShown(str(unclear), [each.astimezone(zone) for each in unclear.moments]) from None
        raise Refused(str(unclear)) from None


def day(given: object) -> date | None:
    """What was written as a day of the calendar, none for nothing.

    Raises:
        Refused: it is none.
    """
    text = str(given or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(_("%(text)s is not a day: write it like %(day)s", text=repr(text), day=DAY)) from None


def month(given: object) -> date | None:
    """The first day of what was written as a month, none for nothing.

    Raises:
        Refused: it is none.
    """
    text = str(given or "").strip()
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        raise Refused(_("%(text)s is not a month: write it like %(month)s", text=repr(text), month=DAY[:7])) from None


class TwiceShown(Refused):
    """A time that the clocks show twice; `moments` are the two, by those clocks."""

    def __init__(self, message: str, moments: list[datetime]) -> None:
        super().__init__(message)
        self.moments = moments


def _day(found: datetime, zone: ZoneInfo, end_of_day: bool) -> datetime:
    start, end = local_time.days(found.date(), found.date(), zone)
    if start == end:
        raise local_time.Unclear(_("%(day)s is left out by the calendar of %(zone)s", day=f"{found:%Y-%m-%d}", zone=zone.key), ())
    return end if end_of_day else start
