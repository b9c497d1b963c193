"""A resident's own budgets of months: how those of this month fare, and a table and a form of all of them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dash import html

from config.language import N_, _
from dashboard.account import parts
from dashboard.live import budgets as live
from dashboard.parts import budget_fields, forms, tables
from dashboard.parts.budget_fields import AMOUNT
from dashboard.parts.fields import filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import exact, plain
from dashboard.web.access import residential
from insight import budget, own_home
from insight.budget import COST, UNITS
from store.errors import NotFound, StoreAway
from store.records.plant import budgets, sites
from store.records.plant.budgets import MEASURES
from store.records.schema import Budget
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("measure", N_("What"), sortable=False),
    Column("month", N_("Month"), sortable=False, moment=True),
    Column("amount", N_("At most"), sortable=False, number=True),
)


class _Own(NamedTuple):
    """A budget with the unit of its amount."""

    budget: Budget
    unit: str


def section(scope: Scope) -> html.Section:
    """All of it; raises `NotFound` for nobody."""
    try:
        found = budget.own_budgets(scope)
    except StoreAway:
        found = []
    shown = html.Div(live.bars(found, reader()), className="budgets")
    about = _("What your meters may use, cost or emit in a month. Nobody else sees it.")
    return parts.section(_("My budgets"), html.P(about, className="muted"), shown, forms.view(FORM), tables.view(TABLE))


def _units(scope: Scope) -> dict[str, str]:
    currencies = {sites.site(scope, place.site_id).currency for place in own_home.places(scope)}
    return UNITS | {COST: ", ".join(sorted(currencies))}


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[_Own]:
    found, units = budgets.own_budgets(scope), _units(scope)
    shown = found[wanted.first : wanted.first + wanted.count]
    return Page([_Own(each, units[each.measure]) for each in shown], len(found))


def _row(_scope: Scope, own: _Own) -> Row:
    kept = own.budget
    amount = f"{reader().number(exact(kept.amount))} {own.unit}"
    acts = (Act("edit", _("Edit"), lambda: _edit(kept), sure=_("Save")), DELETE)
    return Row(kept.id, _(MEASURES[kept.measure]), (f"{kept.month:%Y-%m}", amount), acts)


def _edit(kept: Budget) -> Question:
    return Question(_("Of this month alone."), filled((AMOUNT,), {"amount": plain(kept.amount)}))


DELETE = Act("delete", N_("Delete"), lambda: Question(_("The month has no budget of this then.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        budgets.delete_own_budget(scope, asked.key)
        return _("Deleted.")
    kept = next((each for each in budgets.own_budgets(scope) if each.id == asked.key), None)
    if asked.act != "edit" or kept is None:
        raise NotFound("no such budget of one's own")
    given = asked.read((AMOUNT,))
    amount = given.needed("amount")
    given.check()
    budgets.set_own_budget(scope, kept.measure, kept.month, kept.month, amount)
    return _("Saved.")


def _now(scope: Scope, _of: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    units = _units(scope)
    return {"measure": {"options": [(key, f"{_(words)}, {units[key]}") for key, words in MEASURES.items()]}}


def _add(scope: Scope, given: Given, _of: str) -> Words:
    return budget_fields.said(len(budgets.set_own_budget(scope, *budget_fields.read(given))))


TABLE = Table(
    "own-budgets",
    N_("My budgets"),
    residential,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_("No budget yet. Set one, and each month is projected against it."),
)
FORM = Form(
    "own-budget",
    N_("Set budgets"),
    residential,
    budget_fields.FIELDS,
    do=_add,
    button=N_("Set"),
    now=_now,
    changes=("own-budgets",),
)
tables.declare(TABLE)
forms.declare(FORM)
