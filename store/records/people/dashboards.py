"""Dashboards: each is its person's own; one that is shared is opened by whoever may see something of what is in it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.language import N_, _
from store.errors import NotFound, Refused
from store.records.access.policy import holder
from store.records.schema import Dashboard, texts
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

COLUMNS = 12  # of the grid
TALLEST, LOWEST = 12, 400  # rows of a widget, and of a dashboard
MOST, MOST_WIDGETS = 50, 40  # dashboards of a person, widgets of a dashboard
# What a widget shows; each but a note is of a site.
KINDS = ("tile", "line", "sankey", "map", "calendar", "heat", "figure", "report", "budgets", "alerts", "note")
OTHER = N_("another of your dashboards has this name: choose another")


class Widget(NamedTuple):
    """A widget and its place: columns and rows of the grid from the left and from the top.

    `of` says what of the site it shows, `period` of which time and `figure` which number, each as its kind has it; `note` is the
    text of a note.
    """

    id: str
    kind: str
    site_id: str = ""
    of: str = ""
    period: str = ""
    figure: str = ""
    note: str = ""
    x: int = 0
    y: int = 0
    w: int = 4
    h: int = 3


class Board(NamedTuple):
    """A dashboard as its viewer gets it; `own` unless it is another person's."""

    id: str
    name: str
    shared: bool
    widgets: Sequence[Widget]
    own: bool


def dashboards(scope: Scope) -> list[Board]:
    """The holder's dashboards by name; raises `NotFound` for nobody."""
    query = select(Dashboard).where(Dashboard.user_id == holder(scope)).order_by(Dashboard.name, Dashboard.id)
    with reading() as records:
        return [_board(each, own=True) for each in records.scalars(query)]


def dashboard(scope: Scope, dashboard_id: str) -> Board:
    """One that is the holder's, or shared and of something that they may see.

    Raises:
        NotFound: there is none for the scope.
    """
    person = holder(scope)
    with reading() as records:
        found = records.get(Dashboard, dashboard_id)
        if found is None:
            raise missing(Dashboard, dashboard_id)
        board = _board(found, own=found.user_id == person)
    if not (board.own or (board.shared and any(each.site_id and scope.sees_site(each.site_id) for each in board.widgets))):
        raise NotFound(f"no dashboard {dashboard_id}")
    return board


def create_dashboard(scope: Scope, name: str, widgets: Sequence[Widget] = ()) -> Board:
    """Create a dashboard of the holder's.

    Raises:
        NotFound: nobody is signed in, or a site of a widget does not exist for the scope.
        Refused: it has no name or one that another has, there are too many, or a widget breaks a rule.
    """
    person, kept = holder(scope), _checked(scope, widgets, {})
    with session() as records:
        _require_room(records, person)
        _require_free(records, person, name, None)
        made = Dashboard(user_id=person, name=name.strip(), widgets=kept)
        records.add(made)
        records.flush()
        return _board(made, own=True)


def name_dashboard(scope: Scope, dashboard_id: str, name: str, *, shared: bool) -> Board:
    """Set what a dashboard of the holder's is called, and whether others may open it.

    Raises:
        NotFound: it is not the holder's.
        Refused: it has no name, or one that another has.
    """
    with session() as records:
        found = _own(records, scope, dashboard_id)
        _require_free(records, found.user_id, name, found.id)
        found.name, found.shared = name.strip(), shared
        return _board(found, own=True)


def keep_widgets(scope: Scope, dashboard_id: str, widgets: Sequence[Widget]) -> Board:
    """Set what is on a dashboard of the holder's. What was there of a site that is seen no more may stay.

    Raises:
        NotFound: it is not the holder's, or a site of a new widget does not exist for the scope.
        Refused: a widget breaks a rule.
    """
    with session() as records:
        found = _own(records, scope, dashboard_id)
        found.widgets = _checked(scope, widgets, {each["id"]: each["site_id"] for each in found.widgets})
        return _board(found, own=True)


def delete_dashboard(scope: Scope, dashboard_id: str) -> str:
    """Delete a dashboard of the holder's; returns its name. Raises `NotFound`."""
    with session() as records:
        found = _own(records, scope, dashboard_id)
        records.delete(found)
        return found.name


def _own(records: Session, scope: Scope, dashboard_id: str) -> Dashboard:
    found = records.get(Dashboard, dashboard_id)
    if found is None or found.user_id != holder(scope):
        raise missing(Dashboard, dashboard_id)
    return found


def _board(found: Dashboard, *, own: bool) -> Board:
    return Board(found.id, found.name, found.shared, [Widget(**each) for each in found.widgets], own)


def _require_room(records: Session, person: str) -> None:
    if (records.scalar(select(func.count()).where(Dashboard.user_id == person)) or 0) >= MOST:
        raise Refused(_("you have %(most)s dashboards, and there can be no more: delete one first", most=MOST))


def _require_free(records: Session, person: str, name: str, own_id: str | None) -> None:
    if not name.strip():
        raise Refused(_("a dashboard has a name: give one"), "name")
    others = select(Dashboard.name).where(Dashboard.user_id == person, Dashboard.id != (own_id or ""))
    if texts.key(name) in {texts.key(each) for each in records.scalars(others)}:
        raise Refused(_(OTHER), "name")


def _checked(scope: Scope, widgets: Sequence[Widget], before: Mapping[str, str]) -> list[dict[str, Any]]:
    """The widgets as they are kept; `before` has the site of each that was there."""
    if len(widgets) > MOST_WIDGETS:
        raise Refused(_("a dashboard has %(most)s widgets at the most: remove one first", most=MOST_WIDGETS))
    if len({each.id for each in widgets}) < len(widgets):
        raise Refused(_("two widgets have the same id: load the page again"))
    for each in widgets:
        if each.kind not in KINDS:
            raise Refused(_("there is no such widget: choose one of the list"), "kind")
        if not (0 <= each.x <= COLUMNS - each.w and 0 < each.w <= COLUMNS and 0 <= each.y <= LOWEST and 0 < each.h <= TALLEST):
            raise Refused(_("a widget would be outside the dashboard: move it back, or make it smaller"))
        if each.kind != "note" and before.get(each.id) != each.site_id:
            scope.require_site(each.site_id)
        if each.kind == "note" and not each.note.strip():
            raise Refused(_("a note has a text: write one"), "note")
    return [each._replace(note=texts.clean(each.note, "note"))._asdict() for each in widgets]
