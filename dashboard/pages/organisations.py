"""The organisations that an administrator decides about: distributors, and customers of one."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.people import organisations_table
from dashboard.web.access import customers_admin, guard
from store.records.people import lists, organisations
from store.records.schema.listing import Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/organisations",
    name=N_("Organisations"),
    nav={"section": navigation.PEOPLE, "icon": "buildings"},
)

MOST_CHOICES = 100
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Choice("kind", N_("Kind")),
    Choice("distributor", N_("Customer of"), of="distributor_id"),
)


def _now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    kinds = [("customer", _("Customer")), *([("distributor", _("Distributor: owns sites"))] if scope.platform_admin else [])]
    found = lists.organisations_page(scope, Wanted(count=MOST_CHOICES), approval="approved", kind="distributor")
    options = [(each.organisation.id, each.organisation.name) for each in found.rows]
    if scope.platform_admin:
        options.append((NONE, _("None: the platform decides about it")))
    return {
        "kind": {"options": kinds},
        "distributor": {"options": options, "value": scope.organisation_id or options[0][0]},
    }


def _add(scope: Scope, given: Given, _of: str) -> Words:
    """Add the organisation, and say how its people come in."""
    name, kind, distributor_id = given.text("name"), given.text("kind"), given.chosen("distributor")
    given.check()
    of = distributor_id if kind == "customer" else None
    made = organisations.create_organisation(scope, name=name, kind=kind, distributor_id=of)
    page = html.A(_("Invite its administrator"), href=f"/admin/organisations/{made.id}")
    return around(N_("%(name)s created. %(link)s: its first person."), name=made.name, link=page)


FORM = Form("organisations", N_("Add an organisation"), customers_admin, FIELDS, do=_add, now=_now, changes=("organisations",))
forms.declare(FORM)
tables.declare(organisations_table.TABLE)


@guard(customers_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    about = _("Distributors own sites; customers are assigned meters.")
    head = html.Header([html.H1(_("Organisations")), html.P(about)], className="page-head")
    return html.Div([head, forms.view(FORM), tables.view(organisations_table.TABLE)])
