"""A dashboard that is looked at, at a desk or on a screen on the wall."""

from typing import Any

from dash import html

from config.language import _
from dashboard.boards import grid
from dashboard.boards.forms import address
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from store.records.people import dashboards
from store.records.people.dashboards import Board
from store.scope import Scope

STAYS_S, SHORTEST_S, LONGEST_S = 30, 5, 3600  # how long a screen on the wall shows each dashboard


def looking(scope: Scope, board: Board, kiosk: str | None) -> list[Any]:
    """What is on the page; `kiosk` is None, or for how many seconds a screen on the wall shows it."""
    tools: list[Any] = []
    if kiosk is None:
        edit = html.A(_("Arrange"), href=address(board.id, edit=True), className="btn btn-sm btn-quiet", **data(soft=""))
        every = html.A(_("My dashboards"), href="/dashboards", className="btn btn-sm btn-quiet", **data(soft=""))
        wall = html.A(_("Full screen"), href=f"{address(board.id)}?kiosk=yes", className="btn btn-sm btn-quiet")
        tools = [*([edit] if board.own else []), every, wall]
    shown = grid.looked_at(scope, board, reader())
    if not board.widgets:
        shown = html.Div(
            html.P(_("Nothing is on it yet. Arrange it: each widget is added there."), role="status"),
            className="panel table-empty",
        )
    return [
        html.Header(
            [html.H1(board.name), html.Nav(tools, className="toolbar", **aria(label=_("This dashboard")))],
            className="page-head board-head",
        ),
        *([_wall(scope, board, kiosk)] if kiosk is not None else []),
        shown,
    ]


def _wall(scope: Scope, board: Board, kiosk: str) -> html.Div:
    """What makes of the page a screen on the wall: no frame around it, and the next dashboard after a while."""
    seconds = min(max(int(kiosk), SHORTEST_S), LONGEST_S) if kiosk.isdecimal() and len(kiosk) < 6 else STAYS_S
    own = [each.id for each in dashboards.dashboards(scope)] if board.own else [board.id]
    following = own[(own.index(board.id) + 1) % len(own)]
    leave = html.A(_("Leave full screen"), href=address(board.id), className="btn btn-sm btn-quiet")
    return html.Div(leave, className="kiosk", **data(kiosk=f"{seconds}", next=f"{address(following)}?kiosk={seconds}"))
