"""How a power, an efficiency or a load went over some days, beside the days before them as a ghost line."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import language
from config.language import _, ngettext
from dashboard.figures import lines, wording

Values = NDArray[np.float64]
KW = "kW"


def figure(edges: pd.DatetimeIndex, values: Values, before: Values, unit: str, days: int, zone: ZoneInfo) -> dict[str, Any]:
    """The chart of means (kW or %) between successive edges, told by the clock of `zone`; NaN is a gap.

    `before` are those at the same local time so many days earlier.
    """
    look: dict[str, Any] = {"area": "@accent/0.15"} if unit == KW else {}
    traces = []
    if np.isfinite(before).any():
        named = ngettext("%(num)s day before", "%(num)s days before", days)
        traces.append(lines.line("before", named, before, edges, "@outline", unit, dash="dot"))
    traces.append(lines.line("shown", _("These days"), values, edges, "@accent", unit, width=2, **look))
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(edges[0].to_pydatetime(), edges[-1].to_pydatetime(), zone),
            "yaxis": {"title": {"text": unit}, **({"rangemode": "tozero"} if unit == KW else {})},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "reversed"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def summary(edges: pd.DatetimeIndex, values: Values, before: Values, unit: str, zone: ZoneInfo) -> str:
    """The picture in one sentence: when it was highest and lowest, and how the mean was before."""
    known = np.isfinite(values)
    if not known.any():
        return _("No values in this period.")
    named = {"most": _amount(float(np.nanmax(values)), unit), "mean": _amount(float(np.nanmean(values)), unit)}
    local = edges[int(np.nanargmax(values))].tz_convert(zone)
    said = _(
        "%(mean)s on average, at most %(most)s on %(when)s", when=f"{language.written(local, 'yMMMEd')} {local:%H:%M}", **named
    )
    if np.isfinite(before).any():
        said += "; " + _("the days before %(mean)s on average", mean=_amount(float(np.nanmean(before)), unit))
    gaps = float(1 - known.mean())
    return "; ".join([said, *([wording.gaps(gaps)] if gaps > 0 else [])]) + "."


def _amount(value: float, unit: str) -> str:
    return wording.power(value) if unit == KW else f"{wording.number(value)} {unit}"
