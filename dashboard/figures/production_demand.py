"""Does the site make what it uses? Production as areas, array by array, demand as a line, the forecast dashed.

A value is the mean power of its step and stands at the step's middle; a step without data is a gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.wording import text

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """Power over time (kW): regular steps from `start`, `step_s` long; NaN is a gap.

    `arrays` are the sources one by one, name → values; `battery` is positive while it gives off.
    """

    start: datetime
    step_s: int
    production: Values
    demand: Values
    imported: Values
    battery: Values | None
    arrays: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast of demand (kW): its mean and the band it should stay in, regular steps from `start`."""

    start: datetime
    step_s: int
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    label: str


def figure(course: Course, now: datetime, offset_s: int, ahead: Ahead | None = None, by_array: bool = True) -> dict[str, Any]:
    """The chart. `offset_s` is the site's offset from UTC now: the axis reads in local time."""
    x = {"x0": milliseconds(course.start, course.step_s / 2, offset_s), "dx": course.step_s * 1000}
    stacked = course.arrays if by_array and len(course.arrays) > 1 else {"Production": course.production}
    traces: list[dict[str, Any]] = []
    for at, (name, values) in enumerate(stacked.items()):
        opacity = 0.5 - 0.32 * at / max(1, len(stacked))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": text(name),
                "uid": f"production-{at}",
                **x,
                "y": rounded(values),
                "stackgroup": "production",
                "stackgaps": "infer zero",
                "line": {"width": 1 if len(stacked) > 1 else 1.5, "color": "@pv"},
                "fillcolor": f"@pv/{opacity:.2f}",
                "hovertemplate": "%{y:.3~g} kW",
            }
        )
        # Plotly fills gaps of stacked areas: a single area keeps its gaps by not being stacked.
        if len(stacked) == 1:
            del traces[-1]["stackgroup"], traces[-1]["stackgaps"]
            traces[-1]["fill"] = "tozeroy"
    traces.append(line("demand", "Demand", rounded(course.demand), x, "@demand", width=2))
    traces.append(line("grid", "Grid import (+) and export (−)", rounded(course.imported), x, "@grid", shown="legendonly"))
    if course.battery is not None:
        traces.append(line("battery", "Battery, giving off (+)", rounded(course.battery), x, "@storage", shown="legendonly"))
    traces.append(
        {"type": "scatter", "mode": "markers", "uid": "now", "x": [], "y": [], "hoverinfo": "skip", "showlegend": False}
    )
    end = course.start.timestamp() + course.step_s * len(course.demand)
    if ahead is not None:
        traces += forecast(ahead, offset_s)
        end = max(end, ahead.start.timestamp() + ahead.step_s * len(ahead.mean))
    here = milliseconds(now, 0, offset_s)
    return {
        "data": traces,
        "layout": {
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "xaxis": {
                "type": "date",
                "range": [milliseconds(course.start, 0, offset_s), milliseconds(datetime.fromtimestamp(end, UTC), 0, offset_s)],
            },
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "shapes": [
                {
                    "type": "line",
                    "x0": here,
                    "x1": here,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "line": {"color": "@outline", "width": 1, "dash": "dot"},
                }
            ],
            "annotations": [
                {
                    "x": here,
                    "y": 1,
                    "yref": "paper",
                    "xanchor": "right",
                    "yanchor": "top",
                    "text": "now",
                    "showarrow": False,
                    "font": {"color": "@muted", "size": 11},
                }
            ],
        },
    }


def line(uid: str, name: str, y: list[float | None], x: dict[str, Any], colour: str, **look: Any) -> dict[str, Any]:
    """One line of the chart."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "uid": uid,
        **x,
        "y": y,
        "line": {"width": look.get("width", 1.5), "color": colour, **({"dash": look["dash"]} if "dash" in look else {})},
        "visible": look.get("shown", True),
        "hovertemplate": "%{y:.3~g} kW",
    }


def forecast(ahead: Ahead, offset_s: int) -> list[dict[str, Any]]:
    """The forecast: its band between two invisible edges, and its dashed mean."""
    x = {"x0": milliseconds(ahead.start, ahead.step_s / 2, offset_s), "dx": ahead.step_s * 1000}
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    return [
        {**edge, **x, "uid": "low", "y": rounded(np.asarray(ahead.low, float))},
        {**edge, **x, "uid": "high", "y": rounded(np.asarray(ahead.high, float)), "fill": "tonexty", "fillcolor": "@demand/0.16"},
        line("forecast", text(ahead.label), rounded(np.asarray(ahead.mean, float)), x, "@demand", width=2, dash="dash"),
    ]


def milliseconds(moment: datetime, later_s: float, offset_s: int) -> int:
    """Milliseconds of local time since 1970, as a date axis counts them."""
    return round((moment.timestamp() + later_s + offset_s) * 1000)


def rounded(values: Values) -> list[float | None]:
    """Four significant digits: all that a chart can show, and half the bytes. NaN becomes a gap.

    For a year of hours at once: a loop over them took longer than reading them.
    """
    sizes = np.abs(np.where(np.isfinite(values) & (values != 0), values, 1.0))
    digits = 3 - np.floor(np.log10(sizes)).astype(int)
    # Whole numbers over a power of ten, never times a fraction of one: the result is the shortest decimal.
    up, down = 10.0 ** np.maximum(digits, 0), 10.0 ** np.maximum(-digits, 0)
    short = np.round(values * up / down) * down / up
    listed = short.astype(object)
    listed[~np.isfinite(values)] = None
    found: list[float | None] = listed.tolist()
    return found


def summary(course: Course) -> str:
    """The picture in one sentence."""
    if not np.isfinite(course.demand).any() and not np.isfinite(course.production).any():
        return "No values in this period."
    parts = []
    for name, values in (("Production", course.production), ("Demand", course.demand)):
        if np.isfinite(values).any():
            parts.append(f"{name} averaged {np.nanmean(values):.3g} kW, at most {np.nanmax(values):.3g} kW")
    gaps = float(np.mean(np.isnan(course.demand)))
    return "; ".join(parts) + (f"; {gaps:.0%} of the steps have no data." if gaps > 0 else ".")
