"""Forms about dashboards: to create one, to name and share it, and to put each kind of widget on it or change one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from dash import html
from flask_login import current_user

from config.language import N_, _
from dashboard.boards import kinds, places
from dashboard.boards.kinds import KINDS, TILES, Kind
from dashboard.parts import forms
from dashboard.parts.fields import YES, Choice, Field, Text, Tick
from dashboard.parts.forms import Form, Go
from dashboard.parts.given import Given
from dashboard.web.access import owns_board, signed_in
from insight.site_view import site_view
from store.errors import NotFound, StoreAway
from store.ids import new_id
from store.records.people import dashboards
from store.records.people.dashboards import Widget
from store.records.plant import sites
from store.scope import Scope

NAME = Text("name", N_("Name"), required=True, longest=120)
EMPTY = "none"


def address(board_id: str, *, edit: bool = False) -> str:
    """Where a dashboard is."""
    return f"/dashboards/{board_id}" + ("?edit=yes" if edit else "")


def _create_now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    seen = sites.visible_sites(scope)
    last = getattr(current_user, "last_site_id", None)
    first = [each for each in seen if each.id == last] + [each for each in seen if each.id != last]
    options = [(each.id, _("What fits %(site)s", site=each.name)) for each in first]
    return {"start": {"options": [*options, (EMPTY, _("Nothing"))]}}


def _create(scope: Scope, given: Given, _of: str) -> Go:
    start = given.text("start")
    widgets = kinds.starting(site_view(scope, start)) if start and start != EMPTY else []
    return Go(address(dashboards.create_dashboard(scope, given.text("name"), widgets).id, edit=True))


CREATE = Form(
    "dashboards",
    N_("Create a dashboard"),
    signed_in,
    (NAME, Choice("start", N_("Begins with"))),
    do=_create,
    act="make",
    button=N_("Create"),
    now=_create_now,
    goes=True,
)


def _describe_now(scope: Scope, of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    board = dashboards.dashboard(scope, of)
    return {"name": {"value": board.name}, "shared": {"value": YES if board.shared else ""}}


def _describe(scope: Scope, given: Given, of: str) -> Go:
    dashboards.name_dashboard(scope, of, given.text("name"), shared=given.ticked("shared"))
    return Go(address(of, edit=True))


DESCRIBE = Form(
    "naming",
    N_("Name and sharing"),
    owns_board("of"),
    (
        NAME,
        Tick(
            "shared",
            N_("Shared by its address"),
            help=N_(
                "Whoever is signed in and may see something of what is on it can open it, and sees of each widget what they may."
            ),
        ),
    ),
    do=_describe,
    act="save",
    button=N_("Save"),
    icon="people",
    now=_describe_now,
    goes=True,
    rare=True,
)


def context(board_id: str, site_id: str, widget_id: str = "") -> str:
    """What the form of a kind of widget is of: a new one, or one that is there."""
    return "|".join((board_id, site_id, widget_id))


def _fields(kind: str, of: Kind) -> tuple[Field, ...]:
    if kind == "note":
        return (Text("note", N_("Text"), required=True, longest=2000, lines=4),)
    what: list[Field] = []
    if kind == "tile":
        what.append(Choice("what", N_("Tile"), tuple(TILES.items())))
    if of.subject:
        what.append(Choice("what", N_("Of")))
    if of.figures:
        what.append(Choice("figure", N_("Number"), tuple(of.figures.items())))
    if of.periods:
        what.append(Choice("period", N_("Period"), tuple(of.periods.items())))
    return tuple(what)


def _widget_now(kind: str, scope: Scope, of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What there is to choose from, and what the widget is of by now where there is one."""
    board_id, site_id, widget_id = of.split("|")
    kept = next((each for each in dashboards.dashboard(scope, board_id).widgets if each.id == widget_id), Widget("", kind))
    now: dict[str, dict[str, Any]] = {name: {"value": getattr(kept, name)} for name in ("period", "figure", "note")}
    try:
        options = kinds.tiles_of(scope, site_id) if kind == "tile" else kinds.subjects_of(scope, site_id, kind)
    except (NotFound, StoreAway):
        options = [*TILES.items()] if kind == "tile" else []
    now["what"] = {"options": options, "value": kept.of if kept.of in dict(options) else ""}
    return now


def _put(kind: str, scope: Scope, given: Given, of: str) -> Go:
    """Add the widget, or change the one that is there."""
    board_id, site_id, widget_id = of.split("|")
    board, size = dashboards.dashboard(scope, board_id), KINDS[kind]
    said = {each.key: given.text(each.key) for each in _fields(kind, size)}
    given.check()
    put = Widget(
        widget_id or new_id("wdg"),
        kind,
        "" if kind == "note" else site_id,
        of=said.get("what", ""),
        period=said.get("period", ""),
        figure=said.get("figure", ""),
        note=said.get("note", ""),
        w=size.w,
        h=size.h,
    )
    if widget_id:
        old = next((each for each in board.widgets if (each.id, each.kind) == (widget_id, kind)), None)
        if old is None:
            raise NotFound(f"no widget {widget_id}")
        changed = put._replace(x=old.x, y=old.y, w=old.w, h=old.h)
        widgets = [changed if each is old else each for each in board.widgets]
    else:
        widgets = places.beneath(board.widgets, put)
    dashboards.keep_widgets(scope, board_id, widgets)
    return Go(f"{address(board_id, edit=True)}#{put.id}")


WIDGET = {
    kind: Form(
        f"widget-{kind}",
        N_("Add a widget"),
        owns_board("of"),
        _fields(kind, of),
        do=partial(_put, kind),
        act="put",
        icon="",
        now=partial(_widget_now, kind),
        goes=True,
    )
    for kind, of in KINDS.items()
}


def widget_form(kind: str, board_id: str, site_id: str, widget_id: str = "") -> html.Div:
    """The form of a kind of widget: of a new one, or of one that is there."""
    form = WIDGET[kind]
    return forms.view(replace(form, button=N_("Save")) if widget_id else form, context(board_id, site_id, widget_id))
