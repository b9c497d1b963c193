"""A site's own days: holidays, school holidays, shutdowns, working days; as a table, a form and a file."""

from collections.abc import Mapping
from datetime import date

from config import clock
from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice, Day, Field, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import day
from dashboard.plant import imports, wiring
from dashboard.plant.imports import Files
from dashboard.web.access import administers_site
from models.calendars import Period
from store.errors import NotFound
from store.records.plant import calendar_files, calendars
from store.records.plant.calendar_files import KINDS
from store.records.schema import CalendarPeriod
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Days"), sortable=False),
    Column("kind", N_("What they are"), sortable=False),
    Column("first", N_("From"), sortable=False, moment=True),
    Column("last", N_("Through"), sortable=False, moment=True),
    Column("days", N_("How many"), sortable=False, number=True),
)
FIELDS: tuple[Field, ...] = (
    Text("name", N_("Name"), longest=120, required=True, like=N_("Summer holidays")),
    Choice("kind", N_("What they are"), tuple(KINDS.items())),
    Day("first", N_("From"), required=True, of="first_day"),
    Day("last", N_("Through"), of="last_day", help=N_("Leave empty for one day.")),
)
SHOW = Choice("when", N_("Show"), (("", N_("Current and coming")), ("all", N_("Include past"))))


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[CalendarPeriod]:
    today = clock.now().astimezone(wiring.zone(scope, context)).date()
    found = [
        each
        for each in calendars.periods(scope, context)
        if (chosen.get("when") or each.last_day >= today) and wiring.fits(each.name, wanted.search)
    ]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, record: CalendarPeriod) -> Row:
    cells = (
        _(KINDS[record.kind]),
        f"{record.first_day}",
        f"{record.last_day}",
        str((record.last_day - record.first_day).days + 1),
    )
    return Row(record.id, record.name, cells, (Act("edit", _("Edit"), lambda: _edit(record), sure=_("Save")), DELETE))


def _edit(record: CalendarPeriod) -> Question:
    values = {"name": record.name, "kind": record.kind, "first": f"{record.first_day}", "last": f"{record.last_day}"}
    return Question(_("Expectations and costs of past days are calculated anew with it."), filled(FIELDS, values))


DELETE = Act(
    "delete",
    N_("Delete"),
    lambda: Question(_("These days are then what the weekday and the official holidays say.")),
    danger=True,
)


def _period(given: Given) -> Period:
    name, kind = given.text("name"), given.text("kind")
    first = given.read("first", day) or date.min  # a required field: without it nothing comes of it below
    last = given.read("last", day) or first
    given.check()
    return Period(kind, first, last, name)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        calendars.delete_period(scope, asked.context, asked.key)
        return _("Deleted.")
    if asked.act != "edit":
        raise NotFound(f"no act {asked.act}")
    calendars.change_period(scope, asked.context, asked.key, _period(asked.read(FIELDS)))
    return _("Saved.")


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    return _("%(name)s added.", name=calendars.add_period(scope, site_id, _period(given)).name)


TABLE = Table(
    "periods",
    N_("The site's own days"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(SHOW,),
    search=N_("name"),
    empty=N_("No days of the site's own yet. Add school holidays, a shutdown, or a holiday that only this site keeps."),
)
FORM = Form("period", N_("Add days"), administers_site("of"), FIELDS, do=_add, changes=("periods",))
FILES = Files(
    "periods",
    administers_site("of"),
    N_(
        "Export writes the days that the search finds, past ones too. Import reads such a file: a row with an id updates those "
        "days, a row without one adds days. You see what would happen first; then all of it happens, or nothing."
    ),
    calendar_files.COLUMNS,
    N_("`kind` is holiday, school, shutdown or working; `from` and `to` are days like `2026-01-31`, an empty `to` is one day."),
    try_file=lambda scope, site_id, text, _: calendar_files.try_file(scope, site_id, text),
    import_file=lambda scope, site_id, text, _: calendar_files.import_file(scope, site_id, text),
    address="/site/{of}/calendar.csv",
)
tables.declare(TABLE)
forms.declare(FORM)
imports.declare(FILES)
