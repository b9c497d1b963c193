"""Moments and how long ago they were, as pages show them by a zone's clocks."""

import math
from collections.abc import Sequence
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
AHEAD = (
    (N_("in %(num)s s"), 1, 90),
    (N_("in %(num)s min"), 60, 5400),
    (N_("in %(num)s h"), 3600, 172_800),
    (N_("in %(num)s d"), 86_400, math.inf),
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
    return _away((now - at).total_seconds(), AGO)


def ahead(at: datetime | None, now: datetime, otherwise: str = "–") -> str:
    """How long it is until a moment, in one unit."""
    if at is None:
        return otherwise
    return _away((at - now).total_seconds(), AHEAD) if at > now else _("now")


def _away(seconds: float, scale: Sequence[tuple[str, int, float]]) -> str:
    words, length, _below = next(each for each in scale if seconds < each[2])
    return _(words, num=f"{max(0.0, seconds) / length:.0f}")
