"""How much each day of a report took, beside what is usual for it, and which days were out of the ordinary."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from config.language import _
from dashboard.figures import lines
from models import local_time
from reporting.document import HIGH, DaysChart

WIDE = 0.8  # of its day, a bar
COLOURS = {HIGH: "@high", "": "@grid"}
SIGNS = {HIGH: "▲", "": ""}
LOW_COLOUR, LOW_SIGN = "@low", "▼"


def figure(chart: DaysChart, edges: list[datetime], zone: ZoneInfo) -> dict[str, Any]:
    """The chart, told by the clock of `zone`; `edges` are the midnights that the days lie between."""
    heights, decimals = lines.written(_numbers(chart.values))
    periods = list(pairwise(edges))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "uid": "day",
            "name": _("Energy"),
            "x": [lines.utc(start + (end - start) / 2) for start, end in periods],
            "width": [round((end - start).total_seconds() * 1000 * WIDE) for start, end in periods],
            "y": heights,
            "text": [SIGNS.get(mark, LOW_SIGN) for mark in chart.marks],
            "textposition": "outside",
            "marker": {"color": [COLOURS.get(mark, LOW_COLOUR) for mark in chart.marks]},
            "meta": {"unit": chart.unit, "decimals": decimals},
        }
    ]
    usual = _numbers(chart.usual)
    if np.isfinite(usual).any():
        at = pd.DatetimeIndex(edges)
        traces.append(lines.line("usual", _("Usual"), usual, at, "@outline", unit=chart.unit, dash="dash"))
    layout = lines.time_axis(edges[0], edges[-1], zone)
    layout["meta"] |= {
        "step": "day",
        "edges": [lines.utc(edge) for edge in edges],
        "labels": local_time.labels(edges[:-1], "day", zone),
    }
    return {
        "data": traces,
        "layout": layout
        | {
            "yaxis": {"title": {"text": chart.unit}, "rangemode": "tozero"},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def _numbers(values: Sequence[float | None]) -> lines.Values:
    return np.array([np.nan if each is None else each for each in values], float)
