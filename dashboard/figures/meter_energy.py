"""How much energy went through a meter, period by period: what went in its direction above zero, the rest below it.

A period without readings has no bar; one of which a part is missing is drawn paler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.language import _, opening
from dashboard.figures import lines, wording
from models import local_time

Values = NDArray[np.float64]
WHOLE = 0.95  # of the readings of a period; with fewer it is drawn paler
WIDE = 0.8  # of its period, a bar
DIGITS = 7  # of the largest bar: what hover and table show


@dataclass(frozen=True, slots=True)
class Bars:
    """Energy (kWh) between successive `edges`; `coverage` is the share of the readings that are there."""

    edges: Sequence[datetime]
    forward: Values
    backward: Values
    coverage: Values
    names: tuple[str, str]  # in words: in the meter's direction, and against it
    tokens: tuple[str, str] = ("demand", "pv")  # the colours of both

    @property
    def known(self) -> NDArray[np.bool_]:
        """Of which periods there is an energy: a counter tells afterwards what it counted while no reading came."""
        some: NDArray[np.bool_] = (self.coverage > 0) | (self.forward != 0) | (self.backward != 0)
        return some


def figure(bars: Bars, step: str, zone: ZoneInfo) -> dict[str, Any]:
    """The chart, told by the clock of `zone`; `step` is one of `local_time.STEPS`, by which the edges divide the time."""
    traces = [_bars("forward", bars.names[0], bars.forward, bars, bars.tokens[0])]
    if np.any(bars.backward > 0):
        traces.append(_bars("backward", bars.names[1], -bars.backward, bars, bars.tokens[1]))
    layout = lines.time_axis(bars.edges[0], bars.edges[-1], zone)
    layout["meta"] |= {
        "step": step,
        "edges": [lines.utc(edge) for edge in bars.edges],
        "labels": local_time.labels(bars.edges[:-1], step, zone),
        "coverage": [round(share * 100) for share in bars.coverage.tolist()],
    }
    return {
        "data": traces,
        "layout": layout
        | {
            "barmode": "relative",
            "yaxis": {"title": {"text": "kWh"}},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def _bars(uid: str, name: str, kwh: Values, bars: Bars, token: str) -> dict[str, Any]:
    """Bars in the middle of their periods, as wide as these last: the day on which the clocks are set back has a wider one."""
    periods = list(pairwise(bars.edges))
    heights, decimals = lines.written(np.where(bars.known, kwh, np.nan), digits=DIGITS)
    return {
        "type": "bar",
        "uid": uid,
        "name": opening(name),
        "x": [lines.utc(start + (end - start) / 2) for start, end in periods],
        "width": [round((end - start).total_seconds() * 1000 * WIDE) for start, end in periods],
        "y": heights,
        "marker": {"color": [f"@{token}" if share >= WHOLE else f"@{token}/0.5" for share in bars.coverage]},
        "meta": {"unit": "kWh", "decimals": decimals},
    }


def summary(bars: Bars) -> str:
    """The picture in one sentence."""
    known = bars.known
    if not known.any():
        return _("No values in this period.")
    said = f"{_sum(bars.forward[known])} {bars.names[0]}"
    if bars.backward[known].any():
        said += f", {_sum(bars.backward[known])} {bars.names[1]}"
    partial = int(np.sum(bars.coverage < WHOLE))
    return (
        _(
            "%(energy)s; %(partial)s of %(bars)s bars are of incomplete data.",
            energy=said,
            partial=partial,
            bars=len(bars.coverage),
        )
        if partial
        else f"{said}."
    )


def _sum(kwh: Values) -> str:
    return " ".join(wording.scaled(float(kwh.sum()), "kWh"))
