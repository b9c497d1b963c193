"""How much power goes through one meter or a few of them: a line each, gaps as gaps."""

from collections import Counter
from collections.abc import Iterator, Sequence
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

    `token` is the colour of what it measures, one of `TOKENS`; without one it has its own among the lines of the chart.
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
    for each, token in zip(powers, _tokens(powers), strict=False):
        name, colour = wording.text(each.name), f"@{token}"
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


def _tokens(powers: Sequence[Line]) -> Iterator[str]:
    """The colour of each line: that of what it measures where no other of the chart has the same, else one that is left."""
    told = Counter(each.token for each in powers)
    own = {token for token, count in told.items() if token is not None and count == 1}
    left = iter([token for token in TOKENS if token not in own])
    return (each.token if each.token in own else next(left) for each in powers[:MOST])


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
