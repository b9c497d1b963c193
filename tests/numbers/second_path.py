"""What numbers should be, found a second way: plain Python and pandas on the raw rows.

Nothing of Loadstar is imported here. It is slow and obvious on purpose: local time is read off a list of minutes, and a
row of an interval gives each stretch its share of time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd


class Row(NamedTuple):
    """An energy (kWh) of a stretch of time."""

    start: pd.Timestamp
    end: pd.Timestamp
    kwh: float


def rows(starts: Iterable[datetime], seconds: float, kwh: Iterable[float]) -> list[Row]:
    """Rows of one length."""
    return [
        Row(pd.Timestamp(start), pd.Timestamp(start) + pd.Timedelta(seconds=seconds), float(value))
        for start, value in zip(starts, kwh, strict=True)
    ]


def local_starts(start: datetime, end: datetime, step: str, zone: str) -> list[pd.Timestamp]:
    """Where the local periods of [start, end) begin, in UTC: where, minute by minute, a new name is due.

    `start` and `end` are themselves such beginnings, and a period's name is its date, or its date, time and offset.
    """
    minutes = pd.date_range(start, end, freq="min", inclusive="left")
    local = minutes.tz_convert(zone)
    day = local.year * 10_000 + local.month * 100 + local.day
    if step in ("day", "month"):
        names = np.asarray(day if step == "day" else day // 100)
    else:
        width = {"quarter": 15, "half_hour": 30, "hour": 60}[step]
        offset_s = (local.tz_localize(None) - minutes.tz_localize(None)) // pd.Timedelta(seconds=1)
        names = np.asarray((day * 1440 + (local.hour * 60 + local.minute) // width) * 100_000 + offset_s)
    return [minutes[0], *minutes[1:][names[1:] != names[:-1]]]


def local_midnight(zone: str, *date: int) -> datetime:
    """When a local day begins, in UTC."""
    return pd.Timestamp(*date).tz_localize(zone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC").to_pydatetime()


def in_stretches(of: Iterable[Row], edges: Sequence[datetime]) -> list[float]:
    """The energy between successive edges: of each row the share of its time that lies there."""
    sums = []
    taken = [(row.start.timestamp(), row.end.timestamp(), row.kwh) for row in of]
    first, last, kwh = (np.array(column) for column in zip(*taken, strict=True))
    for start, end in pairwise(edges):
        overlap = np.minimum(last, end.timestamp()) - np.maximum(first, start.timestamp())
        sums.append(float((kwh * np.maximum(overlap, 0) / (last - first)).sum()))
    return sums


def every(start: datetime, seconds: float, count: int) -> list[datetime]:
    """Moments of a rhythm."""
    return [start + timedelta(seconds=seconds * n) for n in range(count)]


def on_the_clock(start_s: float, end_s: float, step_s: int, zone: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The edges (s since 1970) of steps that begin when a zone's clock shows a multiple of them since midnight.

    From the step that holds `start_s` to the end of the one that holds the last moment before `end_s`: found quarter by
    quarter, by what the clock shows.
    """
    quarters = np.arange((start_s - 86_400) // 900 * 900, end_s + 86_400 + 900, 900)
    local = pd.DatetimeIndex(quarters.astype("datetime64[s]"), tz="UTC").tz_convert(zone)
    shown_s = np.asarray(local.hour * 3600 + local.minute * 60)
    due = np.append(False, (shown_s[:-1] + 900) % step_s == 0)  # also where the clock is set as a step ends
    begins = quarters[(shown_s % step_s == 0) | due]
    return begins[(np.searchsorted(begins, start_s, side="right") - 1) : np.searchsorted(begins, end_s) + 1]
