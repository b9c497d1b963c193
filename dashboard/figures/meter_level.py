"""How did a condition of a meter go (voltage, frequency, power factor, …), and when did it leave its limits?

The mean of each step as a line, the least and the greatest value of it as a band, the limits dashed.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from config.limits import Limit
from dashboard.figures import lines, wording
from insight.meter_course import Condition

AROUND = 0.1  # of what is shown, above and below


def figure(
    name: str, unit: str, course: Condition, limit: Limit | None, period: tuple[datetime, datetime], zone: ZoneInfo
) -> dict[str, Any]:
    """The chart of a quantity in `unit` over a period, told by the clock of `zone`."""
    bounds = [each for each in (limit.low, limit.high) if each is not None] if limit else []
    extremes = np.concatenate([course.least, course.greatest])
    shown = [*extremes[np.isfinite(extremes)].tolist(), *bounds]
    low, high = min(shown, default=0.0), max(shown, default=1.0)
    around = AROUND * (high - low) or 1.0
    look: dict[str, Any] = {"low": course.least, "high": course.greatest, "area": "@accent/0.16", "width": 1.5}
    trace = lines.line("level", wording.text(name), course.mean, course.edges, "@accent", unit, **look)
    dashed = {"color": "@high", "width": 1, "dash": "dash"}
    return {
        "data": [trace],
        "layout": {
            **lines.time_axis(*period, zone),
            "yaxis": {"title": {"text": unit}, "range": [low - around, high + around]},
            "shapes": [
                {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bound, "y1": bound, "line": dashed} for bound in bounds
            ],
            "showlegend": False,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }
