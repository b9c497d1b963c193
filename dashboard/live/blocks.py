"""The parts of a live page: panels with a chart, its table and its sentence; the strips; what an empty site says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, dcc, html

from dashboard.figures.wording import STATES, clock
from dashboard.live import tiles
from dashboard.live.chosen import AUTO, VIEWS, Chosen
from dashboard.live.details import Details
from dashboard.parts.aria import aria, data
from insight.periods import CUSTOM, ENERGY_PERIODS, RANGES, STEPS_MIN
from insight.site_view import SiteView
from models.flows import makers
from store.records.access import policy
from store.scope import Scope

SHOWN = {"arrays": "Each array", "grid": "Grid", "battery": "Battery", "forecast": "Forecast"}
TYPED_MS = 800  # without another key, a date is typed to its end
ROW_PX = 24  # of the names above the lines of a chart
MOST_ARRAYS = 6  # drawn one by one unless asked for: more are no longer told apart


def step_words(minutes: int) -> str:
    """A step as people say it."""
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" if minutes < 1440 else "1 day"


def each_words(minutes: int) -> str:
    """A step as it follows "each"."""
    return {60: "hour", 1440: "day"}.get(minutes) or step_words(minutes)


def hourly_words(view: SiteView, start: datetime, end: datetime, now: datetime) -> str | None:
    """That some of the meters told only hours in a period, or in the first part of it; nothing where none did."""
    until = max((meter.hourly_until for meter in view.meters.values() if meter.hourly_until), default=start)
    if start >= until:
        return None
    return "hourly values" if until >= end else f"hourly values before {clock(until, view.zone, now)}"


def segmented(part_id: str, options: Mapping[str, str], value: str, label: str) -> html.Div:
    """A choice of one among a few, as a row of buttons."""
    choice = dbc.RadioItems(
        id=part_id,
        name=part_id,  # one group for the browser: one stop of the tab key, arrows within
        options=[{"label": words, "value": name} for name, words in options.items()],
        value=value,
        className="segmented",
        inputClassName="btn-check",
        labelClassName="segment",
        labelCheckedClassName="active",
    )
    return html.Div(choice, role="radiogroup", className="choices-row", **aria(label=label))


def select(part_id: str, options: Mapping[str, str], value: str, label: str) -> html.Label:
    """A native choice of one among several, with its label."""
    return html.Label(
        [
            html.Span(label),
            dbc.Select(
                id=part_id, options=[{"label": words, "value": name} for name, words in options.items()], value=value, size="sm"
            ),
        ],
        className="choice",
    )


def days(prefix: str, label: str, first: str | None = None, last: str | None = None) -> html.Div:
    """The two days of a custom period; shown when it is chosen."""
    date: dict[str, Any] = {"type": "date", "size": "sm", "debounce": TYPED_MS}
    return html.Div(
        [
            html.Label([html.Span("First day"), dbc.Input(id=f"{prefix}-first", value=first, **date)], className="choice"),
            html.Label([html.Span("Last day"), dbc.Input(id=f"{prefix}-last", value=last, **date)], className="choice"),
        ],
        id=f"{prefix}-days",
        className="days",
        style={"display": "none"},
        role="group",
        **aria(label=label),
    )


def chart(chart_id: str, label: str, empty: tuple[str, str] | None = None, **data: str) -> list[Any]:
    """A chart with the sentence that says the same and the table that holds the same.

    `empty`: what stands in its place when there is nothing to draw, and what to do then (`ls.nothing` in the browser).
    """
    given: dict[str, Any] = {f"data-{name}": value for name, value in data.items()}
    described = aria(label=label, describedby=f"{chart_id}-says")
    place: list[Any] = [
        html.Div(id=chart_id, className="chart", role="figure" if "tools" in data else "img", **described, **given),
        html.Div(
            id=f"{chart_id}-table", className="table-frame chart-table", hidden=True, tabIndex=0, role="region", **described
        ),
    ]
    if empty is not None:
        what, todo = empty
        words = [html.P(what, className="what"), html.P(todo, className="do")]
        place.append(html.Div(words, id=f"{chart_id}-empty", className="nothing", hidden=True, role="status"))
    return [html.Div(place, className="chart-place"), html.P(id=f"{chart_id}-says", className="visually-hidden")]


def stepping(prefix: str, what: str) -> html.Div:
    """To the period before, and to the one after: as many whole days as are shown."""
    ways = (("earlier", "‹", f"Earlier {what}"), ("later", "›", f"Later {what}"))
    buttons = [
        html.Button(sign, id=f"{prefix}-{way}", type="button", className="step", title=words, **aria(label=words))
        for way, sign, words in ways
    ]
    return html.Div(buttons, className="stepping")


def waits(chart_id: str) -> tuple[Output, str, str]:
    """For `running` of what a chart asks for: it is paler while that takes long."""
    return Output(chart_id, "className"), "chart waits", "chart"


def as_table(chart_id: str) -> html.Button:
    """The button that shows the chart's numbers as a table, and the chart again."""
    return html.Button("Show as table", type="button", className="link", **data(table_of=chart_id), **aria(pressed="false"))


def panel(name: str, title: Any, tools: Any, content: Any, foot: Any = None) -> html.Section:
    """A panel of the page."""
    return html.Section(
        [
            html.Header([html.H2(title, id=f"{name}-title"), html.Div(tools, className="tools")]),
            *content,
            html.Footer(foot) if foot else None,
        ],
        className=f"panel {name}",
        **aria(labelledby=f"{name}-title"),
    )


