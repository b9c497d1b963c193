"""A week of a supply as tables: its limits, what else was measured, and when means were beyond a limit."""

from typing import Any

import numpy as np
from dash import html

from config.language import _
from dashboard.energy import supply_words as words
from dashboard.energy.supply_asked import Asked, name_of
from dashboard.figures import wording
from dashboard.live.attention import words_of
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.power_quality import SHARES, Excursion, Rule, Week


def rules(week: Week, reader: Reader) -> html.Div:
    """A row a limit: how many of the means lay within, and how many should."""
    heads = [_("Measured"), _("Limits"), _("Within"), _("Required"), _("Means"), _("Result")]
    rows = [
        (
            words.name(each.of),
            words.band(each, reader),
            words.share(each.counted.share, reader),
            words.share(each.share, reader) if each.share is not None else wording.NONE,
            words.means(each, reader),
            _result(each, reader),
        )
        for each in week.rules
    ]
    return short_table(_("Limits of the week"), heads, rows, dict.fromkeys((1, 2, 3, 4), "num"))


def _result(rule: Rule, reader: Reader) -> html.Div:
    said, state = words.verdict(rule)
    found: list[Any] = [html.Span(said, className="state", **data(state=state)) if state else said]
    if why := words.reasons(rule, reader):
        found.append(html.Small(_("indicative: %(why)s", why=", ".join(why)), className="muted"))
    return html.Div(found, className="supply-result")


def besides(week: Week, zone: str, reader: Reader) -> html.Div | None:
    """What else was measured, of which the standard says nothing: mean, least and greatest mean of ten minutes."""
    rows = [
        (
            words_of(each.quantity),
            words.amount(float(np.nanmean(each.values)), each.quantity, reader),
            *_extreme(week, each.quantity, int(np.nanargmin(each.values)), zone, reader),
            *_extreme(week, each.quantity, int(np.nanargmax(each.values)), zone, reader),
        )
        for each in week.characteristics.values()
        if each.quantity not in SHARES and np.isfinite(each.values).any()
    ]
    heads = [_("Measured"), _("Mean"), _("Least"), _("When"), _("Greatest"), _("When")]
    return short_table(_("Also measured"), heads, rows, {1: "num", 2: "num", 3: "when", 4: "num", 5: "when"}) if rows else None


def _extreme(week: Week, quantity: str, at: int, zone: str, reader: Reader) -> tuple[Any, Any]:
    value = float(week.characteristics[quantity].values[at])
    return words.amount(value, quantity, reader), reader.stamp(week.edges[at].to_pydatetime(), zone)


def excursions(week: Week, asked: Asked, zone: str, reader: Reader) -> list[Any]:
    """When means were beyond a limit, the newest first, each with the way to its chart."""
    if not week.excursions:
        return [html.P(_("No mean of this week lay outside a limit."), className="muted")]
    heads = [_("Began"), _("Ended"), _("Lasted"), _("Measured"), _("Furthest"), _("Limit")]
    rows = [_excursion(each, asked, zone, reader, lasts=each.lasts and not week.is_over) for each in week.excursions]
    table = short_table(_("Outside the limits"), heads, rows, {0: "when", 1: "when", 2: "num", 4: "num"})
    more = _("The newest %(shown)s are listed; there are %(more)s more.", shown=len(week.excursions), more=week.more)
    return [table, *([html.P(more, className="muted small")] if week.more else [])]


def _excursion(each: Excursion, asked: Asked, zone: str, reader: Reader, *, lasts: bool) -> tuple[Any, ...]:
    name = name_of(each)
    shown: dict[str, Any] = aria(current="true") if name == asked.excursion else {}
    link = html.A(reader.stamp(each.begin, zone), href=f"{asked.href(excursion=name)}#supply-chart", **data(soft=""), **shown)
    minutes = (each.end - each.begin).total_seconds() / 60
    return (
        link,
        _("still outside") if lasts else reader.stamp(each.end, zone),
        f"{minutes:.0f} min" if minutes < 120 else f"{reader.number(f'{minutes / 60:.1f}')} h",
        words_of(each.quantity),
        words.amount(each.extreme, each.quantity, reader),
        html.Span(
            _("outside the outer limit") if each.critical else _("outside the limit"),
            className="state",
            **data(state="offline" if each.critical else "late"),
        ),
    )
