"""How did a supply go through a week: means of its phases as lines, between the limits of the site."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import _
from config.limits import Limit
from dashboard.figures import lines, wording

Values = NDArray[np.float64]

LOOKS = (("@accent", "solid"), ("@demand", "solid"), ("@outline", "dot"))  # of phases, also told apart without colour
AROUND = 0.1  # of what is shown, above and below
DIGITS = 4


def figure(
    edges: pd.DatetimeIndex, courses: Mapping[str, Values], unit: str, limit: Limit | None, zone: ZoneInfo
) -> dict[str, Any]:
    """The chart of means in `unit` between successive edges, by name, told by the clock of `zone`; NaN is a gap."""
    traces = []
    for at, (name, values) in enumerate(courses.items()):
        colour, dash = LOOKS[at % len(LOOKS)]
        traces.append(lines.line(f"course-{at}", wording.text(name), values, edges, colour, unit, dash=dash, width=1.5))
    bounds = _bounds(limit)
    known = [values[np.isfinite(values)] for values in courses.values()]
    shown = np.concatenate([*known, [bound for bound, _token in bounds]])
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    around = AROUND * (high - low) or 1.0
    start, end = edges[0].to_pydatetime(), edges[-1].to_pydatetime()
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(start, end, zone),
            "yaxis": {"title": {"text": unit}, "range": [low - around, high + around]},
            "shapes": [_dashed(bound, token) for bound, token in bounds],
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def summary(edges: pd.DatetimeIndex, courses: Mapping[str, Values], unit: str, limit: Limit | None, zone: ZoneInfo) -> str:
    """The picture in a sentence for each line: between which values it lay, and when it was lowest and highest."""
    said = [_said(edges, name, values, unit, zone) for name, values in courses.items() if np.isfinite(values).any()]
    if not said:
        return _("No values.")
    bounds = [wording.exact(bound, DIGITS) for bound, _token in _bounds(limit)]
    if bounds:
        said.append(_("Limits: %(limits)s %(unit)s.", limits=", ".join(bounds), unit=unit).replace(" .", "."))
    return " ".join(said)


def _said(edges: pd.DatetimeIndex, name: str, values: Values, unit: str, zone: ZoneInfo) -> str:
    least, most = int(np.nanargmin(values)), int(np.nanargmax(values))
    return _(
        "%(name)s: from %(least)s (%(then)s) to %(most)s (%(when)s).",
        name=name,
        least=f"{wording.exact(float(values[least]), DIGITS)} {unit}".strip(),
        then=_moment(edges[least], zone),
        most=f"{wording.exact(float(values[most]), DIGITS)} {unit}".strip(),
        when=_moment(edges[most], zone),
    )


def _moment(at: pd.Timestamp, zone: ZoneInfo) -> str:
    return f"{at.tz_convert(zone):%Y-%m-%d %H:%M}"


def _bounds(limit: Limit | None) -> list[tuple[float, str]]:
    if limit is None:
        return []
    found = ((limit.low, "@high"), (limit.high, "@high"), (limit.critical_low, "@critical"), (limit.critical_high, "@critical"))
    kept: dict[float, str] = {}
    for bound, token in found:
        if bound is not None:
            kept.setdefault(bound, token)
    return sorted(kept.items())


def _dashed(bound: float, token: str) -> dict[str, Any]:
    line = {"color": token, "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bound, "y1": bound, "line": line}
