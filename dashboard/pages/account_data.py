"""All that is kept of oneself: to take along, and to have deleted."""

from typing import Any

import flask_login
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask import session

from config.language import N_, _
from dashboard.account import leaving, proof
from dashboard.account import parts as frame
from dashboard.frame.faults import sentence
from dashboard.parts.aria import icon
from dashboard.parts.notices import notice
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.people import own_account

register_page(__name__, path="/account/data", name=N_("My data"))


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    left = own_account.leaving(current_scope())
    stuck = left is not None and bool(left.others) and not left.successors
    ask = html.Div(
        [
            frame.field(_("Your password, to delete your account"), frame.password("data-password")),
            frame.button(_("Delete my account"), "data-delete", "btn-danger"),
        ],
        hidden=stuck,
    )
    return frame.page(
        "/account/data",
        dcc.Location(id="data-leave", refresh=True),
        frame.section(
            _("Export my data"),
            html.P(
                _(
                    "One JSON file: your account, household, notifications, sessions, tokens (without their secrets), "
                    "assignments, requests, what you did here, and the energy of your own meters by day over the last year."
                )
            ),
            html.A(
                [icon("table"), _("Download my data")],
                href="/account/export.json",
                download="loadstar-my-data.json",
                className="btn btn-quiet",
            ),
        ),
        frame.section(
            _("Delete my account"),
            leaving.hand_over(left),
            html.P(_("This is what will happen:")),
            html.Ul([html.Li(words) for words in leaving.consequences(current_scope())]),
            html.P(_("It cannot be undone."), className="fw-semibold"),
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
        return no_update, notice(sentence(refused), bad=True), ""
    except NotFound:
        return no_update, notice(_("Whom you chose is not in your organisation any more: choose somebody else."), bad=True), ""
    flask_login.logout_user()
    session.clear()
    return "/", no_update, ""
