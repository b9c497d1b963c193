"""The nodes of a site's graph, as a table and a form: added, described, ended."""

from collections.abc import Mapping
from typing import Any

from config import clock
from config.language import N_, _, ngettext
from dashboard.figures.wording import exact
from dashboard.parts import forms, moments, tables
from dashboard.parts.fields import Choice, Moment, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import plain
from dashboard.plant import dated, wiring
from dashboard.web.access import administers_site
from store.errors import NotFound
from store.records.plant import graph
from store.records.schema import Node
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

KINDS = {"source": N_("source"), "storage": N_("storage"), "bus": N_("busbar"), "converter": N_("converter"), "sink": N_("use")}
TECHNOLOGIES = ("grid", "pv", "battery", "chp", "load", "wind", "heat_pump", "ev_charger")
SHOW = Choice("when", N_("Show"), (("", N_("Current and planned")), ("all", N_("Include ended"))))
COLUMNS = (
    Column("name", N_("Node")),
    Column("kind", N_("Kind")),
    Column("technology", N_("Technology")),
    Column("kw", N_("Capacity, kW"), sortable=False, number=True),
    Column("kwh", N_("Capacity, kWh"), sortable=False, number=True),
    Column("plan", N_("On the plan"), sortable=False),
    Column("valid_from", N_("From")),
    Column("valid_to", N_("Until"), sortable=False),
)
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Choice("kind", N_("Kind"), tuple(KINDS.items()), "sink"),
    Text(
        "technology",
        N_("Technology"),
        longest=40,
        suggested=TECHNOLOGIES,
        help=N_("Sets the colour: grid, pv, battery, chp, load …"),
    ),
    Text("kw", N_("Capacity (kW)"), longest=20, of="capacity_kw", keys="decimal"),
    Text("kwh", N_("Capacity (kWh)"), longest=20, of="capacity_kwh", keys="decimal", help=N_("Storage only.")),
    Text("x", N_("On the plan, from the left"), longest=20, of="plan_x", keys="decimal", help=N_("0 to 1.")),
    Text("y", N_("On the plan, from the top"), longest=20, of="plan_y", keys="decimal", help=N_("0 to 1.")),
)
DATES = (
    Moment("from", N_("From"), of="valid_from", help=N_("By the site's clocks. Empty: from now on.")),
    Moment("to", N_("Through"), of="valid_to", help=N_("A day is meant with all of it. Empty: until further notice.")),
)
END_FIELDS = (Moment("at", N_("Ends"), help=N_("By the site's clocks. Empty: now.")),)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Node]:
    at = clock.now()
    nodes = [node for node in wiring.wiring(scope, context).nodes if chosen.get("when") or dated.state(node, at) != dated.ENDED]
    nodes = [node for node in nodes if wiring.fits(f"{node.name} {node.kind} {node.technology}", wanted.search)]
    return wiring.page(nodes, wanted, lambda node: str(getattr(node, wanted.sort or "name")))


def _row(scope: Scope, node: Node) -> Row:
    zone = wiring.zone(scope, node.site_id)
    cells = (
        _(KINDS[node.kind]),
        node.technology or "–",
        _said(node.capacity_kw) or "–",
        _said(node.capacity_kwh) or "–",
        f"{node.plan_x:g}, {node.plan_y:g}" if node.plan_x is not None and node.plan_y is not None else "–",
        moments.day(node.valid_from, zone),
        moments.day(node.valid_to, zone),
    )
    over = dated.state(node, clock.now()) == dated.ENDED
    return Row(node.id, node.name, cells, () if over else (Act("edit", _("Edit"), lambda: _edit(node), sure=_("Save")), END))


def _said(value: float | None) -> str:
    return "" if value is None else reader().number(exact(value, 9))


def _edit(node: Node) -> Question:
    numbers = {"kw": node.capacity_kw, "kwh": node.capacity_kwh, "x": node.plan_x, "y": node.plan_y}
    values = {key: "" if value is None else plain(value) for key, value in numbers.items()}
    return Question(
        _("What this node is. A rewiring is better an end and a new node, so that history stays right."),
        filled(FIELDS, values | {"name": node.name, "kind": node.kind, "technology": node.technology}),
    )


END = Act(
    "end",
    N_("End"),
    lambda: Question(_("Its edges end with it. Earlier data are unaffected."), END_FIELDS),
    danger=True,
    sure=N_("End it"),
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {node.id for node in graph.wiring(scope, asked.context).nodes}:
        raise NotFound("no such node on this site")
    if asked.act == "end":
        given = asked.read(END_FIELDS)
        at = given.moment("at", wiring.zone(scope, asked.context))
        given.check()
        count = graph.end_node(scope, asked.key, at)
        return ngettext("Ended, and %(num)s edge with it.", "Ended, and %(num)s edges with it.", count)
    graph.describe_node(scope, asked.key, **_described(asked.read(FIELDS)))
    return _("Saved.")


def _described(given: Given) -> dict[str, Any]:
    said = {
        "name": given.text("name"),
        "kind": given.text("kind"),
        "technology": given.text("technology"),
        "capacity_kw": given.number("kw"),
        "capacity_kwh": given.number("kwh"),
        "plan_x": given.number("x"),
        "plan_y": given.number("y"),
    }
    given.check()
    return said


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    zone = wiring.zone(scope, site_id)
    start, end = given.moment("from", zone), given.moment("to", zone, end_of_day=True)
    made = graph.create_node(scope, site_id, **_described(given), valid_from=start, valid_to=end)
    return _("%(name)s added. Connect it to another node.", name=made.name)


TABLE = Table(
    "nodes",
    N_("Nodes"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(SHOW,),
    search=N_("name, kind"),
    empty=N_("No node yet. Add the grid connection first, then a busbar, then what makes, keeps and uses energy."),
)
FORM = Form("node", N_("Add a node"), administers_site("of"), (*FIELDS, *DATES), do=_add, changes=("nodes",))
tables.declare(TABLE)
forms.declare(FORM)
