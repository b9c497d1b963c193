"""The live overview of a site: is it well, and where to look if not."""

from typing import Any

import orjson
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from dash.exceptions import PreventUpdate

from config import clock
from config.language import N_, _
from config.settings import settings
from dashboard.figures.production_demand import Outlook
from dashboard.forecasting.controls import controls
from dashboard.frame import navigation
from dashboard.live import arranging, chart, details, energy_flow, given, in_browser, panels
from dashboard.live.blocks import waits
from dashboard.live.chosen import chosen
from dashboard.live.tick import budget_or_none, tick_of, today_or_none
from dashboard.live.tiles import tiles
from dashboard.parts.aria import data
from dashboard.web import arguments, static
from dashboard.web.access import current_scope, guard, site_in
from insight.course import trends
from insight.now import now_of

register_page(
    __name__,
    path_template="/site/<site_id>/overview",
    name=N_("Overview"),
    nav={"section": navigation.SITE, "icon": "activity", "place": 0},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page with its first values already in it, as the address says what of them to show."""
    show = chosen(query)
    scope = current_scope()
    now = now_of(scope, site_id)
    if not now.view.meters:
        return html.Div(panels.nothing_metered(scope, site_id), className="overview", id="overview")
    return html.Div(
        [
            html.H1(_("%(site)s, overview", site=now.view.name), className="visually-hidden"),
            *given.stores(scope, now, show),
            dcc.Interval(id="overview-interval", interval=settings().tick_s * 1000),
            panels.tile_row(
                tiles(now, today_or_none(scope, now.view), budget_or_none(scope, now.view)), clock.now(), trends(scope, site_id)
            ),
            panels.flow_panel(show),
            panels.place_panel(static.url("map/outlines.json"), show, arranging.tools(scope, site_id)),
            panels.course_panel(show, now.view, controls()),
            *panels.strips(),
            panels.details_sheet(),
        ],
        className="overview",
        id="overview",
        **data(plotly=static.url("plotly/plotly.min.js"), ticks=f"{settings().tick_s:g}"),
    )


@callback(
    Output("overview-tick", "data"),
    Input("overview-interval", "n_intervals"),
    State("overview-site", "data"),
    State("overview-listed", "data"),
    running=[(Output("overview-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(site_in())
def tick(_n: int, site_id: str, listed: bool | None) -> str:
    """What changed on the site; with every flow by itself while the energy flow is read as a table."""
    return tick_of(current_scope(), site_id, bool(listed))


@callback(
    Output("overview-energy", "data"),
    Input("overview-flow", "value"),
    Input("overview-flow-first", "value"),
    Input("overview-flow-last", "value"),
    Input("overview-due", "data"),
    State("overview-site", "data"),
    running=[waits("overview-sankey")],
    prevent_initial_call=True,
)
@guard(site_in())
def flow(period: str, first: str | None, last: str | None, _due: str | None, site_id: str) -> Any:
    """The energy that flowed over the chosen period."""
    if period == "live":
        return no_update
    return energy_flow.energy_flow(current_scope(), site_id, period, first, last)


@callback(
    Output("overview-course", "data"),
    Input("overview-range", "value"),
    Input("overview-step", "value"),
    Input("overview-range-first", "value"),
    Input("overview-range-last", "value"),
    Input("overview-chart-shows", "value"),
    Input("overview-ahead", "data"),
    Input("overview-due", "data"),
    State("overview-site", "data"),
    running=[waits("overview-chart")],
    prevent_initial_call=True,
)
@guard(site_in())
def course(
    name: str,
    step: str,
    first: str | None,
    last: str | None,
    shows: list[str] | None,
    ahead: dict[str, Any] | None,
    _due: str | None,
    site_id: str,
) -> str:
    """Production and demand over the chosen range."""
    known = arguments.read(ahead, Outlook) if ahead else None
    return chart.chart(current_scope(), site_id, name, step, first, last, tuple(shows or ()), known)


@callback(
    Output("overview-details", "is_open"),
    Output("overview-details", "title"),
    Output("overview-details", "children"),
    Output("overview-details-figure", "data"),
    Input("overview-asked", "data"),
    State("overview-site", "data"),
    prevent_initial_call=True,
)
@guard(site_in())
def show_details(asked: dict[str, Any] | None, site_id: str) -> Any:
    """The details of what was clicked."""
    if not asked or not isinstance(asked.get("what"), str):
        raise PreventUpdate
    found = details.details(current_scope(), site_id, asked["what"])
    figure = {"figure": found.figure, "at": asked.get("at")} if found.figure else None
    title = html.Span(found.title, id="overview-details-title")
    return True, title, panels.details(found), orjson.dumps(figure).decode() if figure else None


in_browser.callbacks()
