"""How long steps are and since when values are finer, as people say it."""

from collections.abc import Mapping
from datetime import datetime

from config.language import N_, _
from dashboard.figures.wording import clock, percent
from insight.site_view import SiteView


def step_words(minutes: int) -> str:
    """A step as people say it."""
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    return _("%(hours)s h", hours=minutes // 60) if minutes < 1440 else _("1 day")


def each_words(minutes: int) -> str:
    """A step as it follows "each"."""
    return {60: _("hour"), 1440: _("day")}.get(minutes) or step_words(minutes)


def share_words(of: Mapping[str, float]) -> list[str]:
    """What of an energy was not read as it was, by the shares of its classes (`store.series.shares`); nothing where all was."""
    words = {
        "S": N_("%(share)s %% estimated by senders"),
        "E": N_("%(share)s %% spread over silences"),
        "M": N_("%(share)s %% said by people"),
    }
    return [_(said, share=_some(of[name])) for name, said in words.items() if of[name] > 0]


def _some(fraction: float) -> str:
    return "< 1" if fraction < 0.01 else percent(fraction)  # percent


def hourly_words(view: SiteView, start: datetime, end: datetime, now: datetime) -> str | None:
    """That some of the meters told only hours in a period, or in the first part of it; nothing where none did."""
    until = max((meter.hourly_until for meter in view.meters.values() if meter.hourly_until), default=start)
    if start >= until:
        return None
    return _("hourly values") if until >= end else _("hourly values before %(time)s", time=clock(until, view.zone, now))
