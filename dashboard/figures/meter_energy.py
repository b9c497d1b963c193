"""How much energy went through a meter, period by period: what went in its direction above zero, the rest below it.

A period without readings has no bar; one of which a part is missing is drawn paler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.production_demand import rounded

Values = NDArray[np.float64]
WHOLE = 0.95  # of the readings of a period; with fewer it is drawn paler
SHOWN_AS = {"hour": ("%d %b %H:00", 3_600_000), "day": ("%a %d %b", 86_400_000), "month": ("%B %Y", "M1")}  # plotly's words


@dataclass(frozen=True, slots=True)
class Bars:
    """Energy (kWh) of successive local hours, days or months; `coverage` is the share of the readings that are there."""

    starts: Sequence[datetime]
    forward: Values
    backward: Values
    coverage: Values
    names: tuple[str, str] = ("taken", "fed in")  # in the meter's direction, and against it


def figure(bars: Bars, step: str) -> dict[str, Any]:
    """The chart. `step` is `hour`, `day` or `month`."""
    x = [each.strftime("%Y-%m-%dT%H:%M") for each in bars.starts]
    shown_as, lasting = SHOWN_AS[step]
    known = bars.coverage > 0
    traces = [_bars("forward", bars.names[0], np.where(known, bars.forward, np.nan), x, lasting, "demand", bars.coverage)]
    if np.any(bars.backward > 0):
        traces.append(_bars("backward", bars.names[1], np.where(known, -bars.backward, np.nan), x, lasting, "pv", bars.coverage))
    return {
        "data": traces,
        "layout": {
            "barmode": "relative",
            "bargap": 0.2,
            "xaxis": {"type": "date", "hoverformat": shown_as},
            "yaxis": {"title": {"text": "kWh"}},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def _bars(uid: str, name: str, kwh: Values, x: list[str], lasting: Any, token: str, coverage: Values) -> dict[str, Any]:
    return {
        "type": "bar",
        "uid": uid,
        "name": name.capitalize(),
        "x": x,
        "y": rounded(kwh),
        "xperiod": lasting,
        "xperiodalignment": "middle",
        "marker": {"color": [f"@{token}" if share >= WHOLE else f"@{token}/0.5" for share in coverage]},
        "hovertemplate": "%{y:.3~g} kWh",
    }


def summary(bars: Bars) -> str:
    """The picture in one sentence."""
    known = bars.coverage > 0
    if not known.any():
        return "No values in this period."
    said = f"{bars.forward[known].sum():.3g} kWh {bars.names[0]}"
    if bars.backward[known].any():
        said += f", {bars.backward[known].sum():.3g} kWh {bars.names[1]}"
    partial = int(np.sum(bars.coverage < WHOLE))
    return f"{said}; {partial} of {len(bars.starts)} bars are of incomplete data." if partial else f"{said}."
