"""A site's node graph, edited: nodes and edges with their dates, what it looks like now, and whether it balances."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import fields, forms, tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Moment
from dashboard.parts.given import Given
from dashboard.parts.notices import notice
from dashboard.plant import edges_table, nodes_table, wiring
from dashboard.plant.preview import preview
from dashboard.web import static
from dashboard.web.access import administers_site, current_scope, guard

register_page(
    __name__,
    path_template="/site/<site_id>/graph",
    name=N_("Node graph"),
    nav={"section": navigation.SETUP, "icon": "diagram-3", "place": 2},
)

PREVIEW_MS = 5000
AT = Moment("at", N_("At"))
ABOUT = N_("What energy flows through, and how. Everything is drawn and added up from it.")


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    drawn, check = preview(current_scope(), site_id)
    head = html.Header([html.H2(_("Preview")), fields.in_form("graph", fields.worded(AT), {}, None)], className="preview-head")
    picture = [head, html.Div(id="graph-sankey", className="chart"), html.P(id="graph-says", className="muted small mb-0")]
    return html.Div(
        [
            html.Header([html.H1(_("Node graph")), html.P(_(ABOUT))], className="page-head"),
            dcc.Store(id="graph-site", data=site_id),
            dcc.Store(id="graph-figure", data=drawn),
            dcc.Interval(id="graph-interval", interval=PREVIEW_MS),
            html.Div(
                [
                    html.Section(picture, className="panel"),
                    html.Section([html.H2(_("Balance check")), html.Div(check, id="graph-check")], className="panel"),
                ],
                className="preview",
            ),
            html.Div(
                [forms.view(nodes_table.FORM, site_id), forms.view(edges_table.FORM, site_id)],
                className="side-by-side",
            ),
            html.H2(_("Nodes"), className="mt-4"),
            tables.view(nodes_table.TABLE, site_id),
            html.H2(_("Edges"), className="mt-4"),
            tables.view(edges_table.TABLE, site_id),
        ],
        **data(plotly=static.url("plotly/plotly.min.js")),
    )


@callback(
    Output("graph-figure", "data"),
    Output("graph-check", "children"),
    Output("edge-source", "options"),
    Output("edge-target", "options"),
    Input("graph-interval", "n_intervals"),
    *[Input(f"graph-{part}", "value") for part in fields.parts_of(AT)],
    Input("nodes-body", "children"),
    Input("edges-body", "children"),
    State("graph-site", "data"),
    running=[(Output("graph-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(administers_site())
def draw(_n: int | None, day: str | None, time: str | None, offset: str | None, _nodes: Any, _edges: Any, site_id: str) -> Any:
    """The picture and the check, after every change and every few seconds."""
    scope = current_scope()
    given = Given((AT,), dict(zip(fields.parts_of(AT), (day, time, offset), strict=True)))
    at = given.moment(AT.key, wiring.zone(scope, site_id))
    if given.problems:
        return no_update, notice(given.problems[AT.key].words, bad=True), no_update, no_update
    drawn, check = preview(scope, site_id, at)
    choices: Any = no_update
    if ctx.triggered_id != "graph-interval":
        choices = [{"label": name, "value": node} for node, name in edges_table.node_choices(scope, site_id)]
    return drawn, check, choices, choices


clientside_callback(ClientsideFunction("plant", "preview"), Input("graph-figure", "data"))
