"""Moments and how long ago they were, as pages show them by a zone's clocks."""

import math
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from models import local_time


def clock(at: datetime | None, zone: tzinfo, otherwise: str = "–") -> str:
    """A moment as that zone's clocks show it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else otherwise


def written(at: datetime, zone: ZoneInfo) -> str:
    """A moment as `parts.written.moment` reads it: with its offset where the clocks show that time twice."""
    told = clock(at, zone)
    try:
        local_time.moment(datetime.fromisoformat(told), zone)
    except local_time.Unclear:
        return at.astimezone(zone).isoformat(" ", "minutes")
    return told


def day(at: datetime | None, zone: tzinfo, otherwise: str = "–") -> str:
    """The day of a moment by that zone's clocks."""
    return f"{at.astimezone(zone):%Y-%m-%d}" if at else otherwise


def ago(at: datetime | None, now: datetime, otherwise: str = "never") -> str:
    """How long ago a moment was, in one unit."""
    if at is None:
        return otherwise
    seconds = max(0.0, (now - at).total_seconds())
    for unit, length, below in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800), ("d", 86_400, math.inf)):
        if seconds < below:
            return f"{seconds / length:.0f} {unit} ago"
    return otherwise
