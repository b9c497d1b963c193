"""A report as it would be made now: gathered once for all who see the same, anew once what it follows from changes."""

from config import clock
from insight.reports.gathering import gather
from insight.reports.numbers import Report
from insight.reports.since import made_of
from insight.shared import shared
from insight.site_view import site_view
from models import report_periods
from models.report_asked import Asked
from models.report_periods import Span
from store.scope import Scope

LASTS_S = 600.0  # what is provisional becomes final without a change of what it follows from


def current(scope: Scope, asked: Asked) -> Report:
    """The numbers of a report; raises as `gather`."""
    view, whole = site_view(scope, asked.site_id), Span(asked.first, asked.last)
    span = report_periods.over(whole, clock.now().astimezone(view.zone).date())
    if span is None:
        return gather(scope, asked)  # which refuses it in words
    compared = Span(report_periods.year_before(asked.kind, whole).first, span.last)
    key = ("report now", scope.key, asked, span, made_of(scope, view, compared))
    return shared.get(key, LASTS_S, lambda: gather(scope, asked))
