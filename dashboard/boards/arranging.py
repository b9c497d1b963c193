"""A dashboard that is put together: its name, a widget to add, and its widgets to move."""

from collections.abc import Sequence
from typing import Any

from dash import html

from config.language import _
from dashboard.boards import forms as board_forms
from dashboard.boards import grid
from dashboard.boards.forms import address
from dashboard.boards.kinds import KINDS
from dashboard.energy import ways
from dashboard.parts import forms
from store.records.people.dashboards import Board, Widget
from store.records.plant import sites
from store.records.schema import Site
from store.scope import Scope


def arranging(scope: Scope, board: Board, add: str, change: str, site: str) -> list[Any]:
    """What is on the page; `add` is the kind of widget that is about to be added, `change` the id of one to be changed.

    `site` is of which site it will be.
    """
    done = html.A(_("Done"), href=address(board.id), className="btn btn-sm btn-primary")
    about = _("Drag a widget by its heading and its corner, or press its buttons. Every change is kept at once.")
    changed = grid.ids_of(board).get(change)
    return [
        html.Header([html.H1(_("Arrange %(name)s", name=board.name)), html.P(about), done], className="page-head"),
        forms.view(board_forms.DESCRIBE, board.id),
        _changing(scope, board, changed, site) if changed else _adding(scope, board, add if add in KINDS else "", site),
        html.P(id="board-said", role="status", className="remark", tabIndex=-1),
        html.Div(grid.put_together(scope, board), id="board-arranging"),
    ]


def _adding(scope: Scope, board: Board, kind: str, site: str) -> html.Section:
    seen = sites.visible_sites(scope)
    here = next((each.id for each in seen if each.id == site), seen[0].id if seen else "")
    at = f"{address(board.id, edit=True)}&add="
    of_kind = {name: f"{at}{name}&site={here}" for name in KINDS if here or name == "note"}
    links = ways.row(_("Kind of widget"), {href: _(KINDS[name].words) for name, href in of_kind.items()}, of_kind.get(kind, ""))
    parts: list[Any] = [html.H2(_("Add a widget")), links]
    if kind in of_kind:
        parts += _of_site(seen, kind, f"{at}{kind}", here)
        parts.append(board_forms.widget_form(kind, board.id, here))
    return html.Section(parts, className="panel mb-3 adding")


def _changing(scope: Scope, board: Board, widget: Widget, site: str) -> html.Section:
    seen = sites.visible_sites(scope)
    here = site if site in {each.id for each in seen} else widget.site_id
    leave = html.A(_("Cancel"), href=f"{address(board.id, edit=True)}#{widget.id}", className="btn btn-sm btn-quiet")
    title = html.H2(_("Change %(widget)s", widget=grid.named(scope, widget)))
    choice = _of_site(seen, widget.kind, f"{address(board.id, edit=True)}&change={widget.id}", here)
    form = board_forms.widget_form(widget.kind, board.id, here, widget.id)
    return html.Section([title, *choice, form, leave], className="panel mb-3 adding")


def _of_site(seen: Sequence[Site], kind: str, at: str, chosen: str) -> list[Any]:
    """The choice of the site, where there is one; `at` is where the form is without it."""
    if kind in ("note", "map") or len(seen) < 2:
        return []
    return [ways.row(_("Of site"), {f"{at}&site={each.id}": each.name for each in seen}, f"{at}&site={chosen}")]
