"""What a site is: its kind, place, clocks, currency, region and nominal values; and what it can make, keep and use."""

from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard import navigation, tables
from dashboard.access import administers_site, current_scope, guard
from dashboard.aria import data
from dashboard.faults import sentence
from dashboard.plant import forms, site_form
from models.graph import Node
from store.errors import NotFound, Refused
from store.records import graph, organisations, sites

register_page(
    __name__,
    path_template="/site/<site_id>/facility",
    name="Facility",
    title="Facility · Loadstar",
    nav={"section": navigation.SETUP, "icon": "building"},
)


def _sum(values: list[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known):,.4g} {unit}" if known else "–"


def _capacity(nodes: tuple[Node, ...]) -> html.Dl:
    """What the graph's nodes add up to; the grid's connection apart."""
    of = {
        "Grid connection": ([node.capacity_kw for node in nodes if node.technology == "grid"], "kW"),
        "Sources": ([node.capacity_kw for node in nodes if node.kind == "source" and node.technology != "grid"], "kW"),
        "Storage, power": ([node.capacity_kw for node in nodes if node.kind == "storage"], "kW"),
        "Storage, energy": ([node.capacity_kwh for node in nodes if node.kind == "storage"], "kWh"),
        "Demand": ([node.capacity_kw for node in nodes if node.kind == "sink"], "kW"),
    }
    parts = [part for name, given in of.items() for part in (html.Dt(name), html.Dd(_sum(*given), className="figure"))]
    return html.Dl(parts, className="definitions")


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    site = sites.site(scope, site_id)
    try:
        owner = organisations.organisation(scope, site.organisation_id).name
    except NotFound:  # an administrator by a grant, of another organisation
        owner = "another organisation"
    where = html.A("node graph", href=f"/site/{site_id}/graph", **data(soft=""))
    return html.Div(
        [
            html.Header(
                [html.H1("Facility"), html.P(f"Number {site.public_number}, the facility_id of its devices. Owner: {owner}.")],
                className="page-head",
            ),
            html.Div(id="facility-notice", role="status"),
            dcc.Store(id="facility-site", data=site_id),
            html.Section(
                [
                    html.H2("Details"),
                    html.Div(site_form.fields("facility", site), className="fields"),
                    forms.submit("facility-save", "Save"),
                ],
                className="panel mb-3",
            ),
            html.Section(
                [
                    html.H2("Capacity"),
                    html.P(["Each part's own stands in the ", where, "; here they are added up."], className="muted"),
                    _capacity(graph.site_graph(scope, site_id).nodes),
                ],
                className="panel",
            ),
        ]
    )


@callback(
    Output("facility-notice", "children"),
    Input("facility-save", "n_clicks"),
    State("facility-site", "data"),
    *site_form.states("facility"),
    prevent_initial_call=True,
)
@guard(administers_site())
def save(clicks: int | None, site_id: str, *written: Any) -> Any:
    """Describe the site anew."""
    if not clicks:
        return no_update
    try:
        sites.describe_site(current_scope(), site_id, **site_form.read(written))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True)
    return tables.notice("Saved. A new time zone or kind shows when a page is loaded anew.")
