"""All that is kept of oneself: to take along, and to have deleted."""

from typing import Any

import flask_login
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask import session
from flask_login import current_user

from dashboard.access import current_scope, guard, oneself
from dashboard.account import parts, proof
from dashboard.aria import icon
from dashboard.faults import sentence
from store.errors import Refused
from store.records import grants, household, tokens, users
from store.records.columns import now

register_page(__name__, path="/account/data", name="My data", title="My data · Loadstar")


def _consequences() -> list[str]:
    """What deleting the account does, for this person."""
    scope = current_scope()
    held = [
        each
        for each in grants.assignments(scope, user_id=current_user.id)
        if each.grant.valid_to is None or each.grant.valid_to > now()
    ]
    good = [each for each in tokens.own_tokens(scope) if each.revoked_at is None and each.expires_at > now()]
    said = ["You are signed out everywhere at once, and cannot sign in again."]
    if held:
        said.append(f"{_count(len(held), 'assignment')} of sites and meters to you end{'s' if len(held) == 1 else ''}.")
    if good:
        said.append(f"{_count(len(good), 'token')} of yours stop{'s' if len(good) == 1 else ''} working.")
    if household.household(scope) is not None:
        said.append("What you told of your household is deleted.")
    said.append("Your name, address, picture, preferences and requests are deleted.")
    said.append("The readings of meters stay with their distributor, and the audit log keeps what was done, without your name.")
    return said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/data",
        dcc.Location(id="data-leave", refresh=True),
        parts.section(
            "Export my data",
            html.P(
                "One JSON file: your account, household, notifications, sessions, tokens (without their secrets), assignments, "
                "requests, what you did here, and the energy of your own meters by day over the last year."
            ),
            html.A(
                [icon("table"), "Download my data"],
                href="/account/export.json",
                download="loadstar-my-data.json",
                className="btn btn-quiet",
            ),
        ),
        parts.section(
            "Delete my account",
            html.P("This is what will happen:"),
            html.Ul([html.Li(words) for words in _consequences()]),
            html.P("It cannot be undone.", className="fw-semibold"),
            parts.field(
                "Your password, to delete your account",
                parts.password("data-password"),
            ),
            parts.button("Delete my account", "data-delete", "btn-danger"),
            html.Div(id="data-notice", className="mt-3", role="status"),
        ),
    )


@callback(
    Output("data-leave", "href"),
    Output("data-notice", "children"),
    Output("data-password", "value"),
    Input("data-delete", "n_clicks"),
    State("data-password", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def delete(clicks: int | None, password: str | None) -> Any:
    """Delete the account of whoever asks."""
    if not clicks:
        return (no_update,) * 3
    try:
        proof.require_password(password)
        users.delete_user(current_scope(), current_user.id)
    except Refused as refused:
        return no_update, parts.notice(sentence(refused), bad=True), ""
    flask_login.logout_user()
    session.clear()
    return "/", no_update, ""
