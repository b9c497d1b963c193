"""The organisations that an administrator decides about: distributors, and customers of one."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import forms, people, tables
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.signin import letters
from dashboard.web.access import current_scope, customers_admin, guard
from store.errors import NotFound, Refused
from store.records.access import policy
from store.records.people import lists as listed
from store.records.people import organisations
from store.records.people.lists import OrganisationRow
from store.records.schema import Organisation
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/organisations",
    name="Organisations",
    title="Organisations · Loadstar",
    nav={"section": navigation.PEOPLE, "icon": "buildings"},
)

KINDS = {"distributor": "Distributor", "customer": "Customer"}
COLUMNS = (
    Column("name", "Name"),
    Column("kind", "Kind"),
    Column("approval", "State"),
    Column("people", "People", number=True),
    Column("created_at", "Since"),
)
FILTERS = (
    Choice("approval", "State", [("", "Every state"), *people.STATES.items()]),
    Choice("kind", "Kind", [("", "Every kind"), *KINDS.items()]),
)
MOST_CHOICES = 100


def load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[OrganisationRow]:
    """The organisations of a page."""
    return listed.organisations_page(scope, wanted, approval=chosen.get("approval"), kind=chosen.get("kind"))


def row(scope: Scope, each: OrganisationRow) -> Row:
    """An organisation, and what the scope may do with it."""
    home = each.organisation
    read = reader()
    cells = (KINDS[home.kind], people.state(home.approval), read.count(each.people), read.date(home.created_at))
    own = home.id == scope.organisation_id
    return Row(
        home.id,
        home.name,
        cells,
        _acts(home, each.people, own) if policy.leads(scope, home) else (),
        tag="yours" if own else "",
        href=f"/admin/organisations/{home.id}" if policy.leads(scope, home) else "",
    )


def _acts(home: Organisation, inhabitants: int, own: bool) -> list[Act]:
    acts = [
        Act("rename", "Rename", lambda: Question("Everyone sees the new name at once.", [Text("name", "Name", home.name, 120)]))
    ]
    if own:
        return acts
    if home.approval != "approved":
        acts.append(Act("approve", "Enable" if home.approval == "disabled" else "Approve"))
    if home.approval == "pending":
        acts.append(
            Act("reject", "Reject", lambda: Question(f"Nobody of {home.name} may come in. Its founder is told by email."))
        )
    elif home.approval == "approved":
        ends = f"Nobody of {home.name} may come in any more, and the sessions of its {inhabitants:,} people end within a second."
        acts.append(Act("disable", "Disable", lambda: Question(f"{ends} Enable it to undo that."), danger=True))
    goes = f"Deletes {home.name} with its invitations and what it is assigned, for good. Readings and the audit log stay."
    first = f" It still has {inhabitants:,} people: delete them first." if inhabitants else ""
    acts.append(Act("delete", "Delete", lambda: Question(goes + first), danger=True))
    return acts


def do(scope: Scope, asked: Asked) -> Words:
    """What was asked for; says that it is done."""
    home = organisations.organisation(scope, asked.key)
    name = home.name
    match asked.act:
        case "rename":
            renamed = organisations.rename_organisation(scope, asked.key, asked.given.get("name", ""))
            return f"{name} is called {renamed.name} now."
        case "approve" if home.approval == "pending":
            letters.decide(scope, asked.key, approve=True)
            return f"The people of {name} may sign in, and were told so by mail."
        case "approve":
            organisations.set_organisation_approval(scope, asked.key, "approved")
            return f"The people of {name} may sign in."
        case "reject":
            letters.decide(scope, asked.key, approve=False)
            return f"{name} was not approved, and told so by mail."
        case "disable":
            organisations.set_organisation_approval(scope, asked.key, "disabled")
            return f"{name} is disabled. Every session of its people has ended."
        case "delete":
            organisations.delete_organisation(scope, asked.key)
            return f"{name} is deleted."
    raise NotFound(f"no act {asked.act}")


TABLE = Table(
    "organisations",
    "Organisations",
    customers_admin,
    COLUMNS,
    load=load,
    row=row,
    do=do,
    filters=FILTERS,
    search="by name",
    empty="No organisation yet. Add the distributor that owns your sites first, then its customers.",
)
tables.declare(TABLE)


def _form() -> html.Details:
    scope = current_scope()
    name = forms.field("Name", dcc.Input(id="organisations-name", autoComplete="off", maxLength=120))
    button = html.Button("Add", id="organisations-add", className="btn btn-primary", type="button")
    kinds = [("customer", "Customer"), *([("distributor", "Distributor: owns sites")] if scope.platform_admin else [])]
    options = [{"value": value, "label": words} for value, words in kinds]
    kind = forms.field("Kind", dbc.Select(id="organisations-kind", options=options, value="customer"))
    found = listed.organisations_page(scope, Wanted(count=MOST_CHOICES), approval="approved", kind="distributor")
    of = [{"label": each.organisation.name, "value": each.organisation.id} for each in found.rows]
    if scope.platform_admin:
        of.append({"label": "None: the platform decides about it", "value": "none"})
    value = scope.organisation_id or of[0]["value"]
    distributor = forms.field("Customer of", dbc.Select(id="organisations-distributor", options=of, value=value))
    return forms.opening("organisations-form", "Add an organisation", "plus-lg", [name, kind, distributor], button)


@guard(customers_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header(
                [html.H1("Organisations"), html.P("Distributors own sites; customers are assigned meters.")],
                className="page-head",
            ),
            html.Div(id="organisations-added", role="status"),
            _form(),
            tables.view(TABLE),
        ]
    )


@callback(
    Output("organisations-added", "children"),
    Output("organisations-changed", "data"),
    Output("organisations-name", "value"),
    Input("organisations-add", "n_clicks"),
    State("organisations-name", "value"),
    State("organisations-kind", "value"),
    State("organisations-distributor", "value"),
    prevent_initial_call=True,
)
@guard(customers_admin)
def add(clicks: int | None, name: str | None, kind: str | None, distributor_id: str | None) -> Any:
    """Add the organisation, and say how its people come in."""
    if not clicks:
        return no_update, no_update, no_update
    of = None if kind != "customer" or distributor_id in (None, "", "none") else distributor_id
    try:
        made = organisations.create_organisation(current_scope(), name=str(name or ""), kind=str(kind), distributor_id=of)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    page = html.A("Invite its administrator", href=f"/admin/organisations/{made.id}")
    return tables.notice([f"{made.name} created. ", page, ": its first person."]), made.id, ""
