"""What a change restates is said before it is saved: both sums of each month, and a tick to go on."""

import math
from collections.abc import Callable
from typing import TypeVar

from dash import html
from dash.development.base_component import Component

from config.language import N_, _, ngettext
from dashboard.figures.wording import exact
from dashboard.parts.fields import Tick
from dashboard.parts.given import Given
from dashboard.parts.reading import Reader, reader
from dashboard.parts.short_table import short_table
from insight.restated import Foretold, Month, Restated, by_corrections
from reporting import telling
from store.errors import StoreAway
from store.scope import Scope
from store.series.as_if import tried

T = TypeVar("T")

SURE = Tick(
    "sure",
    N_("Restate past months"),
    help=N_("Only needed where it changes past months: both sums are shown before anything is saved."),
)
FIGURES = {
    "cost": N_("Cost of %(name)s"),
    "co2": N_("CO₂ of %(name)s"),
    "market_co2": N_("Market-based CO₂ of %(name)s"),
    "made_co2": N_("CO₂ of own production of %(name)s"),
    "forward": N_("Energy of %(name)s"),
    "export": N_("Energy of %(name)s against its direction"),
}
HEADS = (N_("Month"), N_("Before"), N_("After"), N_("Difference"))


def agreed(given: Given, foretell: Callable[[], Foretold]) -> None:
    """Go on only if no month so far is restated, or a person has said that it may be.

    Raises:
        Wrong: some are; it says which and by how much.
    """
    if given.ticked(SURE.key):
        return
    try:
        told = foretell()
    except StoreAway:
        given.refuse(
            SURE.key,
            _("What this restates cannot be said now, for measurements cannot be reached: tick to save it all the same."),
        )
        return
    _ask(given, told)


def correct(scope: Scope, given: Given, act: Callable[[], T]) -> T:
    """Do what corrects values of a meter, once a person knows what it restates.

    Raises:
        Wrong: months are restated, and nobody has said that they may be. Besides, as `act` does.
    """
    if not given.ticked(SURE.key):
        with tried() as said:
            act()
        _ask(given, by_corrections(scope, said))
    return act()


def _ask(given: Given, told: Foretold) -> None:
    if told.every or told.since:
        words = " ".join([*map(_sentence, told.every), *_left_out(told), _("Tick to save it.")])
        given.refuse(SURE.key, words, html.Div([*map(_table, told.every)], className="mt-2") if told.every else None)


def shown(told: Foretold) -> Component | None:
    """The same where a press of its own follows, without a tick; nothing where nothing is restated."""
    if not told.every:
        return None
    words = [html.P(each, className="mb-1") for each in (*map(_sentence, told.every), *_left_out(told))]
    return html.Div([*words, *map(_table, told.every)], className="mb-3")


def _sentence(of: Restated) -> str:
    by = ("+" if of.by >= 0 else "") + _amount(of, of.by, reader())
    said = ngettext("this restates %(num)s month by %(by)s.", "this restates %(num)s months by %(by)s.", len(of.months), by=by)
    return f"{_name(of)}: {said}" + ("" if of.peaked else f" {telling.peaks_missing(whole=False)}")


def _name(of: Restated) -> str:
    return _(FIGURES[of.figure], name=of.name)


def _left_out(told: Foretold) -> list[str]:
    """What was not looked at."""
    said = []
    if told.since:
        said.append(_("Months before %(month)s are not looked at.", month=f"{told.since:%Y-%m}"))
    if told.sites:
        said.append(ngettext("%(num)s more site is not looked at.", "%(num)s more sites are not looked at.", told.sites))
    return said


def _table(of: Restated) -> html.Div:
    read = reader()
    rows = [_row(of, each, read) for each in of.months]
    return short_table(_name(of), [_(words) for words in HEADS], rows, {0: "when", 1: "num", 2: "num", 3: "num"}, titled=True)


def _row(of: Restated, month: Month, read: Reader) -> tuple[str, ...]:
    difference = (month.after or 0.0) - (month.before or 0.0)
    amounts = _amount(of, month.before, read), _amount(of, month.after, read), _amount(of, difference, read)
    return f"{month.start.astimezone(of.zone):%Y-%m}", *amounts


def _amount(of: Restated, value: float | None, read: Reader) -> str:
    if of.figure == "cost":
        return read.money(value, of.unit)
    return "–" if value is None or math.isnan(value) else f"{read.number(exact(value, 7))} {of.unit}"
