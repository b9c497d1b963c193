"""The budgets of a site in bulk: a file of them says what it would do before it does anything, and does all of it or nothing."""

from collections.abc import Iterator, Mapping
from datetime import date

from config.language import _
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import budgets, buildings
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = ("building", "measure", "month", "amount")
MOST_LINES = 5000

_Lines = list[tuple[int, Mapping[str, str]]]
_Key = tuple[str | None, str, date]


def try_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back.

    A line is of a month (`2026-03`) of a building, by its name or number, or of the whole site where `building` is empty. An
    empty amount deletes the budget.

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
    return sheets.read(text, COLUMNS, ("measure", "month", "amount"), MOST_LINES)


def _do(scope: Scope, site_id: str, lines: _Lines) -> list[Line]:
    there = {(each.node_id, each.measure, each.month): (each.id, each.amount) for each in budgets.budgets(scope, site_id)}
    called = _called(scope, site_id)
    found = []
    for number, cells in lines:
        name = cells.get("building") or _("the whole site")
        try:
            with session():
                does, words = _one(scope, site_id, there, called, cells)
            found.append(Line(number, name, does, words))
        except (Refused, NotFound) as problem:
            found.append(Line(number, name, "", problem=str(problem)))
    return found


def _one(
    scope: Scope, site_id: str, there: dict[_Key, tuple[str, float]], called: Mapping[str, str], cells: Mapping[str, str]
) -> tuple[str, str]:
    named = cells.get("building", "")
    if named and named.casefold() not in called:
        raise Refused(_("the site has no building %(name)s, by name or number: add it first", name=repr(named)))
    node_id = called[named.casefold()] if named else None
    measure, month, amount = cells["measure"].casefold(), _month(cells["month"]), bulk.number("amount", cells["amount"])
    kept = there.get((node_id, measure, month))
    if (kept[1] if kept else None) == amount:
        return "same", ""
    words = f"{month:%Y-%m}, {measure} {bulk.said(kept[1] if kept else None)} → {bulk.said(amount)}"
    if amount is None:
        budgets.delete_budget(scope, site_id, kept[0] if kept else "")
        del there[node_id, measure, month]
        return "changed", words
    [made] = budgets.set_budget(scope, site_id, node_id, measure, month, month, amount)
    there[node_id, measure, month] = (made.id, amount)
    return "changed" if kept else "new", words


def _called(scope: Scope, site_id: str) -> dict[str, str]:
    """The buildings that hold, by name and by number; a number that is another's name means that one."""
    known = [each for each in buildings.buildings(scope, site_id) if each.node.valid_to is None]
    numbers = {each.facts.number.casefold(): each.node.id for each in known if each.facts.number}
    return numbers | {each.node.name.casefold(): each.node.id for each in known}


def _month(text: str) -> date:
    """The first day of a month that is written like 2026-03.

    Raises:
        Refused: it is none.
    """
    try:
        return date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise Refused(_("%(text)s is not a month: write it like 2026-03", text=repr(text)), "month") from None


def export_file(scope: Scope, site_id: str, search: str = "") -> Iterator[str]:
    """The site's budgets whose building or month holds the search, as a file that `import_file` reads.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    names = {each.node.id: each.node.name for each in buildings.buildings(scope, site_id)}
    rows = [(names.get(each.node_id or "", ""), each) for each in budgets.budgets(scope, site_id)]
    return sheets.written(
        COLUMNS,
        (
            [name, each.measure, f"{each.month:%Y-%m}", each.amount]
            for name, each in rows
            if search.casefold() in f"{name} {each.month:%Y-%m}".casefold()
        ),
    )
