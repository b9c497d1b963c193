"""The panels of the history: the course beside the days before, load duration, peaks, and what the load is usually like."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from dash import dcc, html

from config import language
from config.language import _
from dashboard.energy import history_words as words
from dashboard.energy import ways
from dashboard.energy.history_asked import Asked
from dashboard.figures import daily_pattern, history_course, load_duration, wording
from dashboard.live import blocks
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.history import POWER, History

COURSE, DURATION, HOURS = "history-chart", "history-duration", "history-hours"
CHARTS = (COURSE, DURATION, HOURS)


def store_of(chart_id: str) -> str:
    """The id of what a chart is drawn from."""
    return f"{chart_id}-figure"


def panels(asked: Asked, told: History, zone: ZoneInfo, reader: Reader) -> html.Div:
    """All of them."""
    shown = [_course(asked, told, zone, reader), _duration(told), _peaks(asked, told, zone, reader), _hours(told)]
    shown.append(_weekdays(told, reader))
    if np.isfinite(told.patterns.months).sum() > 1:
        shown.append(_months(told, reader))
    return html.Div(shown, className="overview history")


def course_drawn(asked: Asked, told: History, zone: ZoneInfo) -> dict[str, Any]:
    """The course over the days as a chart is drawn from it."""
    unit = words.UNITS[told.shown]
    step = "day" if len(told.values) <= asked.days else "hour" if len(told.values) <= 25 * asked.days else "quarter"
    of_mean = _("Mean power of each %(step)s.", step=_(words.STEPS[step]))
    note = of_mean if told.shown == POWER else _("Each %(step)s by itself.", step=_(words.STEPS[step]))
    return {
        "figure": history_course.figure(told.edges, told.values, told.before, unit, asked.days, zone),
        "says": history_course.summary(told.edges, told.values, told.before, unit, zone),
        "note": note,
        "empty": not np.isfinite(told.values).any(),
    }


def facts(told: History, zone: ZoneInfo, reader: Reader) -> html.Dl:
    """The figures of the days, each by its name."""
    parts = [
        html.Div([html.Dt(name), html.Dd([value, html.Small(more)] if more else value)])
        for name, (value, more) in words.facts(told, zone, reader).items()
    ]
    return html.Dl(parts, className="facts")


def _course(asked: Asked, told: History, zone: ZoneInfo, reader: Reader) -> html.Section:
    drawn = course_drawn(asked, told, zone)
    nothing = (_("No values in this period."), _("Choose another one."))
    content = [facts(told, zone, reader), *blocks.chart(COURSE, _("Course over the days"), nothing, tools="yes")]
    foot = [html.P(id=f"{COURSE}-note", className="remark", role="status"), blocks.chart_tools(COURSE)]
    return blocks.panel("course", _(words.SHOWN[told.shown]), _kinds(asked, told), [*content, _store(COURSE, drawn)], foot)


def _kinds(asked: Asked, told: History) -> html.Nav | None:
    """What can be drawn of the subject, as links."""
    if len(told.offered) < 2:
        return None
    return ways.row(
        _("What the chart shows"),
        {asked.href(show=each): _(words.SHOWN[each]) for each in told.offered},
        asked.href(show=told.shown),
    )


def _duration(told: History) -> html.Section:
    drawn = {
        "figure": load_duration.figure(told.duration),
        "says": load_duration.summary(told.duration),
        "empty": not len(told.duration.share),
    }
    nothing = (_("No values in this period."), _("Choose another one."))
    content = [*blocks.chart(DURATION, _("Load duration curve"), nothing), _store(DURATION, drawn)]
    return blocks.panel("duration", _("Load duration"), None, content, blocks.chart_tools(DURATION))


def _peaks(asked: Asked, told: History, zone: ZoneInfo, reader: Reader) -> html.Section:
    rows = []
    for peak in told.peaks:
        day = peak.at.astimezone(zone).date()
        of = f"&of={asked.subject_id}" if asked.subject_id else ""
        link = html.A(words.when(peak.at, zone), href=f"/site/{asked.site_id}/calendar?day={day}{of}", **data(soft=""))
        above = f"{100 * (peak.kw / told.mean_kw - 1):.0f}" if told.mean_kw > 0 else wording.NONE
        rows.append((link, words.power(peak.kw, reader), f"{reader.number(above)} %"))
    heads = [_("When"), _("Power"), _("Above the mean")]
    label = _("Days with the highest peaks")
    table: Any = short_table(label, heads, rows, {1: "num", 2: "num"}) if rows else html.P(_("No values in this period."))
    note = html.P(_(words.PEAKS[told.finest]), className="remark")
    return blocks.panel("peaks", _("Peaks"), None, [table], note)


def _hours(told: History) -> html.Section:
    hours = told.patterns.hours
    drawn = {
        "figure": daily_pattern.figure(hours),
        "says": daily_pattern.summary(hours),
        "empty": not np.isfinite(hours).any(),
    }
    nothing = (_("No values in this period."), _("Choose another one."))
    content = [*blocks.chart(HOURS, _("Mean power by hour of the day"), nothing), _store(HOURS, drawn)]
    note = html.P(_("Free days are weekends, holidays and shutdowns of the site's calendar."), className="remark")
    return blocks.panel("hours", _("By hour of the day"), None, content, [note, blocks.chart_tools(HOURS)])


def _weekdays(told: History, reader: Reader) -> html.Section:
    named = [language.weekday(date(2024, 1, 1 + place)) for place in range(7)]  # of which the first is a Monday
    bars = _bars((_("Mean power by weekday"), _("Weekday")), zip(named, told.patterns.weekdays.tolist(), strict=True), reader)
    return blocks.panel("weekdays", _("By weekday"), None, [bars])


def _months(told: History, reader: Reader) -> html.Section:
    named = [(language.month(date(2024, 1 + place, 1)), kw) for place, kw in enumerate(told.patterns.months.tolist())]
    known = [(name, kw) for name, kw in named if np.isfinite(kw)]
    return blocks.panel("months", _("By season"), None, [_bars((_("Mean power by month"), _("Month")), known, reader)])


def _bars(label: tuple[str, str], powers: Iterable[tuple[str, float]], reader: Reader) -> html.Div:
    """A table with a bar for each power (kW) beside its name; `label` is what it is called, and its first column."""
    told = list(powers)
    most = max((kw for _name, kw in told if np.isfinite(kw)), default=0.0)
    rows = []
    for name, kw in told:
        width = 100 * max(kw, 0.0) / most if most > 0 and np.isfinite(kw) else 0.0
        bar = html.I(className="amount", style={"width": f"{width:.0f}%"}, **aria(hidden="true"))
        rows.append((html.Div([name, bar], className="with-amount"), _power(kw, reader)))
    return short_table(label[0], [label[1], _("Mean power")], rows, {1: "num"})


def _power(kilowatts: float, reader: Reader) -> str:
    return words.power(kilowatts, reader) if np.isfinite(kilowatts) else wording.NONE


def _store(chart_id: str, drawn: Mapping[str, Any]) -> dcc.Store:
    return dcc.Store(id=store_of(chart_id), data=orjson.dumps(drawn).decode())
