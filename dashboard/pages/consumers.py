"""Who uses what on a site, how much of it, and how that changed."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page
from dash.exceptions import PreventUpdate

from config import clock
from config.language import N_, _
from dashboard.energy import consumers_flow, consumers_table
from dashboard.energy.consumers_flow import Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import days
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import consumers
from insight.site_view import site_view
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/consumers",
    name=N_("Consumers"),
    nav={"section": navigation.SITE, "icon": "plug", "place": 20},
)


@guard(site_in())
def layout(site_id: str, until: str = "", **query: Any) -> html.Div:
    """The page, of the days that its address names."""
    scope = current_scope()
    today = clock.now().astimezone(site_view(scope, site_id).zone).date()
    shown = days.of_address(str(query.get("days", "")), until, today)
    asked = Asked(site_id, shown, str(query.get("open", "")))
    about = _("Who uses what, how much of the whole is that, and how did it change?")
    return html.Div(
        [
            html.Header([html.H1(_("Consumers")), html.P(about)], className="page-head"),
            days.choice(f"/site/{site_id}/consumers", shown, today, {"open": asked.opened}),
            *_told(scope, asked),
        ],
        **data(plotly=static.url("plotly/plotly.min.js")),
    )


def _told(scope: Scope, asked: Asked) -> list[Any]:
    view = site_view(scope, asked.site_id)
    try:
        told = consumers.consumers(scope, view.id, asked.shown.first, asked.shown.last)
        flow = consumers_flow.panel(scope, view, asked, told) if told.every else None
    except StoreAway as away:
        return [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    if flow is None:
        empty = _("Nothing that uses energy is drawn on this site. Once its graph has uses, each of them is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    read_by = reader()
    note = _(
        "Base load is what is drawn nearly always, the 2.5th percentile of the hours; the highest hour is a mean. "
        "The days before are as many, up to the same time."
    )
    billed = _("A cost is what would be paid were it billed alone by the tariff of the site.")
    return [
        html.P(
            [consumers_table.says(told, read_by), " ", html.Span(id="consumers-cost")], className="answer", id="consumers-say"
        ),
        flow,
        html.Div(consumers_table.table(view, told, None, read_by), id="consumers-table"),
        html.P(f"{note} {billed}", className="muted small mt-2"),
        dcc.Store(id="consumers-site", data=view.id),
        dcc.Store(id="consumers-days", data={"days": f"{asked.shown.count}", "until": f"{asked.shown.last}"}),
    ]


@callback(
    Output("consumers-table", "children"),
    Output("consumers-cost", "children"),
    Input("consumers-days", "data"),
    State("consumers-site", "data"),
)
@guard(site_in())
def costed(kept: dict[str, str] | None, site_id: str) -> tuple[Any, Any]:
    """The same with what each use cost, which takes longer."""
    scope, read_by, asked = current_scope(), reader(), kept if isinstance(kept, dict) else {}
    view = site_view(scope, site_id)
    today = clock.now().astimezone(view.zone).date()
    shown = days.of_address(str(asked.get("days", "")), str(asked.get("until", "")), today)
    try:
        told = consumers.consumers(scope, site_id, shown.first, shown.last)
        costs = consumers.costs(scope, site_id, shown.first, shown.last)
    except StoreAway:
        raise PreventUpdate from None
    return consumers_table.table(view, told, costs, read_by), consumers_table.says_cost(told, costs, view.currency, read_by)


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(consumers_flow.CHART, "title"),
    Input(consumers_flow.FIGURE, "data"),
    State(consumers_flow.CHART, "id"),
)
