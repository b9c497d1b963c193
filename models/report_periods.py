"""The local days that reports are of: weeks, months, quarters and years, what they are compared with, and when one is due."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

WEEK, MONTH, QUARTER, YEAR, CUSTOM = "week", "month", "quarter", "year", "custom"
KINDS = (WEEK, MONTH, QUARTER, YEAR, CUSTOM)
REGULAR = (WEEK, MONTH)  # what a schedule may make a report of
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
DUE_AT = time(6)  # by the site's clock: what devices hold back over midnight has come, and nobody reads earlier
A_YEAR_OF_WEEKS = timedelta(weeks=52)
ONE = timedelta(days=1)


class Span(NamedTuple):
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def holding(kind: str, day: date) -> Span:
    """The week (from Monday on: ISO 8601), month, quarter or year that holds a day.

    >>> holding(QUARTER, date(2026, 5, 17))
    Span(first=datetime.date(2026, 4, 1), last=datetime.date(2026, 6, 30))
    """
    if kind == WEEK:
        first = day - timedelta(days=day.weekday())
        return Span(first, first + timedelta(days=6))
    months = MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Span(first, _months_on(first, months) - ONE)


def kind_of(span: Span) -> str:
    """What days are a whole one of; other days where they are none.

    >>> kind_of(Span(date(2026, 2, 1), date(2026, 2, 28))), kind_of(Span(date(2026, 2, 1), date(2026, 2, 27)))
    ('month', 'custom')
    """
    return next((kind for kind in (WEEK, MONTH, QUARTER, YEAR) if holding(kind, span.first) == span), CUSTOM)


def before(kind: str, span: Span) -> Span:
    """The week, month, quarter or year before it; of other days as many before.

    >>> before(MONTH, Span(date(2026, 3, 1), date(2026, 3, 31)))
    Span(first=datetime.date(2026, 2, 1), last=datetime.date(2026, 2, 28))
    """
    if kind == CUSTOM:
        return Span(span.first - timedelta(days=span.days), span.first - ONE)
    return holding(kind, span.first - ONE)


def year_before(kind: str, span: Span) -> Span:
    """The same a year before: of a week that 52 weeks before, so that days of the week face each other.

    29 February faces the 28th.

    >>> year_before(MONTH, Span(date(2028, 2, 1), date(2028, 2, 29)))
    Span(first=datetime.date(2027, 2, 1), last=datetime.date(2027, 2, 28))
    """
    if kind == WEEK:
        return Span(span.first - A_YEAR_OF_WEEKS, span.last - A_YEAR_OF_WEEKS)
    if kind == CUSTOM:
        return Span(_year_earlier(span.first), _year_earlier(span.last))
    return holding(kind, _year_earlier(span.first))


def over(span: Span, today: date) -> Span | None:
    """What of it is over; none while its first day is not.

    >>> over(Span(date(2026, 3, 1), date(2026, 3, 31)), date(2026, 3, 12))
    Span(first=datetime.date(2026, 3, 1), last=datetime.date(2026, 3, 11))
    """
    return None if today <= span.first else Span(span.first, min(span.last, today - ONE))


def as_many(span: Span, days: int) -> Span:
    """Its first days, at most so many: what a period that is not over is compared with."""
    return Span(span.first, min(span.last, span.first + timedelta(days=days - 1)))


def ended(kind: str, today: date) -> Span:
    """The last one that is over.

    >>> ended(WEEK, date(2026, 3, 30)).first  # a Monday
    datetime.date(2026, 3, 23)
    """
    return before(kind, holding(kind, today))


def next_due(kind: str, after: datetime, zone: ZoneInfo) -> datetime:
    """When (UTC) the next report of that kind is due: at `DUE_AT` of the zone's clock on the first day of the next period."""
    first = holding(kind, after.astimezone(zone).date()).first
    due = _at_the_hour(first, zone)
    return due if due > after else _at_the_hour(holding(kind, first).last + ONE, zone)


def _at_the_hour(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DUE_AT, zone).astimezone(UTC)


def _months_on(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
