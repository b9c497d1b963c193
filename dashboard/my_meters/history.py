"""The history of one meter as the browser draws it: its power over time, or its energy period by period."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from config import clock
from dashboard.figures import meter_energy, meter_power
from dashboard.live.blocks import each_words
from dashboard.my_meters import markup
from dashboard.my_meters.ways import WAYS, Way
from dashboard.parts.reading import Reader
from insight import meter_history
from insight.meter_history import Energy, Paid, Power
from insight.own_meters import direction_of
from insight.periods import Impossible, period
from models import local_time
from store.errors import NotFound
from store.records.plant import meters, sites
from store.scope import Scope

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
    reader = reader or Reader()
    zone = reader.zone(sites.site(scope, meter.site_id).time_zone)
    now = clock.now()
    try:
        chosen = period(name, zone, now, first, last)
    except Impossible as problem:
        return orjson.dumps({"problem": str(problem)}).decode()
    way = WAYS[direction_of(scope, meter)]
    if what == "energy":
        told = meter_history.energy_over(scope, meter, name, chosen, zone)
        answer = _energy(told, way, zone)
        answer["note"] += _money(meter_history.paid(scope, meter, told.edges[0], min(told.edges[-1], now)), reader)
    else:
        answer = _power(meter_history.power_over(scope, meter, name, chosen, zone), meter.name, way, zone)
    return orjson.dumps(answer).decode()


def _power(told: Power, name: str, way: Way, zone: ZoneInfo) -> dict[str, Any]:
    course = meter_power.Course("power", name, told.edges, told.kilowatts, way.tokens[0])
    return {
        "figure": meter_power.figure([course], told.start, told.end, zone),
        "says": meter_power.summary(told.kilowatts),
        "note": _note(f"Mean power of each {each_words(told.minutes)}", told.start, told.end, zone),
        "empty": not np.isfinite(told.kilowatts).any(),
    }


def _energy(told: Energy, way: Way, zone: ZoneInfo) -> dict[str, Any]:
    names = way.forward, way.backward
    bars = meter_energy.Bars(told.edges, told.forward, told.backward, told.coverage, names, way.tokens)
    return {
        "figure": meter_energy.figure(bars, told.step, zone),
        "says": meter_energy.summary(bars),
        "note": _note(f"Energy by {STEP_WORDS.get(told.step, told.step)}", told.edges[0], told.edges[-1], zone),
        "empty": not bars.known.any(),
    }


def _note(what: str, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{what}, times in {local_time.names(zone, start, end)}."


def _money(paid: Paid | None, reader: Reader) -> str:
    """What the energy cost or earned, as another sentence; nothing where it has no price."""
    if paid is None:
        return ""
    words, amount = markup.money(paid.amount, paid.priced, paid.currency, reader)
    return f" {words}: {amount}."


def name_of(scope: Scope, meter_id: str) -> str:
    """The meter's name; raises `NotFound`."""
    return meters.require_meters(scope, [meter_id])[meter_id].name
