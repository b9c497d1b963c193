"""One meter: what it is, whose it is, its claim code, its counter, and its end."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Column, Question, Row, Table, Text, Words
from dashboard.plant import counter, dated, declared_energy, inputs, meter_form, virtual_meters
from dashboard.web.access import administers_meter, current_scope, guard
from store.errors import NotFound, Refused
from store.records.access import claims, grants
from store.records.plant import holders, meter_life, meters, posted_energy, sites
from store.records.plant.holders import Holder
from store.records.schema import Meter
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import session
from store.scope import Scope

register_page(__name__, path_template="/admin/meters/<meter_id>", name="Meter", title="Meter · Loadstar")

ROLES = {"viewer": "sees it", "operator": "sees and operates it", "admin": "administers it"}
ORIGINS = {"given": "assigned", "claimed": "claimed by its code", "owner": "owner"}
COLUMNS = (
    Column("who", "Who", sortable=False),
    Column("role", "Role", sortable=False),
    Column("from", "From", sortable=False),
    Column("to", "Until", sortable=False),
    Column("origin", "How", sortable=False),
    Column("state", "State", sortable=False),
)


def _zone(scope: Scope, meter: Meter) -> ZoneInfo:
    return ZoneInfo(sites.site(scope, meter.site_id).time_zone)


def _meter(scope: Scope, meter_id: str) -> Meter:
    return meters.require_meters(scope, [meter_id])[meter_id]


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Holder]:
    found = list(reversed(holders.holders(scope, [context], ended=True)[context]))
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, record: Holder) -> Row:
    grant = record.grant
    state = dated.state(grant, now())
    cells = (
        ROLES[grant.role],
        reader().stamp(grant.valid_from),
        reader().stamp(grant.valid_to) if grant.valid_to else "further notice",
        ORIGINS[grant.origin],
        dated.mark(state),
    )
    name = f"{record.name}, {record.email}" if record.email else record.name
    return Row(grant.id, name, cells, () if state == dated.ENDED else (END,))


def _ending() -> Question:
    return Question(
        "From that moment on they do not see this meter any more, and what was measured in their time neither. "
        "An assignment that has not begun is removed.",
        (Text("at", f"Ends, by the site's clocks (like {inputs.MOMENT}; empty: now)", lines=1, longest=inputs.LONGEST),),
    )


END = Act("end", "End", asks=_ending, danger=True, sure="End it")


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {holder.grant.id for holder in holders.holders(scope, [asked.context])[asked.context]}:
        raise NotFound("no such assignment of this meter")
    at = inputs.moment("the end", asked.given.get("at"), _zone(scope, _meter(scope, asked.context)))
    grants.end_grant(scope, asked.key, at)
    return "Ended." if at is None or at <= now() else f"Ends at {inputs.clock(at, UTC)} UTC."


TABLE = Table(
    "holders",
    "Assignments",
    administers_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty="Nobody but its distributor has this meter. Assign it below, or hand out its claim code.",
)
tables.declare(TABLE)


def _facts(scope: Scope, meter: Meter) -> html.Dl:
    said = {
        "Site": sites.site(scope, meter.site_id).name,
        "Role": meter.role,
        "Id": meter.id,
        "State": f"retired {inputs.clock(meter.retired_at, _zone(scope, meter))}" if meter.retired_at else "in use",
    }
    return html.Dl([part for name, value in said.items() for part in (html.Dt(name), html.Dd(value))], className="definitions")


def _panel(title: str, *parts: Any) -> html.Section:
    return html.Section([html.H2(title), *parts], className="panel mb-3")


@guard(administers_meter())
def layout(meter_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    meter = _meter(scope, meter_id)
    zone = _zone(scope, meter)
    roles = [{"label": words, "value": role} for role, words in ROLES.items()]
    who = inputs.line("meter-who", longest=254)
    return html.Div(
        [
            html.Header(
                [html.H1(meter.name), html.P(html.A("All meters", href="/admin/meters", **data(soft="")))], className="page-head"
            ),
            dcc.Store(id="meter-id", data=meter_id),
            html.Div(id="meter-notice", role="status"),
            _panel("What it is", html.Div(_facts(scope, meter), id="meter-facts")),
            virtual_meters.panel(scope, meter) if meter.role == "virtual" else None,
            declared_energy.panel(scope, meter) if meter.role in ("main", "check") else None,
            *([_panel("Last readings of its counter", read)] if (read := counter.last_readings(scope, meter_id, zone)) else []),
            _panel(
                "Assigned to",
                tables.view(TABLE, meter_id),
                html.Div(
                    [
                        inputs.field("Assign to", who, "A person's email address, or an organisation's name."),
                        inputs.field("Role", dbc.Select(id="meter-role", options=roles, value="viewer")),
                        inputs.field("From", inputs.when("meter-from"), inputs.OF_WHEN),
                        inputs.field(
                            "Through",
                            inputs.when("meter-to"),
                            "Empty: until further notice.",
                        ),
                    ],
                    className="fields mt-3",
                ),
                inputs.submit("meter-assign", "Assign"),
            ),
            _panel(
                "Claim code",
                html.P(
                    "Whoever has it may claim this meter; you decide under Approvals. Give it only to whom it is meant for.",
                    className="muted",
                ),
                html.Div(id="meter-code", className="mb-2"),
                html.Div(
                    [
                        html.Button("Show the code", id="meter-show", className="btn btn-quiet", type="button"),
                        _asking(
                            "Create a new code",
                            "The old code stops working. Claims made with it stay.",
                            html.Button("Create it now", id="meter-renew", className="btn btn-danger", type="button"),
                        ),
                    ],
                    className="side-by-side",
                ),
            ),
            _panel(
                "Name, device, counter and place",
                html.Div(
                    [
                        inputs.field("Name", inputs.line("meter-name", meter.name)),
                        _device(scope, meter),
                        inputs.field("Serial number of its counter", inputs.line("meter-serial", meter.serial_number or "")),
                        inputs.field(
                            "Latitude", inputs.line("meter-latitude", _said(meter.latitude), longest=20), "Empty: the site's."
                        ),
                        inputs.field("Longitude", inputs.line("meter-longitude", _said(meter.longitude), longest=20)),
                    ],
                    className="fields",
                ),
                inputs.submit("meter-save", "Save"),
            ),
            html.Div([_exchange() if meter.role != "virtual" else None, _retirement(meter.role)], className="side-by-side"),
        ]
    )


def _device(scope: Scope, meter: Meter) -> html.Div:
    options = meter_form.device_choices(scope, meter.site_id)
    chosen = meter.device_id or meter_form.NO_DEVICE
    select = dbc.Select(id="meter-device", options=options, value=chosen, disabled=meter.role == "virtual")
    return inputs.field("In device", select, "What posts for it.")


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _exchange() -> html.Details:
    fields = [
        inputs.field(
            "When",
            inputs.when("meter-at", inputs.MOMENT),
            "By the site's clocks; empty: now.",
        ),
        inputs.field("Serial number of the new counter", inputs.line("meter-new-serial")),
        inputs.field("It starts again from zero at (kWh)", inputs.line("meter-rollover", longest=20), "Empty: as the old one."),
        inputs.field("Why", inputs.line("meter-note", longest=300)),
    ]
    about = html.P(
        "Readings of the old counter and of the new one are never subtracted from each other. Its history stays.",
        className="muted wide",
    )
    return html.Details(
        [
            html.Summary("Exchange the counter", className="btn btn-quiet"),
            html.Div(
                [about, html.Div(fields, className="fields"), inputs.submit("meter-exchange", "Exchange")], className="panel mt-3"
            ),
        ],
        className="disclosure",
    )


def _retirement(role: str) -> html.Details:
    about = "It takes no readings and cannot be claimed any more. What it measured stays to be seen. This cannot be taken back."
    words, sure = "Retire the meter", "Retire it now"
    if role == "virtual":
        about = "Its edge is measured by nothing from now on, and free for another meter. This cannot be taken back."
        words, sure = "End the virtual meter", "End it now"
    return _asking(words, about, html.Button(sure, id="meter-retire", className="btn btn-danger", type="button"))


def _asking(words: str, about: str, sure: html.Button) -> html.Details:
    """An act that asks once: what will happen, and the button that does it."""
    return html.Details(
        [html.Summary(words, className="btn btn-quiet"), html.Div([html.P(about), sure], className="panel mt-3")],
        className="disclosure",
    )


NOTICE = Output("meter-notice", "children", allow_duplicate=True)
FACTS = Output("meter-facts", "children", allow_duplicate=True)
METER = State("meter-id", "data")


def _bad(problem: Exception) -> html.Div:
    return tables.notice(sentence(problem), bad=True)


@callback(
    NOTICE,
    Output("holders-changed", "data"),
    Output("meter-who", "value"),
    Input("meter-assign", "n_clicks"),
    State("meter-who", "value"),
    State("meter-role", "value"),
    State("meter-from", "value"),
    State("meter-to", "value"),
    METER,
    prevent_initial_call=True,
)
@guard(administers_meter())
def assign(clicks: int | None, who: str | None, role: str | None, start: str | None, end: str | None, meter_id: str) -> Any:
    """Assign the meter to somebody."""
    if not clicks:
        return no_update, no_update, no_update
    scope = current_scope()
    try:
        zone = _zone(scope, _meter(scope, meter_id))
        made = holders.assign_meter(
            scope,
            meter_id,
            str(who or ""),
            role=role if role in ROLES else "viewer",
            valid_from=inputs.moment("the start", start, zone),
            valid_to=inputs.moment("the end", end, zone, end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return _bad(refused), no_update, no_update
    return tables.notice("Assigned. They see it at once, or from its start on."), made.id, ""


@callback(
    NOTICE,
    Output("meter-code", "children"),
    Input("meter-show", "n_clicks"),
    Input("meter-renew", "n_clicks"),
    METER,
    prevent_initial_call=True,
)
@guard(administers_meter())
def show_code(shown: int | None, renewed: int | None, meter_id: str) -> Any:
    """Show the claim code, or make another."""
    if not (shown or renewed):
        return no_update, no_update
    said: Any = no_update
    if ctx.triggered_id == "meter-renew":
        code = claims.renew_claim_code(current_scope(), meter_id)
        said = tables.notice("The old code no longer works.")
    else:
        code = claims.claim_code(current_scope(), meter_id)
    return said, html.Code(code, className="user-select-all secret")


@callback(
    NOTICE,
    FACTS,
    Input("meter-save", "n_clicks"),
    State("meter-name", "value"),
    State("meter-device", "value"),
    State("meter-serial", "value"),
    State("meter-latitude", "value"),
    State("meter-longitude", "value"),
    METER,
    prevent_initial_call=True,
)
@guard(administers_meter())
def save(
    clicks: int | None,
    name: str | None,
    device: str | None,
    serial: str | None,
    latitude: str | None,
    longitude: str | None,
    meter_id: str,
) -> Any:
    """Describe the meter anew."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        device_id = None if device in (None, "", meter_form.NO_DEVICE) else device
        with session():
            if _meter(scope, meter_id).device_id != device_id:
                meters.put_into_device(scope, meter_id, device_id)
                if device_id:
                    posted_energy.declare(scope, device_id)
            made = meter_life.describe_meter(
                scope,
                meter_id,
                name=str(name or ""),
                serial_number=serial,
                latitude=inputs.number("the latitude", latitude),
                longitude=inputs.number("the longitude", longitude),
            )
    except (Refused, NotFound) as refused:
        return _bad(refused), no_update
    return tables.notice("Saved."), _facts(scope, made)


