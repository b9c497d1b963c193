"""The limits of a site: what its quantities may be, each with the standard that it comes from, edited row by row."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from config.language import N_, _
from config.limits import Limit
from config.quantities import QUANTITIES, Kind
from dashboard.figures.wording import exact
from dashboard.live.attention import WORDS, words_of
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import plain
from dashboard.web.access import administers_site
from store.records.plant import limits
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("quantity", N_("Quantity"), sortable=False),
    Column("allowed", N_("Allowed"), sortable=False),
    Column("critical", N_("Critical"), sortable=False),
    Column("standard", N_("Standard"), sortable=False),
    Column("whose", N_("Said by"), sortable=False),
)
# What a condition can have limits of: the energies of a meter are no condition.
CHOICES = tuple(name for name, each in QUANTITIES.items() if each.kind in (Kind.LEVEL, Kind.POWER))
BOUNDS = {
    "low": N_("At least"),
    "high": N_("At most"),
    "critical_low": N_("Critical below"),
    "critical_high": N_("Critical above"),
}
FIELDS = (
    *(Text(name, words, longest=20, keys="decimal") for name, words in BOUNDS.items()),
    Text("standard", N_("Standard, or who decided it"), longest=200, required=True, of="source"),
)


class Shown(NamedTuple):
    """A limit, and whether it is the site's own."""

    limit: Limit
    own: bool


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Shown]:
    own = limits.limits_of_its_own(scope, context)
    found = [Shown(each, name in own) for name, each in limits.site_limits(scope, context).items()]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, record: Shown) -> Row:
    limit, own = record
    unit = QUANTITIES[limit.quantity].label
    edit = Act("edit", _("Edit"), lambda: _edit(limit, unit), sure=_("Save"))
    critical = _critical(limit.critical_low, limit.critical_high, unit)
    cells = (band(limit.low, limit.high, unit), critical, _(limit.source), _("this site") if own else _("the standard"))
    return Row(limit.quantity, words_of(limit.quantity), cells, (edit, RESET) if own else (edit,))


def _number(bound: float) -> str:
    return reader().number(exact(bound, 9))


def band(low: float | None, high: float | None, unit: str) -> str:
    """Two bounds in words, in a unit."""
    if low is not None and high is not None:
        return _("%(low)s to %(high)s %(unit)s", low=_number(low), high=_number(high), unit=unit).strip()
    if low is not None:
        return _("at least %(low)s %(unit)s", low=_number(low), unit=unit).strip()
    return _("at most %(high)s %(unit)s", high=_number(high), unit=unit).strip() if high is not None else "–"


def _critical(low: float | None, high: float | None, unit: str) -> str:
    """Beyond which bounds a value is critical, in words."""
    parts = [
        *([_("below %(low)s %(unit)s", low=_number(low), unit=unit).strip()] if low is not None else []),
        *([_("above %(high)s %(unit)s", high=_number(high), unit=unit).strip()] if high is not None else []),
    ]
    return ", ".join(parts) or "–"


def _edit(limit: Limit, unit: str) -> Question:
    bounds = {name: getattr(limit, name) for name in BOUNDS}
    values = {name: "" if bound is None else plain(bound) for name, bound in bounds.items()} | {"standard": _(limit.source)}
    fields = [replace(each, words=f"{each.words} ({unit})") if unit and each.key in BOUNDS else each for each in FIELDS]
    return Question(
        _("Readings outside want attention from the next one on; devices are told it too. An empty bound is none."),
        filled(fields, values),
    )


RESET = Act(
    "reset",
    N_("Reset"),
    lambda: Question(
        _("The standard's limit holds again, for this site's nominal values; without one this quantity has no limit.")
    ),
    sure=N_("Reset it"),
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "reset":
        limits.reset_limit(scope, asked.context, asked.key)
        return _("Reset.")
    limits.set_limit(scope, asked.context, _read(asked.key, asked.read(FIELDS)))
    return _("Saved.")


def _read(quantity: str, given: Given) -> Limit:
    """A limit as it was written; raises `Wrong` where a bound is no number."""
    bounds = {name: given.number(name) for name in BOUNDS}
    source = given.text("standard")
    given.check()
    return Limit(quantity, **bounds, source=source)


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    limits.set_limit(scope, site_id, _read(given.text("quantity"), given))
    return _("Saved.")


TABLE = Table("limits", N_("Limits"), administers_site("context"), COLUMNS, load=_load, row=_row, do=_do)
FORM = Form(
    "limits",
    N_("Add a limit"),
    administers_site("of"),
    (Choice("quantity", N_("Quantity"), [(name, WORDS[name]) for name in CHOICES]), *FIELDS),
    do=_add,
    changes=("limits",),
)
tables.declare(TABLE)
forms.declare(FORM)
