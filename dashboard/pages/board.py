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
from dashboard.boards import arranging, drawing, grid, looking, places
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, owns_board, sees_board
from store.errors import Refused
from store.records.people import dashboards

register_page(__name__, path_template="/dashboards/<board_id>", name=N_("Dashboard"))


@guard(sees_board())
def layout(board_id: str, edit: str | None = None, add: str = "", change: str = "", site: str = "", **query: Any) -> html.Div:
    """The page, as its address says: `edit`, or `kiosk` with the seconds that each dashboard stays."""
    scope = current_scope()
    board = dashboards.dashboard(scope, board_id)
    if edit is not None and board.own:
        content = arranging.arranging(scope, board, add, change, site)
    else:
        content = looking.looking(scope, board, query.get("kiosk"))
    return html.Div([dcc.Store(id="board-id", data=board.id), *content], **data(plotly=static.url("plotly/plotly.min.js")))


clientside_callback(
    ClientsideFunction("boards", "begin"),
    Output({"type": grid.AGAIN, "widget": MATCH}, "n_intervals"),
    Input({"type": grid.AGAIN, "widget": MATCH}, "id"),
)


@callback(
    Output({"type": grid.CONTENT, "widget": MATCH}, "children"),
    Input({"type": grid.AGAIN, "widget": MATCH}, "n_intervals"),
    State({"type": grid.AGAIN, "widget": MATCH}, "id"),
    State("board-id", "data"),
    running=[(Output({"type": grid.AGAIN, "widget": MATCH}, "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(sees_board())
def content(_n: int | None, of: dict[str, str] | None, board_id: str) -> Any:
    """What a widget shows by now."""
    scope = current_scope()
    widget = grid.ids_of(dashboards.dashboard(scope, board_id)).get((of or {}).get("widget", ""))
    return grid.content_of(scope, widget, reader()) if widget else no_update


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
