"""Moments and how long ago they were, as pages show them by a zone's clocks."""

import math
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from config.language import N_, _
from models import local_time

AGO = (
    (N_("%(num)s s ago"), 1, 90),
    (N_("%(num)s min ago"), 60, 5400),
    (N_("%(num)s h ago"), 3600, 172_800),
    (N_("%(num)s d ago"), 86_400, math.inf),
)


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


def ago(at: datetime | None, now: datetime, otherwise: str = "") -> str:
    """How long ago a moment was, in one unit."""
    if at is None:
        return otherwise or _("never")
    seconds = max(0.0, (now - at).total_seconds())
    for words, length, below in AGO:
        if seconds < below:
            return _(words, num=f"{seconds / length:.0f}")
    return otherwise or _("never")
