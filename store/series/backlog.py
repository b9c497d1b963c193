"""What came late, as the worker knows it: the stretches of each day that are to be made again, by series.

Late samples are announced by markers in `late` (`store.series.write.marker_lines`). However many there are, of a series and a
day only the first and the last moment are remembered.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from config import clock
from config.quantities import INTERVAL_S
from store.scope import ALWAYS
from store.series.checkpoint import NEVER
from store.series.connection import query
from store.series.write import MARKER_HOLDS_S

HOLDS = timedelta(seconds=MARKER_HOLDS_S)
DAY = timedelta(days=1)
EVER = ALWAYS[0].end
FEW = 1_000  # stretches that are made at once, although more may come by the same marker; of many the end is awaited

Stretch = tuple[datetime, datetime]


class Backlog:
    """Stretches of days; iterate over them as (start, end, series), each within one day in UTC.

    The newest day comes first, then the one that has waited longest, then the others from the newest on: so whoever makes two of
    them at a time gets to each, though samples of today come late all the time.
    """

    def __init__(self) -> None:
        self._days: dict[datetime, dict[str, Stretch]] = {}
        self._fresh: dict[tuple[str, datetime], int] = {}  # of markers that still hold: how many of each series and day
        self.heard_to = NEVER  # every marker received before it is in here, or was
        self.heard = False  # whether there were any, since what was heard was noted
        self.news: dict[str, datetime] = {}  # series with new markers, and from when on: to be cleared by who heeds them

    def __bool__(self) -> bool:
        return bool(self._days)

    def __iter__(self) -> Iterator[tuple[datetime, datetime, set[str]]]:
        order = sorted(self._days, reverse=True)
        for waited in [day for day in self._days if day != order[0]][:1]:  # they stand in the order that they came in
            order.remove(waited)
            order.insert(1, waited)
        for day in order:
            stretches = self._days[day].values()
            yield min(start for start, _ in stretches), max(end for _, end in stretches), set(self._days[day])

    def done(self, start: datetime) -> None:
        """The stretch that begins then has been made again."""
        del self._days[_day(start)]

    def hear(self, late_to: datetime) -> None:
        """Take in the markers that were received from `late_to` on and were not heard yet; may raise `StoreAway`.

        What a marker announces is committed while it holds, so it is heard once more, and for good, when it holds no longer.
        """
        ended = clock.now() - HOLDS
        since = max(late_to, min(self.heard_to, ended))
        for series, start, end, _ in _markers(since, ended):
            self.add(series, start, end)
            self.heard = True
        fresh = _markers(max(since, ended), EVER)
        counts = {(series, start): count for series, start, _, count in fresh}
        if len(fresh) <= FEW:
            for series, start, end, count in fresh:
                if self._fresh.get((series, start)) != count:
                    self.add(series, start, end)
        self._fresh, self.heard_to = counts, max(ended, since)

    def add(self, series: str, start: datetime, end: datetime) -> None:
        """A stretch of a series is to be made again."""
        self.news[series] = min(start, self.news.get(series, start))
        while start < end:
            day = _day(start)
            stretches = self._days.setdefault(day, {})
            stop = min(end, day + DAY)
            first, last = stretches.get(series, (start, stop))
            stretches[series] = min(start, first), max(stop, last)
            start = stop


def _markers(since: datetime, until: datetime) -> list[tuple[str, datetime, datetime, int]]:
    """By series and the days in which its late samples begin and end: the first and the last moment, and how many markers."""
    end = f"coalesce(ts_end, dateadd('s', {INTERVAL_S}, ts))"  # of markers from when each was of one quarter
    rows = query(
        f"SELECT meter, timestamp_floor('1d', ts) first, timestamp_floor('1d', {end}) last, min(ts), max({end}), count() "
        "FROM late WHERE received_at >= %s AND received_at < %s",
        [since, until],
    )
    return [(series, start, end, count) for series, _, _, start, end, count in rows]


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
