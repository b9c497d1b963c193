"""What does the sun give, inverter by inverter, and what is used? Two pictures of one window, production above demand."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import lines
from dashboard.figures.production_demand import Outlook, at_now, forecast, steps_of
from dashboard.figures.wording import text
from insight.course import Course
from insight.periods import Period

Values = NDArray[np.float64]
MOST_STACKED = 6  # inverters that can be told apart in a stack
MOST_VALUES = 15_000  # of all lines together: what a picture may weigh


def production(course: Course, period: Period, now: datetime, zone: ZoneInfo, ahead: Outlook | None) -> dict[str, Any]:
    """Production by inverter: a few stand on each other, of many the sum is drawn and each is shown by its name."""
    each = list(course.arrays.items())
    traces: list[dict[str, Any]] = []
    if 1 < len(each) <= MOST_STACKED:
        for at, (name, values) in enumerate(each):
            look: dict[str, Any] = {"area": f"@pv/{0.5 - 0.32 * at / len(each):.2f}", "width": 1, "stack": _("Production")}
            traces.append(lines.line(f"inverter-{at}", text(name), values, course.edges, "@pv", **look))
    else:
        traces.append(lines.line("production", _("Production"), course.production, course.edges, "@pv", area="@pv/0.3", width=2))
        if len(each) > 1 and len(each) * len(course.production) <= MOST_VALUES:
            traces += [
                lines.line(f"inverter-{at}", text(name), values, course.edges, "@pv", shown="legendonly", width=1)
                for at, (name, values) in enumerate(each)
            ]
    return _figure("production", traces, course, period, now, zone, ahead)


def demand(course: Course, period: Period, now: datetime, zone: ZoneInfo, ahead: Outlook | None) -> dict[str, Any]:
    """Demand, and by name what came from the grid and out of batteries."""
    traces = [lines.line("demand", _("Demand"), course.demand, course.edges, "@demand", area="@demand/0.2", width=2)]
    name = _("Grid import (+) / export (−)")
    traces.append(lines.line("grid", name, course.imported, course.edges, "@grid", shown="legendonly"))
    if course.battery is not None:
        name = _("Battery discharge (+) / charge (−)")
        traces.append(lines.line("battery", name, course.battery, course.edges, "@storage", shown="legendonly"))
    return _figure("demand", traces, course, period, now, zone, ahead)


def _figure(
    of: str,
    traces: list[dict[str, Any]],
    course: Course,
    period: Period,
    now: datetime,
    zone: ZoneInfo,
    ahead: Outlook | None,
) -> dict[str, Any]:
    start, end = course.edges[0].to_pydatetime(), course.edges[-1].to_pydatetime()
    for name in ("production", "demand"):  # the same time for both
        if (said := getattr(ahead, name, None)) is not None:
            end = max(end, steps_of(said)[-1].to_pydatetime())
            if name == of:
                traces.append(forecast(name, said))
    return {
        "data": traces,
        "layout": {
            **lines.time_axis(start, end, zone),
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "uirevision": f"{period.start if not period.live else period.length}",
            **(at_now(now) if ahead is not None else {}),
        },
    }
