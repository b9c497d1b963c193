"""What a load is like hour by hour, on working days and on free ones: does it rest at night and at weekends?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.language import N_, _
from dashboard.figures import lines, wording

Values = NDArray[np.float64]
NAMES = (N_("Working days"), N_("Free days"))
COLOURS = ("@accent", "@storage")
EVERY = 3  # hours, between ticks


def figure(hours: Values) -> dict[str, Any]:
    """The chart of mean powers (kW), shape (2, 24): of the hours of working days and of free ones."""
    traces = []
    for name, colour, values in zip(NAMES, COLOURS, hours, strict=True):
        kilowatts, decimals = lines.written(values)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "uid": name,
                "name": _(name),
                "x": [hour + 0.5 for hour in range(24)],
                "y": kilowatts,
                "text": [label(hour) for hour in range(24)],
                "connectgaps": False,
                "line": {"width": 2, "color": colour, "shape": lines.STEPPED, "dash": "solid" if name == NAMES[0] else "dash"},
                "meta": {"unit": "kW", "decimals": decimals},
                "hovertemplate": f"%{{text}}: %{{y:.{decimals}f}} kW",
            }
        )
    ticks = range(0, 25, EVERY)
    return {
        "data": [trace for trace, values in zip(traces, hours, strict=True) if np.isfinite(values).any()],
        "layout": {
            "xaxis": {"range": [0, 24], "tickvals": [*ticks], "ticktext": [f"{hour:02}:00" for hour in ticks]},
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "hovermode": "closest",
            "showlegend": True,
            "meta": {"along": _("Hour")},
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def label(hour: int) -> str:
    """An hour of the day as people write it.

    >>> label(9)
    '09:00–10:00'
    """
    return f"{hour:02}:00–{hour + 1:02}:00"


def summary(hours: Values) -> str:
    """The picture in one sentence."""
    said = []
    for name, values in zip(NAMES, hours, strict=True):
        if np.isfinite(values).any():
            most, least = int(np.nanargmax(values)), int(np.nanargmin(values))
            said.append(
                _(
                    "%(days)s: most from %(most)s (%(high)s), least from %(least)s (%(low)s)",
                    days=_(name),
                    most=label(most),
                    high=wording.power(float(values[most])),
                    least=label(least),
                    low=wording.power(float(values[least])),
                )
            )
    return "; ".join(said) + "." if said else _("No values in this period.")
