"""The chart of a week of a supply, or of the time around one of its excursions."""

from typing import Any

import numpy as np
import orjson
from dash import dcc, html

from config.language import _
from config.quantities import QUANTITIES
from dashboard.energy import supply_words as words
from dashboard.energy.supply_asked import GROUP_WORDS, GROUPS, Asked, name_of
from dashboard.figures import lines, meter_level, supply_week
from dashboard.live import blocks
from dashboard.live.attention import words_of
from dashboard.live.recent import Band
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight import power_quality
from insight.power_quality import Excursion, Week
from insight.site_view import SiteView
from store.scope import Scope

CHART, FIGURE, HAPPENED = "supply-chart", "supply-figure", "supply-happened"


def panel(scope: Scope, view: SiteView, week: Week, asked: Asked, reader: Reader) -> html.Div:
    """The panel with the chart of what is asked for, and the ways to the other ones."""
    excursion = next((each for each in week.excursions if name_of(each) == asked.excursion), None)
    if excursion is None:
        title, drawn = _("%(what)s through the week", what=_(GROUP_WORDS[asked.group])), _of_week(view, week, asked)
    else:
        title = _(
            "%(what)s, %(when)s",
            what=words_of(excursion.quantity),
            when=f"{excursion.begin.astimezone(reader.zone(view.zone.key)):%Y-%m-%d %H:%M %Z}",
        )
        drawn = _of_excursion(scope, view, week, excursion)
    nothing = (_("No values in this week."), _("Choose another week."))
    drawn_of = (excursion.quantity,) if excursion else GROUPS[asked.group]
    content = [
        html.Div(blocks.chart(CHART, title, nothing, tools="yes")),
        dcc.Store(id=FIGURE, data=orjson.dumps(drawn).decode()),
        dcc.Store(id=HAPPENED, data=[_band(each, reader) for each in week.excursions if each.quantity in drawn_of]),
    ]
    foot = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)]
    return html.Div(blocks.panel("supply", title, _ways(week, asked, excursion), content, foot), className="overview")


def _band(each: Excursion, reader: Reader) -> Band:
    """An excursion as charts show what happened."""
    value = words.amount(each.extreme, each.quantity, reader)
    said = _("%(what)s outside the limit: %(value)s", what=words_of(each.quantity), value=value)
    return lines.utc(each.begin), lines.utc(each.end), said


def _ways(week: Week, asked: Asked, excursion: Excursion | None) -> html.Nav:
    """The other groups of the week, of which the meter tells something."""
    told = [group for group, quantities in GROUPS.items() if set(quantities) & set(week.characteristics)]
    links = [
        html.A(
            _(GROUP_WORDS[group]),
            href=f"{asked.href(group=group)}#{CHART}",
            className="btn btn-sm btn-quiet",
            **data(soft=""),
            **(aria(current="true") if group == asked.group and excursion is None else {}),
        )
        for group in told
    ]
    return html.Nav(links, className="quality-days", **aria(label=_("What is drawn")))


def _of_week(view: SiteView, week: Week, asked: Asked) -> dict[str, Any]:
    shown = [name for name in GROUPS[asked.group] if name in week.characteristics]
    courses = {words_of(name): week.characteristics[name].values for name in shown}
    first = next(iter(shown), None)
    unit = QUANTITIES[first].label if first else ""
    limit = week.limits.get(first) if first else None
    return {
        "figure": supply_week.figure(week.edges, courses, unit, limit, view.zone),
        "says": supply_week.summary(week.edges, courses, unit, limit, view.zone),
        "note": _("Means of ten minutes. Dashed: the limits of the site."),
        "empty": not any(np.isfinite(each).any() for each in courses.values()),
    }


def _of_excursion(scope: Scope, view: SiteView, week: Week, excursion: Excursion) -> dict[str, Any]:
    course, *period = power_quality.closer(scope, view, week, excursion)
    name, unit, limit = words_of(excursion.quantity), QUANTITIES[excursion.quantity].label, week.limits.get(excursion.quantity)
    begin, end = period
    return {
        "figure": meter_level.figure(name, unit, course, limit, (begin, end), view.zone),
        "says": supply_week.summary(course.edges, {name: course.mean}, unit, limit, view.zone),
        "note": _("Mean, least and greatest value of each step. Shaded: means of ten minutes outside the limit."),
        "empty": not np.isfinite(course.mean).any(),
    }
