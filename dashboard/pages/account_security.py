"""The password, and where one is signed in."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from config.settings import settings
from dashboard.account import identities_table, parts, proof, sessions_table
from dashboard.parts import forms, tables
from dashboard.parts.fields import YES, Text, Tick
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.signin import letters
from dashboard.signin.steps import stay_in
from dashboard.web.access import current_scope, guard, oneself
from store.records.people import identities, own_account
from store.records.signin import passwords
from store.scope import Scope

register_page(__name__, path="/account/security", name=N_("Password and sessions"))

FIELDS = (
    proof.field("old", N_("Present password")),
    Text(
        "new",
        N_("New password"),
        longest=1024,
        required=True,
        kind="password",
        keeper="new-password",
    ),
    Tick("tokens", N_("Revoke my personal tokens too"), YES),
)


def _now(_scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    about = _("At least %(shortest)s characters, better 15 or more: three or four words are good.", shortest=passwords.SHORTEST)
    return {"new": {"help": about}}


def _change(scope: Scope, given: Given, _of: str) -> Words:
    """Set the new password; this browser stays signed in, with a session of its own."""
    old, new, and_tokens = given.secret("old"), given.secret("new"), given.ticked("tokens")
    given.check()
    proof.require_password(old, about="old")
    person = own_account.change_password(scope, new, letters.password_changed, and_tokens=and_tokens)
    stay_in(person, "new password")
    if and_tokens:
        return _("Your password is changed. Every other session has ended, and so have your personal tokens.")
    return _("Your password is changed. Every other session has ended, but your personal tokens go on.")


FORM = Form(
    "security",
    N_("Password"),
    oneself,
    FIELDS,
    do=_change,
    act="change",
    button=N_("Change the password"),
    icon="",
    now=_now,
    changes=("sessions",),
)
for form in (FORM, sessions_table.END_OTHERS):
    forms.declare(form)
tables.declare(sessions_table.TABLE)
tables.declare(identities_table.TABLE)


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return parts.page(
        "/account/security",
        parts.section(
            _("Password"),
            forms.view(FORM, "", html.P(_("Changing it signs you out on every other device."), className="muted")),
        ),
        parts.section(
            _("Where you are signed in"),
            tables.view(sessions_table.TABLE),
            html.Div(_others(), id="security-others", className="mt-3"),
        ),
        *_provider(),
    )


def _others() -> html.Div | html.P:
    if len(sessions_table.places(current_scope())) < 2:
        return html.P(_("You are signed in nowhere else."), className="muted small mb-0")
    return forms.view(sessions_table.END_OTHERS, "", html.P(_("All but this one are signed out at once.")))


def _provider() -> list[html.Section]:
    """Which provider lets them in, where there is or was one."""
    held = identities.own_identities(current_scope())
    if settings().oidc_issuer is None and not held:
        return []
    shown = tables.view(identities_table.TABLE) if held else html.P(identities_table.empty(), className="muted mb-0")
    return [parts.section(_("Sign-in by a provider"), shown)]
