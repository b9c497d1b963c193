"""A site's node graph, edited: nodes and edges with their dates, what it looks like now, and whether it balances."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html, no_update, register_page

from config import clock
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import inputs, wiring
from dashboard.plant.preview import preview
from dashboard.web import static
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound, Refused
from store.records.plant import graph
from store.records.schema import Edge, Node
from store.records.schema.dated import Dated
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/graph",
    name="Node graph",
    title="Node graph · Loadstar",
    nav={"section": navigation.SETUP, "icon": "diagram-3", "place": 2},
)

KINDS = {"source": "source", "storage": "storage", "bus": "busbar", "converter": "converter", "sink": "use"}
CARRIERS = ("electricity", "gas", "heat", "cooling", "water")
TECHNOLOGIES = ("grid", "pv", "battery", "chp", "load", "wind", "heat_pump", "ev_charger")
PREVIEW_MS = 5000
SHOW = Choice("when", "Show", (("", "Current and planned"), ("all", "Include ended")))
NODE_COLUMNS = (
    Column("name", "Node"),
    Column("kind", "Kind"),
    Column("technology", "Technology"),
    Column("capacity", "Capacity", sortable=False),
    Column("plan", "On the plan", sortable=False),
    Column("valid_from", "From"),
    Column("valid_to", "Until", sortable=False),
)
EDGE_COLUMNS = (
    Column("from", "Edge"),
    Column("carrier", "Carrier"),
    Column("ways", "Ways", sortable=False),
    Column("meter", "Measured by", sortable=False),
    Column("valid_from", "From"),
    Column("valid_to", "Until", sortable=False),
)


class Way(NamedTuple):
    """An edge as its row needs it."""

    edge: Edge
    name: str
    meter: str


def _shown(each: Dated, chosen: Mapping[str, str], at: datetime) -> bool:
    return bool(chosen.get("when")) or each.valid_to is None or each.valid_to > at


def _fits(text: str, wanted: Wanted) -> bool:
    return all(word in text.casefold() for word in wanted.search.casefold().split())


def _load_nodes(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Node]:
    at = clock.now()
    nodes = [node for node in wiring.wiring(scope, context).nodes if _shown(node, chosen, at)]
    nodes = [node for node in nodes if _fits(f"{node.name} {node.kind} {node.technology}", wanted)]
    nodes.sort(key=lambda node: getattr(node, wanted.sort or "name"), reverse=wanted.descending)
    return Page(nodes[wanted.first : wanted.first + wanted.count], len(nodes))


def _node_row(scope: Scope, node: Node) -> Row:
    zone = wiring.zone(scope, node.site_id)
    capacity = [
        f"{value:g} {unit}" for value, unit in ((node.capacity_kw, "kW"), (node.capacity_kwh, "kWh")) if value is not None
    ]
    cells = (
        KINDS[node.kind],
        node.technology or "–",
        ", ".join(capacity) or "–",
        f"{node.plan_x:g}, {node.plan_y:g}" if node.plan_x is not None and node.plan_y is not None else "–",
        inputs.day(node.valid_from, zone),
        inputs.day(node.valid_to, zone),
    )
    over = node.valid_to is not None and node.valid_to <= clock.now()
    return Row(node.id, node.name, cells, () if over else (Act("edit", "Edit", lambda: _edit(node), sure="Save"), END_NODE))


def _edit(node: Node) -> Question:
    def said(value: float | None) -> str:
        return "" if value is None else f"{value:g}"

    kinds = sorted(KINDS.items(), key=lambda kind: kind[0] != node.kind)
    return Question(
        "What this node is. A rewiring is better an end and a new node, so that history stays right.",
        (
            Text("name", "Name", node.name, 120, 1),
            Choice("kind", "Kind", kinds),
            Text("technology", f"Technology, such as {', '.join(TECHNOLOGIES[:5])}", node.technology, 40, 1),
            Text("kw", "Capacity (kW)", said(node.capacity_kw), 20, 1),
            Text("kwh", "Capacity (kWh), of a storage", said(node.capacity_kwh), 20, 1),
            Text("x", "On the plan, from the left (0 to 1)", said(node.plan_x), 20, 1),
            Text("y", "On the plan, from the top (0 to 1)", said(node.plan_y), 20, 1),
        ),
    )


def _ends(what: str) -> Question:
    return Question(
        f"{what} It ends then. Earlier data are unaffected.",
        (Text("at", f"Ends, by the site's clocks (like {inputs.MOMENT}; empty: now)", "", inputs.LONGEST, 1),),
    )


END_NODE = Act("end", "End", lambda: _ends("Its edges end with it."), danger=True, sure="End it")
END_EDGE = Act("end", "End", lambda: _ends("Its meter will stop counting."), danger=True, sure="End it")


def _do_node(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {node.id for node in graph.wiring(scope, asked.context).nodes}:
        raise NotFound("no such node on this site")
    given = asked.given
    if asked.act == "end":
        count = graph.end_node(scope, asked.key, inputs.moment("the end", given.get("at"), wiring.zone(scope, asked.context)))
        return f"Ended, and {count} edge{'' if count == 1 else 's'} with it."
    graph.describe_node(
        scope,
        asked.key,
        name=given.get("name", ""),
        kind=given.get("kind", ""),
        technology=given.get("technology", ""),
        capacity_kw=inputs.number("the capacity", given.get("kw")),
        capacity_kwh=inputs.number("the capacity", given.get("kwh")),
        plan_x=inputs.number("the place", given.get("x")),
        plan_y=inputs.number("the place", given.get("y")),
    )
    return "Saved."


def _load_edges(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Way]:
    at = clock.now()
    here = wiring.wiring(scope, context)
    names = {node.id: node.name for node in here.nodes}
    measured = graph.measured_by(scope, context)
    ways = [
        Way(edge, f"{names[edge.from_node_id]} → {names[edge.to_node_id]}", measured.get(edge.id, "–"))
        for edge in here.edges
        if _shown(edge, chosen, at)
    ]
    ways = [way for way in ways if _fits(f"{way.name} {way.edge.carrier} {way.meter}", wanted)]
    ways.sort(
        key=lambda way: {"carrier": way.edge.carrier, "valid_from": f"{way.edge.valid_from}"}.get(wanted.sort, way.name),
        reverse=wanted.descending,
    )
    return Page(ways[wanted.first : wanted.first + wanted.count], len(ways))


def _edge_row(scope: Scope, way: Way) -> Row:
    edge, zone = way.edge, wiring.zone(scope, way.edge.site_id)
    cells = (
        edge.carrier,
        "both" if edge.two_way else "one",
        way.meter,
        inputs.day(edge.valid_from, zone),
        inputs.day(edge.valid_to, zone),
    )
    over = edge.valid_to is not None and edge.valid_to <= clock.now()
    return Row(edge.id, way.name, cells, () if over else (END_EDGE,))


def _do_edge(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {edge.id for edge in graph.wiring(scope, asked.context).edges}:
        raise NotFound("no such edge on this site")
    graph.end_edge(scope, asked.key, inputs.moment("the end", asked.given.get("at"), wiring.zone(scope, asked.context)))
    return "Ended."


_RULE = administers_site("context")
NODES = Table(
    "nodes",
    "Nodes",
    _RULE,
    NODE_COLUMNS,
    load=_load_nodes,
    row=_node_row,
    do=_do_node,
    filters=(SHOW,),
    search="name, kind",
    empty="No node yet. Add the grid connection first, then a busbar, then what makes, keeps and uses energy.",
)
EDGES = Table(
    "edges",
    "Edges",
    _RULE,
    EDGE_COLUMNS,
    load=_load_edges,
    row=_edge_row,
    do=_do_edge,
    filters=(SHOW,),
    search="node, carrier, meter",
    empty="No edge yet. Connect two nodes.",
)
tables.declare(NODES)
tables.declare(EDGES)


def _options(scope: Scope, site_id: str) -> list[dict[str, str]]:
    now = clock.now()
    return [{"label": node.name, "value": node.id} for node in wiring.wiring(scope, site_id).nodes if _shown(node, {}, now)]


def _forms(scope: Scope, site_id: str) -> list[html.Details]:
    kinds = [{"label": words, "value": kind} for kind, words in KINDS.items()]
    dates: dict[str, Any] = {"placeholder": inputs.DAY, "longest": 20}
    node = [
        inputs.field("Name", inputs.line("graph-name")),
        inputs.field("Kind", dbc.Select(id="graph-kind", options=kinds, value="sink")),
        inputs.field("Technology", inputs.line("graph-technology", list="graph-technologies", longest=40), "Sets the colour."),
        html.Datalist([html.Option(value=each) for each in TECHNOLOGIES], id="graph-technologies"),
        inputs.field("Capacity (kW)", inputs.line("graph-kw", longest=20)),
        inputs.field("Capacity (kWh)", inputs.line("graph-kwh", longest=20), "Storage only."),
        inputs.field("On the plan, from the left", inputs.line("graph-x", longest=20), "0 to 1."),
        inputs.field("On the plan, from the top", inputs.line("graph-y", longest=20), "0 to 1."),
        inputs.field("From", inputs.line("graph-from", **dates), "Empty: from now on."),
        inputs.field("Through", inputs.line("graph-to", **dates), "Empty: until further notice."),
    ]
    carriers = [{"label": each, "value": each} for each in CARRIERS]
    ways = [{"label": "one way", "value": "one"}, {"label": "both ways", "value": "both"}]
    choices = _options(scope, site_id)
    edge = [
        inputs.field("From", dbc.Select(id="graph-source", options=choices)),
        inputs.field("To", dbc.Select(id="graph-target", options=choices)),
        inputs.field("Carrier", dbc.Select(id="graph-carrier", options=carriers, value="electricity")),
        inputs.field("Flows", dbc.Select(id="graph-ways", options=ways, value="one")),
        inputs.field("From", inputs.line("graph-edge-from", **dates), "Empty: as long as both nodes are there."),
        inputs.field("Through", inputs.line("graph-edge-to", **dates)),
    ]
    return [
        inputs.folded("graph-node-form", "Add a node", "plus-lg", node, inputs.submit("graph-add-node", "Add")),
        inputs.folded("graph-edge-form", "Connect two nodes", "plus-lg", edge, inputs.submit("graph-add-edge", "Connect")),
    ]


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    drawn, check = preview(scope, site_id)
    at = inputs.line("graph-at", placeholder="now", longest=inputs.LONGEST, debounce=True)
    return html.Div(
        [
            html.Header(
                [html.H1("Node graph"), html.P("What energy flows through, and how. Everything is drawn and added up from it.")],
                className="page-head",
            ),
            dcc.Store(id="graph-site", data=site_id),
            dcc.Store(id="graph-changed"),
            dcc.Store(id="graph-figure", data=drawn),
            dcc.Interval(id="graph-interval", interval=PREVIEW_MS),
            html.Div(
                [
                    html.Section(
                        [
                            html.Header([html.H2("Preview"), inputs.field("At", at)], className="preview-head"),
                            html.Div(id="graph-sankey", className="chart"),
                            html.P(id="graph-says", className="muted small mb-0"),
                        ],
                        className="panel",
                    ),
                    html.Section([html.H2("Balance check"), html.Div(check, id="graph-check")], className="panel"),
                ],
                className="preview",
            ),
            html.Div(id="graph-notice", role="status"),
            html.Div(_forms(scope, site_id), className="side-by-side"),
            html.H2("Nodes", className="mt-4"),
            tables.view(NODES, site_id),
            html.H2("Edges", className="mt-4"),
            tables.view(EDGES, site_id),
        ],
        **data(plotly=static.url("plotly/plotly.min.js")),
    )


@callback(
    Output("graph-figure", "data"),
    Output("graph-check", "children"),
    Output("graph-source", "options"),
    Output("graph-target", "options"),
    Input("graph-interval", "n_intervals"),
    Input("graph-at", "value"),
    Input("nodes-view", "data"),
    Input("edges-view", "data"),
    Input("graph-changed", "data"),
    State("graph-site", "data"),
    running=[(Output("graph-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(administers_site())
def draw(_n: int | None, at: str | None, _nodes: Any, _edges: Any, _changed: Any, site_id: str) -> Any:
    """The picture and the check, after every change and every few seconds."""
    scope = current_scope()
    try:
        drawn, check = preview(scope, site_id, inputs.moment("the time", at, wiring.zone(scope, site_id)))
    except Refused as refused:
        return no_update, tables.notice(sentence(refused), bad=True), no_update, no_update
    options = no_update if ctx.triggered_id == "graph-interval" else _options(scope, site_id)
    return drawn, check, options, options


@callback(
    Output("graph-notice", "children", allow_duplicate=True),
    Output("nodes-changed", "data"),
    Output("graph-changed", "data", allow_duplicate=True),
    Output("graph-name", "value"),
    Input("graph-add-node", "n_clicks"),
    State("graph-site", "data"),
    *[State(f"graph-{name}", "value") for name in ("name", "kind", "technology", "kw", "kwh", "x", "y", "from", "to")],
    prevent_initial_call=True,
)
@guard(administers_site())
def add_node(clicks: int | None, site_id: str, *written: Any) -> Any:
    """Add a node."""
    if not clicks:
        return (no_update,) * 4
    name, kind, technology, kw, kwh, x, y, start, end = written
    scope = current_scope()
    try:
        zone = wiring.zone(scope, site_id)
        made = graph.create_node(
            scope,
            site_id,
            name=str(name or ""),
            kind=str(kind or ""),
            technology=str(technology or "").strip(),
            capacity_kw=inputs.number("the capacity", kw),
            capacity_kwh=inputs.number("the capacity", kwh),
            plan_x=inputs.number("the place", x),
            plan_y=inputs.number("the place", y),
            valid_from=inputs.moment("the start", start, zone),
            valid_to=inputs.moment("the end", end, zone, end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update, no_update
    return tables.notice(f"{made.name} added. Connect it to another node."), made.id, made.id, ""


@callback(
    Output("graph-notice", "children", allow_duplicate=True),
    Output("edges-changed", "data"),
    Output("graph-changed", "data", allow_duplicate=True),
    Input("graph-add-edge", "n_clicks"),
    State("graph-site", "data"),
    *[State(f"graph-{name}", "value") for name in ("source", "target", "carrier", "ways", "edge-from", "edge-to")],
    prevent_initial_call=True,
)
@guard(administers_site())
def add_edge(clicks: int | None, site_id: str, *written: Any) -> Any:
    """Connect two nodes."""
    if not clicks:
        return (no_update,) * 3
    source, target, carrier, ways, start, end = written
    if not (source and target):
        return tables.notice("An edge has two ends: choose both nodes.", bad=True), no_update, no_update
    scope = current_scope()
    try:
        zone = wiring.zone(scope, site_id)
        made = graph.create_edge(
            scope,
            site_id,
            from_node_id=source,
            to_node_id=target,
            carrier=str(carrier or ""),
            two_way=ways == "both",
            valid_from=inputs.moment("the start", start, zone),
            valid_to=inputs.moment("the end", end, zone, end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return tables.notice("Connected. Add a meter to measure it."), made.id, made.id


clientside_callback(ClientsideFunction("plant", "preview"), Input("graph-figure", "data"))
