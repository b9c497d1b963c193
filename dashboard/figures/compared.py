"""How periods differ, step by step: a line each on one axis, whose places are days of the same date or weekday, or hours.

Its axis is counted in days since 1970, whatever the days are: the browser names them (`assets/live/12-places.js`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import lines, wording

Values = NDArray[np.float64]
TOKENS = ("accent", "pv", "storage", "demand", "grid", "residual")
SINCE = datetime(1970, 1, 1, tzinfo=UTC)
USUAL, AVERAGE, TOTAL, AHEAD = "dash", "dash", "dot", "dash"


@dataclass(frozen=True, slots=True)
class Line:
    """The values of a dataset by place; NaN is a gap. `token` is its colour; `dash` plotly's word, for what was not measured.

    `low` and `high` are the edges of a band around it.
    """

    name: str
    values: Values
    token: str
    dash: str = ""
    width: float = 1.5
    low: Values | None = None
    high: Values | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """Steps of `step_min` minutes. `days` are the names of its days in order; without any it is of hours since the start."""

    days: Sequence[str]
    step_min: int


def figure(drawn: Sequence[Line], axis: Axis, unit: str) -> dict[str, Any]:
    """The chart; all lines have the same places."""
    places = max((len(each.values) for each in drawn), default=0)
    edges = lines.regular(SINCE, axis.step_min * 60, places)
    names = {"days": list(axis.days)} if axis.days else {}
    until = SINCE + timedelta(minutes=axis.step_min * max(places, 1))
    return {
        "data": [_line(at, each, edges, unit) for at, each in enumerate(drawn)],
        "layout": {
            "xaxis": {"type": "date", "range": [lines.utc(SINCE), lines.utc(until)]},
            "meta": {"clock": {**names, "step": axis.step_min}},
            "yaxis": {"title": {"text": unit}, "rangemode": "tozero"},
            "showlegend": len(drawn) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def _line(at: int, each: Line, edges: pd.DatetimeIndex, unit: str) -> dict[str, Any]:
    look: dict[str, Any] = {"width": each.width}
    if each.dash:
        look["dash"] = each.dash
    if each.low is not None and each.high is not None:
        look |= {"low": each.low, "high": each.high, "area": f"@{each.token}/0.16"}
    return lines.line(f"line-{at}", wording.text(each.name), each.values, edges, f"@{each.token}", unit, **look)


def summary(drawn: Sequence[Line], unit: str) -> str:
    """The picture in one sentence: how high each line goes, and where two of them differ most is for the eye."""
    said = []
    for each in drawn:
        if np.isfinite(each.values).any():
            most, mean = (wording.number(float(of(each.values))) for of in (np.nanmax, np.nanmean))
            said.append(
                _("%(name)s: on average %(mean)s %(unit)s, at most %(most)s", name=each.name, mean=mean, most=most, unit=unit)
            )
    return "; ".join(said) + "." if said else _("No values in these periods.")
