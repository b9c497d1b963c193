"""A site's own days in bulk: a file of them says what it would do before it does anything, and does all of it or nothing."""

from collections.abc import Iterator, Mapping

from config.language import N_, _
from models.calendars import HOLIDAY, SCHOOL, SHUTDOWN, WORKING, Period
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import calendars
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = ("id", "name", "kind", "from", "to")
MOST_LINES = 1000
KINDS = {
    HOLIDAY: N_("holiday"),
    SCHOOL: N_("school holidays"),
    SHUTDOWN: N_("closed (shutdown)"),
    WORKING: N_("working day (an official holiday that is not kept here)"),
}

_Lines = list[tuple[int, Mapping[str, str]]]


def try_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back.

    A line with an `id` says those days anew; one without adds days, unless the very same are there. `to` is the last day, and
    `from` where it is empty.

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
    return sheets.read(text, COLUMNS, ("name", "kind", "from"), MOST_LINES)


def _do(scope: Scope, site_id: str, lines: _Lines) -> list[Line]:
    there = {each.id: Period(each.kind, each.first_day, each.last_day, each.name) for each in calendars.periods(scope, site_id)}
    found = []
    for number, cells in lines:
        try:
            with session():
                does, words = _one(scope, site_id, there, cells)
            found.append(Line(number, cells["name"], does, words))
        except (Refused, NotFound) as problem:
            found.append(Line(number, cells["name"], "", problem=str(problem)))
    return found


def _one(scope: Scope, site_id: str, there: dict[str, Period], cells: Mapping[str, str]) -> tuple[str, str]:
    first = bulk.day("from", cells["from"])
    period = Period(cells["kind"].casefold(), first, bulk.day("to", cells["to"]) if cells.get("to") else first, cells["name"])
    own = cells.get("id")
    if own and own not in there:
        raise Refused(_("the calendar has no days with the id %(id)s: leave the id out to add them", id=repr(own)))
    if there.get(own) == period if own else period in there.values():
        return "same", ""
    if own:
        calendars.change_period(scope, site_id, own, period)
    else:
        own = calendars.add_period(scope, site_id, period).id
    there[own] = period
    days = f"{period.first}" if period.first == period.last else f"{period.first} – {period.last}"
    return "changed" if cells.get("id") else "new", f"{_(KINDS[period.kind])}, {days}"


def export_file(scope: Scope, site_id: str, search: str = "") -> Iterator[str]:
    """The site's own days whose name holds the search, as a file that `import_file` reads.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    rows = [each for each in calendars.periods(scope, site_id) if search.casefold() in each.name.casefold()]
    return sheets.written(COLUMNS, ([each.id, each.name, each.kind, f"{each.first_day}", f"{each.last_day}"] for each in rows))
