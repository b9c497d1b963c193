"""The password, and where one is signed in."""

from typing import Any

from dash import ALL, Input, Output, State, callback, html, no_update, register_page
from flask import session
from flask_login import current_user

from dashboard import letters
from dashboard.access import current_scope, guard, oneself
from dashboard.account import parts, proof
from dashboard.account.reading import reader
from dashboard.faults import sentence
from dashboard.signin.second_step import open_door
from store.errors import NotFound, Refused
from store.records import own_account, passwords, sessions, tokens

register_page(__name__, path="/account/security", name="Password and sessions", title="Password and sessions · Loadstar")

OTHERS = "others"  # in the place of one session's id
CSRF = "csrf_token"  # what Flask-WTF keeps in the session


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
    )


@callback(
    Output("security-password-notice", "children"),
    Output("security-old", "value"),
    Output("security-new", "value"),
    Output("security-sessions", "children", allow_duplicate=True),
    Input("security-change", "n_clicks"),
    State("security-old", "value"),
    State("security-new", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def change(clicks: int | None, old: str | None, new: str | None) -> Any:
    """Set the new password; this browser stays signed in, with a session of its own."""
    if not clicks:
        return (no_update,) * 4
    try:
        proof.require_password(old)
        person = own_account.change_password(current_scope(), new or "", letters.password_changed)
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), "", no_update, no_update
    forms = session.get(CSRF)
    open_door(person)
    session[CSRF] = forms  # the page that is open goes on working
    return parts.notice("Your password is changed. Every other session has ended."), "", "", _sessions(None)


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
        said = f"{ended} other session{'s have' if ended != 1 else ' has'} ended, and programs that were signed in."
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
