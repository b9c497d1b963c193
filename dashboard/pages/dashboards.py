"""The dashboards of whoever is signed in: each opens, and is put together, shared or deleted."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html, register_page

from config.language import N_, _
from dashboard.boards import forms as board_forms
from dashboard.boards.forms import CREATE, address
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.web.access import current_scope, guard, signed_in
from store.records.people import dashboards
from store.records.people.dashboards import Board
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/dashboards",
    name=N_("My dashboards"),
    nav={"section": navigation.BOARDS, "icon": "grid-1x2"},
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[Board]:
    every = dashboards.dashboards(scope)
    return Page(every[wanted.first : wanted.first + wanted.count], len(every))


def _row(_scope: Scope, board: Board) -> Row:
    shared = _("by its address") if board.shared else _("no")
    return Row(board.id, board.name, (reader().count(len(board.widgets)), shared), (DELETE,), href=address(board.id))


def _deleting() -> Question:
    return Question(_("It is gone for good, also for those whom its address was sent to. What it shows stays."))


DELETE = Act("delete", N_("Delete"), asks=_deleting, danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    return _("%(name)s is deleted.", name=dashboards.delete_dashboard(scope, asked.key))


TABLE = Table(
    "dashboards",
    N_("Dashboards"),
    signed_in,
    (
        Column("name", N_("Name"), sortable=False),
        Column("widgets", N_("Widgets"), sortable=False, number=True),
        Column("shared", N_("Shared"), sortable=False),
    ),
    load=_load,
    row=_row,
    do=_do,
    empty=N_(
        "No dashboard yet. Create one above: it begins with what fits a site of yours, and each widget can be moved, "
        "resized and removed."
    ),
)
tables.declare(TABLE)
forms.declare(CREATE)
forms.declare(board_forms.DESCRIBE)
for each in board_forms.WIDGET.values():
    forms.declare(each)


@guard(signed_in)
def layout(**query: Any) -> html.Div:
    """The page; with `kiosk` in its address the first dashboard, and one after the other from there."""
    scope = current_scope()
    own = dashboards.dashboards(scope)
    about = _("What do you want to have in view, all in one place?")
    head = html.Header([html.H1(_("My dashboards")), html.P(about)], className="page-head")
    shows = (
        [html.P(html.A(_("Show them one after the other, full screen"), href=f"{address(own[0].id)}?kiosk=yes"))] if own else []
    )
    if "kiosk" in query and own:
        return html.Div([head, dcc.Location(id="kiosk-first", href=f"{address(own[0].id)}?kiosk=yes", refresh=True)])
    return html.Div([head, forms.view(CREATE), tables.view(TABLE), *shows])
