"""For how much of the time is how much power drawn, or more? The load duration curve, from the highest step to the lowest."""

from typing import Any

import numpy as np

from config.language import _
from dashboard.figures import lines, wording
from models.statistics import Duration

SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)  # of the time, in the table


def figure(duration: Duration) -> dict[str, Any]:
    """The chart of the curve."""
    shares, _decimals = lines.written(100 * duration.share, 2)
    kilowatts, decimals = lines.written(duration.power_kw)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "uid": "duration",
                "x": shares,
                "y": kilowatts,
                "fill": "tozeroy",
                "fillcolor": "@accent/0.15",
                "line": {"width": 2, "color": "@accent"},
                "hovertemplate": _(
                    "%(share)s of the time at least %(power)s", share="%{x:.1f} %", power=f"%{{y:.{decimals}f}} kW"
                )
                + "<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"title": {"text": _("% of the time")}, "range": [0, 100]},
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "hovermode": "closest",
            "showlegend": False,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def rows(duration: Duration) -> list[tuple[float, float]]:
    """Of some shares of the time the power (kW) that is reached or exceeded that long."""
    if not len(duration.share):
        return []
    return [*zip(SHARES, np.interp(SHARES, duration.share, duration.power_kw).tolist(), strict=True)]


def summary(duration: Duration) -> str:
    """The picture in one sentence."""
    if not len(duration.share):
        return _("No values in this period.")
    tenth, half = np.interp((0.1, 0.5), duration.share, duration.power_kw).tolist()
    return _(
        "A tenth of the time %(tenth)s or more, half of the time %(half)s or more, always %(least)s.",
        tenth=wording.power(tenth),
        half=wording.power(half),
        least=wording.power(float(duration.power_kw[-1])),
    )
