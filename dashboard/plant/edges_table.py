"""The edges of a site's graph, as a table and a form: connected, ended."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from config import clock
from config.language import N_, _
from dashboard.parts import forms, moments, tables
from dashboard.parts.fields import Choice
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import dated, nodes_table, wiring
from dashboard.web.access import administers_site
from store.errors import NotFound
from store.records.plant import dated_graph, graph
from store.records.schema import Edge
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

CARRIERS = {
    "electricity": N_("electricity"),
    "gas": N_("gas"),
    "heat": N_("heat"),
    "cooling": N_("cooling"),
    "water": N_("water"),
}
COLUMNS = (
    Column("from", N_("Edge")),
    Column("carrier", N_("Carrier")),
    Column("ways", N_("Ways"), sortable=False),
    Column("meter", N_("Measured by"), sortable=False),
    Column("valid_from", N_("From")),
    Column("valid_to", N_("Until"), sortable=False),
)
START, END_DATE = nodes_table.DATES
FIELDS = (
    Choice("source", N_("From"), required=True, of="from_node_id", hint=N_("Choose a node")),
    Choice("target", N_("To"), required=True, of="to_node_id", hint=N_("Choose a node")),
    Choice("carrier", N_("Carrier"), list(CARRIERS.items())),
    Choice("ways", N_("Flows"), (("one", N_("one way")), ("both", N_("both ways")))),
    replace(START, words=N_("Since"), help=N_("By the site's clocks. Empty: as long as both nodes exist.")),
    END_DATE,
)


class Way(NamedTuple):
    """An edge as its row needs it."""

    edge: Edge
    name: str
    meter: str


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Way]:
    at = clock.now()
    here = wiring.wiring(scope, context)
    names = {node.id: node.name for node in here.nodes}
    measured = dated_graph.measured_by(scope, context)
    ways = [
        Way(edge, f"{names[edge.from_node_id]} → {names[edge.to_node_id]}", measured.get(edge.id, "–"))
        for edge in here.edges
        if chosen.get("when") or dated.state(edge, at) != dated.ENDED
    ]
    ways = [
        way
        for way in ways
        if wiring.fits(f"{way.name} {way.edge.carrier} {_(CARRIERS[way.edge.carrier])} {way.meter}", wanted.search)
    ]
    keys = {"carrier": lambda way: way.edge.carrier, "valid_from": lambda way: f"{way.edge.valid_from}"}
    return wiring.page(ways, wanted, keys.get(wanted.sort, lambda way: way.name))


def _row(scope: Scope, way: Way) -> Row:
    edge, zone = way.edge, wiring.zone(scope, way.edge.site_id)
    cells = (
        _(CARRIERS[edge.carrier]),
        _("both ways") if edge.two_way else _("one way"),
        way.meter,
        moments.day(edge.valid_from, zone),
        moments.day(edge.valid_to, zone),
    )
    return Row(edge.id, way.name, cells, () if dated.state(edge, clock.now()) == dated.ENDED else (END,))


END = Act(
    "end",
    N_("End"),
    lambda: Question(_("Its meter stops counting then, and the edge ends. Earlier data are unaffected."), nodes_table.END_FIELDS),
    danger=True,
    sure=N_("End it"),
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {edge.id for edge in graph.wiring(scope, asked.context).edges}:
        raise NotFound("no such edge on this site")
    given = asked.read(nodes_table.END_FIELDS)
    at = given.moment("at", wiring.zone(scope, asked.context))
    given.check()
    graph.end_edge(scope, asked.key, at)
    return _("Ended.")


def node_choices(scope: Scope, site_id: str) -> list[tuple[str, str]]:
    """The nodes that can be connected."""
    now = clock.now()
    return [(node.id, node.name) for node in wiring.wiring(scope, site_id).nodes if dated.state(node, now) != dated.ENDED]


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {key: {"options": node_choices(scope, site_id)} for key in ("source", "target")}


def _connect(scope: Scope, given: Given, site_id: str) -> Words:
    zone = wiring.zone(scope, site_id)
    said: dict[str, Any] = {
        "from_node_id": given.text("source"),
        "to_node_id": given.text("target"),
        "carrier": given.text("carrier"),
        "two_way": given.text("ways") == "both",
        "valid_from": given.moment("from", zone),
        "valid_to": given.moment("to", zone, end_of_day=True),
    }
    given.check()
    graph.create_edge(scope, site_id, **said)
    return _("Connected. Add a meter to measure it.")


TABLE = Table(
    "edges",
    N_("Edges"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(nodes_table.SHOW,),
    search=N_("node, carrier, meter"),
    empty=N_("No edge yet. Connect two nodes."),
)
FORM = Form(
    "edge",
    N_("Connect two nodes"),
    administers_site("of"),
    FIELDS,
    do=_connect,
    button=N_("Connect"),
    now=_now,
    changes=("edges",),
)
tables.declare(TABLE)
forms.declare(FORM)
