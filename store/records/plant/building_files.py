"""The buildings of a site in bulk: a file of them says what it would do before it does it, and does all of it or nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from config.language import N_, _
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import buildings
from store.records.plant.buildings import Facts, Known
from store.records.schema import Node
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = ("name", *Facts._fields)
MOST_LINES = 2000
WORDS = {
    "number": N_("number"),
    "use": N_("use"),
    "floor_area_m2": N_("floor area"),
    "people": N_("people"),
    "plan_x": N_("place on the plan"),
    "plan_y": N_("place on the plan"),
    "latitude": N_("position"),
    "longitude": N_("position"),
}

_Lines = list[tuple[int, Mapping[str, str]]]


def try_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back.

    A line is of the node called `name`: a building already, which is described anew (an empty cell empties, a column that is
    not in the file changes nothing), or one that becomes a building.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, the file cannot be read, or it has too many lines.
    """
    lines = _read(scope, site_id, text)
    return bulk.tried(lambda: _do(scope, site_id, lines))


def import_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """Do what `try_file` said, all of it. Raises as it, and `Refused` where a line cannot be done: then nothing was."""
    lines = _read(scope, site_id, text)
    return bulk.done(lambda: _do(scope, site_id, lines))


def _read(scope: Scope, site_id: str, text: str) -> _Lines:
    require(scope, Action.ADMINISTER, site_id=site_id)
    return sheets.read(text, COLUMNS, ("name",), MOST_LINES)


def _do(scope: Scope, site_id: str, lines: _Lines) -> list[Line]:
    known = {each.node.name.casefold(): each for each in buildings.buildings(scope, site_id)}
    nodes = {node.name.casefold(): node for node in buildings.candidates(scope, site_id)}
    nodes |= {name: each.node for name, each in known.items()}
    found, seen = [], set[str]()
    for number, cells in lines:
        name = cells["name"]
        key = name.casefold()
        problem = _unusable(name, key in seen, key in nodes)
        seen.add(key)
        if problem:
            found.append(Line(number, name, "", problem=problem))
            continue
        try:
            with session():
                does, words = _one(scope, site_id, nodes[key], known.get(key), cells)
            found.append(Line(number, name, does, words))
        except (Refused, NotFound) as refused:
            found.append(Line(number, name, "", problem=str(refused)))
    return found


def _unusable(name: str, is_twice: bool, is_there: bool) -> str:
    if is_twice:
        return _("the file names %(name)s twice: leave one line out", name=repr(name))
    if not is_there:
        return _("the site has no node %(name)s: add it on the page of the node graph first", name=repr(name))
    return ""


def _one(scope: Scope, site_id: str, node: Node, there: Known | None, cells: Mapping[str, str]) -> tuple[str, str]:
    before = there.facts if there else Facts(plan_x=node.plan_x, plan_y=node.plan_y)
    facts = before._replace(**_said(cells))
    if there and facts == before:
        return "same", ""
    buildings.describe_building(scope, site_id, node.id, facts)
    return "changed" if there else "new", _changes(before, facts)


def _said(cells: Mapping[str, str]) -> dict[str, Any]:
    """What the cells say, without columns that are not there."""
    said: dict[str, Any] = {}
    for column, text in cells.items():
        if column == "number":
            said[column] = text
        elif column == "use":
            said[column] = text.casefold() or "other"
        elif column == "people":
            said[column] = bulk.whole(column, text) if text else None
        elif column != "name":
            said[column] = bulk.number(column, text)
    return said


def _changes(before: Facts, after: Facts) -> str:
    changed = [name for name in Facts._fields if getattr(before, name) != getattr(after, name)]
    return ", ".join(dict.fromkeys(f"{_(WORDS[name])} {_value(after, name)}" for name in changed))


def _value(facts: Facts, name: str) -> str:
    if name in ("plan_x", "plan_y"):
        return f"{bulk.said(facts.plan_x)}; {bulk.said(facts.plan_y)}"
    if name in ("latitude", "longitude"):
        return f"{bulk.said(facts.latitude)}; {bulk.said(facts.longitude)}"
    return bulk.said(getattr(facts, name) or None)


def export_file(scope: Scope, site_id: str, search: str = "") -> Iterator[str]:
    """The buildings of the site whose name or number holds the search, as a file that `import_file` reads.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    rows = buildings.buildings(scope, site_id)
    return sheets.written(
        COLUMNS,
        ([name, *facts] for (node, facts) in rows if search.casefold() in f"{(name := node.name)} {facts.number}".casefold()),
    )
