"""The history of one meter as the browser draws it: its power over time, or its energy period by period."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from config import clock
from dashboard.figures import meter_energy, meter_power
from dashboard.live.blocks import each_words
from dashboard.my_meters import markup
from dashboard.my_meters.ways import WAYS
from dashboard.parts.reading import Reader
from insight import closed_power
from insight.own_meters import direction_of
from insight.periods import Impossible, Period, chosen_step, period
from insight.site_view import site_view
from models import local_time
from store.errors import NotFound
from store.records.plant import meters, sites
from store.records.schema import Meter
from store.scope import Scope
from store.series import cost, energy, power

BY_HOUR = timedelta(hours=50)  # two days, of which one may have 26 hours
BY_DAY = timedelta(days=92)
BARS = {
    "1h": ("quarter", 4),
    "24h": ("hour", 24),
    "48h": ("hour", 48),
    "7d": ("day", 7),
    "30d": ("day", 30),
    "year": ("month", 12),
}
STEP_WORDS = {"quarter": "quarter of an hour"}


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
    now = clock.now()
    try:
        chosen = period(name, zone, now, first, last)
    except Impossible as problem:
        return orjson.dumps({"problem": str(problem)}).decode()
    way = WAYS[direction_of(scope, meter)]
    if what == "energy":
        step, edges = energy_bars(name, chosen, zone)
        frame = energy.energy_by(scope, [meter_id], edges[0], edges[-1], step, zone.key)
        bars = meter_energy.Bars(
            edges,
            frame["forward_kwh"].to_numpy(float),
            frame["export_kwh"].to_numpy(float),
            frame["coverage"].to_numpy(float),
            (way.forward, way.backward),
            way.tokens,
        )
        figure, says, empty = meter_energy.figure(bars, step, zone), meter_energy.summary(bars), not bars.known.any()
        note, start, end = f"Energy by {STEP_WORDS.get(step, step)}", edges[0], edges[-1]
    else:
        view = site_view(scope, meter.site_id)
        minutes = chosen_step(name, chosen.length, None, closed_power.reported_min([view.meters[meter_id]]))
        steps = power.steps(chosen.start, chosen.end, minutes * 60, zone)
        start, end = steps[0], chosen.end
        frame = closed_power.mean_power(scope, view, [meter_id], start, end, minutes * 60, zone=zone)
        values = frame[meter_id].to_numpy(dtype=float)
        course = meter_power.Course("power", meter.name, steps, values, way.tokens[0])
        figure = meter_power.figure([course], start, end, zone)
        says, empty = meter_power.summary(values), not np.isfinite(values).any()
        note = f"Mean power of each {each_words(minutes)}"
    note += f", times in {local_time.names(zone, start, end)}."
    if what == "energy":
        note += _money(scope, meter, start, min(end, now), reader or Reader())
    return orjson.dumps({"figure": figure, "says": says, "note": note, "empty": bool(empty)}).decode()


def _money(scope: Scope, meter: Meter, start: datetime, end: datetime, reader: Reader) -> str:
    """What the energy cost or earned, as another sentence; nothing where it has no price."""
    found = cost.cost(scope, [meter.id], start, end)
    [paid], [priced] = found["cost"].tolist(), found["priced"].tolist()
    if not np.isfinite(paid):
        return ""
    words, amount = markup.money(paid, priced, sites.site(scope, meter.site_id).currency, reader)
    return f" {words}: {amount}."


def energy_bars(name: str, chosen: Period, zone: ZoneInfo) -> tuple[str, list[datetime]]:
    """The step of the bars of a period, and their edges: as many whole ones as its name says, the last one still open."""
    if name in BARS:
        step, count = BARS[name]
        return step, local_time.edges(chosen.start, chosen.end, step, zone)[-count - 1 :]
    step = "hour" if chosen.length <= BY_HOUR else "day" if chosen.length <= BY_DAY else "month"
    return step, local_time.edges(chosen.start, chosen.end, step, zone)


def name_of(scope: Scope, meter_id: str) -> str:
    """The meter's name; raises `NotFound`."""
    return meters.require_meters(scope, [meter_id])[meter_id].name
