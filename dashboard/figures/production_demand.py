"""Does the site make what it uses? Production as areas, array by array, demand as a line, the forecasts of both dashed.

A value is the mean power of its step and stands at the step's middle; a step without data is a gap. Where an array has
none the others still stand on each other, and their sum is called partial.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from msgspec import Meta
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import lines, wording
from dashboard.figures.wording import text
from insight.course import Course

Values = NDArray[np.float64]
FORECAST_TOKENS = {"production": "pv", "demand": "demand"}
Hours = Annotated[Sequence[float | None], Meta(min_length=1, max_length=10_000)]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast (kW): its mean and the band it should stay in, regular steps from `start`."""

    start: Annotated[datetime, Meta(tz=True)]
    step_s: Annotated[int, Meta(ge=1, le=86_400)]
    mean: Hours
    low: Hours
    high: Hours


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is forecast of a site: its demand, its production, or both."""

    demand: Ahead | None = None
    production: Ahead | None = None


def figure(
    course: Course, now: datetime, zone: ZoneInfo, ahead: Outlook | None = None, by_array: bool = True, live: bool = True
) -> dict[str, Any]:
    """The chart, told by the clock of `zone`; `live` marks the moment `now`, and leaves room for what the meters say then."""
    stacked = course.arrays if by_array and len(course.arrays) > 1 else {_("Production"): course.production}
    traces: list[dict[str, Any]] = []
    for at, (name, values) in enumerate(stacked.items()):
        look: dict[str, Any] = {"area": f"@pv/{0.5 - 0.32 * at / len(stacked):.2f}", "width": 1 if len(stacked) > 1 else 1.5}
        if len(stacked) > 1:
            look["stack"] = _("Production")
        traces.append(_line(course, f"production-{at}", text(name), values, "@pv", **look))
    traces.append(_line(course, "demand", _("Demand"), course.demand, "@demand", width=2))
    traces.append(_line(course, "grid", _("Grid import (+) / export (−)"), course.imported, "@grid", shown="legendonly"))
    if course.battery is not None:
        name = _("Battery discharge (+) / charge (−)")
        traces.append(_line(course, "battery", name, course.battery, "@storage", shown="legendonly"))
    start, end = course.edges[0], course.edges[-1]
    for name in ("production", "demand"):
        if (said := getattr(ahead, name, None)) is not None:
            traces.append(forecast(name, said))
            end = max(end, steps_of(said)[-1])
    if live:
        traces.append({"type": "scatter", "mode": "markers", "uid": "now", "x": [], "y": [], "showlegend": False})
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(start, end, zone),
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            **(at_now(now) if live else {}),
        },
    }


def _line(course: Course, uid: str, name: str, values: Values, colour: str, **look: Any) -> dict[str, Any]:
    return lines.line(uid, name, values, course.edges, colour, **look)


def forecast(of: str, ahead: Ahead) -> dict[str, Any]:
    """The line of a forecast of `production` or `demand`, with its band."""
    token = f"@{FORECAST_TOKENS[of]}"
    look: dict[str, Any] = {"low": ahead.low, "high": ahead.high, "area": f"{token}/0.16", "width": 2, "dash": "dash"}
    mean = np.asarray(ahead.mean, float)
    return lines.line(
        f"forecast-{of}",
        _("Demand forecast") if of == "demand" else _("Production forecast"),
        mean,
        steps_of(ahead),
        token,
        **look,
    )


def steps_of(ahead: Ahead) -> pd.DatetimeIndex:
    """The edges of its steps."""
    return lines.regular(ahead.start, ahead.step_s, len(ahead.mean))


def at_now(now: datetime) -> dict[str, Any]:
    """The part of a layout that draws a dotted line at this moment."""
    here = lines.utc(now)
    dotted = {"color": "@outline", "width": 1, "dash": "dot"}
    word = {"text": _("now"), "showarrow": False, "font": {"color": "@muted", "size": 11}}
    return {
        "shapes": [{"type": "line", "x0": here, "x1": here, "y0": 0, "y1": 1, "yref": "paper", "line": dotted}],
        "annotations": [{"x": here, "y": 1, "yref": "paper", "xanchor": "right", "yanchor": "top", **word}],
    }


def summary(course: Course) -> str:
    """The picture in one sentence."""
    if not np.isfinite(course.demand).any() and not np.isfinite(course.production).any():
        return _("No values in this period.")
    parts = []
    for name, values in ((_("Production"), course.production), (_("Demand"), course.demand)):
        if np.isfinite(values).any():
            average, most = wording.power(float(np.nanmean(values))), wording.power(float(np.nanmax(values)))
            parts.append(_("%(name)s averaged %(average)s, at most %(most)s", name=name, average=average, most=most))
    gaps = float(np.mean(np.isnan(course.demand)))
    return "; ".join([*parts, *([wording.gaps(gaps)] if gaps > 0 else [])]) + "."
