"""The live overview of a site: is it well, and where to look if not."""

from typing import Any

import orjson
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from dash.exceptions import PreventUpdate

from config import clock
from config.settings import settings
from dashboard.figures import plan
from dashboard.figures.production_demand import Outlook
from dashboard.forecasting.controls import controls
from dashboard.live import blocks, chart, details, energy_flow, in_browser, map_of_sites
from dashboard.live.chosen import chosen
from dashboard.live.tick import about, tick_of, today_or_none
from dashboard.live.tiles import tiles
from dashboard.parts.aria import data
from dashboard.web import arguments, static
from dashboard.web.access import current_scope, guard, site_in
from insight.course import trends
from insight.now import now_of

STALE_S = 60.0  # what the document's chart may lack at its right end: the next step draws it anew

register_page(
    __name__,
    path_template="/site/<site_id>/overview",
    name="Overview",
    title="Overview · Loadstar",
    nav={"section": "Site", "icon": "activity"},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page with its first values already in it, as the address says what of them to show."""
    show = chosen(query)
    scope = current_scope()
    now = now_of(scope, site_id)
    if not now.view.meters:
        return html.Div(blocks.nothing_metered(scope, site_id), className="overview", id="overview")
    return html.Div(
        [
            html.H1(f"{now.view.name}, overview", className="visually-hidden"),
            *blocks.stores(
                site_id,
                tick=tick_of(scope, site_id),
                about=_json(about(now.view)),
                course=chart.chart(
                    scope, site_id, show.range, show.step, show.first, show.last, blocks.shown_first(now.view), stale_s=STALE_S
                ),
                energy=None
                if show.flow == "live"
                else energy_flow.energy_flow(scope, site_id, show.flow, show.flow_first, show.flow_last),
                plan=_json(plan.figure(now.view.graph, {})),
                places=map_of_sites.figure_text(scope, site_id),
            ),
            dcc.Interval(id="overview-interval", interval=settings().tick_s * 1000),
            blocks.tile_row(tiles(now, today_or_none(scope, site_id)), clock.now(), trends(scope, site_id)),
            blocks.flow_panel(show),
            blocks.place_panel(static.url("map/outlines.json"), show),
            blocks.course_panel(show, now.view, controls()),
            *blocks.strips(),
            blocks.details_sheet(),
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
    running=[blocks.waits("overview-sankey")],
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
    running=[blocks.waits("overview-chart")],
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
    return True, title, blocks.details(found), _json(figure) if figure else None


def _json(figure: Any) -> str:
    return orjson.dumps(figure).decode()


in_browser.callbacks()
