"""What a site is: its kind, place, clocks, currency, region, nominal values and limits; and what it can make, keep and use."""

from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.figures import wording
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.plant import inputs, limits_table, regions_table, site_form
from dashboard.web.access import administers_site, current_scope, guard
from models.graph import Node
from store.errors import NotFound, Refused
from store.records.people import organisations
from store.records.plant import devices, graph, sites

register_page(
    __name__,
    path_template="/site/<site_id>/facility",
    name="Facility",
    title="Facility · Loadstar",
    nav={"section": navigation.SETUP, "icon": "building", "place": 1},
)


def _sum(values: list[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"{reader().number(wording.exact(sum(known), 4))} {unit}" if known else "–"


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


def _limits(site_id: str) -> html.Section:
    about = "What the quantities of this site may be. A standard's limit holds until this site has one of its own."
    return html.Section(
        [
            html.H2("Limits"),
            html.P(about, className="muted"),
            html.Div(id="limits-said", role="status"),
            html.Div(limits_table.form(), className="mb-3"),
            tables.view(limits_table.TABLE, site_id),
        ],
        className="panel mb-3",
    )


def _regions() -> html.Section:
    return html.Section(
        [
            html.H2("Regions"),
            html.P("Shared by all sites; visible to platform administrators only.", className="muted"),
            html.Div(id="regions-said", role="status"),
            html.Div(regions_table.form(), className="mb-3"),
            tables.view(regions_table.TABLE),
        ],
        className="panel mt-3",
    )


def _intervals(counted: dict[int, int]) -> str:
    """How often the devices post, in words."""
    if not counted:
        return "This site has no device yet."
    read = reader()
    parts = [f"{read.count(count)} every {read.count(every)} s" for every, count in counted.items()]
    return f"Devices that post now: {', '.join(parts[:6])}{' and others' if len(parts) > 6 else ''}."


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
                    html.P(_intervals(devices.reporting_intervals(scope, site_id)), className="muted small"),
                    inputs.submit("facility-save", "Save"),
                ],
                className="panel mb-3",
            ),
            html.Section(
                [
                    html.H2("Capacity"),
                    html.P(["Each part's own is shown in the ", where, "; here is the sum."], className="muted"),
                    _capacity(graph.site_graph(scope, site_id).nodes),
                ],
                className="panel mb-3",
            ),
            _limits(site_id),
            _regions() if scope.platform_admin else None,
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
    return tables.notice("Saved. A new time zone or kind shows when a page is reloaded.")
