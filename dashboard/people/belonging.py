"""Who and what belongs to an organisation, as tables: its people, its open invitations, its meters; and inviting somebody."""

from collections.abc import Mapping
from typing import Any

from dash import html

from config.language import N_, _, within
from dashboard.parts import people
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.people import users_table
from dashboard.signin import letters
from dashboard.signin.person import ROLES
from dashboard.web.access import organisation_led
from store.records.people import invitations, lists, mail, organisations
from store.records.plant import meter_life
from store.records.plant.meter_life import MeterRow
from store.records.schema import Invitation
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import session
from store.scope import Scope

METER_ROLES = {"main": N_("Counts"), "check": N_("Checks another"), "virtual": N_("Computed"), "condition": N_("Condition")}
LED = organisation_led("context")

PEOPLE = Table(
    "members",
    N_("People"),
    LED,
    tuple(column for column in users_table.COLUMNS if column.key != "organisation"),
    load=users_table.load,
    row=lambda scope, user: _without_organisation(users_table.row(scope, user)),
    do=users_table.do,
    filters=(users_table.STATE,),
    search=N_("name, email"),
    empty=N_("Nobody yet. Invite the first person: they become the administrator."),
)


def _without_organisation(row: Row) -> Row:
    email, _organisation, *others = row.cells
    return Row(row.key, row.name, (email, *others), row.acts, row.tag)


def _invited(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Invitation]:
    return invitations.invitations_page(scope, context, wanted)


def _invitation(_scope: Scope, each: Invitation) -> Row:
    over = each.expires_at <= now()
    state = html.Span(
        _("too old") if over else _("waits for an answer"), className="state", **data(state="never" if over else "live")
    )
    until = reader().stamp(each.expires_at)
    question = Question(_("The link that was mailed to %(email)s works no longer. You can invite them again.", email=each.email))
    withdraw = Act("withdraw", _("Withdraw"), lambda: question, danger=True)
    return Row(each.id, each.email, (_(ROLES[each.role]), state, until), [withdraw])


def _withdraw(scope: Scope, asked: Asked) -> Words:
    invitations.withdraw(scope, asked.key)
    return _("The invitation is withdrawn: its link works no longer.")


INVITATIONS = Table(
    "invitations",
    N_("Invitations"),
    LED,
    (
        Column("email", N_("Email")),
        Column("role", N_("Role")),
        Column("state", N_("State"), sortable=False),
        Column("expires_at", N_("Open until")),
    ),
    load=_invited,
    row=_invitation,
    do=_withdraw,
    empty=N_("No open invitation."),
)


def _meters(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[MeterRow]:
    return meter_life.meters_page(scope, wanted, organisation_id=context)


def _meter(_scope: Scope, each: MeterRow) -> Row:
    meter = each.meter
    site = html.A(each.site, href=f"/site/{meter.site_id}/overview")
    return Row(meter.id, meter.name, (site, _(METER_ROLES[meter.role]), meter.serial_number or "—"))


METERS = Table(
    "its-meters",
    N_("Meters"),
    LED,
    (
        Column("name", N_("Name")),
        Column("site", N_("Site")),
        Column("role", N_("What for")),
        Column("serial_number", N_("Serial number")),
    ),
    load=_meters,
    row=_meter,
    search=N_("name, serial number, site"),
    empty=N_("No meter yet. Claim one with the code that is printed on it, or ask the distributor to assign it."),
)


def _invite_now(scope: Scope, organisation_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    is_empty = not lists.people(scope, Wanted(count=1), organisation_id=organisation_id).total
    if not is_empty:
        return {}
    return {"role": {"value": "admin", "help": _("The first person administers the organisation.")}}


def _invite(scope: Scope, given: Given, organisation_id: str) -> Words:
    """Invite somebody and mail them the link, both or neither."""
    email, role = given.text("email"), given.text("role")
    given.check()
    letters.require_room(email, mail.INVITING)
    with session():
        invited = invitations.invite(scope, organisation_id, email=email, role=role)
        letters.invitation(invited, organisations.organisation(scope, organisation_id).name)
    invitation = invited.invitation
    role = within(_(ROLES[invitation.role]))
    what = _("The invitation to %(address)s as %(role)s", address=invitation.email, role=role)
    return letters.sent(scope, what, _("Its link works for 7 days."))


INVITE = Form(
    "invite",
    N_("Invite somebody"),
    organisation_led("of"),
    (
        Text("email", N_("Email"), longest=254, required=True, kind="email"),
        Choice("role", N_("Role"), people.ROLE_CHOICES),
    ),
    do=_invite,
    act="send",
    button=N_("Send the invitation"),
    icon="person-plus",
    now=_invite_now,
    changes=("invitations",),
)