@callback(
    NOTICE,
    Output("declared-changed", "data", allow_duplicate=True),
    Output("meter-serial", "value"),
    Input("meter-exchange", "n_clicks"),
    State("meter-at", "value"),
    State("meter-new-serial", "value"),
    State("meter-rollover", "value"),
    State("meter-note", "value"),
    METER,
    prevent_initial_call=True,
)
@guard(administers_meter())
def exchange(
    clicks: int | None, at: str | None, serial: str | None, rollover: str | None, note: str | None, meter_id: str
) -> Any:
    """Put another counter into the meter."""
    if not clicks:
        return no_update, no_update, no_update
    scope = current_scope()
    try:
        made = meter_life.exchange(
            scope,
            meter_id,
            at=inputs.moment("the time", at, _zone(scope, _meter(scope, meter_id))) or now(),
            serial_number=str(serial or ""),
            note=str(note or ""),
            rollover_kwh=inputs.number("where it starts again", rollover),
        )
    except (Refused, NotFound) as refused:
        return _bad(refused), no_update, no_update
    return tables.notice("Exchanged."), made.id, str(serial or "").strip()


@callback(NOTICE, FACTS, Input("meter-retire", "n_clicks"), METER, prevent_initial_call=True)
@guard(administers_meter())
def retire(clicks: int | None, meter_id: str) -> Any:
    """Take the meter out of use."""
    if not clicks:
        return no_update, no_update
    try:
        retired = meter_life.retire_meter(current_scope(), meter_id)
    except Refused as refused:
        return _bad(refused), no_update
    return tables.notice("Ended." if retired.role == "virtual" else "Retired."), _facts(current_scope(), retired)
