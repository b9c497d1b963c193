"""My meters: what each of mine does now and did before; claiming another, releasing one, and what became of my requests."""

import contextlib
from typing import Any

from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
    register_page,
)
from flask_login import current_user

from config import clock
from config.settings import settings
from dashboard.account import parts
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.live import blocks
from dashboard.my_meters import history, home, markup
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.signin import replies
from dashboard.web import static
from dashboard.web.access import current_scope, guard, meter_holder
from insight import own_home, own_meters
from insight.periods import CUSTOM, DEFAULT_RANGE, RANGES
from store.errors import NotFound, Refused, StoreAway
from store.records.access import claims
from store.scope import Role, Scope

register_page(
    __name__,
    path="/my-meters",
    name="My meters",
    title="My meters · Loadstar",
    nav={"section": navigation.MINE, "icon": "lightning-charge"},
)

TICK_S = 5
POWER_OR_ENERGY = {"power": "Power", "energy": "Energy"}


def _may_claim(scope: Scope) -> bool:
    return scope.organisation_id is None or scope.role is Role.ADMIN


def _drawn(scope: Scope, search: str, first: int, asking: str | None) -> list[Any]:
    found = own_meters.mine(scope, search, first)
    if not found.total and not search:
        return [markup.none_yet(_may_claim(scope))]
    if not found.total:
        return [html.P("No meter matches this search.", className="muted")]
    shown = markup.cards(found.rows, _values(scope, found.rows), clock.now(), reader(), asking, _may_claim(scope))
    return [shown, markup.pager(first, found.total)]


def _values(scope: Scope, shown: Any) -> Any:
    try:
        return own_meters.values(scope, shown)
    except StoreAway:
        return {}


def _requests(scope: Scope, asking: str | None = None) -> Any:
    names = {each.meter.id: each.meter.name for each in own_meters.mine(scope, "", 0).rows}
    return markup.requests(claims.my_requests(scope), names, reader(), asking)


def _history(of: str) -> html.Section:
    ranges = {name: words for name, (words, _, _) in RANGES.items()} | {CUSTOM: "Custom"}
    nothing = ("No values in this period.", "Choose another one.")
    return blocks.panel(
        "course",
        ["History of ", html.Span(of, id="my-meters-chosen")],
        [
            blocks.segmented("my-meters-what", POWER_OR_ENERGY, "power", "Power or energy"),
            blocks.segmented("my-meters-range", ranges, DEFAULT_RANGE, "Period of the chart"),
            blocks.days("my-meters-range", "Custom period"),
        ],
        blocks.chart("my-meters-chart", "History of a meter", nothing, tools="yes"),
        [html.P(id="my-meters-chart-note", className="remark", role="status"), blocks.as_table("my-meters-chart")],
    )


def _claim(scope: Scope) -> html.Section:
    whose = "your organisation" if scope.organisation_id else "you"
    return parts.section(
        "Claim a meter",
        html.P(
            f"Type the code that is printed on the meter or came by letter. Once your distributor agrees, {whose} will see it."
        ),
        html.Div(
            [
                parts.field("Code", dcc.Input(id="my-meters-code", autoComplete="off", maxLength=40)),
                parts.field(
                    "Note",
                    dcc.Input(id="my-meters-note", autoComplete="off", maxLength=300),
                    "For whoever decides, for instance your address.",
                ),
            ],
            className="fields",
        ),
        parts.button("Claim it", "my-meters-claim"),
        html.Div(id="my-meters-claim-notice", className="mt-3", role="status"),
    )


def _homes(scope: Scope) -> list[own_home.OwnHome]:
    """The homes of a resident; whoever belongs to an organisation has none here."""
    return own_home.homes(scope) if scope.organisation_id is None else []


def _home(scope: Scope) -> html.Div:
    """A resident's home, and its chart; there without one too, empty: callbacks need all of their parts."""
    try:
        homes = _homes(scope)
    except StoreAway:
        return html.Div([home.away(), dcc.Store(id="my-home-figure"), html.Div(id="my-home-facts"), html.Div(id="my-home-chart")])
    shown: list[Any] = [home.panel(homes, reader())] if homes else [html.Div(id="my-home-facts"), html.Div(id="my-home-chart")]
    return html.Div(
        [dcc.Store(id="my-home-figure", data=home.chart(homes)), *shown], className="overview mb-3" if homes else None
    )


