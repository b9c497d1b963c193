"""The history of one meter as the browser draws it: its power over time, or its energy by hour, day or month."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson

from dashboard.account.reading import Reader
from dashboard.figures import meter_energy, production_demand, wording
from dashboard.live import past
from dashboard.live.blocks import step_words
from dashboard.live.periods import Impossible, chosen_step, on_step, period
from dashboard.live.site_view import site_view
from dashboard.my_meters.now import way_of
from store.errors import NotFound
from store.records import meters, sites
from store.scope import Scope
from store.series import energy

BY_HOUR = timedelta(hours=49)
BY_DAY = timedelta(days=92)
DOT_PX = 6


def history(
    scope: Scope,
    meter_id: str,
    what: str,
    name: str,
    first: str | None = None,
    last: str | None = None,
    reader: Reader | None = None,
) -> str:
    """The chart of `power` or `energy` over a period, as JSON.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    if meter.role == "condition":
        raise NotFound(f"no power of {meter_id}")
    zone = (reader or Reader()).zone(sites.site(scope, meter.site_id).time_zone)
    now = datetime.now(UTC)
    try:
        chosen = period(name, zone, now, first, last)
    except Impossible as problem:
        return orjson.dumps({"problem": str(problem)}).decode()
    clock = f"times in {now.astimezone(zone):%Z}"
    if what == "energy":
        step = "hour" if chosen.length <= BY_HOUR else "day" if chosen.length <= BY_DAY else "month"
        frame = energy.energy_by(scope, [meter_id], chosen.start, chosen.end, step, zone.key)
        starts = [each.to_pydatetime() for each in frame.index.get_level_values("ts")]
        bars = meter_energy.Bars(
            [each.astimezone(zone) for each in starts],
            frame["forward_kwh"].to_numpy(float),
            frame["export_kwh"].to_numpy(float),
            frame["coverage"].to_numpy(float),
            way_of(scope, meter),
        )
        figure, says, empty = meter_energy.figure(bars, step), meter_energy.summary(bars), not np.any(bars.coverage > 0)
        note = f"Energy by {step}, {clock}"
    else:
        minutes = chosen_step(name, chosen.length, None)
        start = on_step(chosen.start, minutes * 60)
        frame = past.mean_power(scope, site_view(scope, meter.site_id), [meter_id], start, chosen.end, minutes * 60)
        values = frame[meter_id].to_numpy(dtype=float)
        offset = now.astimezone(zone).utcoffset() or timedelta()
        x = {
            "x0": production_demand.milliseconds(start, minutes * 30, int(offset.total_seconds())),
            "dx": minutes * 60_000,
        }
        figure = _power_figure(meter.name, production_demand.rounded(values), x)
        known = np.isfinite(values)
        empty = not known.any()
        says = "No values in this period." if empty else _power_says(values[known], float(np.mean(~known)))
        note = f"Mean power of each {step_words(minutes)}, {clock}"
    return orjson.dumps({"figure": figure, "says": says, "note": f"{note}.", "empty": bool(empty)}).decode()


def name_of(scope: Scope, meter_id: str) -> str:
    """The meter's name; raises `NotFound`."""
    return meters.require_meters(scope, [meter_id])[meter_id].name


def _power_figure(name: str, values: list[float | None], x: dict[str, Any]) -> dict[str, Any]:
    line = production_demand.line("power", wording.text(name), values, x, "@demand", width=2)
    around = [None, *values, None]
    alone = [y is not None and around[at] is None and around[at + 2] is None for at, y in enumerate(values)]
    if any(alone):  # a line joins two values: one between gaps, as the very first is, would not be seen
        line |= {
            "mode": "lines+markers",
            "marker": {"size": [DOT_PX if each else 0 for each in alone], "color": "@demand", "opacity": 1},
        }
    return {
        "data": [line],
        "layout": {
            "xaxis": {"type": "date"},
            "yaxis": {"title": {"text": "kW"}, "rangemode": "tozero"},
            "showlegend": False,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        },
    }


def _power_says(values: Any, gaps: float) -> str:
    said = f"On average {np.mean(values):.3g} kW, at most {np.max(values):.3g} kW"
    return said + (f"; {gaps:.0%} of the steps have no data." if gaps > 0 else ".")
