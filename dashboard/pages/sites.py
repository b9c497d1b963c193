"""The sites that one administers: listed, and made."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice
from dashboard.parts.forms import Form, Go
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import site_form
from dashboard.web.access import current_scope, guard, owns_sites, plant_admin
from store.records.people import organisations
from store.records.plant import sites
from store.records.plant.sites import SiteRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/sites",
    name=N_("Sites"),
    nav={"section": navigation.PLANT, "icon": "geo-alt"},
)

COLUMNS = (
    Column("name", N_("Name")),
    Column("public_number", N_("Number"), number=True),
    Column("kind", N_("Kind")),
    Column("owner", N_("Owner")),
    Column("devices", N_("Devices"), sortable=False, number=True),
    Column("meters", N_("Meters"), sortable=False, number=True),
    Column("created_at", N_("Created")),
)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[SiteRow]:
    return sites.sites_page(scope, wanted, archived=bool(chosen.get("show")))


def _row(_scope: Scope, record: SiteRow) -> Row:
    site = record.site
    cells = (
        str(site.public_number),
        _(site_form.KINDS[site.kind]),
        record.owner,
        reader().count(record.devices),
        reader().count(record.meters),
        reader().date(site.created_at),
    )
    return Row(site.id, site.name, cells, (RESTORE if site.archived_at else ARCHIVE,), href=f"/site/{site.id}/facility")


def _archiving() -> Question:
    return Question(
        _("It leaves every list and start page, and its keys are refused until it is restored. Everything measured there stays.")
    )


ARCHIVE = Act("archive", N_("Archive"), asks=_archiving)
RESTORE = Act("restore", N_("Restore"))


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "archive":
        return _("%(name)s is archived. Its keys are refused within seconds.", name=sites.archive_site(scope, asked.key).name)
    return _("%(name)s is in use again. Its keys work as before.", name=sites.restore_site(scope, asked.key).name)


TABLE = Table(
    "sites",
    N_("Sites"),
    plant_admin,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("show", N_("Show"), (("", N_("In use")), ("archived", N_("Archived")))),),
    search=N_("name, owner"),
    empty=N_("No site yet. Create one above; its set-up page then leads to the first reading."),
)


def _owners(scope: Scope) -> list[tuple[str, str]]:
    """The distributors for which the holder may make a site."""
    if not owns_sites(scope):
        return []
    seen = organisations.organisations(scope)
    mine = [each for each in seen if each.kind == "distributor" and (scope.everything or each.id == scope.organisation_id)]
    return [(each.id, each.name) for each in mine]


def _now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return site_form.now(scope, None) | {"owner": {"options": _owners(scope)}}


def _create(scope: Scope, given: Given, _of: str) -> Go:
    """Create a site and go on to its set-up, as a new document: the frame around it knows the site too."""
    owner = given.text("owner")
    return Go(f"/site/{sites.create_site(scope, organisation_id=owner, **site_form.read(given)).id}/set-up")


FORM = Form(
    "sites",
    N_("Create a site"),
    plant_admin,
    (*site_form.FIELDS, Choice("owner", N_("Owner"), of="organisation_id", help=N_("The distributor."))),
    do=_create,
    act="make",
    button=N_("Create"),
    now=_now,
    goes=True,
)
tables.declare(TABLE)
forms.declare(FORM)


@guard(plant_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    head = html.Header([html.H1(_("Sites")), html.P(_("Sites you administer."))], className="page-head")
    return html.Div([head, forms.view(FORM) if _owners(current_scope()) else None, tables.view(TABLE)])
