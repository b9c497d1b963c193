"""Regions, which several sites share: made, named and removed by platform administrators."""

from collections.abc import Mapping

from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.fields import Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.web.access import platform_admin
from store.errors import NotFound
from store.records.plant import regions
from store.records.plant.regions import RegionRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Text("note", N_("Note"), longest=300, help=N_("For instance its bidding zone.")),
)
COLUMNS = (Column("name", N_("Region")), Column("note", N_("Note"), sortable=False), Column("sites", N_("Sites"), number=True))


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[RegionRow]:
    return regions.regions_page(scope, wanted)


def _row(_scope: Scope, record: RegionRow) -> Row:
    region = record.region
    acts = [Act("edit", _("Edit"), lambda: _edit(record), sure=_("Save"))]
    if not record.sites:
        gone = Question(
            _("Deletes %(name)s, for good. What was kept of its prices and weather is not found any more.", name=region.name)
        )
        acts.append(Act("delete", _("Delete"), lambda: gone, danger=True))
    return Row(
        region.id, region.name, (region.note or "–", reader().count(record.sites)), acts, href=f"/admin/regions/{region.id}"
    )


def _edit(record: RegionRow) -> Question:
    values = {"name": record.region.name, "note": record.region.note}
    return Question(_("It is changed on all of its %(sites)s sites.", sites=reader().count(record.sites)), filled(FIELDS, values))


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        regions.delete_region(scope, asked.key)
        return _("Deleted.")
    if asked.act != "edit":
        raise NotFound(f"no act {asked.act}")
    given = asked.read(FIELDS)
    name, note = given.text("name"), given.text("note")
    given.check()
    return _("%(name)s is saved.", name=regions.describe_region(scope, asked.key, name=name, note=note).name)


def _add(scope: Scope, given: Given, _of: str) -> Words:
    name, note = given.text("name"), given.text("note")
    given.check()
    made = regions.create_region(scope, name=name, note=note)
    return _("%(name)s created. Reload the page to choose it for this site.", name=made.name)


TABLE = Table(
    "regions",
    N_("Regions"),
    platform_admin,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    search=N_("name, note"),
    empty=N_("No region yet. Add one, and choose it for the sites that share its prices and weather."),
)
FORM = Form("regions", N_("Add a region"), platform_admin, FIELDS, do=_add, changes=("regions",))
tables.declare(TABLE)
forms.declare(FORM)
