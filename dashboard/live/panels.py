"""The panels of the overview, the sheet of details, and what an empty site says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from config.language import N_, _
from dashboard.figures.wording import STATES
from dashboard.live import tiles
from dashboard.live.blocks import chart, chart_tools, days, panel, segmented, select, stepping
from dashboard.live.chosen import AUTO, VIEWS, Chosen
from dashboard.live.details import Details
from dashboard.live.wording import step_words
from dashboard.parts.aria import aria, data
from insight.periods import CUSTOM, ENERGY_PERIODS, RANGES, STEPS_MIN
from insight.site_view import SiteView
from models.topology import makers
from store.records.access import policy
from store.scope import Scope

TITLES = {
    "flow": N_("Energy flow"),
    "place": N_("Site"),
    "course": N_("Production and demand"),
    "attention": N_("Attention"),
    "hardware": N_("Devices"),
}
SHOWN = {"arrays": N_("Each array"), "grid": N_("Grid"), "battery": N_("Battery"), "forecast": N_("Forecast 24 h")}
ROW_PX = 24  # of the names above the lines of a chart
ONE_ROW = 8  # tiles
MOST_ARRAYS = 6  # drawn one by one unless asked for: more are no longer told apart


def titled(name: str, tools: Any, content: Any, foot: Any = None) -> html.Section:
    """A panel of the overview by its name."""
    return panel(name, _(TITLES[name]), tools, content, foot)


def flow_panel(chosen: Chosen) -> html.Section:
    """The Sankey with its periods."""
    nothing = (_("No metered flow in this period."), _("Choose another period."))
    return titled(
        "flow",
        [
            stepping("overview-flow", _("Earlier energy flow"), _("Later energy flow")),
            segmented("overview-flow", ENERGY_PERIODS, chosen.flow, _("Period of the energy flow")),
            days("overview-flow", chosen.flow_first, chosen.flow_last),
        ],
        chart("overview-sankey", _("Energy flow of the site, from its sources to its uses"), nothing, ask="node"),
        [html.P(id="overview-flow-note", className="remark"), chart_tools("overview-sankey")],
    )


def place_panel(outlines: str, chosen: Chosen, arranging: list[Any]) -> html.Section:
    """The plan of the site, with the tools to arrange it for those who may, and the map of all sites."""
    plan = chart("overview-plan", _("Plan of the site with its devices and their states"))
    places = chart("overview-map", _("Map of all sites with their states"), outlines=outlines, wheel="zoom")
    keys = (("●", "live"), ("○", "late"), ("⊗", "offline"))
    return titled(
        "place",
        segmented("overview-view", VIEWS, chosen.view, _("Plan or map")),
        [html.Div(plan, id="overview-plan-box"), html.Div(places, id="overview-map-box", hidden=True)],
        [
            html.P([html.Span(f"{sign} {_(STATES[state])}", className="key") for sign, state in keys], className="remark keys"),
            html.Span([*arranging, chart_tools("overview-plan")], id="overview-plan-tool", className="tool"),
            html.Span(chart_tools("overview-map"), id="overview-map-tool", className="tool", hidden=True),
        ],
    )


def offered_lines(view: SiteView) -> dict[str, str]:
    """What the chart of this site can show beside production and demand."""
    has = {"arrays": _arrays(view) > 1, "battery": any(node.kind == "storage" for node in view.graph.nodes)}
    return {name: words for name, words in SHOWN.items() if has.get(name, True)}


def _arrays(view: SiteView) -> int:
    return len(makers(view.graph))


def shown_first(view: SiteView) -> tuple[str, ...]:
    """What of it is shown until somebody chooses."""
    return ("arrays",) if 1 < _arrays(view) <= MOST_ARRAYS else ()


def course_panel(chosen: Chosen, view: SiteView, forecasting: Any) -> html.Section:
    """Production and demand over time."""
    ranges = {name: words for name, (words, *_rest) in RANGES.items()} | {CUSTOM: ENERGY_PERIODS[CUSTOM]}
    nothing = (_("No values in this period."), _("Choose another one, or check back once a device has reported."))
    steps = {AUTO: _("auto")} | {str(each): step_words(each) for each in STEPS_MIN}
    shown = dbc.Checklist(
        id="overview-chart-shows",
        options=[{"label": _(words), "value": name} for name, words in offered_lines(view).items()],
        value=list(shown_first(view)),
        inline=True,
        className="shows",
    )
    return titled(
        "course",
        [
            stepping("overview-range", _("Earlier production and demand"), _("Later production and demand")),
            segmented("overview-range", ranges, chosen.range, _("Period of the chart")),
            days("overview-range", chosen.first, chosen.last),
            select("overview-step", steps, chosen.step, _("Step")),
        ],
        chart("overview-chart", _("Production and demand over time"), nothing, tools="yes"),
        [
            html.Div(shown, role="group", **aria(label=_("What the chart shows"))),
            forecasting,
            html.P(id="overview-chart-note", className="remark"),
            chart_tools("overview-chart"),
        ],
    )


def strips() -> list[html.Section]:
    """What wants attention, and the devices. `assets/live/30-tick.js` fills both."""
    heads = ((_("Device"), None), (_("State"), None), (_("Last seen"), "num"), (_("Load"), "num"))
    head = html.Thead(html.Tr([html.Th(words, scope="col", className=of) for words, of in heads]))
    devices = html.Div(
        html.Table([head, html.Tbody()], id="overview-devices"),
        className="rows-frame",
        tabIndex=0,
        role="region",
        **aria(label=_("Table of devices")),
    )
    attention = [html.Ul(id="attention-list", className="attention-rows"), html.Div(id="attention-recent", className="recent")]
    return [titled("attention", None, attention), titled("hardware", None, [devices])]


def tile_row(shown: list[tiles.Tile], now: datetime, trends: Mapping[str, Any], row_id: str = "overview-tiles") -> html.Section:
    """The tiles."""
    drawn = [tiles.element(tile, now, tiles.trend_url(trends[tile.key]) if tile.key in trends else None) for tile in shown]
    # Where more than eight would stand side by side their names have no room: they stand in two rows.
    every = max(4, len(drawn))
    columns = {"--tiles": f"{every}", "--columns": f"{every if every <= ONE_ROW else -(-every // 2)}"}
    return html.Section(drawn, id=row_id, className="tiles", style=columns, **aria(label=_("Now and today")))


def nothing_metered(scope: Scope, site_id: str) -> html.Div:
    """What a site without meters would show, and how to get it."""
    how: Any = _("Ask an administrator of the site to set it up.")
    if policy.may(scope, policy.Action.ADMINISTER, site_id=site_id):
        how = html.A(_("Set up this site"), href=f"/site/{site_id}/set-up", className="btn btn-primary")
    return html.Div(
        [
            html.I(className="icon icon-plug", **aria(hidden="true")),
            html.H1(_("No meter on this site yet")),
            html.P(_("Production, demand, the energy flow and the state of each device would be here, live.")),
            html.P(how),
        ],
        className="empty",
    )


def details_sheet() -> dbc.Offcanvas:
    """Where the details of what was clicked appear."""
    return dbc.Offcanvas(
        id="overview-details", placement="end", is_open=False, title="", children=[], labelledby="overview-details-title"
    )


def details(found: Details) -> list[Any]:
    """The content of the details sheet."""
    facts = [part for name, words in found.facts for part in (html.Dt(name), html.Dd(words, className="num"))]
    rows = [
        html.Tr([html.Th(name, scope="row"), html.Td(value, className="num"), html.Td(when, className="num muted")])
        for name, value, when in found.values
    ]
    state = STATES.get(found.state, found.state)
    parts: list[Any] = [
        html.P(_(state), className="state", **data(state=found.state)),
        html.Dl(facts, className="definitions"),
    ]
    if rows:
        parts += [html.H3(_("Latest values")), html.Div(html.Table(html.Tbody(rows)), className="table-frame")]
    if found.figure:
        drawn = chart("overview-details-chart", _("%(what)s over the last 48 hours", what=found.drawn))
        names = len(found.figure["data"]) - 1
        drawn[0].children[0].style = {"height": f"{220 + ROW_PX * names}px"}  # the names of several stand above the lines
        parts += [html.H3(_("Last 48 hours")), *drawn, chart_tools("overview-details-chart")]
    ways = {_("History of the last 7 days"): found.history, _("Power quality of this week"): found.supply}
    parts += [html.P(html.A(words, href=href)) for words, href in ways.items() if href]
    return parts
