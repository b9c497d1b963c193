"""A dashboard as it is looked at, and as it is put together: the same widgets in the same places."""

from typing import Any

from dash import dcc, html
from dash_snap_grid import Grid

from config.language import N_, _
from dashboard.boards import drawing
from dashboard.boards.forms import address
from dashboard.boards.kinds import KINDS
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import Reader
from store.records.people.dashboards import COLUMNS, Board, Widget
from store.scope import Scope

ROW_PX, GAP_PX = 56, 12
CONTENT, AGAIN, ACT = "board-content", "board-again", "board-act"  # the types of ids
EVERY_MS = 15_000  # a widget is drawn anew so long after it was
SIGNS = {
    "left": ("←", N_("Move left")),
    "right": ("→", N_("Move right")),
    "up": ("↑", N_("Move up")),
    "down": ("↓", N_("Move down")),
    "narrower": ("⇤", N_("Narrower")),
    "wider": ("⇥", N_("Wider")),
    "shorter": ("⤒", N_("Shorter")),
    "taller": ("⤓", N_("Taller")),
}


def looked_at(scope: Scope, board: Board, reader: Reader) -> html.Div:
    """The dashboard, whose widgets are asked for one by one once it is there: a slow one holds up nobody.

    On narrow screens they are below each other, in the order of their places.
    """
    ordered = sorted(board.widgets, key=lambda each: (each.y, each.x))
    return html.Div([_widget(scope, each, reader) for each in ordered], className="board overview", id="board")


def _widget(scope: Scope, widget: Widget, reader: Reader) -> html.Section:
    places = {"--x": widget.x + 1, "--w": widget.w, "--y": widget.y + 1, "--h": widget.h}
    content: list[Any]
    if widget.kind == "note":
        content = [html.Div(content_of(scope, widget, reader), className="content")]
    else:
        coming = [html.Header(html.H2(drawing.named(scope, widget))), html.Div(className="skeleton", **aria(busy="true"))]
        content = [
            html.Div(coming, id={"type": CONTENT, "widget": widget.id}, className="content"),
            dcc.Interval(id={"type": AGAIN, "widget": widget.id}, interval=EVERY_MS),
        ]
    return html.Section(content, className=f"panel of-kind-{widget.kind}", style=places)


def content_of(scope: Scope, widget: Widget, reader: Reader) -> list[Any]:
    """What is in a widget, under its heading."""
    shown = drawing.drawn(scope, widget, reader)
    title = html.A(shown.title, href=shown.href) if shown.href else shown.title
    return [html.Header(html.H2(title)), *shown.content]


def ids_of(board: Board) -> dict[str, Widget]:
    """The widgets by their ids."""
    return {each.id: each for each in board.widgets}


def layout_of(widgets: Any) -> list[dict[str, Any]]:
    """The places as the browser's grid takes them."""
    return [{"i": each.id, "x": each.x, "y": each.y, "w": each.w, "h": each.h} for each in widgets]


def put_together(scope: Scope, board: Board) -> html.Div:
    """The dashboard to be arranged: by dragging, and by the buttons of each widget."""
    boxes = [_box(scope, each, board.id) for each in sorted(board.widgets, key=lambda each: (each.y, each.x))]
    grid = Grid(
        boxes,
        id="board-grid",
        layout=layout_of(board.widgets),
        cols=COLUMNS,
        rowHeight=ROW_PX,
        margin=[GAP_PX, GAP_PX],
        containerPadding=[0, 0],
        compactType="vertical",
        draggableHandle=".handle",
        draggableCancel="button, a",
    )
    return html.Div([grid, dcc.Store(id="board-dragged")], className="arranged", id="board-arranged")


def named(scope: Scope, widget: Widget) -> str:
    """What a widget is called among the others."""
    kind = _(KINDS[widget.kind].words)
    if widget.kind == "note":
        return f"{kind}: {widget.note.splitlines()[0][:40]}"
    return f"{kind}: {drawing.named(scope, widget)}"


def _box(scope: Scope, widget: Widget, board_id: str) -> html.Section:
    name = named(scope, widget)
    buttons = [
        _button(widget, act, sign, _("%(act)s: %(widget)s", act=_(words), widget=name)) for act, (sign, words) in SIGNS.items()
    ]
    words = _("Change %(widget)s", widget=name)
    href = f"{address(board_id, edit=True)}&change={widget.id}"
    change = html.A(icon("gear"), href=href, className="step", title=words, **aria(label=words), **data(act="change"))
    remove = _button(widget, "remove", icon("x-lg"), _("Remove %(widget)s", widget=name))
    return html.Section(
        [
            html.Header([html.H2(name), html.Div([change, remove], className="acts")], className="handle"),
            html.Div(buttons, role="group", className="arrows", **aria(label=_("Place and size of %(widget)s", widget=name))),
        ],
        id=widget.id,
        className="panel box",
    )


def _button(widget: Widget, act: str, sign: Any, words: str) -> html.Button:
    part = {"type": ACT, "act": act, "widget": widget.id}
    return html.Button(sign, id=part, type="button", className="step", title=words, **aria(label=words), **data(act=act))
