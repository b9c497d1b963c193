"""Somebody's personal access tokens, as a table: each revoked."""

from collections.abc import Mapping

from dash import html

from config.language import N_, _
from dashboard.parts.aria import data
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.signin import letters
from dashboard.web.access import oneself
from store.records.people import own_account
from store.records.schema import PersonalToken
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.signin import tokens
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Name"), sortable=False),
    Column("may", N_("May"), sortable=False),
    Column("state", N_("State"), sortable=False),
    Column("until", N_("Ends"), sortable=False, moment=True),
    Column("used", N_("Last used"), sortable=False, moment=True),
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[PersonalToken]:
    found = tokens.own_tokens(scope)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, token: PersonalToken) -> Row:
    read, active = reader(), token.revoked_at is None and token.expires_at > now()
    state = _("active") if active else _("revoked") if token.revoked_at else _("expired")
    cells = (
        _("read and write") if token.can_write else _("read"),
        html.Span(state, className="state", **data(state="live" if active else "never")),
        read.moment(token.expires_at),
        read.moment(token.last_used_at) if token.last_used_at else _("never"),
    )
    return Row(token.id, token.name, cells, (REVOKE,) if active else ())


REVOKE = Act("revoke", N_("Revoke"), asks=lambda: Question(_("What uses it is shut out at once.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    name = next((each.name for each in tokens.own_tokens(scope) if each.id == asked.key), "")
    with session():
        tokens.revoke_token(scope, asked.key)
        letters.account_changed(
            own_account.oneself(scope),
            N_("A token was revoked"),
            N_("The token “%(token)s” of your Loadstar account no longer works."),
            token=name,
        )
    return _("Revoked. Nothing comes in with it any more.")


TABLE = Table(
    "tokens",
    N_("Tokens"),
    oneself,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_("No token yet. Create one for a script that reads your data."),
)
