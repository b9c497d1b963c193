"""The history of one meter: its panel, and what the browser draws there, power over time or energy period by period."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from dash import Input, Output, callback, html, no_update

from config import clock
from config.language import N_, _
from dashboard.figures import meter_energy, meter_power
from dashboard.live import blocks
from dashboard.live.wording import each_words
from dashboard.my_meters import markup
from dashboard.my_meters.ways import WAYS, Way
from dashboard.parts.reading import Reader, reader
from dashboard.web.access import current_scope, guard, meter_holder
from insight import meter_history
from insight.meter_history import Energy, Paid, Power
from insight.own_meters import direction_of
from insight.periods import CUSTOM, DEFAULT_RANGE, ENERGY_PERIODS, RANGES, Impossible, period
from models import local_time
from reporting import telling
from store.errors import NotFound
from store.records.plant import meters, sites
from store.scope import Scope

POWER_OR_ENERGY = {"power": N_("Power"), "energy": N_("Energy")}
BY = {
    "quarter": N_("Energy by quarter of an hour"),
    "hour": N_("Energy by hour"),
    "day": N_("Energy by day"),
    "month": N_("Energy by month"),
}


def panel(of: str) -> html.Section:
    """The panel, of the meter of that name first."""
    ranges = {name: words for name, (words, *_rest) in RANGES.items()} | {CUSTOM: ENERGY_PERIODS[CUSTOM]}
    nothing = (_("No values in this period."), _("Choose another one."))
    return blocks.panel(
        "course",
        [_("History"), " · ", html.Span(of, id="my-meters-chosen")],
        [
            blocks.segmented("my-meters-what", POWER_OR_ENERGY, "power", _("Power or energy")),
            blocks.segmented("my-meters-range", ranges, DEFAULT_RANGE, _("Period of the chart")),
            blocks.days("my-meters-range"),
        ],
        blocks.chart("my-meters-chart", _("History of a meter"), nothing, tools="yes"),
        [html.P(id="my-meters-chart-note", className="remark", role="status"), blocks.chart_tools("my-meters-chart")],
    )


@callback(
    Output("my-meters-figure", "data"),
    Output("my-meters-chosen", "children"),
    Input("my-meters-meter", "data"),
    Input("my-meters-what", "value"),
    Input("my-meters-range", "value"),
    Input("my-meters-range-first", "value"),
    Input("my-meters-range-last", "value"),
    running=[blocks.waits("my-meters-chart")],
)
@guard(meter_holder)
def draw(meter_id: str | None, what: str, name: str, first: str | None, last: str | None) -> Any:
    """The history of the chosen meter."""
    if not isinstance(meter_id, str):
        return no_update, no_update
    scope = current_scope()
    return history(scope, meter_id, what, name, first, last, reader()), name_of(scope, meter_id)


def history(
    scope: Scope,
    meter_id: str,
    what: str,
    name: str,
    first: str | None = None,
    last: str | None = None,
    told_by: Reader | None = None,
) -> str:
    """The chart of `power` or `energy` over a period, as JSON.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    if meter.role == "condition":
        raise NotFound(f"no power of {meter_id}")
    told_by = told_by or Reader()
    zone = told_by.zone(sites.site(scope, meter.site_id).time_zone)
    now = clock.now()
    try:
        chosen = period(name, zone, now, first, last)
    except Impossible as problem:
        return orjson.dumps({"problem": str(problem)}).decode()
    way = WAYS[direction_of(scope, meter)]
    if what == "energy":
        told = meter_history.energy_over(scope, meter, name, chosen, zone)
        answer = _energy(told, way, zone)
        answer["note"] += _money(meter_history.paid(scope, meter, told.edges[0], min(told.edges[-1], now)), told_by)
    else:
        answer = _power(meter_history.power_over(scope, meter, name, chosen, zone), meter.name, way, zone)
    return orjson.dumps(answer).decode()


def _power(told: Power, name: str, way: Way, zone: ZoneInfo) -> dict[str, Any]:
    line = meter_power.Line("power", name, told.edges, told.kilowatts, way.tokens[0])
    return {
        "figure": meter_power.figure([line], told.start, told.end, zone),
        "says": meter_power.summary(told.kilowatts),
        "note": _note(_("Mean power of each %(step)s", step=each_words(told.minutes)), told.start, told.end, zone),
        "empty": not np.isfinite(told.kilowatts).any(),
    }


def _energy(told: Energy, way: Way, zone: ZoneInfo) -> dict[str, Any]:
    names = _(way.forward), _(way.backward)
    bars = meter_energy.Bars(told.edges, told.forward, told.backward, told.coverage, names, way.tokens)
    return {
        "figure": meter_energy.figure(bars, told.step, zone),
        "says": meter_energy.summary(bars),
        "note": _note(_(BY[told.step]), told.edges[0], told.edges[-1], zone),
        "empty": not bars.known.any(),
    }


def _note(what: str, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return _("%(what)s, times in %(zone)s.", what=what, zone=local_time.names(zone, start, end))


def _money(paid: Paid | None, reader: Reader) -> str:
    """What the energy cost or earned, as another sentence; nothing where it has no price."""
    if paid is None:
        return ""
    words, amount = markup.money(paid.amount, paid.priced, paid.currency, reader)
    return f" {words}: {amount}." + (f" {telling.peaks_missing(whole=paid.peaked == 0)}" if paid.peaked < 1 else "")


def name_of(scope: Scope, meter_id: str) -> str:
    """The meter's name; raises `NotFound`."""
    return meters.require_meters(scope, [meter_id])[meter_id].name
