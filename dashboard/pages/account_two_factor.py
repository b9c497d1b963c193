"""The second factor: an authenticator app, and recovery codes for the day it is lost."""

import base64
from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask_login import current_user

from config.language import N_
from dashboard.account import parts, proof
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data
from dashboard.signin import letters
from dashboard.signin.replies import browser_address
from dashboard.signin.steps import stay_in
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.people import own_account
from store.records.signin import two_factor
from store.records.transaction.engine import session

register_page(__name__, path="/account/two-factor", name="Two-factor", title="Two-factor sign-in · Loadstar")

ABOUT = (
    "With it, signing in takes your password and a code of six digits that an app on your phone shows. "
    "A stolen password alone is not enough."
)
FEW = 3  # recovery codes, of which one should make new ones


def _code(part_id: str) -> dcc.Input:
    return dcc.Input(id=part_id, type="text", autoComplete="one-time-code", maxLength=40)


def _off() -> list[Any]:
    return [
        html.P(ABOUT),
        parts.field("Your password", parts.password("two-factor-password")),
        parts.button("Set it up", "two-factor-begin"),
    ]


def _on() -> list[Any]:
    left = two_factor.recovery_codes_left(current_scope())
    words = f"{left} recovery code{'s' if left != 1 else ''} left."
    if left <= FEW:
        words += " Create new ones before you need them."
    return [
        html.P([html.Span("on", className="state", **data(state="live")), " Signing in takes your password and a code."]),
        html.P(words),
        parts.field("A code of your app, or a recovery code", _code("two-factor-proof")),
        html.P(
            "New recovery codes make the old ones useless. Turned off, your password alone opens your account. Either way, "
            "every other session ends; personal tokens go on.",
            className="form-text",
        ),
        html.Div(
            [
                parts.button("Create new recovery codes", "two-factor-renew", "btn-quiet"),
                parts.button("Turn it off", "two-factor-off", "btn-danger"),
            ],
            className="choices",
        ),
    ]


def _enrolment(made: two_factor.Enrolment) -> list[Any]:
    picture = base64.b64encode(made.svg.encode()).decode("ascii")
    return [
        html.P("1. Scan this with your authenticator app, or type the key into it."),
        html.Img(src=f"data:image/svg+xml;base64,{picture}", alt="QR code for an authenticator app", className="qr"),
        html.P([html.Span("Key: ", className="muted"), html.Code(_in_fours(made.secret), className="user-select-all")]),
        parts.field("2. Type the code that the app shows now", _code("two-factor-first")),
        parts.button("Turn it on", "two-factor-confirm"),
    ]


def _in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _codes(codes: list[str]) -> html.Div:
    listed = html.Ul([html.Li(html.Code(code, className="user-select-all")) for code in codes], className="codes")
    words = "These recovery codes are shown this once. Each works once in the place of the app. Print them, or keep them safe."
    return parts.notice([html.P(words), listed])


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/two-factor",
        parts.section(
            "Two-factor sign-in",
            html.Div(id="two-factor-notice", role="status"),
            html.Div(_on() if two_factor.is_on(current_user.id) else _off(), id="two-factor-state"),
        ),
    )


def _refused(refused: Refused | NotFound) -> html.Div:
    return parts.notice(sentence(refused), bad=True)


@callback(
    Output("two-factor-state", "children"),
    Output("two-factor-notice", "children"),
    Input("two-factor-begin", "n_clicks"),
    State("two-factor-password", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def begin(clicks: int | None, password: str | None) -> Any:
    """Show the key for the app."""
    if not clicks:
        return no_update, no_update
    try:
        proof.require_password(password)
        return _enrolment(two_factor.begin(current_scope())), None
    except Refused as refused:
        return no_update, _refused(refused)


@callback(
    Output("two-factor-state", "children", allow_duplicate=True),
    Output("two-factor-notice", "children", allow_duplicate=True),
    Input("two-factor-confirm", "n_clicks"),
    State("two-factor-first", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def confirm(clicks: int | None, code: str | None) -> Any:
    """Turn it on with a first code, and show the recovery codes."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        with session():
            codes = two_factor.confirm(scope, code or "")
            person = own_account.oneself(scope)
            letters.second_factor_on(person)
    except (Refused, NotFound) as refused:
        return no_update, _refused(refused)
    stay_in(person, "second factor")
    return _on(), _codes(codes)


@callback(
    Output("two-factor-state", "children", allow_duplicate=True),
    Output("two-factor-notice", "children", allow_duplicate=True),
    Input("two-factor-renew", "n_clicks"),
    State("two-factor-proof", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def renew(clicks: int | None, code: str | None) -> Any:
    """Create new recovery codes."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        codes = two_factor.new_recovery_codes(scope, code or "", browser_address())
    except (Refused, NotFound) as refused:
        return no_update, _refused(refused)
    person = own_account.oneself(scope)
    letters.account_changed(
        person,
        N_("New recovery codes were created"),
        N_("Your Loadstar account has new recovery codes. The old ones no longer work."),
    )
    stay_in(person, "new recovery codes")
    return _on(), _codes(codes)


@callback(
    Output("two-factor-state", "children", allow_duplicate=True),
    Output("two-factor-notice", "children", allow_duplicate=True),
    Input("two-factor-off", "n_clicks"),
    State("two-factor-proof", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def turn_off(clicks: int | None, code: str | None) -> Any:
    """Turn it off; the mail that tells of it follows, for the check of the code counts its tries by itself."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        two_factor.disable(scope, code or "", browser_address())
    except (Refused, NotFound) as refused:
        return no_update, _refused(refused)
    person = own_account.oneself(scope)
    letters.account_changed(
        person,
        N_("Two-factor sign-in is off"),
        N_("Signing in to your Loadstar account now takes only your password."),
    )
    stay_in(person, "second factor off")
    return _off(), parts.notice("Two-factor sign-in is off. Every other session has ended.")
