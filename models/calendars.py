"""What kind of day each local day of a site is, and when the site is open."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models import local_time, usual_day
from models.official_holidays import WEEKEND

WEEKDAY, WEEKEND_DAY, HOLIDAY, SCHOOL, SHUTDOWN = "weekday", "weekend", "holiday", "school", "shutdown"
KINDS = (WEEKDAY, WEEKEND_DAY, HOLIDAY, SCHOOL, SHUTDOWN)
WORKING = "working"  # of a site's own days: an official holiday that is none here
OWN = (HOLIDAY, SCHOOL, SHUTDOWN, WORKING)
CLOSED = (HOLIDAY, SHUTDOWN)  # whatever the hours of the weekday say
DAY_MIN = 24 * 60

Hours = tuple[tuple[int, int], ...]  # from and to, in minutes since local midnight; `to` is the next day's where it is not later


class Period(NamedTuple):
    """Days of a site's own, `last` included; `kind` is one of `OWN`."""

    kind: str
    first: date
    last: date
    name: str = ""


def own_days(periods: Iterable[Period], kind: str, first: date, last: date) -> dict[date, str]:
    """The days of one kind from `first` to `last` (included), by day, with the name of the period."""
    return {
        day: each.name for each in periods if each.kind == kind for day in _days(max(first, each.first), min(last, each.last))
    }


def day_kinds(
    first: date,
    last: date,
    holidays: Collection[date] = (),
    periods: Iterable[Period] = (),
    weekend: Collection[int] = WEEKEND,
) -> list[str]:
    """What each local day from `first` to `last` (included) is, one of `KINDS`.

    A shutdown comes before a holiday, a holiday before a weekend, a weekend before school holidays: a Saturday in the school
    holidays is a Saturday.

    Args:
        first: of the days.
        last: of the days.
        holidays: all of them, those of the site's own included.
        periods: the site's own; of them only school holidays and shutdowns are looked at.
        weekend: days of the week, Monday 0.

    >>> day_kinds(date(2026, 7, 2), date(2026, 7, 5), {date(2026, 7, 3)})
    ['weekday', 'holiday', 'weekend', 'weekend']
    """
    known = list(periods)
    shut, school = (own_days(known, kind, first, last) for kind in (SHUTDOWN, SCHOOL))
    found = []
    for day in _days(first, last):
        if day in shut:
            found.append(SHUTDOWN)
        elif day in holidays:
            found.append(HOLIDAY)
        elif day.weekday() in weekend:
            found.append(WEEKEND_DAY)
        else:
            found.append(SCHOOL if day in school else WEEKDAY)
    return found


def usual_kinds(first: date, kinds: Sequence[str]) -> NDArray[np.int64]:
    """The kinds of days as `usual_day.usual` compares them: days of the week from Monday 0, holidays and shutdowns apart."""
    apart = {HOLIDAY: usual_day.FREE, SHUTDOWN: usual_day.CLOSED}
    days = [(first + timedelta(days=at)).weekday() for at in range(len(kinds))]
    return np.array([apart.get(kind, day) for kind, day in zip(kinds, days, strict=True)], np.int64)


def open_hours(first: date, kinds: Sequence[str], opening: Sequence[Hours], zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """When a site is open: stretches in UTC, rising, apart from each other.

    On holidays and in a shutdown it is closed. Hours are of the local clock: one that is left out begins when the clock goes
    on, one that comes twice is open from its first beginning to its last end.

    Args:
        first: the first day.
        kinds: of it and the days after it, as `day_kinds` has them.
        opening: seven, Monday first.
        zone: whose clock.
    """
    found: list[tuple[datetime, datetime]] = []
    for at, kind in enumerate(kinds):
        day = first + timedelta(days=at)
        if kind in CLOSED:
            continue
        for start_min, end_min in sorted(opening[day.weekday()]):
            start = _moment(day, start_min, zone, fold=0)
            end = _moment(day, end_min if end_min > start_min else end_min + DAY_MIN, zone, fold=1)
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            elif start < end:
                found.append((start, end))
    return found


def _moment(day: date, minutes: int, zone: ZoneInfo, fold: int) -> datetime:
    """When the clock shows a time, for the first (`fold` 0) or the last time; when it goes over it, the moment of that."""
    days, minutes = divmod(minutes, DAY_MIN)
    wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60))
    ways = [wall.replace(tzinfo=zone, fold=each).astimezone(UTC) for each in (0, 1)]
    if ways[0] > ways[1]:
        return local_time.clock(zone, ways[1], ways[0])[1].since
    return ways[fold]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=at) for at in range((last - first).days + 1))
