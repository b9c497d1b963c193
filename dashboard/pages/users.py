"""The people whom an administrator decides about: found, added, given another role, shut out, let in, deleted."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask import g

from config.language import N_
from dashboard.frame import navigation, view_as
from dashboard.frame.faults import sentence
from dashboard.parts import forms, people, tables
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Row, Table, Words
from dashboard.signin import letters
from dashboard.web.access import current_scope, guard, people_admin
from store.errors import NotFound, Refused
from store.records.access import grants, policy
from store.records.people import lists as listed
from store.records.people import users
from store.records.schema import User
from store.records.schema.listing import Page, Wanted
from store.records.signin import passwords, two_factor
from store.records.transaction.engine import session
from store.scope import Scope

register_page(
    __name__,
    path="/admin/users",
    name="Users",
    title="Users · Loadstar",
    nav={"section": navigation.PEOPLE, "icon": "people"},
)

COLUMNS = (
    Column("name", "Name"),
    Column("email", "Email"),
    Column("organisation", "Organisation"),
    Column("role", "Role"),
    Column("approval", "State"),
    Column("created_at", "Since"),
)
STATE = Choice("approval", "State", [("", "Every state"), *people.STATES.items()])
KIND = Choice(
    "kind",
    "Who",
    [
        ("", "Everyone"),
        ("residential", "Residential"),
        ("viewer", "Viewers"),
        ("operator", "Operators"),
        ("admin", "Administrators"),
    ],
)
MOST_CHOICES = 100


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
        return Row(user.id, user.name, cells, tag="you")
    return Row(user.id, user.name, cells, _acts(scope, user))


def _acts(scope: Scope, user: User) -> list[Act]:
    if not policy.manages(scope, user) or (user.platform_admin and not scope.platform_admin):
        return []
    acts = []
    if view_as.may_look(scope, user):
        acts.append(Act("view", "View as", lambda: people.look_as(user)))
    if user.approval != "approved":
        acts.append(Act("approve", "Enable" if user.approval == "disabled" else "Approve"))
    elif user.organisation_id is not None:
        acts.append(Act("role", "Change role", lambda: people.change_role(scope, user)))
    if user.id in g.get("with_second_factor", ()) and policy.administers(scope, user.organisation_id or ""):
        acts.append(Act("factor", "Reset two-factor", lambda: people.reset_second_factor(user), danger=True))
    if user.approval == "approved":
        acts.append(Act("disable", "Disable", lambda: people.disable(scope, user), danger=True))
    elif user.approval == "pending":
        acts.append(Act("reject", "Reject", lambda: tables.Question(f"{user.name} may not come in. They are told by email.")))
    acts.append(Act("delete", "Delete", lambda: people.delete(scope, user, _assigned(scope, user)), danger=True))
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
            return f"{name} is {people.role_of(changed).lower()} now."
        case "disable":
            users.set_approval(scope, asked.key, "disabled", successor_id=successor)
            return f"{name} is disabled. Every session of theirs has ended."
        case "factor":
            with session():
                two_factor.reset(scope, asked.key)
                change = N_(
                    "An administrator turned two-factor sign-in off for your Loadstar account: your password is now enough."
                )
                letters.account_changed(person, N_("Two-factor sign-in is off"), change)
            return f"{name} signs in with the password alone now, and was told so by mail."
        case "reject":
            letters.decide(scope, asked.key, approve=False)
            return f"{name} was not approved, and told so by mail."
        case "approve" if person.approval == "pending":
            letters.decide(scope, asked.key, approve=True)
            return f"{name} may sign in, and was told so by mail."
        case "approve":
            users.set_approval(scope, asked.key, "approved")
            return f"{name} may sign in."
        case "delete":
            users.delete_user(scope, asked.key, successor_id=successor)
            return f"{name} is deleted."
    raise NotFound(f"no act {asked.act}")


TABLE = Table(
    "users",
    "Users",
    people_admin,
    COLUMNS,
    load=load,
    row=row,
    do=do,
    filters=(STATE, KIND),
    search="name, email, organisation",
    empty="Nobody yet. Add a user, or invite people on your organisation's page.",
)
tables.declare(TABLE)


def _form() -> html.Details:
    scope = current_scope()
    seen = listed.organisations_page(scope, Wanted(count=MOST_CHOICES), approval="approved")
    choices = [{"label": each.organisation.name, "value": each.organisation.id} for each in seen.rows]
    if scope.platform_admin:
        choices.append({"label": "None: a residential customer", "value": "none"})
    more = "Others are added on their organisation's page." if seen.total > len(seen.rows) else None
    fields = [
        forms.field("Name", dcc.Input(id="users-name", autoComplete="off", maxLength=120)),
        forms.field("Email", dcc.Input(id="users-email", type="email", autoComplete="off", maxLength=254)),
        forms.field(
            "Password",
            dcc.Input(id="users-password", type="password", autoComplete="new-password", maxLength=1024),
            f"Leave it empty and Loadstar makes one. Your own: at least {passwords.SHORTEST} characters.",
        ),
        forms.field(
            "Organisation",
            dbc.Select(id="users-organisation", options=choices, value=scope.organisation_id or choices[0]["value"]),
            more,
        ),
        forms.field(
            "Role in it",
            dbc.Select(
                id="users-role",
                options=[{"value": value, "label": words} for value, words in people.ROLE_CHOICES],
                value="viewer",
            ),
        ),
    ]
    button = html.Button("Add", id="users-add", className="btn btn-primary", type="button")
    return forms.opening("users-form", "Add a user", "person-plus", fields, button)


@guard(people_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header([html.H1("Users"), html.P("Who may sign in, and as what.")], className="page-head"),
            html.Div(id="users-added", role="status"),
            _form(),
            tables.view(TABLE),
        ]
    )


@callback(
    Output("users-added", "children"),
    Output("users-changed", "data"),
    Output("users-name", "value"),
    Output("users-email", "value"),
    Output("users-password", "value"),
    Input("users-add", "n_clicks"),
    State("users-name", "value"),
    State("users-email", "value"),
    State("users-organisation", "value"),
    State("users-role", "value"),
    State("users-password", "value"),
    prevent_initial_call=True,
)
@guard(people_admin)
def add(
    clicks: int | None, name: str | None, email: str | None, organisation_id: str | None, role: str | None, password: str | None
) -> Any:
    """Add the user; a password that Loadstar made is shown this once."""
    kept = (no_update,) * 4
    if not clicks:
        return no_update, *kept
    home = None if organisation_id in (None, "", "none") else organisation_id
    made = None if password else passwords.generated()
    try:
        user = users.create_user(
            current_scope(),
            email=str(email or ""),
            name=str(name or ""),
            password=str(password or made),
            organisation_id=home,
            role=role if home else None,
            first=True,
        )
    except Refused as refused:
        return tables.notice(sentence(refused), bad=True), *kept
    words: list[Any] = [
        f"{user.name} may sign in with {user.email} within {users.FIRST_DAYS} days, and then chooses a password of their own."
    ]
    if home and user.role != role:
        words.append(f" As the first person of {people.organisation_of(user)} they administer it.")
    if made:
        words += [" The password is shown this once: ", html.Code(made, className="user-select-all"), ". Hand it over in person."]
    return tables.notice(words), user.id, "", "", ""
