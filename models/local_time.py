"""A site's own clock: where its quarters, hours, days and months begin, and what they are called.

The one place that turns moments into local time to divide or to name it. It walks the wall clock: a change of the clocks
by half an hour gives one short row and then rows on the local hour again; a day begins with the first moment that bears
its date, so a midnight hour that comes twice begins once and a day that the calendar leaves out has no row.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from config.language import _

if TYPE_CHECKING:  # else only where it is used: processes that take readings have no need of it
    import pandas as pd

DAY_S = 86_400
LENGTHS_S = {
    "quarter": 900,
    "half_hour": 1800,
    "hour": 3600,
    "day": DAY_S,
    "month": 31 * DAY_S,
}  # at the most, clock changes aside
STEPS = tuple(LENGTHS_S)
LONGEST_CHANGE = timedelta(hours=25)  # Samoa left out a day in 2011, Kwajalein in 1993; nobody changed a clock by more
FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m"}
HOUR_S = 3600
FIRST_YEAR, LAST_YEAR = 1970, 2200  # of dates that anybody means: calendars end not far beyond
Step = str | int
Seconds = NDArray[np.int64]


@cache
def zones() -> frozenset[str]:
    """The names of all time zones (IANA) that this machine knows; looked for once, for each is a file: 10 ms."""
    return frozenset(available_timezones())


class Stretch(NamedTuple):
    """From `since` (UTC) on, until the next stretch, local clocks are `offset_s` seconds ahead of UTC and called `name`."""

    since: datetime
    offset_s: int
    name: str


def clock(zone: ZoneInfo, start: datetime, end: datetime) -> list[Stretch]:
    """The stretches of [start, end] in which the clocks are not changed; the first is said to be since `start`."""
    at = int(start.timestamp() // 1)
    last = int(end.timestamp() // 1)
    stretches = [_stretch(zone, at)]
    while at < last:
        at, before = min((at // DAY_S + 1) * DAY_S, last), at  # the same moments for everybody, of which most are known
        if _stretch(zone, at)[1:] == stretches[-1][1:]:
            continue
        changed = at
        while changed - before > 1:
            middle = (before + changed) // 2
            before, changed = (middle, changed) if _stretch(zone, middle)[1:] == stretches[-1][1:] else (before, middle)
        stretches.append(_stretch(zone, changed))
        at = changed
    return stretches


@lru_cache(maxsize=8192)
def _stretch(zone: ZoneInfo, seconds: int) -> Stretch:
    local = datetime.fromtimestamp(seconds, zone)
    offset = local.utcoffset() or timedelta()
    return Stretch(datetime.fromtimestamp(seconds, UTC), int(offset.total_seconds()), name(local, zone))


def name(moment: datetime, zone: ZoneInfo) -> str:
    """What local time is called at a moment: `CET`, or the offset where the zone has no letters for it.

    >>> name(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("Asia/Kathmandu"))
    'UTC+05:45'
    """
    local = moment.astimezone(zone)
    called = local.tzname() or ""
    if called.isalpha():
        return called
    ahead_s = int((local.utcoffset() or timedelta()).total_seconds())
    hours, minutes = divmod(abs(ahead_s) // 60, 60)
    return f"UTC{'-' if ahead_s < 0 else '+'}{hours:02}:{minutes:02}" if ahead_s else "UTC"


def names(zone: ZoneInfo, start: datetime, end: datetime) -> str:
    """What local time is called in [start, end), one after the other: `EDT, then EST`."""
    called = [each.name for each in clock(zone, start, end)]
    # For translators: between two names of local time, one after the other: "EDT, then EST".
    return _(", then ").join(each for at, each in enumerate(called) if not at or called[at - 1] != each)


def edges(start: datetime, end: datetime, step: Step, zone: ZoneInfo) -> list[datetime]:
    """The moments (UTC) at which local periods begin, from that which holds `start` to the first not before `end`.

    Args:
        start: of the range.
        end: of the range, not before `start`.
        step: one of `STEPS`, or seconds that a day is a multiple of: steps are counted from local midnight.
        zone: whose clock.

    Returns:
        Rising; two successive ones are a period's beginning and end. Where the clocks are changed a period lasts longer or
        shorter than its name says; none is empty.
    """
    return [datetime.fromtimestamp(at, UTC) for at in edges_s(start, end, step, zone).tolist()]


def edges_s(start: datetime, end: datetime, step: Step, zone: ZoneInfo) -> Seconds:
    """The same in seconds since 1970."""
    around = LONGEST_CHANGE + timedelta(seconds=2 * _length_s(step))
    found = _begins(start - around, end + around, step, zone)
    first = np.searchsorted(found, start.timestamp(), "right") - 1
    return found[first : np.searchsorted(found, end.timestamp(), "left") + 1]


def _length_s(step: Step) -> int:
    return step if isinstance(step, int) else LENGTHS_S[step]


def _begins(start: datetime, end: datetime, step: Step, zone: ZoneInfo) -> Seconds:
    stretches = clock(zone, start, end)
    until = [each.since for each in stretches[1:]] + [end]
    step_s = min(_length_s(step), DAY_S)
    named = step_s > HOUR_S  # by its date and place in the day, which a clock that is set back does not begin again
    parts, before_s = [], None
    for (since, offset_s, _name), last in zip(stretches, until, strict=True):
        first_s, last_s = int(since.timestamp()) + offset_s, last.timestamp() + offset_s
        local_s = np.arange(-(-first_s // step_s) * step_s, int(-(-last_s // 1)), step_s, dtype=np.int64)
        # A period also ends where the clocks are changed as it does, and a longer one where the change leads into another.
        if before_s is not None and first_s not in local_s[:1] and (named or (first_s - offset_s + before_s) % step_s == 0):
            local_s = np.insert(local_s, 0, first_s)
        parts.append((local_s - offset_s, local_s))
        before_s = offset_s
    begins, local_s = (np.concatenate(each) for each in zip(*parts, strict=True))
    if not named:
        return begins
    since, offset_s, _ = stretches[0]
    newest = np.maximum.accumulate(_periods(step, np.insert(local_s, 0, int(since.timestamp()) + offset_s)))
    return begins[newest[1:] > newest[:-1]]


def _periods(step: Step, local_s: Seconds) -> Seconds:
    """The number of the month, or of the part of a day, that local times (seconds) fall into."""
    if step == "month":
        return local_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return local_s // _length_s(step)


def begin(moment: datetime, step: Step, zone: ZoneInfo) -> datetime:
    """Where the local period that holds the moment begins, in UTC."""
    return edges(moment, moment, step, zone)[0]


def days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of the local day `first` to the end of `last`, in UTC; both the same for a day that never was."""
    noons = (datetime.combine(day, time(12), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    start, end = (begin(noon, "day", zone) for noon in noons)
    return start, end


class Unclear(ValueError):
    """A local time that is no moment, or two; `moments` are those that it is."""

    def __init__(self, message: str, moments: Sequence[datetime]) -> None:
        super().__init__(message)
        self.moments = moments


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which the zone's clock shows a time (naive).

    Raises:
        Unclear: the clock goes over that time, or shows it twice.
    """
    both = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    shown = [each for each in both if each.astimezone(zone).replace(tzinfo=None, fold=0) == wall]
    if len(shown) == 1:
        return shown[0]
    told = f"{wall:%Y-%m-%d %H:%M}"
    if not shown:
        raise Unclear(_("%(time)s is left out by the clocks of %(zone)s", time=told, zone=zone.key), shown)
    ways = " or ".join(each.astimezone(zone).isoformat(" ", "minutes") for each in shown)
    raise Unclear(_("%(time)s comes twice by the clocks of %(zone)s: write %(ways)s", time=told, zone=zone.key, ways=ways), shown)


def same_time(moments: "pd.DatetimeIndex", days_before: int) -> "pd.DatetimeIndex":
    """When their zone's clock showed the same so many days before: the first of two, and what came next of one left out."""
    walls = moments.tz_localize(None) - timedelta(days=days_before)
    return walls.tz_localize(moments.tz, ambiguous=np.ones(len(walls), dtype=bool), nonexistent="shift_forward")


def label(moment: datetime, step: str, zone: ZoneInfo) -> str:
    """What the local period that begins at a moment is called; a time of day that comes twice says which of the two it is.

    >>> [label(datetime(2026, 11, 1, hour, tzinfo=UTC), "hour", ZoneInfo("America/New_York")) for hour in (4, 5, 6)]
    ['2026-11-01 00:00', '2026-11-01 01:00 EDT', '2026-11-01 01:00 EST']
    """
    local = moment.astimezone(zone)
    if step in FORMATS:
        return f"{local:{FORMATS[step]}}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%Y-%m-%d %H:%M} {name(local, zone)}" if twice else f"{local:%Y-%m-%d %H:%M}"


def labels(starts: Sequence[datetime], step: str, zone: ZoneInfo) -> list[str]:
    """What the local periods that begin at these moments are called: no two of them the same."""
    return [label(moment, step, zone) for moment in starts]
