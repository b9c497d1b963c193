"""A dashboard that is put together: its name, a widget to add, and its widgets to move."""

from typing import Any

from dash import html

from config.language import _
from dashboard.boards import forms as board_forms
from dashboard.boards import grid
from dashboard.boards.forms import address
from dashboard.boards.kinds import KINDS
from dashboard.energy import ways
from dashboard.parts import forms
from store.records.people.dashboards import Board
from store.records.plant import sites
from store.scope import Scope


def arranging(scope: Scope, board: Board, add: str, site: str) -> list[Any]:
    """What is on the page; `add` is the kind of widget that is about to be added, `site` of which site."""
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
