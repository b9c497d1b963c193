"""A number of a report as a widget, or all that it tells by themselves: what the report of these days would say now."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import _
from dashboard.reports import making
from insight.reports.current import current
from insight.reports.numbers import Report
from models import report_periods
from models.report_asked import Asked
from models.report_periods import Span
from reporting import naming, telling
from reporting.document import Fact
from reporting.facts import COVERAGE, NAMES, facts
from reporting.reader import Reader
from store.scope import Scope

LAST = "last_"  # before the kind of a period that is over


def asked(site_id: str, subject_id: str, period: str, today: date) -> Asked:
    """The report that the widget is of; nothing is listed in it."""
    kind = period.removeprefix(LAST)
    span = report_periods.ended(kind, today) if period.startswith(LAST) else report_periods.holding(kind, today)
    return Asked(site_id, kind, span.first, span.last, (subject_id,) if subject_id else (), ())


def named(of: Asked) -> str:
    """Its period in words."""
    return naming.period(of.kind, Span(of.first, of.last))


def href(of: Asked) -> str:
    """Where the whole report is made."""
    return making.href(of.site_id, of)


def content(scope: Scope, of: Asked, figure: str, language: str | None) -> list[Any]:
    """The number with that name, or all where there is none of that name, and of which days and how sure they are.

    Raises:
        NotFound: what it is of does not exist for the scope.
        Refused: no day of the period is over yet.
        StoreAway: QuestDB cannot be reached.
    """
    report = current(scope, of)
    reads = Reader(language, ZoneInfo(report.zone))
    known = facts(report, reads)
    if not known:
        return [html.P(_("There is no data of these days."), className="muted", role="status")]
    if figure in NAMES and figure not in known:
        return [html.P(_("The report of these days does not tell that."), className="muted", role="status")]
    shown = [known[figure]] if figure in known else [*known.values()]
    return [
        html.Dl([_fact(each) for each in shown], className="facts report-facts"),
        html.P(_sure(report, reads, told=figure == COVERAGE), className="muted small"),
    ]


def _fact(fact: Fact) -> html.Div:
    return html.Div([html.Dt(fact.name), html.Dd([fact.value, html.Small(fact.remark)])])


def _sure(report: Report, reads: Reader, *, told: bool) -> str:
    """Of which days it is and how much of them is known; `told`: the latter is what is shown."""
    total = report.told
    said = [naming.days(Span(total.first, total.last)), telling.of_meters(total, "").strip()]
    if total.coverage is not None and not told:
        said.append(_("coverage %(share)s", share=reads.share(total.coverage)))
    if total.provisional and not told:
        said.append(_("provisional"))
    return " · ".join(each for each in said if each)
