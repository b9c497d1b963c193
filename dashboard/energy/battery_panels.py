"""The panels of batteries: the state of charge with the figures, how deep cycles went, and each battery beside the others."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from dash import dcc, html
from numpy.typing import NDArray

from config.language import _
from dashboard.energy import battery_words as words
from dashboard.figures import state_of_charge, wording
from dashboard.live import blocks
from dashboard.parts import days
from dashboard.parts.aria import data
from dashboard.parts.days import Days
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.battery import Batteries, Battery
from models.battery import DEPTHS

CHART, FIGURE = "battery-chart", "battery-figure"


def panels(path: str, shown: Days, told: Batteries, of: Battery, zone: ZoneInfo, reader: Reader) -> html.Div:
    """All of them."""
    found = [_charge(told, of, zone, reader)]
    if of.depths is not None and of.depths.any():
        found.append(_depths(of.depths, reader))
    if len(told.every) > 1:
        found.append(_every(path, shown, told, reader))
    return html.Div(found, className="overview battery")


def _charge(told: Batteries, of: Battery, zone: ZoneInfo, reader: Reader) -> html.Section:
    limits = (of.limits.low_pct, of.limits.high_pct) if of.limits else ()
    drawn = {
        "figure": state_of_charge.figure(told.edges, of.soc_pct, limits, zone),
        "says": state_of_charge.summary(told.edges, of.soc_pct, zone),
        "note": _("Simulated battery.") if of.simulated else "",
        "empty": not np.isfinite(of.soc_pct).any(),
    }
    facts = [html.Div([html.Dt(name), html.Dd(said)]) for name, said in words.facts(of, told, reader).items()]
    nothing = (_("No state of charge in these days."), _("A meter of the battery that tells soc_pct would draw it."))
    content: list[Any] = [
        html.Dl(facts, className="facts"),
        *blocks.chart(CHART, _("State of charge over the days"), nothing, tools="yes"),
        dcc.Store(id=FIGURE, data=orjson.dumps(drawn).decode()),
    ]
    foot = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)]
    return blocks.panel("charge", _("State of charge"), None, content, foot)


def _depths(cycles: NDArray[np.float64], reader: Reader) -> html.Section:
    bounds = zip(DEPTHS, DEPTHS[1:], cycles.tolist(), strict=False)
    rows = [(f"{low:g}–{high:g} %", reader.number(wording.exact(count))) for low, high, count in bounds]
    table = short_table(_("How many cycles of each depth"), [_("Depth"), _("Cycles")], rows, {1: "num"})
    return blocks.panel("depths", _("Cycles by their depth"), None, [table])


def _every(path: str, shown: Days, told: Batteries, reader: Reader) -> html.Section:
    heads = [_("Battery"), _("Charged"), _("Discharged"), _("Full cycles"), _("Round trip"), _("Health"), _("Saved and earned")]
    heads += [_("At its lowest"), _("At its highest"), _("Coverage")]
    rows = [_row(path, shown, told, each, reader) for each in told.every]
    table = short_table(_("Batteries"), heads, rows, dict.fromkeys(range(1, len(heads)), "num"))
    return blocks.panel("batteries", _("Each battery"), None, [table])


def _row(path: str, shown: Days, told: Batteries, each: Battery, reader: Reader) -> tuple[Any, ...]:
    link = html.A(each.name, href=days.address(path, shown, {"of": each.id}), **data(soft=""))
    at = each.limits
    return (
        link,
        words.energy(each.charged_kwh, reader),
        words.energy(each.discharged_kwh, reader),
        reader.number(wording.number(each.cycles)),
        words.round_trip(each, reader),
        f"{wording.percent(each.health)} %" if np.isfinite(each.health) else wording.NONE,
        words.worth(each, told.currency, reader),
        f"{reader.count(round(at.low_h))} h" if at else wording.NONE,
        f"{reader.count(round(at.high_h))} h" if at else wording.NONE,
        f"{wording.percent(each.coverage)} %" if np.isfinite(each.coverage) else wording.NONE,
    )
