"""The password, and where one is signed in."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, callback, html, no_update, register_page
from flask_login import current_user

from config.language import N_
from config.settings import settings
from dashboard.account import parts, proof
from dashboard.frame.faults import sentence
from dashboard.parts.reading import reader
from dashboard.signin import letters
from dashboard.signin.steps import stay_in
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.people import identities, own_account
from store.records.schema import Identity
from store.records.signin import passwords, sessions, tokens
from store.records.transaction.engine import session as records_session

register_page(__name__, path="/account/security", name="Password and sessions", title="Password and sessions · Loadstar")

OTHERS = "others"  # in the place of one session's id


def _password() -> html.Section:
    return parts.section(
        "Password",
        html.Div(
            [
                parts.field("Present password", parts.password("security-old")),
                parts.field(
                    "New password",
                    parts.password("security-new", "new-password"),
                    f"At least {passwords.SHORTEST} characters, better 15 or more: three or four words are good.",
                ),
            ],
            className="fields",
        ),
        html.P("Changing it signs you out on every other device.", className="form-text"),
        dbc.Checkbox(id="security-tokens", label="Revoke my personal tokens too", value=True, className="mb-3"),
        parts.button("Change the password", "security-change"),
        html.Div(id="security-password-notice", className="mt-3", role="status"),
    )


def _sessions(asking: str | None) -> list[Any]:
    scope, read = current_scope(), reader()
    found = sessions.own_sessions(scope, current_user.token)
    programs = tokens.own_programs(scope)
    rows = [
        html.Tr(
            [
                html.Th(each.device, scope="row"),
                html.Td(each.address or "—"),
                html.Td(read.moment(each.since), className="when"),
                html.Td(read.moment(each.seen_at), className="when"),
                html.Td(_acts(each.id, each.device, each.here, asking), className="acts"),
            ]
        )
        for each in found
    ]
    for each in programs:
        device = f"Program: {sessions.device_of(each.user_agent)}"
        rows.append(
            html.Tr(
                [
                    html.Th(device, scope="row"),
                    html.Td(each.address or "—"),
                    html.Td(read.moment(each.created_at), className="when"),
                    html.Td(read.moment(each.seen_at), className="when"),
                    html.Td(_acts(each.id, device, False, asking), className="acts"),
                ]
            )
        )
    table = parts.table("Sessions", ["Device", "Address", "Since", "Last used"], rows)
    if len(rows) < 2:
        return [table, html.P("You are signed in nowhere else.", className="muted small mt-2 mb-0")]
    if asking == OTHERS:
        end: list[Any] = parts.ask(
            "session-act", OTHERS, "All but this one are signed out at once. ", "End all others", "sessions"
        )
    else:
        end = [parts.row_button("session-act", "ask", OTHERS, "End all others", "End all other sessions")]
    return [table, html.Div(end, className="mt-3")]


def _acts(session_id: str, device: str, here: bool, asking: str | None) -> Any:
    if here:
        return html.Span("this one", className="tag")
    if session_id == asking:
        return parts.ask("session-act", session_id, "Signed out there at once. ", "End", device)
    return parts.row_button("session-act", "ask", session_id, "End", f"End: {device}")


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/security",
        _password(),
        parts.section(
            "Where you are signed in",
            html.Div(id="security-sessions-notice", role="status"),
            html.Div(_sessions(None), id="security-sessions"),
        ),
        *_provider(),
    )


def _provider() -> list[html.Section]:
    """Which provider lets them in, where there is or was one."""
    known = settings()
    if known.oidc_issuer is None and not identities.own_identities(current_scope()):
        return []
    return [
        parts.section(
            "Sign-in by a provider",
            html.Div(id="security-identities-notice", role="status"),
            html.Div(_identities(None), id="security-identities"),
        )
    ]


def _identities(asking: str | None) -> Any:
    found, read = identities.own_identities(current_scope()), reader()
    if not found:
        words = f"Sign in with {settings().oidc_name} once, with this account's address there, and it lets you in from then on."
        return html.P(words, className="muted mb-0")
    rows = [
        html.Tr(
            [
                html.Th(each.issuer, scope="row"),
                html.Td(read.moment(each.created_at), className="when"),
                html.Td(read.moment(each.last_used_at) if each.last_used_at else "never", className="when"),
                html.Td(_end_identity(each, asking), className="acts"),
            ]
        )
        for each in found
    ]
    return parts.table("Providers", ["Provider", "Since", "Last used"], rows)


def _end_identity(each: Identity, asking: str | None) -> Any:
    if each.id == asking:
        return parts.ask("identity-act", each.id, "It lets you in no longer; your password does. ", "End", each.issuer)
    return parts.row_button("identity-act", "ask", each.id, "End", f"End: {each.issuer}")


@callback(
    Output("security-identities", "children"),
    Output("security-identities-notice", "children"),
    Input({"type": "identity-act", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(oneself)
def end_identity(clicks: list[int | None]) -> Any:
    """Ask before a provider is shut out, then do it."""
    asked = parts.pressed(clicks)
    if asked is None:
        return no_update, no_update
    wanted, subject = asked
    if wanted != "do":
        return _identities(subject if wanted == "ask" else None), None
    scope = current_scope()
    try:
        with records_session():
            identities.forget_identity(scope, subject)
            person = own_account.oneself(scope)
            letters.account_changed(
                person,
                N_("A way to sign in was removed"),
                N_("You can no longer sign in to your Loadstar account with the provider that you had connected."),
            )
    except (Refused, NotFound) as refused:
        return _identities(None), parts.notice(sentence(refused), bad=True)
    stay_in(person, "provider removed")
    return _identities(None), parts.notice("It lets you in no longer. Every other session has ended.")


@callback(
    Output("security-password-notice", "children"),
    Output("security-old", "value"),
    Output("security-new", "value"),
    Output("security-sessions", "children", allow_duplicate=True),
    Input("security-change", "n_clicks"),
    State("security-old", "value"),
    State("security-new", "value"),
    State("security-tokens", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def change(clicks: int | None, old: str | None, new: str | None, and_tokens: bool | None) -> Any:
    """Set the new password; this browser stays signed in, with a session of its own."""
    if not clicks:
        return (no_update,) * 4
    try:
        proof.require_password(old)
        person = own_account.change_password(
            current_scope(), new or "", letters.password_changed, and_tokens=and_tokens is not False
        )
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), "", no_update, no_update
    stay_in(person, "new password")
    tokens_too = "and so have your personal tokens" if and_tokens is not False else "but your personal tokens go on"
    said = f"Your password is changed. Every other session has ended, {tokens_too}."
    return parts.notice(said), "", "", _sessions(None)


@callback(
    Output("security-sessions", "children"),
    Output("security-sessions-notice", "children"),
    Input({"type": "session-act", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(oneself)
def act(clicks: list[int | None]) -> Any:
    """Ask before a session is ended, then end it."""
    asked = parts.pressed(clicks)
    if asked is None:
        return no_update, no_update
    wanted, subject = asked
    if wanted != "do":
        return _sessions(subject if wanted == "ask" else None), None
    scope = current_scope()
    if subject == OTHERS:
        ended = sessions.end_others(scope, current_user.token)
        others = f"{ended} other session{'s have' if ended != 1 else ' has'} ended"
        said = f"{others}, and programs that were signed in. Personal tokens go on: they are under Tokens."
    else:
        try:
            _end(subject)
            said = "That session has ended."
        except NotFound:
            said = "That session had ended already."
    return _sessions(None), parts.notice(said)


def _end(session_id: str) -> None:
    if session_id.startswith("fam_"):
        tokens.end_program(current_scope(), session_id)
    else:
        sessions.end_own(current_scope(), session_id)
