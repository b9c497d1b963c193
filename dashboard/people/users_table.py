"""The people whom an administrator decides about, as a table: given another role, shut out, let in, deleted."""

from collections.abc import Mapping

from flask import g

from config.language import N_, _, within
from dashboard.frame import view_as
from dashboard.parts import people
from dashboard.parts.fields import Choice
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.signin import letters
from dashboard.web.access import people_admin
from store.errors import NotFound
from store.records.access import grants, policy
from store.records.people import lists as listed
from store.records.people import users
from store.records.schema import User
from store.records.schema.listing import Page, Wanted
from store.records.signin import two_factor
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Name")),
    Column("email", N_("Email")),
    Column("organisation", N_("Organisation")),
    Column("role", N_("Role")),
    Column("approval", N_("State")),
    Column("created_at", N_("Since")),
)
STATE = Choice("approval", N_("State"), [("", N_("Every state")), *people.STATES.items()])
KIND = Choice(
    "kind",
    N_("Who"),
    [
        ("", N_("Everyone")),
        ("residential", N_("Residential")),
        ("viewer", N_("Viewers")),
        ("operator", N_("Operators")),
        ("admin", N_("Administrators")),
    ],
)


def load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[User]:
    """The people of a page; with a context, those of that organisation."""
    kind = chosen.get("kind")
    found = listed.people(
        scope,
        wanted,
        organisation_id=context or None,
        approval=chosen.get("approval"),
        role=None if kind == "residential" else kind,
        residential=kind == "residential",
    )
    g.with_second_factor = listed.with_second_factor(scope, [each.id for each in found.rows])  # for the rows, at once
    return found


def row(scope: Scope, user: User) -> Row:
    """Somebody, and what the scope may do with them."""
    since = reader().date(user.created_at)
    cells = (user.email, people.organisation_of(user), people.role_of(user), people.state(user.approval), since)
    if user.id == scope.user_id:
        return Row(user.id, user.name, cells, tag=_("you"))
    return Row(user.id, user.name, cells, _acts(scope, user))


def _acts(scope: Scope, user: User) -> list[Act]:
    if not policy.manages(scope, user) or (user.platform_admin and not scope.platform_admin):
        return []
    acts = []
    if view_as.may_look(scope, user):
        acts.append(Act("view", _("View as"), lambda: people.look_as(user)))
    if user.approval != "approved":
        acts.append(Act("approve", _("Enable") if user.approval == "disabled" else _("Approve")))
    elif user.organisation_id is not None:
        acts.append(Act("role", _("Change role"), lambda: people.change_role(scope, user)))
    if user.id in g.get("with_second_factor", ()) and policy.administers(scope, user.organisation_id or ""):
        acts.append(Act("factor", _("Reset two-factor"), lambda: people.reset_second_factor(user), danger=True))
    if user.approval == "approved":
        acts.append(Act("disable", _("Disable"), lambda: people.disable(scope, user), danger=True))
    elif user.approval == "pending":
        acts.append(
            Act("reject", _("Reject"), lambda: Question(_("%(name)s may not come in. They are told by email.", name=user.name)))
        )
    acts.append(Act("delete", _("Delete"), lambda: people.delete(scope, user, _assigned(scope, user)), danger=True))
    return acts


def _assigned(scope: Scope, user: User) -> int:
    return len(grants.assignments(scope, user_id=user.id))


def do(scope: Scope, asked: Asked) -> Words:
    """What was asked for; says that it is done."""
    successor = asked.given.get("successor") or None
    person = users.user(scope, asked.key)
    name = person.name
    match asked.act:
        case "role":
            changed = users.change_role(scope, asked.key, asked.given.get("role", ""), successor_id=successor)
            return _("%(name)s is %(lower)s now.", name=name, lower=within(people.role_of(changed)))
        case "disable":
            users.set_approval(scope, asked.key, "disabled", successor_id=successor)
            return _("%(name)s is disabled. Every session of theirs has ended.", name=name)
        case "factor":
            with session():
                two_factor.reset(scope, asked.key)
                change = N_(
                    "An administrator turned two-factor sign-in off for your Loadstar account: your password is now enough."
                )
                letters.account_changed(person, N_("Two-factor sign-in is off"), change)
            return _("%(name)s signs in with the password alone now, and was told so by mail.", name=name)
        case "reject":
            letters.decide(scope, asked.key, approve=False)
            return _("%(name)s was not approved, and told so by mail.", name=name)
        case "approve" if person.approval == "pending":
            letters.decide(scope, asked.key, approve=True)
            return _("%(name)s may sign in, and was told so by mail.", name=name)
        case "approve":
            users.set_approval(scope, asked.key, "approved")
            return _("%(name)s may sign in.", name=name)
        case "delete":
            users.delete_user(scope, asked.key, successor_id=successor)
            return _("%(name)s is deleted.", name=name)
    raise NotFound(f"no act {asked.act}")


TABLE = Table(
    "users",
    N_("Users"),
    people_admin,
    COLUMNS,
    load=load,
    row=row,
    do=do,
    filters=(STATE, KIND),
    search=N_("name, email, organisation"),
    empty=N_("Nobody yet. Add a user, or invite people on your organisation's page."),
)
