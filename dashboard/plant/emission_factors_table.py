"""The CO2 factors of a site as a table, a form and a file: certificates, the residual mix, own production."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from config import clock
from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.fields import NONE, Choice, Day, Field, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import day, exact, plain
from dashboard.plant import imports, restating, wiring
from dashboard.plant.imports import Files
from dashboard.web.access import administers_site
from insight import restated
from models.emissions import Factor
from store.errors import NotFound
from store.records.plant import emission_factor_files, emission_factors
from store.records.plant.emission_factor_files import KINDS
from store.records.schema import EmissionFactor
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Factor"), sortable=False),
    Column("kind", N_("Of"), sortable=False),
    Column("share", N_("Share of import"), sortable=False, number=True),
    Column("grams", N_("CO₂, g/kWh"), sortable=False, number=True),
    Column("first", N_("From"), sortable=False, moment=True),
    Column("last", N_("Through"), sortable=False, moment=True),
)
NAME = Text(
    "name",
    N_("Name"),
    longest=120,
    required=True,
    like=N_("Guarantees of origin, wind"),
    help=N_("Of the certificate, or of where the factor comes from."),
)
SHARE = Text(
    "share",
    N_("Share of import (%)"),
    longest=20,
    keys="decimal",
    help=N_("Of certificates only: for which share of the energy from the grid there are some."),
)
REST: tuple[Field, ...] = (
    Text(
        "grams",
        N_("CO₂ (g/kWh)"),
        longest=20,
        required=True,
        of="co2_g_per_kwh",
        keys="decimal",
        help=N_(
            "Of own production: per kWh of electricity, so the factor of the fuel divided by the electrical efficiency. A kWh of "
            "fuel emits 202 g as natural gas, 227 as liquefied petroleum gas, 249 as petrol, 267 as diesel (IPCC 2006)."
        ),
    ),
    Day("first", N_("From"), required=True, of="first_day"),
    Day("last", N_("Through"), of="last_day", help=N_("Its last day. Leave empty: until further notice.")),
    Text("note", N_("Note"), longest=300, help=N_("For example where the certificates were cancelled.")),
    restating.SURE,
)
FIELDS: tuple[Field, ...] = (
    Choice("kind", N_("Of"), tuple(KINDS.items())),
    NAME,
    SHARE,
    Choice("source", N_("Source"), of="node_id", help=N_("Of own production only: what produces.")),
    *REST,
)
SHOW = Choice("when", N_("Show"), (("", N_("Current and coming")), ("all", N_("Include past"))))


class _Named(NamedTuple):
    """A factor with the name of what produces, if it is of own production."""

    record: EmissionFactor
    source: str


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[_Named]:
    today = clock.now().astimezone(wiring.zone(scope, context)).date()
    names = {each.id: each.name for each in emission_factors.producers(scope, context)}
    found = [
        _Named(each, names.get(each.node_id or "", ""))
        for each in emission_factors.emission_factors(scope, context)
        if (chosen.get("when") or each.last_day is None or each.last_day >= today) and wiring.fits(each.name, wanted.search)
    ]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, named: _Named) -> Row:
    record, read = named.record, reader()
    cells = (
        f"{_(KINDS[record.kind])}: {named.source}" if named.source else _(KINDS[record.kind]),
        "–" if record.share is None else f"{read.number(_percent(record.share))} %",
        read.number(exact(record.co2_g_per_kwh)),
        f"{record.first_day}",
        f"{record.last_day}" if record.last_day else _("until further notice"),
    )
    edit = Act("edit", _("Edit"), lambda: _edit(record), sure=_("Save"))
    return Row(record.id, record.name, cells, (edit, DELETE))


def _percent(share: float) -> str:
    return plain(round(share * 100, 9))


def _edited(record: EmissionFactor) -> Sequence[Field]:
    """What of a factor can be stated anew; what it is of stays."""
    return (NAME, *([] if record.share is None else [SHARE]), *REST)


def _edit(record: EmissionFactor) -> Question:
    values = {
        "name": record.name,
        "share": "" if record.share is None else _percent(record.share),
        "grams": plain(record.co2_g_per_kwh),
        "first": f"{record.first_day}",
        "last": f"{record.last_day or ''}",
        "note": record.note,
    }
    return Question(_("The CO₂ of all of its days is computed anew with it."), filled(_edited(record), values))


DELETE = Act(
    "delete",
    N_("Delete"),
    lambda: Question(_("The CO₂ of all of its days is computed anew without it."), (restating.SURE,)),
    danger=True,
)


def _sources(scope: Scope, site_id: str) -> list[tuple[str, str]]:
    return [(NONE, "–"), *((each.id, each.name) for each in emission_factors.producers(scope, site_id))]


def _factor(given: Given, kind: str, node_id: str | None) -> Factor:
    share = given.number("share") if "share" in given.fields else None
    first = given.read("first", day) or date.min  # a required field: without it nothing comes of it below
    found = Factor(
        kind,
        given.text("name"),
        first,
        given.read("last", day),
        given.needed("grams"),
        None if share is None else share / 100,
        node_id,
        given.text("note"),
    )
    given.check()
    return found


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        without = emission_factors.factors_without(scope, asked.context, asked.key)
        restating.agreed(asked.read((restating.SURE,)), lambda: restated.by_factors(scope, asked.context, without))
        emission_factors.delete_factor(scope, asked.context, asked.key)
        return _("Deleted.")
    every = emission_factors.emission_factors(scope, asked.context)
    kept = next((each for each in every if each.id == asked.key), None)
    if asked.act != "edit" or kept is None:
        raise NotFound("no such CO2 factor of this site")
    given = asked.read(_edited(kept))
    said = _factor(given, kept.kind, kept.node_id)
    after = emission_factors.factors_with(scope, asked.context, said, kept.id)
    restating.agreed(given, lambda: restated.by_factors(scope, asked.context, after))
    emission_factors.change_factor(scope, asked.context, kept.id, said)
    return _("Saved.")


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {"source": {"options": _sources(scope, site_id)}}


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    said = _factor(given, given.text("kind"), given.chosen("source"))
    after = emission_factors.factors_with(scope, site_id, said)
    restating.agreed(given, lambda: restated.by_factors(scope, site_id, after))
    made = emission_factors.add_factor(scope, site_id, said)
    return _("%(name)s added.", name=made.name)


TABLE = Table(
    "factors",
    N_("CO₂ factors"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(SHOW,),
    search=N_("name"),
    empty=N_("No factor yet: what is bought counts by the grid's factor alone. Add certificates, and it is told both ways."),
)
FORM = Form("factor", N_("Add a factor"), administers_site("of"), FIELDS, do=_add, now=_now, changes=("factors",))
FILES = Files(
    "factors",
    administers_site("of"),
    N_(
        "Export writes the factors that the search finds, past ones too. Import reads such a file: a row with an id updates that "
        "factor, a row without one adds one. You see what would happen first; then all of it happens, or nothing."
    ),
    emission_factor_files.COLUMNS,
    N_(
        "`kind` is certificate, residual or production; `share_percent` is of certificates, `source` (the name of what produces) "
        "of own production; `from` and `to` are days like `2026-01-31`, an empty `to` is until further notice."
    ),
    try_file=lambda scope, site_id, text, _: emission_factor_files.try_file(scope, site_id, text),
    import_file=lambda scope, site_id, text, _: emission_factor_files.import_file(scope, site_id, text),
    restates=lambda scope, site_id, text, _: restated.by_factors(
        scope, site_id, emission_factor_files.factors_with(scope, site_id, text)
    ),
    address="/site/{of}/factors.csv",
)
tables.declare(TABLE)
forms.declare(FORM)
imports.declare(FILES)
