"""For how much of the time is how much power drawn, or more? The load duration curve, from the highest step to the lowest."""

from typing import Any

import numpy as np

from config.language import _
from dashboard.figures import lines, wording
from models.statistics import Duration


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
                "name": _("At least"),
                "x": shares,
                "y": kilowatts,
                "fill": "tozeroy",
                "fillcolor": "@accent/0.15",
                "line": {"width": 2, "color": "@accent"},
                "meta": {"unit": "kW", "decimals": decimals},
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
            "meta": {"along": _("% of the time")},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


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
