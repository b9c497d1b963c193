"""One day of the calendar: its numbers, and its course beside the usual day."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from dash import dcc, html

from config import language
from config.language import N_, _
from dashboard.energy import calendar_words as words
from dashboard.energy.calendar_asked import Asked
from dashboard.figures import day_course, wording
from dashboard.live import blocks
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight.energy_days import DayCourse, EnergyDays
from models import statistics

CHART, FIGURE = "calendar-chart", "calendar-figure"


def panel(asked: Asked, told: EnergyDays, course: DayCourse | None, zone: ZoneInfo, reader: Reader) -> html.Div:
    """The panel of the day that is asked for; without a course the chart is there, and empty."""
    nothing = (_("No values on this day."), _("Choose another day."))
    title = language.written(asked.day, "yMMMMEEEEd")
    foot = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)] if course else None
    at = told.dates.index(asked.day) if asked.day in told.dates else None
    shown: list[Any] = [_facts(told, at, course, zone, reader)] if at is not None else []
    chart = blocks.chart(CHART, _("Power through the day"), nothing, tools="yes")
    content = [*shown, html.Div(chart, hidden=course is None), dcc.Store(id=FIGURE, data=_drawn(course, zone))]
    return html.Div(blocks.panel("day", title, _turns(asked), content, foot), className="overview")


def _turns(asked: Asked) -> html.Div:
    """The day before and the day after."""
    ways = [("‹", asked.day - timedelta(days=1), _("Day before"))]
    if asked.day < asked.today:
        ways.append(("›", asked.day + timedelta(days=1), _("Day after")))
    links = [
        html.A(sign, href=asked.href(day=day), className="step", title=said, **aria(label=said), **data(soft=""))
        for sign, day, said in ways
    ]
    return html.Div(links, className="stepping")


def _facts(told: EnergyDays, at: int, course: DayCourse | None, zone: ZoneInfo, reader: Reader) -> html.Dl:
    energy = words.energy(float(told.kwh[at]), reader) if np.isfinite(told.kwh[at]) else wording.NONE
    if told.provisional[at] and np.isfinite(told.kwh[at]):
        energy = _("%(energy)s so far", energy=energy) if told.is_open[at] else _("%(energy)s, provisional", energy=energy)
    said = {_("Energy"): energy}
    if against := words.against_usual(told, at, reader):
        said[_("Against usual")] = f"{words.SIGNS.get(words.level(told, at), '')} {against}".strip()
    if np.isfinite(told.cost[at]):
        said[_("Cost")] = words.money(told, at, reader)
    if np.isfinite(told.co2_kg[at]):
        said["CO₂"] = words.mass(float(told.co2_kg[at]), reader)
    if np.isfinite(told.market_co2_kg[at]):
        said[_("CO₂, market-based")] = words.mass(float(told.market_co2_kg[at]), reader)
    if course is not None and np.isfinite(course.kilowatts).any():
        peak = statistics.highest(course.kilowatts)
        power = reader.number(wording.power(peak.value))
        said[_("Highest quarter of an hour")] = _(
            "%(power)s at %(time)s", power=power, time=f"{course.edges[peak.at].tz_convert(zone):%H:%M}"
        )
        said[_("Base load")] = reader.number(wording.power(statistics.base_load_kw(course.kilowatts)))
        factor = statistics.load_factor(course.kilowatts)
        if np.isfinite(factor):
            said[_("Load factor")] = f"{reader.number(wording.percent(factor))} %"
    if np.isfinite(told.coverage[at]):
        said[_("Coverage")] = f"{wording.percent(float(told.coverage[at]))} %"
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in said.items()], className="facts")


def _by_warmth(more: float) -> str:
    """By how many percent the outdoor temperature of the day moves what is usual, where that is anything to speak of."""
    if abs(more) < 0.5:
        return ""
    said = (
        N_("For its outdoor temperature %(share)s %% more.") if more > 0 else N_("For its outdoor temperature %(share)s %% less.")
    )
    return " " + _(said, share=f"{abs(more):.0f}")


def _drawn(course: DayCourse | None, zone: ZoneInfo) -> str | None:
    if course is None:
        return None
    compared = [language.written(day, "MMMd") for day in course.compared]
    note = _("Mean power of each quarter of an hour.")
    if compared:
        note += " " + _("Usual: the median of %(days)s.", days=", ".join(compared))
        note += _by_warmth(100 * (course.warmth - 1))
    answer = {
        "figure": day_course.figure(course.edges, course.kilowatts, course.usual_kw, zone),
        "says": day_course.summary(course.edges, course.kilowatts, course.usual_kw, zone),
        "note": note,
        "empty": not np.isfinite(course.kilowatts).any(),
    }
    return orjson.dumps(answer).decode()
