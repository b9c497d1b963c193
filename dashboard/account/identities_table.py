"""The providers that let somebody into their account, as a table: each shut out again."""

from collections.abc import Mapping

from config.language import N_, _
from config.settings import settings
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.signin import letters
from dashboard.signin.steps import stay_in
from dashboard.web.access import oneself
from store.records.people import identities, own_account
from store.records.schema import Identity
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = (
    Column("issuer", N_("Provider"), sortable=False),
    Column("since", N_("Since"), sortable=False, moment=True),
    Column("used", N_("Last used"), sortable=False, moment=True),
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[Identity]:
    found = identities.own_identities(scope)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, each: Identity) -> Row:
    read = reader()
    used = read.moment(each.last_used_at) if each.last_used_at else _("never")
    return Row(each.id, each.issuer, (read.moment(each.created_at), used), (END,))


END = Act("end", N_("End"), asks=lambda: Question(_("It lets you in no longer; your password does.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    with session():
        identities.forget_identity(scope, asked.key)
        person = own_account.oneself(scope)
        letters.account_changed(
            person,
            N_("A way to sign in was removed"),
            N_("You can no longer sign in to your Loadstar account with the provider that you had connected."),
        )
    stay_in(person, "provider removed")
    return _("It lets you in no longer. Every other session has ended.")


def empty() -> str:
    """What is said while no provider lets them in."""
    return _(
        "Sign in with %(name)s once, with this account's address there, and it lets you in from then on.",
        name=settings().oidc_name,
    )


TABLE = Table("identities", N_("Providers"), oneself, COLUMNS, load=_load, row=_row, do=_do)
