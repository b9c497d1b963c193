"""The organisations that an administrator decides about, as a table: renamed, let in, shut out, deleted."""

from collections.abc import Mapping

from config.language import N_, _, ngettext
from dashboard.parts import people
from dashboard.parts.fields import Choice, Text
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.signin import letters
from dashboard.web.access import customers_admin
from store.errors import NotFound
from store.records.access import policy
from store.records.people import lists as listed
from store.records.people import organisations
from store.records.people.lists import OrganisationRow
from store.records.schema import Organisation
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

KINDS = {"distributor": N_("Distributor"), "customer": N_("Customer")}
COLUMNS = (
    Column("name", N_("Name")),
    Column("kind", N_("Kind")),
    Column("approval", N_("State")),
    Column("people", N_("People"), number=True),
    Column("created_at", N_("Since")),
)
FILTERS = (
    Choice("approval", N_("State"), [("", N_("Every state")), *people.STATES.items()]),
    Choice("kind", N_("Kind"), [("", N_("Every kind")), *KINDS.items()]),
)


def load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[OrganisationRow]:
    """The organisations of a page."""
    return listed.organisations_page(scope, wanted, approval=chosen.get("approval"), kind=chosen.get("kind"))


def row(scope: Scope, each: OrganisationRow) -> Row:
    """An organisation, and what the scope may do with it."""
    home = each.organisation
    read = reader()
    cells = (_(KINDS[home.kind]), people.state(home.approval), read.count(each.people), read.date(home.created_at))
    own = home.id == scope.organisation_id
    return Row(
        home.id,
        home.name,
        cells,
        _acts(home, each.people, own) if policy.leads(scope, home) else (),
        tag=_("yours") if own else "",
        href=f"/admin/organisations/{home.id}" if policy.leads(scope, home) else "",
    )


def _acts(home: Organisation, inhabitants: int, own: bool) -> list[Act]:
    acts = [
        Act(
            "rename",
            _("Rename"),
            lambda: Question(_("Everyone sees the new name at once."), [Text("name", _("Name"), home.name, 120)]),
        )
    ]
    if own:
        return acts
    if home.approval != "approved":
        acts.append(Act("approve", _("Enable") if home.approval == "disabled" else _("Approve")))
    if home.approval == "pending":
        acts.append(
            Act(
                "reject",
                _("Reject"),
                lambda: Question(_("Nobody of %(name)s may come in. Its founder is told by email.", name=home.name)),
            )
        )
    elif home.approval == "approved":
        ends = ngettext(
            "Nobody of %(name)s may come in any more, and the sessions of its one person end within a second. "
            "Enable it to undo that.",
            "Nobody of %(name)s may come in any more, and the sessions of its %(people)s people end within a second. "
            "Enable it to undo that.",
            inhabitants,
            name=home.name,
            people=reader().count(inhabitants),
        )
        acts.append(Act("disable", _("Disable"), lambda: Question(ends), danger=True))
    goes = _(
        "Deletes %(name)s with its invitations and what it is assigned, for good. Readings and the audit log stay.",
        name=home.name,
    )
    if inhabitants:
        goes += " " + ngettext(
            "One person still belongs to it: delete them first.",
            "%(people)s people still belong to it: delete them first.",
            inhabitants,
            people=reader().count(inhabitants),
        )
    acts.append(Act("delete", _("Delete"), lambda: Question(goes), danger=True))
    return acts


def do(scope: Scope, asked: Asked) -> Words:
    """What was asked for; says that it is done."""
    home = organisations.organisation(scope, asked.key)
    name = home.name
    match asked.act:
        case "rename":
            renamed = organisations.rename_organisation(scope, asked.key, asked.given.get("name", ""))
            return _("%(name)s is called %(name2)s now.", name=name, name2=renamed.name)
        case "approve" if home.approval == "pending":
            letters.decide(scope, asked.key, approve=True)
            return _("The people of %(name)s may sign in, and were told so by mail.", name=name)
        case "approve":
            organisations.set_organisation_approval(scope, asked.key, "approved")
            return _("The people of %(name)s may sign in.", name=name)
        case "reject":
            letters.decide(scope, asked.key, approve=False)
            return _("%(name)s was not approved, and told so by mail.", name=name)
        case "disable":
            organisations.set_organisation_approval(scope, asked.key, "disabled")
            return _("%(name)s is disabled. Every session of its people has ended.", name=name)
        case "delete":
            organisations.delete_organisation(scope, asked.key)
            return _("%(name)s is deleted.", name=name)
    raise NotFound(f"no act {asked.act}")


TABLE = Table(
    "organisations",
    N_("Organisations"),
    customers_admin,
    COLUMNS,
    load=load,
    row=row,
    do=do,
    filters=FILTERS,
    search=N_("by name"),
    empty=N_("No organisation yet. Add the distributor that owns your sites first, then its customers."),
)
