"""Which moments a tariff's windows hold at, by the local clock, the season and the kind of day."""

from collections.abc import Collection
from datetime import date, tzinfo
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.tariff_components import DAY_MIN, Window

EVERY, WEEKDAY, WEEKEND, HOLIDAY = DAYS = ("every", "weekday", "weekend", "holiday")
SATURDAY = 5
Days = Collection[date]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


class Moments(NamedTuple):
    """What the local clock and calendar show: minutes since midnight, weekday (Monday 0), month · 100 + day, holiday or not."""

    minutes: Whole
    weekdays: Whole
    days: Whole
    holidays: Flags


def shown(starts: pd.DatetimeIndex, zone: tzinfo, holidays: Collection[date] = ()) -> Moments:
    """What a zone's clock and calendar show at moments, shape (n,)."""
    local = starts.tz_convert(zone)
    dates = local.tz_localize(None).normalize()
    free = dates.isin(pd.DatetimeIndex(list(holidays))) if holidays else np.zeros(len(starts), bool)
    shows = (local.hour * 60 + local.minute, local.day_of_week, local.month * 100 + local.day)
    minutes, weekdays, days = (np.asarray(each, np.int64) for each in shows)
    return Moments(minutes, weekdays, days, np.asarray(free, bool))


def within(window: Window, at: Moments, *, as_sundays: bool = False) -> Flags:
    """Which moments lie within a window; `as_sundays`: holidays are days of the weekend."""
    free = at.weekdays >= SATURDAY
    if as_sundays:
        free = free | at.holidays
    of_days = {WEEKEND: free, WEEKDAY: ~free, HOLIDAY: at.holidays}
    times = _between(window.start_min, window.end_min, at.minutes) & _season(window, at.days)
    return times if window.days == EVERY else times & of_days[window.days]


def _between(start_min: int, end_min: int, minutes: Whole) -> Flags:
    if start_min < end_min:
        return (start_min <= minutes) & (minutes < end_min)
    return (start_min <= minutes) | (minutes < end_min)


def _season(window: Window, days: Whole) -> Flags:
    if window.first_day <= window.last_day:
        return (window.first_day <= days) & (days <= window.last_day)
    return (window.first_day <= days) | (days <= window.last_day)


def overlap(one: Window, other: Window) -> bool:
    """Whether both would hold at some moment; the hours of holidays go before all others, so they only meet each other."""
    if (one.days == HOLIDAY) != (other.days == HOLIDAY):
        return False
    if {one.days, other.days} == {WEEKDAY, WEEKEND}:
        return False
    minutes, days = np.arange(DAY_MIN), np.arange(101, 1232)
    times = [_between(each.start_min, each.end_min, minutes) for each in (one, other)]
    seasons = [_season(each, days) for each in (one, other)]
    return bool((times[0] & times[1]).any() and (seasons[0] & seasons[1]).any())
