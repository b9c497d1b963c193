"""All sites of whoever has several: what each does, which needs somebody, and the way to it."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html, register_page

from config.language import N_, _
from dashboard.energy import ways
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.live import all_sites_table, map_of_sites
from dashboard.live.all_sites_table import MEASURES, NEED
from dashboard.live.blocks import chart, chart_tools, panel
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, several_sites
from insight.all_sites import all_sites
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path="/sites",
    name=N_("At a glance"),
    nav={"section": navigation.PLANT, "icon": "buildings", "place": 0},
)

MAP, FIGURE = "sites-map", "sites-map-figure"


@guard(several_sites)
def layout(by: str = "", **_query: Any) -> html.Div:
    """The page, with its sites in the order that its address names."""
    scope = current_scope()
    by = by if by in MEASURES else NEED
    about = _("Which of the sites needs somebody, and what do they draw, use, cost and emit?")
    head = html.Header([html.H1(_("All sites")), html.P(about)], className="page-head")
    return html.Div([head, *_told(scope, by)], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, by: str) -> list[Any]:
    try:
        every = all_sites(scope)
    except StoreAway as away:
        return [
            notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True),
            _map(scope),
        ]
    note = _(
        "Today is each site's own day, from its midnight to now. Cost is what came from the grid at its price, less what went "
        "into it; CO₂ is that of what came from the grid. Amounts in different currencies are not ranked against each other."
    )
    return [
        html.P(all_sites_table.says(every, reader()), className="answer", id="sites-say"),
        _orders(by),
        all_sites_table.table(every, by, reader()),
        html.P(note, className="muted small mt-2 wide"),
        _map(scope),
    ]


def _orders(by: str) -> html.Div:
    orders = {NEED: _("Who needs somebody")} | {name: _(measure.words) for name, measure in MEASURES.items()}
    links = ways.row(_("Rank by"), {_address(name): words for name, words in orders.items()}, _address(by))
    return html.Div([html.Span(_("Rank by"), className="muted"), links], className="toolbar calendar-tools")


def _address(by: str) -> str:
    return "/sites" if by == NEED else f"/sites?by={by}"


def _map(scope: Scope) -> html.Div:
    drawn = chart(MAP, _("Map of all sites with their states"), outlines=static.url("map/outlines.json"), wheel="zoom")
    figure = dcc.Store(id=FIGURE, data=map_of_sites.drawn(scope))
    return html.Div(panel("sites-place", _("Map"), None, [*drawn, figure], chart_tools(MAP)), className="overview mt-3")


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(MAP, "title"),
    Input(FIGURE, "data"),
    State(MAP, "id"),
)
