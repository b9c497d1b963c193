"""What the pages about people say of them: states, roles, and what an act on somebody will do."""

from collections.abc import Sequence

from dash import dcc, html
from flask_wtf.csrf import generate_csrf

from config.language import N_, _, ngettext, within
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Text
from dashboard.parts.rows import Question
from dashboard.signin.person import ROLES
from store.records.people import lists
from store.records.schema import User
from store.records.schema.listing import Wanted
from store.scope import Role, Scope

STATES = {
    "approved": N_("active"),
    "pending": N_("waits for approval"),
    "rejected": N_("not approved"),
    "disabled": N_("disabled"),
}
ROLE_CHOICES = [
    ("viewer", N_("Viewer: sees")),
    ("operator", N_("Operator: sees and operates")),
    ("admin", N_("Administrator: and manages")),
]
MOST_SUCCESSORS = 200
REASON = Text("reason", N_("Why, for their mail (optional)"), lines=2)


def organisation_of(user: User) -> str:
    """The name of the user's organisation, or what they are without one."""
    if user.organisation is not None:
        return user.organisation.name
    return "—" if user.platform_admin else _("Residential")


def role_of(user: User) -> str:
    """The user's role in words."""
    roles = [*([_("Platform administrator")] if user.platform_admin else []), *([_(ROLES[user.role])] if user.role else [])]
    return ", ".join(roles) or "—"


def state(approval: str) -> html.Span:
    """A state with its mark."""
    return html.Span(_(STATES[approval]), className="state", **data(state="live" if approval == "approved" else "never"))


def change_role(scope: Scope, user: User) -> Question:
    """Asks for the new role, and for a successor where one is needed."""
    options = [(value, words) for value, words in ROLE_CHOICES if value != user.role]
    words = _(
        "%(name)s is %(lower)s now. What they see and may do follows at their next click.",
        name=user.name,
        lower=within(role_of(user)),
    )
    return Question(words, [Choice("role", _("New role"), options), *successor(scope, user)])


def disable(scope: Scope, user: User) -> Question:
    """Says what disabling does."""
    words = _(
        "Every session of theirs ends within a second, on every device. Their account and meters stay; enable them to undo it."
    )
    return Question(words, successor(scope, user))


def reset_second_factor(user: User) -> Question:
    """Says what it does, and what it asks of whoever does it."""
    words = _(
        "For somebody who has lost their phone and their recovery codes: %(name)s then signs in with the "
        "password alone. Make sure that it is them who ask: call them at a number that you had before, or "
        "see them. They are told by email.",
        name=user.name,
    )
    return Question(words)


def delete(scope: Scope, user: User, meters: int) -> Question:
    """Says what deleting takes along and what stays."""
    words = (
        ngettext(
            "Deletes the account of %(name)s, their %(num)s assignment, their picture, household, tokens and open requests, for "
            "good. Readings stay, and so does the audit log, without their personal data.",
            "Deletes the account of %(name)s, their %(num)s assignments, their picture, household, tokens and open requests, for "
            "good. Readings stay, and so does the audit log, without their personal data.",
            meters,
            name=user.name,
        )
        if meters
        else _(
            "Deletes the account of %(name)s, their picture, household, tokens and open requests, for good. Readings stay, and "
            "so does the audit log, without their personal data.",
            name=user.name,
        )
    )
    return Question(words, successor(scope, user))


def successor(scope: Scope, user: User) -> Sequence[Choice]:
    """The field that names who takes over, when this is an organisation's only administrator and others are there."""
    if user.role != Role.ADMIN or user.approval != "approved" or user.organisation_id is None:
        return []
    home = user.organisation_id
    if lists.people(scope, Wanted(count=1), organisation_id=home, approval="approved", role=Role.ADMIN).total > 1:
        return []
    there = lists.people(scope, Wanted(count=MOST_SUCCESSORS), organisation_id=home, approval="approved")
    others = [each for each in there.rows if each.id != user.id]
    if not others:
        return []
    return [Choice("successor", _("Who administers after them"), [(each.id, f"{each.name}, {each.email}") for each in others])]


def look_as(user: User) -> Question:
    """Says what a view is, with the form that begins it."""
    token = dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())
    form = html.Form(
        [token, html.Button(_("View as %(name)s", name=user.name), type="submit", className="btn btn-sm btn-primary")],
        action=f"/view-as/{user.id}",
        method="post",
    )
    words = _("You see what they see, without their account and household, and can change nothing. The audit log names you both.")
    return Question(words, instead=form)
