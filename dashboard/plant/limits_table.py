"""The limits of a site: what its quantities may be, each with the standard that it comes from, edited row by row."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, html, no_update

from config.limits import Limit
from config.quantities import QUANTITIES, Kind
from dashboard.frame.faults import sentence
from dashboard.live.attention import words_of
from dashboard.parts import tables
from dashboard.parts.tables import Act, Asked, Column, Question, Row, Table, Text, Words
from dashboard.plant import inputs
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound, Refused
from store.records.plant import limits
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("quantity", "Quantity", sortable=False),
    Column("allowed", "Allowed", sortable=False),
    Column("critical", "Critical", sortable=False),
    Column("standard", "Standard", sortable=False),
    Column("whose", "Said by", sortable=False),
)
# What a condition can have limits of: the energies of a meter are no condition.
CHOICES = tuple(name for name, each in QUANTITIES.items() if each.kind in (Kind.LEVEL, Kind.POWER))
BOUNDS = {
    "low": "At least",
    "high": "At most",
    "critical_low": "Critical below",
    "critical_high": "Critical above",
}


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
    edit = Act("edit", "Edit", lambda: _edit(limit, unit), sure="Save")
    critical = band(limit.critical_low, limit.critical_high, unit, "below", "above")
    cells = (band(limit.low, limit.high, unit), critical, limit.source, "this site" if own else "the standard")
    return Row(limit.quantity, words_of(limit.quantity), cells, (edit, RESET) if own else (edit,))


def band(low: float | None, high: float | None, unit: str, under: str = "at least", over: str = "at most") -> str:
    """Two bounds in words, in a unit."""
    if under == "at least" and low is not None and high is not None:
        return f"{low:g} to {high:g} {unit}".strip()
    parts = [f"{words} {bound:g} {unit}".strip() for words, bound in ((under, low), (over, high)) if bound is not None]
    return ", ".join(parts) or "–"


def _edit(limit: Limit, unit: str) -> Question:
    def said(bound: float | None) -> str:
        return "" if bound is None else f"{bound:.10g}"

    bounds = [
        Text(name, f"{words} ({unit})" if unit else words, said(getattr(limit, name)), 20, 1) for name, words in BOUNDS.items()
    ]
    return Question(
        "Readings outside want attention from the next one on; devices are told it too. An empty bound is none.",
        [*bounds, Text("standard", "Standard, or who decided it", limit.source, 200, 1)],
    )


RESET = Act(
    "reset",
    "Reset",
    lambda: Question("The standard's limit holds again, for this site's nominal values; without one this quantity has no limit."),
    sure="Reset it",
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "reset":
        limits.reset_limit(scope, asked.context, asked.key)
        return "Reset."
    limits.set_limit(scope, asked.context, read(asked.key, asked.given))
    return "Saved."


def read(quantity: str, given: Mapping[str, Any]) -> Limit:
    """A limit as it was written.

    Raises:
        Refused: a bound is no number.
    """
    bounds = {name: inputs.number(words.lower(), given.get(name)) for name, words in BOUNDS.items()}
    return Limit(quantity, **bounds, source=str(given.get("standard") or ""))


TABLE = Table("limits", "Limits", administers_site("context"), COLUMNS, load=_load, row=_row, do=_do)
tables.declare(TABLE)


def form() -> html.Details:
    """What adds a limit of another quantity."""
    options = [{"label": f"{words_of(name)} ({name})", "value": name} for name in CHOICES]
    fields: Sequence[Any] = [
        inputs.field("Quantity", dbc.Select(id="limits-quantity", options=options, value=CHOICES[0])),
        *(inputs.field(words, inputs.line(f"limits-{name}", longest=20)) for name, words in BOUNDS.items()),
        inputs.field("Standard, or who decided it", inputs.line("limits-standard", longest=200)),
    ]
    return inputs.folded("limits-form", "Add a limit", "plus-lg", fields, inputs.submit("limits-add", "Add"))


@callback(
    Output("limits-said", "children"),
    Output("limits-changed", "data"),
    Input("limits-add", "n_clicks"),
    State("facility-site", "data"),
    State("limits-quantity", "value"),
    *[State(f"limits-{name}", "value") for name in (*BOUNDS, "standard")],
    prevent_initial_call=True,
)
@guard(administers_site())
def add(clicks: int | None, site_id: str, quantity: str | None, *written: Any) -> Any:
    """Add a limit, or say one anew."""
    if not clicks:
        return no_update, no_update
    try:
        given = dict(zip((*BOUNDS, "standard"), written, strict=True))
        limits.set_limit(current_scope(), site_id, read(str(quantity or ""), given))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update
    return tables.notice("Saved."), f"{quantity} {clicks}"
