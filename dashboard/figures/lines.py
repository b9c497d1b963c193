"""Lines over time and the axis they stand on, the same for every chart.

Time is true time, as UTC text: plotly takes text as it is, but a number on a date axis it turns into the local time of
the browser. What an axis, a hover and a table say is written in the browser by the site's clock, which `layout.meta`
carries (`assets/js/shell/12-local-time.js`). Gaps, areas and lone points are drawn there too, the same for all
(`assets/live/13-marks.js`).
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from models import local_time

Values = NDArray[np.float64]
Clock = tuple[tuple[int, int, str], ...]
DIGITS = 5  # of the largest value of a line: what hover and table show
STEPPED = "hvh"  # a mean holds over its step: between two of them it does not slope
MOST_DECIMALS = 3  # of a kW and a kWh, whatever their size
BEYOND = timedelta(days=400)  # how far an axis may be dragged beyond its range and still tell the right time


def utc(moment: datetime) -> str:
    """The moment as plotly's date axis takes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def time_axis(start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The part of a layout that makes its x-axis one of time from `start` to `end`, told by the zone's clock."""
    return {"xaxis": {"type": "date", "range": [utc(start), utc(end)]}, "meta": {"clock": clock(zone, start, end)}}


def clock(zone: ZoneInfo, start: datetime, end: datetime) -> Clock:
    """The zone's clock for the browser: its stretches, each (since when, s since 1970; seconds ahead of UTC; name)."""
    return _clock(zone, (start - BEYOND).date(), (end + BEYOND).date())


@lru_cache(maxsize=256)
def _clock(zone: ZoneInfo, first: date, last: date) -> Clock:
    stretches = local_time.clock(zone, *(datetime.combine(day, time(), UTC) for day in (first, last)))
    return tuple((int(each.since.timestamp()), each.offset_s, each.name) for each in stretches)


def line(
    uid: str, name: str, values: Values, edges: pd.DatetimeIndex, colour: str, unit: str = "kW", **look: Any
) -> dict[str, Any]:
    """One line: `values` are the means of the steps between successive edges (NaN is a gap), each stands at its step's middle.

    `look`: `width`, `dash`, `shown` (plotly's `visible`); `area`, the colour of the area down to zero or to the line below;
    `stack`, whether it stands on the stacked line before it; `low` and `high`, the edges of a band around it.
    """
    known, decimals = written(values)
    meta: dict[str, Any] = {"unit": unit, "decimals": decimals}
    meta |= {part: look[part] for part in ("area", "stack") if part in look}
    meta |= {edge: written(look[edge], decimals)[0] for edge in ("low", "high") if edge in look}
    places, steps = _places(edges)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "uid": uid,
        **places,
        "y": known,
        "line": {"width": look.get("width", 1.5), "color": colour, "shape": STEPPED}
        | ({"dash": look["dash"]} if "dash" in look else {}),
        "visible": look.get("shown", True),
        "meta": meta | steps,
    }


def _places(edges: pd.DatetimeIndex) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where the middles of the steps are, and their edges where not all are equally long: clocks are changed in one."""
    at = edges.as_unit("ms").asi8
    lengths = np.diff(at)
    if len(lengths) and (lengths == lengths[0]).all():
        return {"x0": _text(at[0] + lengths[0] / 2), "dx": int(lengths[0])}, {}
    return {"x": [_text(each) for each in at[:-1] + lengths / 2]}, {"edges": [_text(each) for each in at.tolist()]}


def _text(ms: float) -> str:
    return utc(datetime.fromtimestamp(ms / 1000, UTC))


def regular(start: datetime, step_s: float, count: int) -> pd.DatetimeIndex:
    """The edges of so many steps of one length."""
    return pd.date_range(start, periods=count + 1, freq=pd.Timedelta(seconds=step_s), unit="us")


def written(values: ArrayLike, decimals: int | None = None, digits: int = DIGITS) -> tuple[list[float | None], int]:
    """The values as they are sent and shown, and their decimals: so many that the largest has `digits` digits, at most three.

    NaN becomes a gap. For a year of hours at once: a loop over them took longer than reading them.
    """
    given = np.asarray(values, dtype=float)
    known = np.isfinite(given)
    if decimals is None:
        largest = float(np.abs(given[known]).max(initial=0))
        decimals = int(np.clip(digits - 1 - np.floor(np.log10(largest)), 0, MOST_DECIMALS)) if largest else MOST_DECIMALS
    listed = (np.round(np.where(known, given, 0.0), decimals) + 0.0).astype(object)  # plus nothing: no negative zero
    listed[~known] = None
    found: list[float | None] = listed.tolist()
    return found, decimals
