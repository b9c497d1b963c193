"""A report's document on a page: the same words and numbers as on paper."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from dash import dcc, html

from config.language import _
from dashboard.figures import report_days
from dashboard.live import blocks
from dashboard.parts.aria import aria
from dashboard.parts.short_table import short_table
from models import local_time
from reporting.document import HIGH, NUMERIC, DaysChart, Document, Section, Table
from reporting.reader import Reader

CHART, FIGURE = "report-chart", "report-figure"
SIGNS = {HIGH: "▲", "": ""}


def document(told: Document, reader: Reader) -> list[Any]:
    """The answer, the facts and the sections."""
    facts = [html.Div([html.Dt(each.name), html.Dd([each.value, html.Small(each.remark)])]) for each in told.facts]
    return [
        html.P(" ".join(told.answer), className="answer", id="report-says"),
        html.Dl(facts, className="facts report-facts"),
        *(_section(each, f"report-{at}", reader) for at, each in enumerate(told.sections)),
        html.P(told.made, className="muted small"),
    ]


def _section(of: Section, name: str, reader: Reader) -> html.Div:
    content: list[Any] = [html.P(each) for each in of.says]
    if of.chart is not None:
        content += [*blocks.chart(CHART, of.title, tools="yes"), dcc.Store(id=FIGURE, data=_drawn(of.chart, reader.zone))]
    if of.remark:
        content.append(html.P(of.remark, className="muted small"))
    if of.table is not None:
        content.append(_table(of.title, of.table, reader))
    foot = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)] if of.chart else None
    return html.Div(blocks.panel(name, of.title, None, content, foot), className="overview report-section")


def _table(title: str, table: Table, reader: Reader) -> html.Div:
    heads = [each.headed for each in table.columns]
    looks = {at: "num" for at, each in enumerate(table.columns) if each.kind in NUMERIC}
    marks: Sequence[str] = table.marks or [""] * len(table.rows)
    rows = []
    for row, mark in zip(table.rows, marks, strict=True):
        first, *others = (reader.cell(cell, column) for cell, column in zip(row, table.columns, strict=True))
        rows.append((_marked(first, mark), *others))
    return short_table(_("%(title)s, as a table", title=title), heads, rows, looks)  # the panel bears the title itself


def _marked(words: str, mark: str) -> Any:
    if not mark:
        return words
    said = _("unusually high") if mark == HIGH else _("unusually low")
    return [words, " ", html.Span(SIGNS.get(mark, "▼"), title=said, role="img", **aria(label=said))]


def _drawn(chart: DaysChart, zone: ZoneInfo) -> str:
    start, end = local_time.days(chart.days[0], chart.days[-1], zone)
    figure = report_days.figure(chart, local_time.edges(start, end, "day", zone), zone)
    return orjson.dumps({"figure": figure, "says": chart.says, "note": "", "empty": False}).decode()
