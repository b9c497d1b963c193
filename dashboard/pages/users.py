"""The people whom an administrator decides about: found, added, given another role, shut out, let in, deleted."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, people, tables
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.people import users_table
from dashboard.web.access import guard, people_admin
from store.records.people import lists, users
from store.records.schema.listing import Wanted
from store.records.signin import passwords
from store.scope import Scope

register_page(
    __name__,
    path="/admin/users",
    name=N_("Users"),
    nav={"section": navigation.PEOPLE, "icon": "people"},
)

MOST_CHOICES = 100
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Text("email", N_("Email"), longest=254, required=True, kind="email"),
    Choice("organisation", N_("Organisation"), of="organisation_id"),
    Choice("role", N_("Role in it"), people.ROLE_CHOICES),
    Text(
        "password",
        N_("Password"),
        longest=1024,
        kind="password",
        keeper="new-password",
    ),
)


def _now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    seen = lists.organisations_page(scope, Wanted(count=MOST_CHOICES), approval="approved")
    choices = [(each.organisation.id, each.organisation.name) for each in seen.rows]
    if scope.platform_admin:
        choices.append((NONE, _("None: a residential customer")))
    more = _("Others are added on their organisation's page.") if seen.total > len(seen.rows) else ""
    about = _("Leave it empty and Loadstar makes one. Your own: at least %(shortest)s characters.", shortest=passwords.SHORTEST)
    return {
        "password": {"help": about},
        "organisation": {"options": choices, "value": scope.organisation_id or choices[0][0], "help": more},
    }


def _add(scope: Scope, given: Given, _of: str) -> Words:
    """Add the user; a password that Loadstar made is shown this once."""
    name, email, home, role = given.text("name"), given.text("email"), given.chosen("organisation"), given.text("role")
    given.check()
    password = given.secret("password")
    made = "" if password else passwords.generated()
    user = users.create_user(
        scope,
        email=email,
        name=name,
        password=password or made,
        organisation_id=home,
        role=role if home else None,
        first=True,
    )
    words: list[Any] = [
        _(
            "%(name)s may sign in with %(email)s within %(days)s days, and then chooses a password of their own.",
            name=user.name,
            email=user.email,
            days=users.FIRST_DAYS,
        )
    ]
    if home and user.role != role:
        words += [
            " ",
            _("As the first person of %(organisation)s they administer it.", organisation=people.organisation_of(user)),
        ]
    if made:
        words += [
            " ",
            _("Hand the password over in person; it is shown this once:"),
            " ",
            html.Code(made, className="user-select-all"),
        ]
    return words


FORM = Form("users", N_("Add a user"), people_admin, FIELDS, do=_add, icon="person-plus", now=_now, changes=("users",))
forms.declare(FORM)
tables.declare(users_table.TABLE)


@guard(people_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    head = html.Header([html.H1(_("Users")), html.P(_("Who may sign in, and as what."))], className="page-head")
    return html.Div([head, forms.view(FORM), tables.view(users_table.TABLE)])
