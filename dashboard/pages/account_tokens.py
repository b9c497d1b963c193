"""Personal access tokens: how one's own scripts come in."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.account import parts, proof, tokens_table
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.signin import letters
from dashboard.web.access import guard, oneself
from store.records.people import own_account
from store.records.signin import tokens
from store.records.transaction.engine import session
from store.scope import Scope

register_page(__name__, path="/account/tokens", name=N_("Tokens"))

SCOPES = (("read", N_("Read what I may see")), ("write", N_("Read, and change what I may change")))
DAYS = {"90": N_("90 days"), "7": N_("7 days"), "30": N_("30 days"), "366": N_("A year")}
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True, help=N_("What it is for, for instance: invoices.")),
    Choice("scope", N_("It may"), SCOPES),
    Choice("days", N_("Good for"), tuple(DAYS.items())),
    proof.field("password", N_("Your password")),
)


def _create(scope: Scope, given: Given, _of: str) -> Words:
    """Make a token and show it, this once: whoever has only found an open browser makes none."""
    name, days, password = given.text("name"), given.text("days"), given.secret("password")
    given.check()
    proof.require_password(password, about="password")
    with session():
        made = tokens.create_token(
            scope, name=name, can_write=given.text("scope") == "write", days=int(days) if days in DAYS else 0
        )
        letters.account_changed(
            own_account.oneself(scope),
            N_("A token was created"),
            N_("The token “%(token)s” was created for your Loadstar account."),
            token=name,
        )
    return [html.P(_("The token is shown this once. Copy it now.")), *parts.secret(made)]


FORM = Form(
    "token",
    N_("Create a token"),
    oneself,
    FIELDS,
    do=_create,
    act="make",
    button=N_("Create"),
    changes=("tokens",),
)
forms.declare(FORM)
tables.declare(tokens_table.TABLE)


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    about = _("A token lets a program in as you, without your password. It does no more than you may.")
    return parts.page(
        "/account/tokens",
        parts.section(_("Your tokens"), html.P(about, className="muted"), forms.view(FORM), tables.view(tokens_table.TABLE)),
    )
