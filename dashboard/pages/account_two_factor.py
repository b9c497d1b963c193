"""The second factor: an authenticator app, and recovery codes for the day it is lost."""

from typing import Any

from dash import Input, Output, State, callback, html, no_update, register_page
from flask_login import current_user

from config.language import N_, _
from dashboard.account import parts, proof, second_factor
from dashboard.frame.faults import sentence
from dashboard.parts.notices import notice
from dashboard.signin import letters
from dashboard.signin.replies import browser_address
from dashboard.signin.steps import stay_in
from dashboard.web.access import current_scope, guard, oneself
from store.errors import NotFound, Refused
from store.records.people import own_account
from store.records.signin import two_factor
from store.records.transaction.engine import session

register_page(__name__, path="/account/two-factor", name=N_("Two-factor"))


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/two-factor",
        parts.section(
            _("Two-factor sign-in"),
            html.Div(id="two-factor-notice", role="status"),
            html.Div(
                second_factor.on(current_scope()) if two_factor.is_on(current_user.id) else second_factor.off(),
                id="two-factor-state",
            ),
        ),
    )


def _refused(refused: Refused | NotFound) -> html.Div:
    return notice(sentence(refused), bad=True)


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
        return second_factor.enrolment(two_factor.begin(current_scope())), None
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
    return second_factor.on(current_scope()), second_factor.codes(codes)


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
    return second_factor.on(current_scope()), second_factor.codes(codes)


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
    return second_factor.off(), notice(_("Two-factor sign-in is off. Every other session has ended."))