def flow_panel(chosen: Chosen) -> html.Section:
    """The Sankey with its periods."""
    nothing = ("No metered flow in this period.", "Choose another period.")
    return panel(
        "flow",
        "Energy flow",
        [
            stepping("overview-flow", "energy flow"),
            segmented("overview-flow", ENERGY_PERIODS, chosen.flow, "Period of the energy flow"),
            days("overview-flow", "Custom period", chosen.flow_first, chosen.flow_last),
        ],
        chart("overview-sankey", "Energy flow of the site, from its sources to its uses", nothing, ask="node"),
        [html.P(id="overview-flow-note", className="remark"), as_table("overview-sankey")],
    )


def place_panel(outlines: str, chosen: Chosen) -> html.Section:
    """The plan of the site, and the map of all sites."""
    return panel(
        "place",
        "Site",
        segmented("overview-view", VIEWS, chosen.view, "Plan or map"),
        [
            html.Div(chart("overview-plan", "Plan of the site with its devices and their states"), id="overview-plan-box"),
            html.Div(
                chart("overview-map", "Map of all sites with their states", outlines=outlines, wheel="zoom"),
                id="overview-map-box",
                hidden=True,
            ),
        ],
        [
            html.P(
                [
                    html.Span("● live", className="key"),
                    html.Span("○ late", className="key"),
                    html.Span("⊗ offline", className="key"),
                ],
                className="remark keys",
            ),
            html.Span(as_table("overview-plan"), id="overview-plan-tool", className="tool"),
            html.Span(as_table("overview-map"), id="overview-map-tool", className="tool", hidden=True),
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
    ranges = {name: words for name, (words, _, _) in RANGES.items()} | {CUSTOM: "Custom"}
    nothing = ("No values in this period.", "Choose another one, or check back once a device has reported.")
    shown = dbc.Checklist(
        id="overview-chart-shows",
        options=[{"label": words, "value": name} for name, words in offered_lines(view).items()],
        value=list(shown_first(view)),
        inline=True,
        className="shows",
    )
    shown = html.Div(shown, role="group", **aria(label="What the chart shows"))
    return panel(
        "course",
        "Production and demand",
        [
            stepping("overview-range", "production and demand"),
            segmented("overview-range", ranges, chosen.range, "Period of the chart"),
            days("overview-range", "Custom period", chosen.first, chosen.last),
            select("overview-step", {AUTO: "auto"} | {str(each): step_words(each) for each in STEPS_MIN}, chosen.step, "Step"),
        ],
        chart("overview-chart", "Production and demand over time", nothing, tools="yes"),
        [shown, forecasting, html.P(id="overview-chart-note", className="remark"), as_table("overview-chart")],
    )


def strips() -> list[html.Section]:
    """What wants attention, and the devices. `assets/live/30-tick.js` fills both."""
    attention = panel("attention", "Attention", None, [html.Ul(id="attention-list", className="attention-rows")])
    heads = [
        html.Th("Device", scope="col"),
        html.Th("State", scope="col"),
        html.Th("Last seen", scope="col", className="num"),
        html.Th("Load", scope="col", className="num"),
    ]
    hardware = panel(
        "hardware",
        "Devices",
        None,
        [
            html.Div(
                html.Table([html.Thead(html.Tr(heads)), html.Tbody()], id="overview-devices"),
                className="rows-frame",
                tabIndex=0,
                role="region",
                **aria(label="Table of devices"),
            )
        ],
    )
    return [attention, hardware]


def tile_row(shown: list[tiles.Tile], now: datetime, trends: Mapping[str, Any], row_id: str = "overview-tiles") -> html.Section:
    """The tiles."""
    drawn = [tiles.element(tile, now, tiles.trend_url(trends[tile.key]) if tile.key in trends else None) for tile in shown]
    columns = {"--columns": str(max(4, len(drawn)))}
    return html.Section(drawn, id=row_id, className="tiles", style=columns, **aria(label="Now and today"))


def nothing_metered(scope: Scope, site_id: str) -> html.Div:
    """What a site without meters would show, and how to get it."""
    how: Any = "Ask an administrator of the site to set it up."
    if policy.may(scope, policy.Action.ADMINISTER, site_id=site_id):
        how = html.A("Set up this site", href=f"/site/{site_id}/set-up", className="btn btn-primary")
    return html.Div(
        [
            html.I(className="icon icon-plug", **aria(hidden="true")),
            html.H1("No meter on this site yet"),
            html.P("Production, demand, the energy flow and the state of each device would be here, live."),
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
    parts: list[Any] = [
        html.P(STATES.get(found.state, found.state), className="state", **data(state=found.state)),
        html.Dl(facts, className="definitions"),
    ]
    if rows:
        parts += [html.H3("Latest values"), html.Div(html.Table(html.Tbody(rows)), className="table-frame")]
    if found.figure:
        drawn = chart("overview-details-chart", f"{found.drawn} over the last 48 hours")
        names = len(found.figure["data"]) - 1
        drawn[0].children[0].style = {"height": f"{220 + ROW_PX * names}px"}  # the names of several stand above the lines
        parts += [html.H3("Last 48 hours"), *drawn, as_table("overview-details-chart")]
    return parts


def stores(site_id: str, tick: str, energy: str | None, about: str, course: str, plan: str, places: str) -> list[Any]:
    """What the browser is given with the page, so that it need not ask again."""
    given: dict[str, Any] = {
        "overview-site": site_id,
        "overview-tick": tick,
        "overview-listed": False,
        "overview-energy": energy,
        "overview-about": about,
        "overview-course": course,
        "overview-plan-figure": plan,
        "overview-map-figure": places,
        "overview-due": None,
        "overview-asked": None,
        "overview-details-figure": None,
        "overview-ahead": None,
    }
    return [dcc.Store(id=store_id, data=data) for store_id, data in given.items()]
