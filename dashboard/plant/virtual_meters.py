"""Virtual meters, which are sums of others: made for an edge that nothing measures, their terms edited, ended.

Terms are lines that people read and write, a sign and a meter each: `+ Main meter`, `- Workshop`.
"""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update

from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.plant import inputs
from dashboard.web.access import administers_meter, current_scope, guard, plant_admin
from store.errors import NotFound, Refused
from store.records.plant import field_maps, graph, meters, sites
from store.records.plant.meters import Terms
from store.records.schema import Meter
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.scope import Scope

EXAMPLE = "+ Main meter\n- Workshop"
SIGNS = {"+": 1, "-": -1, "−": -1, "–": -1}
LONGEST = 20_000
WITHOUT_EDGE = "A virtual meter measures an edge that no other meter does: choose the site and the edge."
ABOUT = "One a line: + adds a meter, - takes one away. A name that several meters share is no name: give the id."


def written(scope: Scope, meter: Meter) -> str:
    """The terms of a virtual meter as lines."""
    terms = meters.virtual_terms(scope, [meter.id])[meter.id]
    names = meters.names_of(scope, meter.site_id, [term for term, _ in terms])
    return "\n".join(f"{'+' if sign > 0 else '-'} {names[term]}" for term, sign in sorted(terms, key=lambda term: -term[1]))


def read(scope: Scope, site_id: str, text: str) -> Terms:
    """The terms that the lines say.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: a line has no sign, or names no meter of the site.
    """
    said = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        sign, name = SIGNS.get(line[0]), line[1:].strip()
        if sign is None or not name:
            raise Refused(f"the line {line!r} has no sign or no meter: write it like + Main meter")
        said.append((name, sign))
    found = meters.meters_named(scope, site_id, {name for name, _ in said})
    return [(field_maps.the_one(found[name], name, "the sum"), sign) for name, sign in said]


def _terms(name: str, value: str = "") -> html.Div:
    area = dcc.Textarea(id=name, className="form-control", value=value, rows=4, maxLength=LONGEST, placeholder=EXAMPLE)
    return html.Div(
        [
            html.Label("Adds up", htmlFor=name, className="form-label"),
            area,
            html.P(ABOUT, className="form-text mb-0"),
        ],
        className="field wide",
    )


def form(scope: Scope) -> html.Details:
    """What makes a virtual meter, on the page of all meters."""
    mine = [each for each in sites.visible_sites(scope) if scope.everything or each.id in scope.admin_of]
    options = [{"label": f"{each.name} ({each.public_number})", "value": each.id} for each in mine]
    fields = [
        inputs.field("Name", inputs.line("virtual-name")),
        inputs.field("Site", dbc.Select(id="virtual-site", options=options, placeholder="Choose a site")),
        inputs.field(
            "Edge", dbc.Select(id="virtual-edge", options=[], placeholder="Choose the site first"), "Those that nothing measures."
        ),
        _terms("virtual-terms"),
    ]
    return inputs.folded("virtual-form", "Create a virtual meter", "plus-lg", fields, inputs.submit("virtual-make", "Create"))


@callback(
    Output("virtual-edge", "options"),
    Output("virtual-edge", "placeholder"),
    Input("virtual-site", "value"),
    Input("virtual-said", "children"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def edges(site_id: str | None, _said: Any) -> Any:
    """The edges of the site that nothing measures."""
    if not site_id:
        return [], "Choose the site first"
    scope = current_scope()
    wired, measured, at = graph.wiring(scope, site_id), graph.measured_by(scope, site_id), now()
    names = {node.id: node.name for node in wired.nodes}
    free = [edge for edge in wired.edges if edge.id not in measured and holds_at(edge, at)]
    ways = {edge.id: f"{names[edge.from_node_id]} → {names[edge.to_node_id]}, {edge.carrier}" for edge in free}
    options = [{"label": way, "value": edge_id} for edge_id, way in sorted(ways.items(), key=lambda each: each[1])]
    return options, "Choose an edge" if options else "All its edges are measured"


@callback(
    Output("virtual-said", "children"),
    Output("meters-changed", "data", allow_duplicate=True),
    Output("virtual-name", "value"),
    Output("virtual-terms", "value"),
    Input("virtual-make", "n_clicks"),
    State("virtual-name", "value"),
    State("virtual-site", "value"),
    State("virtual-edge", "value"),
    State("virtual-terms", "value"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def make(clicks: int | None, name: str | None, site_id: str | None, edge_id: str | None, terms: str | None) -> Any:
    """Make the meter."""
    if not clicks:
        return (no_update,) * 4
    if not (site_id and edge_id):
        return tables.notice(WITHOUT_EDGE, bad=True), no_update, no_update, no_update
    scope = current_scope()
    try:
        said = read(scope, site_id, str(terms or ""))
        made = meters.create_meter(scope, site_id, name=str(name or ""), role="virtual", edge_id=edge_id, terms=said)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update, no_update
    link = html.A(made.name, href=f"/admin/meters/{made.id}", **data(soft=""))
    return tables.notice([link, " created. It shows what its terms add up to, for all of their past."]), made.id, "", ""


def panel(scope: Scope, meter: Meter) -> html.Section:
    """The terms of a virtual meter, to be read and edited, on its own page."""
    lines = written(scope, meter)
    if meter.retired_at is not None:
        ended = html.P("It has ended: nothing is added up any more.", className="muted")
        return html.Section([html.H2("What it adds up"), ended, html.Pre(lines)], className="panel mb-3")
    about = (
        "Other terms hold for all of the past too, for a sum keeps no readings of its own. "
        "To keep its history as it is, end it and make another."
    )
    return html.Section(
        [
            html.H2("What it adds up"),
            html.P(about, className="muted wide"),
            html.Div(_terms("meter-terms", lines), className="fields"),
            inputs.submit("meter-terms-save", "Save the terms"),
        ],
        className="panel mb-3",
    )


@callback(
    Output("meter-notice", "children", allow_duplicate=True),
    Output("meter-terms", "value"),
    Input("meter-terms-save", "n_clicks"),
    State("meter-terms", "value"),
    State("meter-id", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def save_terms(clicks: int | None, terms: str | None, meter_id: str) -> Any:
    """Say the terms anew."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        meter = meters.require_meters(scope, [meter_id])[meter_id]
        meters.set_terms(scope, meter_id, read(scope, meter.site_id, str(terms or "")))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update
    return tables.notice("Saved."), written(scope, meter)
