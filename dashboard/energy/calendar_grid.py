"""The days of a month as a calendar has them, and a year of small months: each day is a link to itself."""

import calendar
from datetime import date
from typing import Any

import numpy as np
from dash import html

from config import language
from config.language import N_, _
from dashboard.energy import calendar_words as words
from dashboard.energy.calendar_asked import MONTH, Asked
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight.energy_days import EnergyDays

WEEKS = calendar.Calendar(calendar.MONDAY)  # ISO 8601
LEGEND = (
    (words.HIGH, N_("unusually high")),
    (words.LOW, N_("unusually low")),
    (words.USUAL, N_("as usual")),
    (words.UNKNOWN, N_("nothing to compare with")),
    (words.NOTHING, N_("no data")),
)


def month(asked: Asked, told: EnergyDays, reader: Reader) -> html.Div:
    """The month as a table of weeks."""
    places = {day: at for at, day in enumerate(told.dates)}
    most = float(np.nanmax(told.kwh)) if np.isfinite(told.kwh).any() else 0.0
    rows = [
        html.Tr([_day(asked, told, places.get(day), day, most, reader) for day in week])
        for week in WEEKS.monthdatescalendar(asked.day.year, asked.day.month)
    ]
    table = html.Table([_head("EEE"), html.Tbody(rows)], className="month-days")
    return html.Div(table, className="month", role="region", **aria(label=_("Days of the month: arrow keys go from day to day")))


def year(asked: Asked, told: EnergyDays, reader: Reader) -> html.Div:
    """The year as twelve small months."""
    places = {day: at for at, day in enumerate(told.dates)}
    months = []
    for number in range(1, 13):
        first = date(asked.day.year, number, 1)
        rows = [
            html.Tr([_small(asked, told, places.get(day), reader) if day.month == number else html.Td() for day in week])
            for week in WEEKS.monthdatescalendar(first.year, number)
        ]
        name = language.month(first)
        head = html.A(name, href=asked.href(view=MONTH, day=first), **data(soft="")) if first <= asked.today else name
        months.append(
            html.Section([html.H2(head), html.Table([_head("EEEEE"), html.Tbody(rows)], className="month-days small-days")])
        )
    return html.Div(months, className="year")


def legend() -> html.Ul:
    """What the colours and signs mean."""
    return html.Ul(
        [html.Li([html.Span(words.SIGNS.get(level, ""), **data(day=level)), _(said)]) for level, said in LEGEND],
        className="day-legend muted small",
    )


def _head(width: str) -> html.Thead:
    days = [date(2024, 1, 1 + place) for place in range(7)]  # of which the first is a Monday
    cells = [html.Th(language.weekday(day, width), scope="col", **aria(label=language.weekday(day))) for day in days]
    return html.Thead(html.Tr(cells))


def _day(asked: Asked, told: EnergyDays, at: int | None, day: date, most: float, reader: Reader) -> html.Td:
    number = html.Span([str(day.day), *_holiday(told, day)], className="date")
    if at is None:
        return html.Td(number, className="elsewhere")
    level = words.level(told, at)
    parts: list[Any] = [number, html.Span(words.SIGNS.get(level, ""), className="sign", **aria(hidden="true"))]
    if np.isfinite(told.kwh[at]):
        parts.append(html.B(words.energy(float(told.kwh[at]), reader)))
        if np.isfinite(told.cost[at]):
            parts.append(html.Small(reader.money(float(told.cost[at]), told.currency)))
        share = max(0.0, float(told.kwh[at])) / most if most > 0 else 0.0
        parts.append(html.I(className="amount", style={"width": f"{100 * share:.0f}%"}, **aria(hidden="true")))
    return _linked(asked, told, at, parts, reader)


def _holiday(told: EnergyDays, day: date) -> list[Any]:
    name = told.holidays.get(day)
    return [" ", html.Em(name)] if name else []


def _small(asked: Asked, told: EnergyDays, at: int | None, reader: Reader) -> html.Td:
    if at is None:
        return html.Td()
    sign = words.SIGNS.get(words.level(told, at), "")
    return _linked(asked, told, at, [sign or str(told.dates[at].day)], reader)


def _linked(asked: Asked, told: EnergyDays, at: int, parts: list[Any], reader: Reader) -> html.Td:
    day = told.dates[at]
    said = words.of_day(told, at, reader)
    chosen: dict[str, Any] = aria(current="date") if day == asked.day else {}
    first = day == asked.day or (asked.day not in told.dates and at == len(told.dates) - 1)  # one stop of the Tab key
    link = html.A(
        parts,
        href=asked.href(view=MONTH, day=day),
        title=said,
        tabIndex=0 if first else -1,
        **aria(label=said),
        **data(soft=""),
        **chosen,
    )
    return html.Td(link, **data(day=words.level(told, at)))
