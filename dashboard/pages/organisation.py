"""One organisation, one's own or one that an administrator decides about: its people, invitations and meters."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame.faults import sentence
from dashboard.pages import users as users_page
from dashboard.parts import forms, people, tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Column, Question, Row, Table, Words
from dashboard.signin import letters
from dashboard.signin.person import ROLES
from dashboard.web.access import current_scope, guard, organisation_led
from store.errors import NotFound, Refused
from store.records.people import invitations, lists, mail, organisations
from store.records.plant import meter_life
from store.records.plant.meter_life import MeterRow
from store.records.schema import Invitation, Organisation
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import session
from store.scope import Scope

register_page(
    __name__,
    path_template="/admin/organisations/<organisation_id>",
    name="Organisation",
    title="Organisation · Loadstar",
)

METER_ROLES = {"main": "Counts", "check": "Checks another", "virtual": "Computed", "condition": "Condition"}
LED = organisation_led("context")

PEOPLE = Table(
    "members",
    "People",
    LED,
    tuple(column for column in users_page.COLUMNS if column.key != "organisation"),
    load=users_page.load,
    row=lambda scope, user: _without_organisation(users_page.row(scope, user)),
    do=users_page.do,
    filters=(users_page.STATE,),
    search="name, email",
    empty="Nobody yet. Invite the first person: they become the administrator.",
)


def _without_organisation(row: Row) -> Row:
    email, _organisation, *others = row.cells
    return Row(row.key, row.name, (email, *others), row.acts, row.tag)


def _invited(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Invitation]:
    return invitations.invitations_page(scope, context, wanted)


def _invitation(_scope: Scope, each: Invitation) -> Row:
    over = each.expires_at <= now()
    state = html.Span("too old" if over else "waits for an answer", className="state", **data(state="never" if over else "live"))
    until = reader().stamp(each.expires_at)
    question = Question(f"The link that was mailed to {each.email} works no longer. You can invite them again.")
    withdraw = Act("withdraw", "Withdraw", lambda: question, danger=True)
    return Row(each.id, each.email, (ROLES[each.role], state, until), [withdraw])


def _withdraw(scope: Scope, asked: Asked) -> Words:
    invitations.withdraw(scope, asked.key)
    return "The invitation is withdrawn: its link works no longer."


INVITATIONS = Table(
    "invitations",
    "Invitations",
    LED,
    (
        Column("email", "Email"),
        Column("role", "Role"),
        Column("state", "State", sortable=False),
        Column("expires_at", "Open until"),
    ),
    load=_invited,
    row=_invitation,
    do=_withdraw,
    empty="No open invitation.",
)


def _meters(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[MeterRow]:
    return meter_life.meters_page(scope, wanted, organisation_id=context)


def _meter(_scope: Scope, each: MeterRow) -> Row:
    meter = each.meter
    site = html.A(each.site, href=f"/site/{meter.site_id}/overview")
    return Row(meter.id, meter.name, (site, METER_ROLES.get(meter.role, meter.role), meter.serial_number or "—"))


METERS = Table(
    "its-meters",
    "Meters",
    LED,
    (Column("name", "Name"), Column("site", "Site"), Column("role", "What for"), Column("serial_number", "Serial number")),
    load=_meters,
    row=_meter,
    search="name, serial number, site",
    empty="No meter yet. Claim one with the code that is printed on it, or ask the distributor to assign it.",
)
for table in (PEOPLE, INVITATIONS, METERS):
    tables.declare(table)


def page(home: Organisation) -> html.Div:
    """The page of an organisation that the asking person decides about."""
    return html.Div(
        [
            html.Header(
                [html.H1(home.name), html.P(home.kind.capitalize()), people.state(home.approval)],
                className="page-head",
            ),
            html.Section([html.H2("People", className="mb-3"), _invite(home), tables.view(PEOPLE, home.id)], className="mb-4"),
            html.Section([html.H2("Open invitations", className="mb-3"), tables.view(INVITATIONS, home.id)], className="mb-4"),
            html.Section([html.H2("Meters", className="mb-3"), tables.view(METERS, home.id)]),
        ]
    )


def _invite(home: Organisation) -> html.Div:
    roles = [{"value": value, "label": words} for value, words in people.ROLE_CHOICES]
    is_empty = not lists.people(current_scope(), Wanted(count=1), organisation_id=home.id).total
    first = "The first person administers the organisation." if is_empty else None
    fields = [
        forms.field("Email", dcc.Input(id="invite-email", type="email", autoComplete="off", maxLength=254)),
        forms.field("Role", dbc.Select(id="invite-role", options=roles, value="admin" if is_empty else "viewer"), first),
    ]
    button = html.Button("Send the invitation", id="invite-send", className="btn btn-primary", type="button")
    return html.Div(
        [
            html.Div(id="invite-said", role="status"),
            dcc.Store(id="invite-organisation", data=home.id),
            forms.opening("invite-form", "Invite somebody", "person-plus", fields, button),
        ]
    )


@guard(organisation_led())
def layout(organisation_id: str = "", **_query: Any) -> html.Div:
    """The page."""
    return page(organisations.organisation(current_scope(), organisation_id))


@callback(
    Output("invite-said", "children"),
    Output("invitations-changed", "data"),
    Output("invite-email", "value"),
    Input("invite-send", "n_clicks"),
    State("invite-email", "value"),
    State("invite-role", "value"),
    State("invite-organisation", "data"),
    prevent_initial_call=True,
)
@guard(LED)
def invite(clicks: int | None, email: str | None, role: str | None, context: str) -> Any:
    """Invite somebody and mail them the link, both or neither."""
    if not clicks:
        return no_update, no_update, no_update
    scope = current_scope()
    try:
        letters.require_room(str(email or ""), mail.INVITING)
        with session():
            invited = invitations.invite(scope, context, email=str(email or ""), role=str(role))
            letters.invitation(invited, organisations.organisation(scope, context).name)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    role = ROLES[invited.invitation.role].lower()
    words = letters.sent(scope, f"The invitation to {invited.invitation.email} as {role}", "Its link works for 7 days.")
    return tables.notice(words), invited.invitation.id, ""
