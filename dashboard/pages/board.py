"""A dashboard: looked at, put together, or on a screen on the wall."""

from typing import Any

from dash import (
    ALL,
    MATCH,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
    no_update,
    register_page,
)

from config.language import N_, _
from dashboard.boards import drawing, grid, places
from dashboard.boards import forms as board_forms
from dashboard.boards.forms import address
from dashboard.boards.kinds import KINDS
from dashboard.energy import ways
from dashboard.frame.faults import sentence
from dashboard.parts import forms
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, owns_board, sees_board
from store.errors import Refused
from store.records.people import dashboards
from store.records.people.dashboards import Board
from store.records.plant import sites
from store.scope import Scope

register_page(__name__, path_template="/dashboards/<board_id>", name=N_("Dashboard"))

EVERY_MS = 15_000  # what is shown is drawn anew so often
STAYS_S, SHORTEST_S, LONGEST_S = 30, 5, 3600  # how long a screen on the wall shows each dashboard


@guard(sees_board())
def layout(board_id: str, edit: str | None = None, add: str = "", site: str = "", **query: Any) -> html.Div:
    """The page, as its address says: `edit`, or `kiosk` with the seconds that each dashboard stays."""
    scope = current_scope()
    board = dashboards.dashboard(scope, board_id)
    if edit is not None and board.own:
        content = _arranging(scope, board, add, site)
    else:
        content = _looking(scope, board, query.get("kiosk"))
    return html.Div([dcc.Store(id="board-id", data=board.id), *content], **data(plotly=static.url("plotly/plotly.min.js")))


def _looking(scope: Scope, board: Board, kiosk: str | None) -> list[Any]:
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
        dcc.Interval(id="board-interval", interval=EVERY_MS),
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


def _arranging(scope: Scope, board: Board, add: str, site: str) -> list[Any]:
    done = html.A(_("Done"), href=address(board.id), className="btn btn-sm btn-primary")
    about = _("Drag a widget by its heading and its corner, or press its buttons. Every change is kept at once.")
    return [
        html.Header([html.H1(_("Arrange %(name)s", name=board.name)), html.P(about), done], className="page-head"),
        forms.view(board_forms.DESCRIBE, board.id),
        _adding(scope, board, add if add in KINDS else "", site),
        html.P(id="board-said", role="status", className="remark", tabIndex=-1),
        html.Div(grid.put_together(scope, board), id="board-arranging"),
    ]


def _adding(scope: Scope, board: Board, kind: str, site: str) -> html.Section:
    seen = sites.visible_sites(scope)
    here = next((each.id for each in seen if each.id == site), seen[0].id if seen else "")
    of_kind = {name: f"{address(board.id, edit=True)}&add={name}&site={here}" for name in KINDS if here or name == "note"}
    links = ways.row(_("Kind of widget"), {href: _(KINDS[name].words) for name, href in of_kind.items()}, of_kind.get(kind, ""))
    parts: list[Any] = [html.H2(_("Add a widget")), links]
    if kind and kind in of_kind:
        if kind not in ("note", "map") and len(seen) > 1:
            by_site = {f"{address(board.id, edit=True)}&add={kind}&site={each.id}": each.name for each in seen}
            parts.append(ways.row(_("Of site"), by_site, of_kind[kind]))
        parts.append(forms.view(board_forms.ADD[kind], board_forms.context(board.id, kind, here)))
    return html.Section(parts, className="panel mb-3 adding")


@callback(
    Output({"type": grid.CONTENT, "widget": ALL}, "children"),
    Input("board-interval", "n_intervals"),
    State("board-id", "data"),
    State({"type": grid.CONTENT, "widget": ALL}, "id"),
    running=[(Output("board-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(sees_board())
def again(_n: int | None, board_id: str, shown: list[dict[str, str]]) -> list[Any]:
    """What the widgets show by now."""
    scope = current_scope()
    widgets = grid.ids_of(dashboards.dashboard(scope, board_id))
    return [
        grid.content_of(scope, widgets[each["widget"]], reader()) if each.get("widget") in widgets else no_update
        for each in shown
    ]


@callback(
    Output("board-grid", "layout"),
    Output("board-arranging", "children"),
    Output("board-said", "children"),
    Input({"type": grid.ACT, "act": ALL, "widget": ALL}, "n_clicks"),
    State("board-id", "data"),
    prevent_initial_call=True,
)
@guard(owns_board())
def press(_clicks: list[int | None], board_id: str) -> Any:
    """Move, resize or remove the widget whose button was pressed, and say where it is now."""
    pressed = ctx.triggered_id
    if not isinstance(pressed, dict) or not any(each["value"] for each in ctx.triggered):
        return no_update, no_update, no_update
    scope = current_scope()
    board = dashboards.dashboard(scope, board_id)
    act, widget = pressed["act"], grid.ids_of(board).get(pressed["widget"])
    if widget is None:
        return no_update, grid.put_together(scope, board), _("This widget is gone.")
    name = grid.named(scope, widget)
    if act == "remove":
        left = places.settled([each for each in board.widgets if each.id != widget.id])
        kept = dashboards.keep_widgets(scope, board_id, left)
        return no_update, grid.put_together(scope, kept), _("%(widget)s is removed.", widget=name)
    kept = dashboards.keep_widgets(scope, board_id, places.acted(board.widgets, widget.id, act))
    return grid.layout_of(kept.widgets), no_update, _placed(grid.ids_of(kept)[widget.id], name)


def _placed(widget: dashboards.Widget, name: str) -> str:
    return _(
        "%(widget)s: column %(x)s, row %(y)s, %(w)s wide and %(h)s high.",
        widget=name, x=widget.x + 1, y=widget.y + 1, w=widget.w, h=widget.h,
    )  # fmt: skip


@callback(
    Output("board-dragged", "data"),
    Output("board-said", "children", allow_duplicate=True),
    Input("board-grid", "layout"),
    State("board-id", "data"),
    prevent_initial_call=True,
)
@guard(owns_board())
def drag(told: list[dict[str, Any]] | None, board_id: str) -> Any:
    """Keep where widgets were dragged to."""
    scope = current_scope()
    board = dashboards.dashboard(scope, board_id)
    moved = places.dragged(board.widgets, told or [])
    if moved == list(board.widgets):
        return no_update, no_update
    try:
        dashboards.keep_widgets(scope, board_id, moved)
    except Refused as refused:
        return no_update, sentence(refused)
    return True, _("Saved.")


clientside_callback(
    ClientsideFunction("boards", "draw"),
    Output({"type": drawing.FIGURE, "widget": MATCH}, "storage_type"),
    Input({"type": drawing.FIGURE, "widget": MATCH}, "data"),
    State({"type": drawing.FIGURE, "widget": MATCH}, "id"),
)
