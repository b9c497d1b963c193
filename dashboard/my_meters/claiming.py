"""Claiming another meter by its code, and what became of what was asked."""

import contextlib
from typing import Any

from dash import ALL, Input, Output, State, callback, dcc, html, no_update
from flask_login import current_user

from config.language import _
from dashboard.account import parts
from dashboard.frame.faults import sentence
from dashboard.my_meters import markup
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.signin import replies
from dashboard.web.access import current_scope, guard, meter_holder
from insight import own_meters
from store.errors import NotFound, Refused
from store.records.access import claims
from store.scope import Role, Scope

LONGEST_NOTE = 300


def may_claim(scope: Scope) -> bool:
    """Whether the person may claim meters, and release them: residents, and administrators for their organisation."""
    return scope.organisation_id is None or scope.role is Role.ADMIN


def form(scope: Scope) -> html.Div:
    """Where a code is typed."""
    code = dcc.Input(id="my-meters-code", autoComplete="off", maxLength=40)
    note = dcc.Input(id="my-meters-note", autoComplete="off", maxLength=LONGEST_NOTE)
    asked = parts.section(
        _("Claim a meter"),
        html.P(_("Type the code printed on the meter or sent to you by letter.")),
        html.P(
            _("Your organisation sees the meter as soon as your distributor agrees.")
            if scope.organisation_id
            else _("You see the meter as soon as your distributor agrees.")
        ),
        html.Div(
            [
                parts.field(_("Code"), code),
                parts.field(_("Note"), note, _("For whoever decides, for instance your address.")),
            ],
            className="fields",
        ),
        parts.button(_("Claim meter"), "my-meters-claim"),
        html.Div(id="my-meters-claim-notice", className="mt-3", role="status"),
    )
    return html.Div(asked, className="narrow asks")


def requests(scope: Scope, asking: str | None = None) -> Any:
    """What the person has asked for; `asking` is the request that a question stands beside."""
    names = {each.meter.id: each.meter.name for each in own_meters.mine(scope, "", 0).rows}
    return markup.requests(claims.my_requests(scope), names, reader(), asking)


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
        claims.claim_meter(scope, code or "", (note or "")[:LONGEST_NOTE])
    except Refused as refused:
        return notice(sentence(refused), bad=True), no_update, no_update
    replies.succeeded(account, current_user.email)
    return notice(_("Requested. The meter appears here as soon as your distributor agrees.")), "", requests(scope)


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
        return requests(scope, wanted[1] if wanted[0] == "ask" else None)
    with contextlib.suppress(NotFound):  # it was decided meanwhile: the table says so
        claims.take_back(scope, wanted[1])
    return requests(scope)
