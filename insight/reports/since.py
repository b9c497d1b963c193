"""Whether what a report was made from has changed since, and what its sums are now."""

from hashlib import sha256
from typing import NamedTuple

import numpy as np

from insight.reports.measured import measured, together
from insight.reports.numbers import MadeOf, Report, Total
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subjects import outermost, subject
from models import local_time
from models.report_periods import Span
from store.records.plant import calendars, emission_factors, reports, tariffs
from store.scope import Scope
from store.series import versions

LASTS_S = 60.0
LEAST = 0.005  # of a difference that is told, in kWh, kg or the site's currency


class Since(NamedTuple):
    """What a total was in the report, and what it is now, where these differ by something that is shown."""

    then: Total
    now: Total


def made_of(scope: Scope, view: SiteView, span: Span) -> MadeOf:
    """What numbers of these days follow from, now; raises `StoreAway`."""
    start, end = local_time.days(span.first, span.last, view.zone)
    series = [*view.meters, *([view.region_id] if view.region_id else [])]
    held = [each for each in tariffs.versions(scope, view.id) if each.valid_from < end]
    days = sorted(calendars.holidays(scope, view.id, span.first, span.last))
    stated = [each for each in emission_factors.factors(scope, view.id) if each.first <= span.last]
    terms = (held, days, stated) if stated else (held, days)
    return MadeOf(versions.version(scope, series, start, end), _print(terms), view.version)


def since(scope: Scope, report: Report) -> Since | None:
    """What has changed of a report's total since it was made; none where nothing has that anybody would see.

    Whoever sees another part of the site than it was made of has other sums, and is told nothing.

    Raises:
        NotFound: the site, or what was asked of it, does not exist for the scope any more.
        StoreAway: QuestDB cannot be reached.
    """
    view, span = site_view(scope, report.asked.site_id), Span(report.told.first, report.told.last)
    if not _sees_the_same(scope, view, report) or made_of(scope, view, span) == report.made_of:
        return None
    of = outermost(view, [subject(view, each) for each in report.asked.subjects or ("",)])
    key = ("report", scope.key, view.id, view.version, report.asked.subjects, span)
    now = shared.get(key, LASTS_S, lambda: together([each.days for each in measured(scope, view, of, span)]).total())
    return Since(report.told, now) if _differ(report.told, now) else None


def _sees_the_same(scope: Scope, view: SiteView, report: Report) -> bool:
    """Whether the scope's sums of what the report is of are of the same meters and times."""
    seen = report.seen
    if not report.asked.subjects:
        whole = scope.sees_whole_site(view.id)
        if whole != seen.whole_site or not (whole or sorted(view.meters) == seen.meters):
            return False
    return reports.seen_by(scope, view.id, seen.meters, seen.since, seen.until).held == seen.held


def _differ(then: Total, now: Total) -> bool:
    return any(_another(getattr(then, name), getattr(now, name)) for name in ("kwh", "cost", "co2_kg", "market_co2_kg"))


def _another(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return then is not now
    return not np.isclose(then, now, rtol=0, atol=LEAST)


def _print(what: object) -> str:
    return sha256(repr(what).encode()).hexdigest()[:16]
