"""Personal access tokens: how one's own scripts come in."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, callback, dcc, html, no_update, register_page

from config.language import N_
from dashboard.account import parts, proof
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.signin import letters
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.people import own_account
from store.records.schema import PersonalToken
from store.records.schema.columns import now
from store.records.signin import tokens
from store.records.transaction.engine import session

register_page(__name__, path="/account/tokens", name="Tokens", title="Tokens · Loadstar")

SCOPES = {"read": "Read what I may see", "write": "Read, and change what I may change"}
DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "366": "A year"}


def _table(asking: str | None) -> Any:
    found, read = tokens.own_tokens(current_scope()), reader()
    if not found:
        return html.P("No token yet. Create one for a script that reads your data.", className="muted mb-0")
    rows = [
        html.Tr(
            [
                html.Th(each.name, scope="row"),
                html.Td("read and write" if each.can_write else "read"),
                html.Td(_state(each)),
                html.Td(read.moment(each.expires_at), className="when"),
                html.Td(read.moment(each.last_used_at) if each.last_used_at else "never", className="when"),
                html.Td(_acts(each, asking), className="acts"),
            ]
        )
        for each in found
    ]
    return parts.table("Tokens", ["Name", "May", "State", "Good until", "Last used"], rows)


def _good(token: PersonalToken) -> bool:
    return token.revoked_at is None and token.expires_at > now()


def _state(token: PersonalToken) -> html.Span:
    words = "good" if _good(token) else "revoked" if token.revoked_at else "expired"
    return html.Span(words, className="state", **data(state="live" if _good(token) else "never"))


def _acts(token: PersonalToken, asking: str | None) -> Any:
    if not _good(token):
        return None
    if token.id == asking:
        return parts.ask("token-act", token.id, "What uses it is shut out at once. ", "Revoke", token.name)
    return parts.row_button("token-act", "ask", token.id, "Revoke", f"Revoke: {token.name}")


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/tokens",
        html.Div(id="token-notice", role="status"),
        parts.section(
            "Your tokens",
            html.P("A token lets a program in as you, without your password. It does no more than you may.", className="muted"),
            html.Div(_table(None), id="token-table"),
        ),
        parts.section(
            "Create a token",
            html.Div(
                [
                    parts.field(
                        "Name",
                        dcc.Input(id="token-name", autoComplete="off", maxLength=120),
                        "What it is for, for instance: invoices.",
                    ),
                    parts.field("It may", dbc.Select(id="token-scope", options=_options(SCOPES), value="read")),
                    parts.field("Good for", dbc.Select(id="token-days", options=_options(DAYS), value="90")),
                    parts.field("Your password", parts.password("token-password")),
                ],
                className="fields",
            ),
            parts.button("Create it", "token-make"),
        ),
    )


def _options(choices: dict[str, str]) -> list[dict[str, str]]:
    return [{"label": words, "value": value} for value, words in choices.items()]


@callback(
    Output("token-notice", "children"),
    Output("token-table", "children"),
    Output("token-name", "value"),
    Output("token-password", "value"),
    Input("token-make", "n_clicks"),
    State("token-name", "value"),
    State("token-scope", "value"),
    State("token-days", "value"),
    State("token-password", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def make(clicks: int | None, name: str | None, allowed: str | None, days: str | None, password: str | None) -> Any:
    """Make a token and show it, this once: whoever has only found an open browser makes none."""
    if not clicks:
        return (no_update,) * 4
    scope = current_scope()
    try:
        proof.require_password(password)
        with session():
            made = tokens.create_token(
                scope, name=name or "", can_write=allowed == "write", days=int(days) if days and days in DAYS else 0
            )
            letters.account_changed(
                own_account.oneself(scope),
                N_("A token was created"),
                N_("The token “%(token)s” was created for your Loadstar account."),
                token=(name or "").strip(),
            )
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), no_update, no_update, ""
    words = [
        html.P("The token is shown this once. Copy it now."),
        html.Code(made, className="user-select-all secret"),
    ]
    return parts.notice(words), _table(None), "", ""


@callback(
    Output("token-table", "children", allow_duplicate=True),
    Output("token-notice", "children", allow_duplicate=True),
    Input({"type": "token-act", "act": ALL, "of": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
@guard(oneself)
def act(clicks: list[int | None]) -> Any:
    """Ask before a token is revoked, then revoke it."""
    asked = parts.pressed(clicks)
    if asked is None:
        return no_update, no_update
    wanted, subject = asked
    if wanted != "do":
        return _table(subject if wanted == "ask" else None), no_update
    try:
        _revoke(subject)
    except NotFound:
        return _table(None), parts.notice("That token is gone.", bad=True)
    return _table(None), parts.notice("Revoked. Nothing comes in with it any more.")


def _revoke(token_id: str) -> None:
    scope = current_scope()
    name = next((each.name for each in tokens.own_tokens(scope) if each.id == token_id), "")
    with session():
        tokens.revoke_token(scope, token_id)
        letters.account_changed(
            own_account.oneself(scope),
            N_("A token was revoked"),
            N_("The token “%(token)s” of your Loadstar account no longer works."),
            token=name,
        )