@guard(meter_holder)
def layout(**_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    found = own_meters.mine(scope, "", 0)
    search = html.Div(
        [
            html.Label("Search my meters", htmlFor="my-meters-search", className="visually-hidden"),
            dcc.Input(id="my-meters-search", type="search", debounce=0.2, placeholder="Search name, number, site"),
        ],
        className="toolbar",
        hidden=found.total <= own_meters.COUNT,
    )
    every_s = max(TICK_S, settings().tick_s)
    drawable = [each for each in found.rows if each.meter.role != "condition"]
    return html.Div(
        [
            html.Header([html.H1("My meters"), html.P("Live, today, and before.")], className="page-head"),
            html.Div(id="my-meters-notice", role="status"),
            dcc.Interval(id="my-meters-interval", interval=every_s * 1000, disabled=not found.total),
            dcc.Store(id="my-meters-shown", data={"first": 0, "asking": None}),
            dcc.Store(id="my-meters-meter", data=drawable[0].meter.id if drawable else None),
            dcc.Store(id="my-meters-figure"),
            _home(scope),
            search,
            html.Div(_drawn(scope, "", 0, None), id="my-meters-cards"),
            # there without a meter too, hidden: callbacks need all of their parts
            html.Div(_history(drawable[0].meter.name if drawable else ""), className="overview mt-3 mb-3", hidden=not drawable),
            _claim(scope) if _may_claim(scope) else None,
            parts.section("My requests", html.Div(_requests(scope), id="my-meters-requests")),
        ],
        **data(plotly=static.url("plotly/plotly.min.js"), **({"ticks": f"{every_s:g}"} if found.total else {})),
    )


@callback(
    Output("my-meters-cards", "children"),
    Input("my-meters-search", "value"),
    Input("my-meters-shown", "data"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def show(search: str | None, shown: dict[str, Any]) -> list[Any]:
    """The cards as they are wanted now."""
    first = shown.get("first")
    asking = shown.get("asking")
    return _drawn(
        current_scope(), search or "", first if isinstance(first, int) else 0, asking if isinstance(asking, str) else None
    )


@callback(
    Output("my-home-facts", "children"),
    Input("my-meters-interval", "n_intervals"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def tell_home(_n: int | None) -> Any:
    """The home's numbers as they are now."""
    try:
        return home.facts(_homes(current_scope()), reader())
    except StoreAway:
        return no_update


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
    scope, first = current_scope(), shown.get("first")
    rows = own_meters.mine(scope, search or "", first if isinstance(first, int) else 0).rows
    values, moment, read = _values(scope, rows), clock.now(), reader()
    shown_now = {each.meter.id: each for each in rows}
    return [
        markup.reading(values.get(meter_id), shown_now[meter_id], moment, read) if meter_id in shown_now else no_update
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
        return {**shown, "asking": None}, no_update, parts.notice(sentence(refused), bad=True)
    return {"first": 0, "asking": None}, no_update, parts.notice("Released.")


@callback(
    Output("my-meters-figure", "data"),
    Output("my-meters-chosen", "children"),
    Input("my-meters-meter", "data"),
    Input("my-meters-what", "value"),
    Input("my-meters-range", "value"),
    Input("my-meters-range-first", "value"),
    Input("my-meters-range-last", "value"),
    running=[blocks.waits("my-meters-chart")],
)
@guard(meter_holder)
def draw(meter_id: str | None, what: str, name: str, first: str | None, last: str | None) -> Any:
    """The history of the chosen meter."""
    if not isinstance(meter_id, str):
        return no_update, no_update
    scope = current_scope()
    return history.history(scope, meter_id, what, name, first, last, reader()), history.name_of(scope, meter_id)


@callback(
    Output("my-meters-claim-notice", "children"),
    Output("my-meters-code", "value"),
    Output("my-meters-requests", "children"),
    Input("my-meters-claim", "n_clicks"),
    State("my-meters-code", "value"),
    State("my-meters-note", "value"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def claim(clicks: int | None, code: str | None, note: str | None) -> Any:
    """Ask for the meter with that code; guessing is slowed down."""
    if not clicks:
        return (no_update,) * 3
    scope = current_scope()
    account = f"claims of {current_user.id}"
    try:
        replies.admit(account, current_user.email)
        claims.claim_meter(scope, code or "", (note or "")[:300])
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), no_update, no_update
    replies.succeeded(account, current_user.email)
    return parts.notice("Asked. You see the meter here as soon as your distributor agrees."), "", _requests(scope)


@callback(
    Output("my-meters-requests", "children", allow_duplicate=True),
    Input({"type": "my-request-act", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def take_back(clicks: list[int | None]) -> Any:
    """Ask before a request is taken back, then take it back."""
    wanted = parts.pressed(clicks)
    if wanted is None:
        return no_update
    scope = current_scope()
    if wanted[0] != "do":
        return _requests(scope, wanted[1] if wanted[0] == "ask" else None)
    with contextlib.suppress(NotFound):  # it was decided meanwhile: the table says so
        claims.take_back(scope, wanted[1])
    return _requests(scope)


clientside_callback(
    ClientsideFunction("live", "draw"),
    Input("my-home-figure", "data"),
    State("my-home-chart", "id"),
)
clientside_callback(
    ClientsideFunction("live", "draw"),
    Input("my-meters-figure", "data"),
    State("my-meters-chart", "id"),
    prevent_initial_call=True,
)
clientside_callback(
    ClientsideFunction("live", "custom"), Output("my-meters-range-days", "style"), Input("my-meters-range", "value")
)
