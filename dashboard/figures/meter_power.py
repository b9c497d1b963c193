"""How much power goes through one meter or a few of them: a line each, gaps as gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import lines, wording

Values = NDArray[np.float64]
TOKENS = ("accent", "pv", "storage", "demand", "grid", "residual")
MOST = len(TOKENS)  # lines that can be told apart


@dataclass(frozen=True, slots=True)
class Line:
    """Mean power (kW) of one meter in the steps between successive `edges`; NaN is a gap.

    `token` is the colour of what it measures; without one it has its own among the lines of the chart.
    """

    meter_id: str
    name: str
    edges: pd.DatetimeIndex
    kilowatts: Values
    token: str | None = None


def figure(powers: Sequence[Line], start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The chart from `start` to `end`, told by the clock of `zone`."""
    width = 2 if len(powers) == 1 else 1.5
    traces = []
    for each, own in zip(powers, TOKENS, strict=False):
        name, colour = wording.text(each.name), f"@{each.token or own}"
        traces.append(lines.line(each.meter_id, name, each.kilowatts, each.edges, colour, width=width))
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(start, end, zone),
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "showlegend": len(powers) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def summary(kilowatts: Values) -> str:
    """The picture of one meter in one sentence."""
    known = np.isfinite(kilowatts)
    if not known.any():
        return _("No values in this period.")
    values = kilowatts[known]
    said = _(
        "On average %(mean)s, at most %(most)s",
        mean=wording.power(float(np.mean(values))),
        most=wording.power(float(np.max(values))),
    )
    gaps = float(np.mean(~known))
    return f"{said}; {wording.gaps(gaps)}." if gaps > 0 else f"{said}."
