"""Budgets of a month as people read them: what is used and expected of each, in a sentence and as a bar."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from dash import html

from config.language import N_, _
from dashboard.figures import wording
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight.budget import COST, UNITS, MonthBudget
from models.budgets import EXCEEDED, LIKELY, UNKNOWN, WITHIN

NAMES = {"energy": N_("Energy budget"), COST: N_("Cost budget"), "co2": N_("CO₂ budget")}
STATES = {
    WITHIN: N_("within the budget"),
    LIKELY: N_("likely to exceed the budget"),
    EXCEEDED: N_("over the budget"),
    UNKNOWN: N_("not known yet"),
}
SIGNS = {LIKELY: "◆", EXCEEDED: "▲"}
WHOLE = 0.995  # a share that rounds to all of it


def amount(value: float, unit: str, reader: Reader) -> str:
    """An amount in the unit of a budget."""
    if not isfinite(value):
        return wording.NONE
    return reader.number(" ".join(wording.scaled(value, unit))) if unit in UNITS.values() else reader.money(value, unit)


def says(each: MonthBudget, reader: Reader) -> str:
    """How a budget fares, in words."""
    found, told = each.projection, {"budget": amount(each.amount, each.unit, reader)}
    told["used"] = amount(found.so_far, each.unit, reader)
    if not isfinite(found.projected):
        return _("%(used)s of %(budget)s so far; what the month will come to cannot be told yet.", **told)
    told["against"] = against(each, reader)
    if not found.expected_days:
        sentences = [_("%(used)s of %(budget)s: %(against)s.", **told)]
    else:
        told["expected"] = amount(found.projected, each.unit, reader)
        if isfinite(found.low) and found.high > found.low:
            told["expected"] = _(
                "%(expected)s expected (%(low)s to %(high)s)",
                expected=told["expected"],
                low=amount(found.low, each.unit, reader),
                high=amount(found.high, each.unit, reader),
            )
        else:
            told["expected"] = _("%(expected)s expected", expected=told["expected"])
        sentences = [_("%(used)s of %(budget)s so far, %(expected)s: %(against)s.", **told)]
    if each.coverage < WHOLE:
        sentences.append(_("%(share)s %% of the expected readings are there.", share=wording.percent(each.coverage)))
    if each.provisional and not found.expected_days:
        sentences.append(_("Some of it may still change: readings can come late."))
    return " ".join(sentences)


def against(each: MonthBudget, reader: Reader) -> str:
    """How far the month ends above or below its budget."""
    share = f"{abs(each.expected - 1) * 100:.0f}"
    if share == "0":
        return _("as much as the budget")
    said = N_("%(share)s %% above the budget") if each.expected > 1 else N_("%(share)s %% below the budget")
    return _(said, share=reader.number(share))


def used(each: MonthBudget, reader: Reader) -> str:
    """What is used of it, and of how many of the readings that is told where some are missing."""
    told = amount(each.projection.so_far, each.unit, reader)
    if each.coverage < WHOLE:
        return f"{told}, {_('%(share)s %% of the readings', share=wording.percent(each.coverage))}"
    return told


def left(each: MonthBudget, reader: Reader) -> str:
    """What is left of it, or how much it is exceeded by."""
    rest = each.amount - each.projection.so_far
    told = amount(abs(rest), each.unit, reader)
    return told if rest >= 0 else _("%(amount)s over", amount=told)


def href(site_id: str, each: MonthBudget) -> str:
    """Where its month is shown day by day."""
    of = "" if each.subject_id == site_id else f"&of={each.subject_id}"
    return f"/site/{site_id}/calendar?day={each.month}{of}"


def bars(found: Sequence[MonthBudget], reader: Reader, *, named: bool = False) -> list[Any]:
    """Each with its sentence and its bar; `named`: and with what it is of, where these are not all of the same."""
    shown: list[Any] = [_one(each, reader, each.name if named else "") for each in found]
    if any(each.passed < 1 for each in found):
        shown.append(html.P(_("The mark is where an even use of the budget would be today."), className="even muted small"))
    return shown


def _one(each: MonthBudget, reader: Reader, of: str) -> html.Div:
    state = [html.Span(SIGNS[each.state], className="sign", **aria(hidden="true"))] if each.state in SIGNS else []
    name = _(NAMES[each.measure])
    head = [html.B(f"{of}: {name}" if of else name), html.Span([*state, _(STATES[each.state])], className="standing")]
    parts = [html.P(head, className="head"), html.P(says(each, reader)), _bar(each)]
    return html.Div(parts, className="budget", **data(budget=each.state))


def _bar(each: MonthBudget) -> html.Div:
    """As long as the budget, or as what is expected where that is more; the words beside it say the same."""
    expected = each.expected if isfinite(each.expected) else each.used
    longest = max(1.0, each.used, expected)

    def part(name: str, share: float, side: str = "width") -> html.I:
        return html.I(className=name, style={side: f"{100 * min(max(share / longest, 0.0), 1.0):.1f}%"})

    parts = [part("expected", expected), part("used", each.used), part("limit", 1.0, "left")]
    if each.passed < 1:
        parts.append(part("today", each.passed, "left"))
    return html.Div(parts, className="budget-bar", **aria(hidden="true"))
