"""What people are told of a forecast: which model, how wrong it was on the last week, what the band means."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.figures.wording import power

BAND = "Band: expected to contain 90 % of hours."
WAITS = "Waiting for its turn"


def stage(told: Mapping[str, Any] | None) -> str:
    """What is being done, as `insight.forecast.site_forecast.Progress` is told; nothing yet while it waits."""
    if told is None:
        return WAITS
    if told["stage"] == "reading":
        return "Reading the last six weeks"
    series = str(told["series"]).capitalize()
    if "of" not in told:
        return f"{series}: looking at the last weeks"
    return f"{series}: fitting model {told['fitted'] + 1} of {told['of']}"


def lines(made: Mapping[str, Any]) -> list[str]:
    """The result in sentences, one a series and one on the band."""
    parts = [(name.capitalize(), made.get(name)) for name in ("demand", "production")]
    return [f"{title}: {told(one)}" for title, one in parts if one] + [BAND]


def told(one: Mapping[str, Any]) -> str:
    """Model, reason for a fallback, error and skill of one forecast."""
    model = f"{one['model']}, because {one['fallback']}" if one["fallback"] else str(one["model"])
    beyond = f" {unusual(one['unseen'])}" if one.get("unseen") else ""
    return f"{model}. {error(one)}{beyond}"


def unusual(hour: Mapping[str, Any]) -> str:
    """That a forecast leaves what has been seen: the hour that goes farthest beyond, and how far such days went."""
    at = datetime.fromisoformat(hour["at"])
    bound = "at most" if hour["forecast"] > hour["seen"] else "at least"
    return (
        f"Unusual: {power(hour['forecast'])} on {at:%A} at {at:%H:%M}; "
        f"around that time, the last {hour['days']} {at:%A}s had {bound} {power(hour['seen'])}."
    )


def error(one: Mapping[str, Any]) -> str:
    """How far off it was on the last week, against the seasonal naive, and how often within its band."""
    errors = one["errors"]
    if "wape" not in errors:
        return "Its error is not known yet: that takes two weeks of readings."
    words = f"Error over the last week: {percent(errors['wape'])}"
    if one["skill"] > 0:
        words += f", {percent(one['skill'])} less than repeating the past"
    if "coverage" in errors:
        words += f"; {percent(errors['coverage'])} of hours within the band"
    return f"{words}."


def percent(share: float) -> str:
    """A share as people say it, with two digits that mean something."""
    return f"{share * 100:.2g} %" if share < 0.0995 else f"{share * 100:.0f} %"
