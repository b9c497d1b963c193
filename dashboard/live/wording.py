"""How long steps are and since when values are finer, as people say it."""

from datetime import datetime

from config.language import _
from dashboard.figures.wording import clock
from insight.site_view import SiteView


def step_words(minutes: int) -> str:
    """A step as people say it."""
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    return _("%(hours)s h", hours=minutes // 60) if minutes < 1440 else _("1 day")


def each_words(minutes: int) -> str:
    """A step as it follows "each"."""
    return {60: _("hour"), 1440: _("day")}.get(minutes) or step_words(minutes)


def hourly_words(view: SiteView, start: datetime, end: datetime, now: datetime) -> str | None:
    """That some of the meters told only hours in a period, or in the first part of it; nothing where none did."""
    until = max((meter.hourly_until for meter in view.meters.values() if meter.hourly_until), default=start)
    if start >= until:
        return None
    return _("hourly values") if until >= end else _("hourly values before %(time)s", time=clock(until, view.zone, now))
