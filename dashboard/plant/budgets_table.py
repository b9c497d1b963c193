"""The monthly budgets of a site and of its buildings, as a table, a form and a file."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from config import clock
from config.language import N_, _
from dashboard.figures import wording
from dashboard.live import budgets as live
from dashboard.parts import budget_fields, forms, tables
from dashboard.parts.budget_fields import AMOUNT
from dashboard.parts.fields import Choice, Field, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import exact, plain
from dashboard.plant import imports, wiring
from dashboard.plant.imports import Files
from dashboard.web.access import administers_site
from insight import budget
from insight.budget import MonthBudget
from insight.site_view import SiteView, site_view
from store.errors import NotFound, StoreAway
from store.records.plant import budget_files, budgets, buildings, sites
from store.records.plant.budgets import MEASURES
from store.records.schema import Budget
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

SITE = "site"  # of the choice: the whole of it
COLUMNS = (
    Column("of", N_("Budget of"), sortable=False),
    Column("month", N_("Month"), sortable=False, moment=True),
    Column("measure", N_("What"), sortable=False),
    Column("amount", N_("At most"), sortable=False, number=True),
    Column("used", N_("Used"), sortable=False, number=True),
    Column("expected", N_("Expected"), sortable=False, number=True),
    Column("left", N_("Left"), sortable=False, number=True),
)
FIELDS: tuple[Field, ...] = (Choice("subject", N_("Budget of")), *budget_fields.FIELDS)


class _Named(NamedTuple):
    """A budget with the name of what it is of, the unit of its amount, and how it fares or fared, where that is known."""

    budget: Budget
    name: str
    unit: str
    faring: MonthBudget | None = None


def _units(scope: Scope, site_id: str) -> dict[str, str]:
    return {"energy": "kWh", "cost": sites.site(scope, site_id).currency, "co2": "kg"}


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[_Named]:
    names = {each.node.id: each.node.name for each in buildings.buildings(scope, context)}
    units = _units(scope, context)
    found = [
        _Named(each, names.get(each.node_id or "", _("The whole site")), units[each.measure])
        for each in budgets.budgets(scope, context)
    ]
    found = [each for each in found if wiring.fits(f"{each.name} {each.budget.month:%Y-%m}", wanted.search)]
    shown = found[wanted.first : wanted.first + wanted.count]
    return Page(_faring(scope, site_view(scope, context), shown), len(found))


def _faring(scope: Scope, view: SiteView, shown: Sequence[_Named]) -> list[_Named]:
    """Those that are shown, with how those of this month fare and those before it fared; none while that cannot be told."""
    month = clock.now().astimezone(view.zone).date().replace(day=1)
    subjects = {each.budget.node_id or view.id for each in shown if each.budget.month == month}
    try:
        found = [each for of in subjects for each in budget.month_budgets(scope, view, month, of)]
        found += budget.past_budgets(scope, view, [each.budget for each in shown if each.budget.month < month])
    except StoreAway:
        found = []
    by_key = {(each.subject_id, each.measure, each.month): each for each in found}
    return [
        each._replace(faring=by_key.get((each.budget.node_id or view.id, each.budget.measure, each.budget.month)))
        for each in shown
    ]


def _row(_scope: Scope, named: _Named) -> Row:
    kept, read = named.budget, reader()
    amount = f"{read.number(exact(kept.amount))} {named.unit}"
    told = [wording.NONE] * 3
    if each := named.faring:
        expected = wording.NONE if each.passed == 1 else live.amount(each.projection.projected, each.unit, read)
        told = [live.used(each, read), expected, live.left(each, read)]
    cells = (f"{kept.month:%Y-%m}", _(MEASURES[kept.measure]), amount, *told)
    return Row(kept.id, named.name, cells, (Act("edit", _("Edit"), lambda: _edit(kept), sure=_("Save")), DELETE))


def _edit(kept: Budget) -> Question:
    return Question(_("Of this month alone."), filled((AMOUNT,), {"amount": plain(kept.amount)}))


DELETE = Act("delete", N_("Delete"), lambda: Question(_("The month has no budget of this then.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        budgets.delete_budget(scope, asked.context, asked.key)
        return _("Deleted.")
    kept = next((each for each in budgets.budgets(scope, asked.context) if each.id == asked.key), None)
    if asked.act != "edit" or kept is None:
        raise NotFound("no such budget of this site")
    given = asked.read((AMOUNT,))
    amount = given.needed("amount")
    given.check()
    budgets.set_budget(scope, asked.context, kept.node_id, kept.measure, kept.month, kept.month, amount)
    return _("Saved.")


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    known = [(each.node.id, each.node.name) for each in buildings.buildings(scope, site_id) if each.node.valid_to is None]
    units = _units(scope, site_id)
    return {
        "subject": {"options": [(SITE, _("The whole site")), *known]},
        "measure": {"options": [(key, f"{_(words)}, {units[key]}") for key, words in MEASURES.items()]},
    }


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    node_id, wanted = given.text("subject"), budget_fields.read(given)
    return budget_fields.said(len(budgets.set_budget(scope, site_id, None if node_id == SITE else node_id, *wanted)))


TABLE = Table(
    "budgets",
    N_("Budgets"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    search=N_("building, month"),
    empty=N_("No budget yet. Set one, and the month is projected against it."),
)
FORM = Form(
    "budget", N_("Set budgets"), administers_site("of"), FIELDS, do=_add, button=N_("Set"), now=_now, changes=("budgets",)
)
FILES = Files(
    "budgets",
    administers_site("of"),
    N_(
        "Export writes the budgets that the search finds. Import reads such a file: a row sets the budget of a month, and "
        "one without an amount deletes it. You see what would happen first; then all of it happens, or nothing."
    ),
    budget_files.COLUMNS,
    N_(
        "`building` is its name or number, and empty for the whole site; `measure` is energy (kWh), cost (in the site's "
        "currency) or co2 (kg); `month` is written like `2026-03`."
    ),
    try_file=lambda scope, site_id, text, _: budget_files.try_file(scope, site_id, text),
    import_file=lambda scope, site_id, text, _: budget_files.import_file(scope, site_id, text),
    address="/site/{of}/budgets.csv",
)
tables.declare(TABLE)
forms.declare(FORM)
imports.declare(FILES)
