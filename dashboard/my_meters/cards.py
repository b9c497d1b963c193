"""The cards of one's own meters: what each does now; searched, turned page by page, and released."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, Input, Output, State, callback, html, no_update

from config import clock
from config.language import _
from dashboard.account import parts
from dashboard.frame.faults import sentence
from dashboard.my_meters import markup
from dashboard.my_meters.claiming import may_claim
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web.access import current_scope, guard, meter_holder
from insight import own_meters
from insight.own_meters import Mine, Value
from store.errors import NotFound, Refused, StoreAway
from store.records.access import claims
from store.scope import Scope


def cards(scope: Scope, search: str = "", first: int = 0, asking: str | None = None) -> list[Any]:
    """A page of them; `asking` is the meter that a question stands on."""
    found = own_meters.mine(scope, search, first)
    if not found.total and not search:
        return [markup.none_yet(may_claim(scope))]
    if not found.total:
        return [html.P(_("No meter matches this search."), className="muted")]
    shown = markup.cards(found.rows, _values(scope, found.rows), clock.now(), reader(), asking, may_claim(scope))
    return [shown, markup.pager(first, found.total)]


def _values(scope: Scope, shown: Sequence[Mine]) -> Mapping[str, Value]:
    try:
        return own_meters.values(scope, shown)
    except StoreAway:
        return {}


def _first(shown: Mapping[str, Any]) -> int:
    first = shown.get("first")
    return first if isinstance(first, int) else 0


@callback(
    Output("my-meters-cards", "children"),
    Input("my-meters-search", "value"),
    Input("my-meters-shown", "data"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def show(search: str | None, shown: dict[str, Any]) -> list[Any]:
    """The cards as they are wanted now."""
    asking = shown.get("asking")
    return cards(current_scope(), search or "", _first(shown), asking if isinstance(asking, str) else None)


@callback(
    Output("my-meters-shown", "data"),
    Input({"type": "my-meter-page", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def turn(clicks: list[int | None]) -> Any:
    """Another page of cards."""
    wanted = parts.pressed(clicks)
    return {"first": int(wanted[1]), "asking": None} if wanted and wanted[1].isdigit() else no_update


@callback(
    Output({"type": "my-meter-now", "meter": ALL}, "children"),
    Input("my-meters-interval", "n_intervals"),
    State({"type": "my-meter-now", "meter": ALL}, "id"),
    State("my-meters-search", "value"),
    State("my-meters-shown", "data"),
    running=[(Output("my-meters-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(meter_holder)
def tick(_n: int | None, ids: list[dict[str, str]], search: str | None, shown: dict[str, Any]) -> list[Any]:
    """The numbers of the cards that are shown."""
    scope = current_scope()
    rows = {each.meter.id: each for each in own_meters.mine(scope, search or "", _first(shown)).rows}
    values, moment, read = _values(scope, list(rows.values())), clock.now(), reader()
    return [
        markup.reading(values.get(meter_id), rows[meter_id], moment, read) if meter_id in rows else no_update
        for meter_id in (each["meter"] for each in ids)
    ]


@callback(
    Output("my-meters-shown", "data", allow_duplicate=True),
    Output("my-meters-meter", "data"),
    Output("my-meters-notice", "children"),
    Input({"type": "my-meter-act", "act": ALL, "of": ALL}, "n_clicks"),
    State("my-meters-shown", "data"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def act(clicks: list[int | None], shown: dict[str, Any]) -> Any:
    """Show a meter's history; ask before one is released, then release it."""
    wanted = parts.pressed(clicks)
    if wanted is None:
        return (no_update,) * 3
    what, meter_id = wanted
    if what == "history":
        return no_update, meter_id, no_update
    if what != "do":
        return {**shown, "asking": meter_id if what == "ask" else None}, no_update, no_update
    try:
        claims.release_meter(current_scope(), meter_id)
    except (Refused, NotFound) as refused:
        return {**shown, "asking": None}, no_update, notice(sentence(refused), bad=True)
    return {"first": 0, "asking": None}, no_update, notice(_("Released."))
