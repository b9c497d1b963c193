"""How far the clocks of devices are off, as their newest posts tell: on a device's row, marked beyond five minutes."""

from collections.abc import Collection, Mapping

from dash import html

from config.language import _
from dashboard.figures import wording
from dashboard.parts.aria import data
from models.quality import CLOCK, THRESHOLDS
from store.errors import StoreAway
from store.scope import Scope
from store.series import arrivals

UNNOTICED_S = 5.0  # what a way through the network may take


def skews(scope: Scope, posted: Mapping[str, Collection[str]]) -> dict[str, float]:
    """Of each device, by the meters that it posts for, how many seconds its clock is behind; none where that cannot be said."""
    try:
        return {device: behind.total_seconds() for device, behind in arrivals.clocks(scope, list(posted), posted).items()}
    except StoreAway:
        return {}


def shown(skew_s: float | None) -> html.Span | str:
    """What a row says of it."""
    if skew_s is None:
        return "–"
    words = behind(skew_s)
    return html.Span(words, className="state", **data(state="late")) if abs(skew_s) > THRESHOLDS[CLOCK] else words


def behind(seconds: float) -> str:
    """How far a clock is off."""
    if abs(seconds) < UNNOTICED_S:
        return _("right")
    words = wording.age(abs(seconds))
    return _("%(time)s behind", time=words) if seconds > 0 else _("%(time)s ahead", time=words)
