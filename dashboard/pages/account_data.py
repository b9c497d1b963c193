"""All that is kept of oneself: to take along, and to have deleted."""

from typing import Any

import dash_bootstrap_components as dbc
import flask_login
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask import session
from flask_login import current_user

from dashboard.account import parts as frame
from dashboard.account import proof
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data, icon
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.access import grants
from store.records.people import household, own_account
from store.records.schema.columns import now
from store.records.signin import tokens

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


def _hand_over(left: own_account.Leaving | None) -> html.Div:
    """What the only administrator of an organisation has to settle first, with the ways to do it."""
    name = left.home.name if left else ""
    page = html.A("Your organisation", href="/organisation", **data(soft=""))
    parts: list[Any] = []
    if left and left.successors:
        parts = [
            f"You are the only administrator of {name}, which needs one. Hand it over to one of its people here. "
            "To delete the organisation instead, delete its other people first, on the page ",
            page,
            "; then it can go with your account.",
        ]
    elif left and left.others:
        parts = [
            f"You are the only administrator of {name}, and none of its other people may come in. Approve the one who is to take "
            "over, or delete their accounts, on the page ",
            page,
            ". Your account can go after that.",
        ]
    elif left and left.owns:
        parts = [f"Nobody else is in {name}. It stays, with its sites and customers, for a platform administrator to look after."]
    elif left:
        parts = [f"Nobody else is in {name}. Without you nobody can come in to it any more."]
    choices = [{"label": f"{each.name}, {each.email}", "value": each.id} for each in left.successors] if left else []
    select = dbc.Select(id="data-successor", options=choices, placeholder="Choose")
    may_close = left is not None and not left.others and not left.owns
    words = f"Delete {name} too, with its invitations and what it is assigned"
    close = dcc.Checklist(id="data-close", options=[{"label": words, "value": "close"}], value=[])
    return html.Div(
        [
            html.P(parts, className="fw-semibold") if parts else None,
            html.Div(frame.field("Who administers it after you", select), hidden=not choices),
            html.Div(close, className="mb-3", hidden=not may_close),
        ]
    )


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    left = own_account.leaving(current_scope())
    stuck = left is not None and bool(left.others) and not left.successors
    ask = html.Div(
        [
            frame.field("Your password, to delete your account", frame.password("data-password")),
            frame.button("Delete my account", "data-delete", "btn-danger"),
        ],
        hidden=stuck,
    )
    return frame.page(
        "/account/data",
        dcc.Location(id="data-leave", refresh=True),
        frame.section(
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
        frame.section(
            "Delete my account",
            _hand_over(left),
            html.P("This is what will happen:"),
            html.Ul([html.Li(words) for words in _consequences()]),
            html.P("It cannot be undone.", className="fw-semibold"),
            ask,
            html.Div(id="data-notice", className="mt-3", role="status"),
        ),
    )


@callback(
    Output("data-leave", "href"),
    Output("data-notice", "children"),
    Output("data-password", "value"),
    Input("data-delete", "n_clicks"),
    State("data-password", "value"),
    State("data-successor", "value"),
    State("data-close", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def delete(clicks: int | None, password: str | None, successor_id: str | None = None, close: list[str] | None = None) -> Any:
    """Delete the account of whoever asks; who is an organisation's only administrator hands it over, or takes it along."""
    if not clicks:
        return (no_update,) * 3
    try:
        proof.require_password(password)
        own_account.delete_oneself(current_scope(), successor_id=successor_id or None, with_organisation="close" in (close or ()))
    except Refused as refused:
        return no_update, frame.notice(sentence(refused), bad=True), ""
    except NotFound:
        return no_update, frame.notice("Whom you chose is not in your organisation any more: choose somebody else.", bad=True), ""
    flask_login.logout_user()
    session.clear()
    return "/", no_update, ""
