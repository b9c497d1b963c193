"""All sites as a table and in words: each measure ranks them, and says why it says nothing."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import isfinite, nan
from typing import Any, NamedTuple

from dash import html

from config.language import N_, _, ngettext
from dashboard.figures import wording
from dashboard.figures.wording import STATES
from dashboard.frame import landing
from dashboard.live import budgets
from dashboard.live.tiles import co2_note, price_note
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.all_sites import SiteGlance
from insight.today import WHOLE, Today
from models.budgets import EXCEEDED, LIKELY, UNKNOWN, WITHIN

NEED = "need"
SEVERITIES = {"critical": N_("critical"), "high": N_("high"), "medium": N_("medium"), "low": N_("low")}
SHAPES = {"critical": "■", "high": "▲", "medium": "◆", "low": "●"}
MOST_NAMED = 3


class Measure(NamedTuple):
    """What sites can be ranked by, the highest first; `of` is NaN where it is not known."""

    words: str
    of: Callable[[SiteGlance], float]


MEASURES: Mapping[str, Measure] = {
    "power": Measure(N_("Power now"), lambda each: each.demand_kw),
    "energy": Measure(N_("Energy today"), lambda each: each.today.demand_kwh if each.today else nan),
    "cost": Measure(N_("Cost today"), lambda each: _or_nan(each.today.cost) if each.today else nan),
    "co2": Measure(N_("CO₂ today"), lambda each: _or_nan(each.today.co2_kg) if each.today else nan),
}


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def ranked(every: Sequence[SiteGlance], by: str) -> list[SiteGlance]:
    """The sites by a measure; those of which it is not known come last. By need they stay as they are.

    Amounts in several currencies are not compared: the sites of each are together.
    """
    if by not in MEASURES:
        return [*every]
    measure = MEASURES[by].of
    currencies = list(dict.fromkeys(each.site.currency for each in every)) if by == "cost" else []

    def place(each: SiteGlance) -> tuple[bool, int, float]:
        value = measure(each)
        known = isfinite(value)
        return not known, currencies.index(each.site.currency) if currencies else 0, -value if known else 0.0

    return sorted(every, key=place)


def says(every: Sequence[SiteGlance], reader: Reader) -> str:
    """How many sites are well, which are not, and what they use together."""
    ill = [each for each in every if each.state != "live" or each.worst in ("critical", "high")]
    told = [each for each in every if isfinite(each.demand_kw)]
    well = ngettext(
        "%(num)s of %(every)s sites is well.", "%(num)s of %(every)s sites are well.", len(every) - len(ill), every=len(every)
    )
    said = [_("All %(every)s sites are well.", every=len(every)) if not ill else well]
    if ill:
        named = ", ".join(f"{each.site.name} ({_why(each)})" for each in ill[:MOST_NAMED])
        more = len(ill) - MOST_NAMED
        said.append(_("Look first at %(sites)s.", sites=named + (" " + _("and %(more)s more", more=more) if more > 0 else "")))
    if told:
        power = reader.number(wording.power(sum(each.demand_kw for each in told)))
        known = [each.today.demand_kwh for each in every if each.today and isfinite(each.today.demand_kwh)]
        energy = reader.number(" ".join(wording.scaled(sum(known), "kWh")))
        together = _("Together they draw %(power)s now and have used %(energy)s today.", power=power, energy=energy)
        of = _("%(count)s of %(every)s tell that.", count=len(told), every=len(every))
        said.append(together if len(told) == len(every) else f"{together} {of}")
    return " ".join(said)


def _why(each: SiteGlance) -> str:
    return _(STATES[each.state]) if each.state != "live" or each.worst is None else _(SEVERITIES[each.worst])


def table(every: Sequence[SiteGlance], by: str, reader: Reader) -> html.Div:
    """A row a site, with its rank; its name opens it."""
    heads = [_("Rank"), _("Site"), _("State"), *(_(each.words) for each in MEASURES.values()), _("Budgets"), _("Attention")]
    shown = ranked(every, by)
    most = (
        max((abs(MEASURES[by].of(each)) for each in shown if isfinite(MEASURES[by].of(each))), default=0.0)
        if by in MEASURES
        else 0.0
    )
    rows = []
    for place, each in enumerate(shown, 1):
        known = by not in MEASURES or isfinite(MEASURES[by].of(each))
        rows.append([f"{place}" if known else wording.NONE, *_cells(each, _part(each, by, most), reader)])
    looks = dict.fromkeys((0, 3, 4, 5, 6), "num")
    label = _("Sites, that first which needs somebody most") if by not in MEASURES else _("Sites, that with the most first")
    return short_table(label, heads, rows, looks)


def _part(each: SiteGlance, by: str, most: float) -> float:
    """How long the bar of a row is (0..1)."""
    value = MEASURES[by].of(each) if by in MEASURES else nan
    return max(0.0, value) / most if most > 0 and isfinite(value) and by != "cost" else 0.0


def _cells(each: SiteGlance, part: float, reader: Reader) -> list[Any]:
    name = html.A(each.site.name, href=landing.first_page(each.site.id, each.site.kind))
    bar = html.I(className="amount", style={"width": f"{100 * part:.0f}%"}, **aria(hidden="true"))
    note = [] if each.whole else [html.Small(_("your meters of it"), className="muted")]
    state = html.Span(_(STATES[each.state]), className="state", **data(state=each.state))
    return [
        html.Div([name, *note, bar], className="with-amount"),
        state,
        *_numbers(each, reader),
        _budgets(each),
        _attention(each),
    ]


def _numbers(each: SiteGlance, reader: Reader) -> list[Any]:
    """Power, energy, cost and CO2: each with what it is of, or why it is not there."""
    day = each.today
    if day is None:
        return [_unknown(_("no meter yet"))] * len(MEASURES)
    power = reader.number(wording.power(each.demand_kw)) if isfinite(each.demand_kw) else None
    part = "" if each.known >= WHOLE else _("%(share)s %% of its meters", share=wording.percent(each.known))
    energy = reader.number(" ".join(wording.scaled(day.demand_kwh, "kWh"))) if isfinite(day.demand_kwh) else None
    cost = reader.money(day.cost, day.currency) if day.cost is not None else None
    carbon = reader.number(" ".join(wording.scaled(day.co2_kg, "kg"))) if day.co2_kg is not None else None
    return [
        _told(power, part) if power else _unknown(_("no meter tells")),
        _told(energy, _coverage(day)) if energy else _unknown(_("no data yet")),
        _told(cost, price_note(day.price, day.priced) if day.priced <= WHOLE else "") if cost else _unknown(_("no price known")),
        _told(carbon, co2_note(day.carbon) if day.carbon and day.carbon.known <= WHOLE else "")
        if carbon
        else _unknown(_("no factor known")),
    ]


def _coverage(day: Today) -> str:
    return "" if day.coverage > WHOLE else _("%(share)s %% of data", share=wording.percent(day.coverage))


def _told(number: str, note: str) -> Any:
    return [number, html.Small(note, className="muted")] if note else number


def _unknown(why: str) -> list[Any]:
    return [wording.NONE, html.Small(why, className="muted")]


def _budgets(each: SiteGlance) -> Any:
    """How many of the month's budgets are exceeded or likely to be, of how many."""
    if each.budgets is None:
        return _unknown(_("no budget") if each.whole else "")
    if not each.budgets:
        return _unknown(_("being worked out"))
    count = Counter(budget.state for budget in each.budgets)
    every = len(each.budgets)
    worst = next((state for state in (EXCEEDED, LIKELY) if count[state]), None)
    said = [
        *([_("%(count)s over", count=count[EXCEEDED])] if count[EXCEEDED] else []),
        *([_("%(count)s likely over", count=count[LIKELY])] if count[LIKELY] else []),
        *([_("%(count)s within", count=count[WITHIN])] if worst is None and count[WITHIN] else []),
        *([_("%(count)s not known yet", count=count[UNKNOWN])] if count[UNKNOWN] else []),
    ]
    sign = [html.Span(budgets.SIGNS[worst], className="sign", **aria(hidden="true"))] if worst else []
    return html.A(
        [*sign, f"{', '.join(said)} ", html.Small(_("of %(every)s", every=every), className="muted")],
        href=budgets.href(each.site.id, each.budgets[0]),
        className="budget",
        **data(budget=worst or WITHIN),
    )


def _attention(each: SiteGlance) -> Any:
    if each.worst is None:
        return html.Span(_("All clear"), className="muted") if each.today else wording.NONE
    shape = html.Span(SHAPES[each.worst], className="shape", **aria(hidden="true"))
    words = ngettext(
        "%(num)s matter, worst %(worst)s", "%(num)s matters, worst %(worst)s", each.matters, worst=_(SEVERITIES[each.worst])
    )
    return html.A(
        [shape, " ", words],
        href=f"/site/{each.site.id}/overview#attention-list",
        className="severity",
        **data(severity=each.worst),
    )
