"""What people are told of a forecast: which model, how wrong it was on the last week, what the band means."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config import language
from config.language import N_, _
from dashboard.figures.wording import power

SERIES = {"demand": N_("Demand"), "production": N_("Production")}
BAND = N_("Band: expected to contain 90 % of hours.")
WAITS = N_("Waiting for its turn")


def stage(told: Mapping[str, Any] | None) -> str:
    """What is being done, as `insight.forecast.site_forecast.Progress` is told; nothing yet while it waits."""
    if told is None:
        return _(WAITS)
    if told["stage"] == "reading":
        return _("Reading the last six weeks")
    series = _(SERIES[told["series"]])
    if "of" not in told:
        return _("%(series)s: looking at the last weeks", series=series)
    return _("%(series)s: fitting model %(number)s of %(total)s", series=series, number=told["fitted"] + 1, total=told["of"])


def lines(made: Mapping[str, Any]) -> list[str]:
    """The result in sentences, one a series and one on the band."""
    parts = [(_(title), made.get(name)) for name, title in SERIES.items()]
    return [f"{title}: {told(one)}" for title, one in parts if one] + [_(BAND)]


def told(one: Mapping[str, Any]) -> str:
    """Model, reason for a fallback, error and skill of one forecast."""
    model = language.told(one["model"])
    if one["fallback"]:
        model = _("%(model)s, because %(reason)s", model=model, reason=language.told(one["fallback"]))
    beyond = f" {unusual(one['unseen'])}" if one.get("unseen") else ""
    return f"{model}. {error(one)}{beyond}"


def unusual(hour: Mapping[str, Any]) -> str:
    """That a forecast leaves what has been seen: the hour that goes farthest beyond, and how far such days went."""
    at = datetime.fromisoformat(hour["at"])
    seen = {
        "power": power(hour["forecast"]),
        "weekday": language.weekday(at),
        "time": f"{at:%H:%M}",
        "days": hour["days"],
        "bound": power(hour["seen"]),
    }
    if hour["forecast"] > hour["seen"]:
        return _(
            "Unusual: %(power)s on %(weekday)s at %(time)s. On that weekday around that time, it was at most %(bound)s "
            "in the last %(days)s weeks.",
            **seen,
        )
    return _(
        "Unusual: %(power)s on %(weekday)s at %(time)s. On that weekday around that time, it was at least %(bound)s "
        "in the last %(days)s weeks.",
        **seen,
    )


def error(one: Mapping[str, Any]) -> str:
    """How far off it was on the last week, against the seasonal naive, and how often within its band."""
    errors = one["errors"]
    if "wape" not in errors:
        return _("Its error is not known yet: that takes two weeks of readings.")
    values = {"error": percent(errors["wape"]), "skill": percent(one["skill"])}
    if one["skill"] > 0:
        words = _("Error over the last week: %(error)s, %(skill)s less than repeating the past", **values)
    else:
        words = _("Error over the last week: %(error)s", error=values["error"])
    if "coverage" in errors:
        words += "; " + _("%(share)s of hours within the band", share=percent(errors["coverage"]))
    return f"{words}."


def percent(share: float) -> str:
    """A share as people say it, with two digits that mean something."""
    return f"{share * 100:.2g} %" if share < 0.0995 else f"{share * 100:.0f} %"
