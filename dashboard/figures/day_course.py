"""How much power was drawn through a day, beside the usual day."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import lines, wording

Values = NDArray[np.float64]


def figure(edges: pd.DatetimeIndex, kilowatts: Values, usual_kw: Values, zone: ZoneInfo) -> dict[str, Any]:
    """The chart of mean powers (kW) between successive edges, told by the clock of `zone`; NaN is a gap."""
    traces = [lines.line("day", _("This day"), kilowatts, edges, "@accent", area="@accent/0.15", width=2)]
    if np.isfinite(usual_kw).any():
        traces.append(lines.line("usual", _("Usual"), usual_kw, edges, "@outline", dash="dash"))
    start, end = edges[0].to_pydatetime(), edges[-1].to_pydatetime()
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(start, end, zone),
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def summary(edges: pd.DatetimeIndex, kilowatts: Values, usual_kw: Values, zone: ZoneInfo) -> str:
    """The picture in one sentence: when most was drawn, and when most more than usual."""
    if not np.isfinite(kilowatts).any():
        return _("No values on this day.")
    most = int(np.nanargmax(kilowatts))
    said = _(
        "At most %(most)s, at %(when)s", most=wording.power(float(kilowatts[most])), when=f"{edges[most].tz_convert(zone):%H:%M}"
    )
    above = kilowatts - usual_kw
    if np.isfinite(above).any() and float(np.nanmax(above)) > 0:
        at = int(np.nanargmax(above))
        more = _(
            "most above usual at %(when)s, by %(more)s",
            when=f"{edges[at].tz_convert(zone):%H:%M}",
            more=wording.power(float(above[at])),
        )
        said = f"{said}; {more}"
    return f"{said}."
