"""The buildings of a site, as a table, a form and a file: number, use, floor area, people, position."""

from collections.abc import Mapping
from typing import Any

from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice, Field, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import exact, plain
from dashboard.plant import imports, wiring
from dashboard.plant.imports import Files
from dashboard.web.access import administers_site
from store.errors import NotFound
from store.records.plant import building_files, buildings
from store.records.plant.buildings import USES, Facts, Known
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Building")),
    Column("number", N_("Number")),
    Column("use", N_("Use")),
    Column("area", N_("Floor area, m²"), sortable=False, number=True),
    Column("people", N_("People"), sortable=False, number=True),
    Column("plan", N_("On the plan"), sortable=False),
    Column("position", N_("Position"), sortable=False),
)
FIELDS: tuple[Field, ...] = (
    Text("number", N_("Number"), longest=buildings.LONGEST_NUMBER, help=N_("As people here call it: 110, 12b.")),
    Choice("use", N_("Use"), tuple(USES.items()), "other"),
    Text("area", N_("Floor area (m²)"), longest=20, of="floor_area_m2", keys="decimal", help=N_("All floors. For kWh/m².")),
    Text("people", N_("People"), longest=9, keys="numeric", help=N_("On a usual day.")),
    Text("x", N_("On the plan, from the left"), longest=20, of="plan_x", keys="decimal", help=N_("0 to 1.")),
    Text("y", N_("On the plan, from the top"), longest=20, of="plan_y", keys="decimal", help=N_("0 to 1.")),
    Text("latitude", N_("Latitude"), longest=20, keys="decimal", help=N_("Degrees north.")),
    Text("longitude", N_("Longitude"), longest=20, keys="decimal", help=N_("Degrees east.")),
)
NODE = Choice(
    "node", N_("Node"), required=True, hint=N_("Choose a node"), help=N_("Nodes are added on the page of the node graph.")
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Known]:
    known = [
        each
        for each in buildings.buildings(scope, context)
        if wiring.fits(f"{each.node.name} {each.facts.number} {_(USES[each.facts.use])}", wanted.search)
    ]
    by = {"number": lambda each: each.facts.number, "use": lambda each: _(USES[each.facts.use])}
    return wiring.page(known, wanted, by.get(wanted.sort, lambda each: each.node.name))


def _row(_scope: Scope, known: Known) -> Row:
    node, facts = known
    cells = (
        facts.number or "–",
        _(USES[facts.use]),
        "–" if facts.floor_area_m2 is None else reader().number(exact(facts.floor_area_m2)),
        "–" if facts.people is None else reader().count(facts.people),
        _pair(facts.plan_x, facts.plan_y),
        _pair(facts.latitude, facts.longitude),
    )
    return Row(node.id, node.name, cells, (Act("edit", _("Edit"), lambda: _edit(facts), sure=_("Save")), FORGET))


def _pair(one: float | None, other: float | None) -> str:
    return "–" if one is None or other is None else f"{plain(one)}, {plain(other)}"


def _edit(facts: Facts) -> Question:
    values: dict[str, Any] = {
        "area": facts.floor_area_m2,
        "people": facts.people,
        "x": facts.plan_x,
        "y": facts.plan_y,
        "latitude": facts.latitude,
        "longitude": facts.longitude,
    }
    written = {key: "" if value is None else plain(value) for key, value in values.items()}
    return Question(_("Its name is its node's."), filled(FIELDS, written | {"number": facts.number, "use": facts.use}))


FORGET = Act(
    "forget",
    N_("Remove"),
    lambda: Question(_("The node is a building no longer, and its budgets go. Its meters and readings stay.")),
    danger=True,
)


def _facts(given: Given) -> Facts:
    found = Facts(
        given.text("number"),
        given.text("use"),
        given.number("area"),
        given.whole("people"),
        given.number("x"),
        given.number("y"),
        given.number("latitude"),
        given.number("longitude"),
    )
    given.check()
    return found


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "forget":
        buildings.forget_building(scope, asked.context, asked.key)
        return _("Removed. Its node is still there.")
    if asked.act != "edit":
        raise NotFound(f"no act {asked.act}")
    buildings.describe_building(scope, asked.context, asked.key, _facts(asked.read(FIELDS)))
    return _("Saved.")


def _now(scope: Scope, site_id: str, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    nodes = buildings.candidates(scope, site_id)
    return {"node": {"options": [(node.id, node.name) for node in nodes], "value": said.get("node", "")}}


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    node_id = given.text("node")
    facts = _facts(given)
    placed = next((each for each in buildings.candidates(scope, site_id) if each.id == node_id), None)
    if placed is not None and facts.plan_x is None and facts.plan_y is None:
        facts = facts._replace(plan_x=placed.plan_x, plan_y=placed.plan_y)
    buildings.describe_building(scope, site_id, node_id, facts)
    return _("%(name)s is a building now.", name=placed.name if placed else "")


TABLE = Table(
    "buildings",
    N_("Buildings"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    search=N_("name, number, use"),
    empty=N_("No building yet. Say which nodes are buildings, and they can be compared by floor area and by people."),
    sort="name",
)
FORM = Form("building", N_("Add a building"), administers_site("of"), (NODE, *FIELDS), do=_add, now=_now, changes=("buildings",))
FILES = Files(
    "buildings",
    administers_site("of"),
    N_(
        "Export writes the buildings that the search finds. Import reads such a file: each row is of the node of that name. "
        "You see what would happen first; then all of it happens, or nothing."
    ),
    building_files.COLUMNS,
    N_(
        "Only `name` is needed, the node's. `use` is office, teaching, laboratory, dwelling, retail, workshop, sports, hospital, "
        "storage or other; `plan_x` and `plan_y` are shares from the left and from the top, 0 to 1. A column that is not "
        "there changes nothing, an empty cell empties."
    ),
    try_file=lambda scope, site_id, text, _: building_files.try_file(scope, site_id, text),
    import_file=lambda scope, site_id, text, _: building_files.import_file(scope, site_id, text),
    address="/site/{of}/buildings.csv",
)
tables.declare(TABLE)
forms.declare(FORM)
imports.declare(FILES)
