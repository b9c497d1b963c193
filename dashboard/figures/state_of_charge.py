"""How full was a battery, and when was it at its limits? The mean of each step, the two limits dashed."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import language
from config.language import _
from dashboard.figures import lines, wording

Values = NDArray[np.float64]
PERCENT = "%"


def figure(edges: pd.DatetimeIndex, soc_pct: Values, limits: tuple[float, ...], zone: ZoneInfo) -> dict[str, Any]:
    """The chart of means (%) between successive edges, told by the clock of `zone`; NaN is a gap."""
    dashed = {"color": "@outline", "width": 1, "dash": "dash"}
    trace = lines.line("charge", _("State of charge"), soc_pct, edges, "@storage", PERCENT, area="@storage/0.2", width=1.5)
    return {
        "data": [trace],
        "layout": {
            **lines.time_axis(edges[0].to_pydatetime(), edges[-1].to_pydatetime(), zone),
            "yaxis": {"title": {"text": PERCENT}, "range": [0, 102]},
            "shapes": [
                {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bound, "y1": bound, "line": dashed} for bound in limits
            ],
            "showlegend": False,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def summary(edges: pd.DatetimeIndex, soc_pct: Values, zone: ZoneInfo) -> str:
    """The picture in one sentence: how full it was on average, and when fullest and emptiest."""
    known = np.isfinite(soc_pct)
    if not known.any():
        return _("No state of charge in these days.")
    said = _(
        "%(mean)s %% full on average; fullest, %(most)s %%, on %(full)s; emptiest, %(least)s %%, on %(empty)s",
        mean=wording.number(float(np.nanmean(soc_pct))),
        most=wording.number(float(np.nanmax(soc_pct))),
        full=_when(edges[int(np.nanargmax(soc_pct))], zone),
        least=wording.number(float(np.nanmin(soc_pct))),
        empty=_when(edges[int(np.nanargmin(soc_pct))], zone),
    )
    gaps = float(1 - known.mean())
    return "; ".join([said, *([wording.gaps(gaps)] if gaps > 0 else [])]) + "."


def _when(at: pd.Timestamp, zone: ZoneInfo) -> str:
    local = at.tz_convert(zone)
    return f"{language.written(local, 'MMMEd')} {local:%H:%M}"
