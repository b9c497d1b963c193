"""Gathers the numbers of a report: what was used, when, what it cost and emitted, against before, and how sure that is."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import numpy as np

from config import clock
from config.language import _
from insight import building_facts
from insight.courses import courses
from insight.energy_days import LEAST_COVERAGE, LOOKED_BACK, conditions, midnights
from insight.reports import since
from insight.reports.measured import Days, Measured, by_month, known, measured, together
from insight.reports.numbers import Day, Incomplete, Part, Report, TariffCost
from insight.reports.peak import Drawing, peak
from insight.site_view import SiteView, site_view
from insight.subject_cost import SubjectCost
from insight.subjects import Subject, outermost, subject, subjects
from models import report_periods
from models.report_asked import SUBJECTS, Asked
from models.report_periods import Span
from store.errors import Refused
from store.records.plant import calendars, reports
from store.records.plant.reports import Seen
from store.scope import Scope
from store.series import shares

Progress = Callable[[float], None]

READ, PEAKED = 0.6, 0.9  # how much is done once the days are read, and once the peak is found


def gather(scope: Scope, asked: Asked, progress: Progress = lambda _: None) -> Report:
    """The numbers of a report, as they are now and as the scope sees them; of days that are over.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        Refused: no day of the period is over yet.
        StoreAway: QuestDB cannot be reached.
    """
    now, view = clock.now(), site_view(scope, asked.site_id)
    span = report_periods.over(Span(asked.first, asked.last), now.astimezone(view.zone).date())
    if span is None:
        raise Refused(_("no day of this period is over yet: choose one that has begun"), "first")
    of = [subject(view, each) for each in asked.subjects or ("",)]
    whole = Span(asked.first, asked.last)
    spans = (
        span,
        report_periods.as_many(report_periods.before(asked.kind, whole), span.days),
        report_periods.as_many(report_periods.year_before(asked.kind, whole), span.days),
    )
    made_of = since.made_of(scope, view, span)  # before the numbers: what comes meanwhile is a change of them
    told = []
    for nth, each in enumerate(spans, 1):
        told.append(measured(scope, view, of, each))
        progress(READ * nth / len(spans))
    added = [of.index(each) for each in outermost(view, of)]
    sums = [[every[at] for at in added] for every in told]
    days, before, year_before = (together([each.days for each in every]) for every in sums)
    edges = midnights(view, *span)
    drawn = [Drawing(of[at], told[0][at].days.needed) for at in added]
    greatest = peak(scope, view, drawn, edges[0], edges[-1], _between(progress, READ, PEAKED))
    silent, incomplete = _missing(view, days)
    parts = _parts(scope, view, of, days.total().kwh, told[0], told[1], spans) if SUBJECTS in asked.parts else []
    return Report(
        asked=asked,
        site=view.name,
        zone=view.zone.key,
        currency=view.currency,
        subjects=[each.name for each in of] if asked.subjects else [],
        made_at=now,
        told=days.total(),
        before=before.total(),
        year_before=year_before.total(),
        days=_days(scope, view, [of[at] for at in added], days, edges),
        months=by_month(days),
        peak=greatest,
        cost_parts={name: float(amounts.sum()) for name, amounts in days.parts.items() if np.abs(amounts).sum() >= 0.005},
        tariffs=_by_tariff([each.paid for each in sums[0] if each.paid]),
        parts=parts,
        silent=silent,
        incomplete=incomplete,
        estimated=_estimated(scope, view, days, edges),
        made_of=made_of,
        overlapping=len(added) < len(of),
        seen=_seen(scope, view, asked, parts, told, midnights(view, *spans[2])[0], edges[-1]),
    )


def _between(progress: Progress, first: float, last: float) -> Progress:
    """The progress of a part that leads from one share of the whole to another."""
    return lambda share: progress(first + (last - first) * share)


def _days(scope: Scope, view: SiteView, of: Sequence[Subject], days: Days, edges: Sequence[datetime]) -> list[Day]:
    """Each day, against what the days before it say is usual."""
    earlier = Span(days.dates[0] - LOOKED_BACK, days.dates[-1])
    every = midnights(view, *earlier)
    told = courses(scope, view, [each.id for each in of], every)
    totals = np.sum([told[each.id].kwh[each.used] for each in of], axis=0)  # not known where one of them is not
    coverage = np.min([np.nan_to_num(told[each.id].coverage) for each in of], axis=0)
    judged = np.where(coverage >= LEAST_COVERAGE, totals, np.nan)
    own = slice(len(every) - len(edges), None)
    usual = conditions(scope, view, every).usual(judged, own.start).of(own)
    holidays = calendars.holidays(scope, view.id, days.dates[0], days.dates[-1])
    columns = zip(
        days.dates,
        days.kwh,
        days.cost,
        days.co2_kg,
        days.market_co2_kg,
        days.coverage,
        usual.middle,
        usual.verdict,
        days.provisional,
        strict=True,
    )
    return [
        Day(
            day=day,
            kwh=known(kwh),
            cost=known(cost),
            co2_kg=known(co2_kg),
            coverage=known(share),
            usual_kwh=known(middle),
            verdict=int(verdict),
            provisional=bool(may_change),
            holiday=holidays.get(day, ""),
            market_co2_kg=known(market_co2_kg),
        )
        for day, kwh, cost, co2_kg, market_co2_kg, share, middle, verdict, may_change in columns
    ]


def _by_tariff(bills: Sequence[SubjectCost]) -> list[TariffCost]:
    """What each version charges, in the order of time."""
    sums: dict[tuple[str, datetime | None], float] = {}
    for each in bills:
        for nth, (amount,) in sorted(each.bill.pieces.items()):
            version = each.priced.versions[nth] if nth >= 0 else None
            key = (version.name, version.valid_from) if version else ("", None)
            sums[key] = sums.get(key, 0.0) + float(amount)
    return [TariffCost(name, valid_from, cost) for (name, valid_from), cost in sums.items() if abs(cost) >= 0.005]


def _parts(
    scope: Scope,
    view: SiteView,
    of: Sequence[Subject],
    whole: float | None,
    now: Sequence[Measured],
    before: Sequence[Measured],
    spans: Sequence[Span],
) -> list[Part]:
    """The subjects of several, or the uses of the site, that with the most energy first."""
    if len(of) == 1 and of[0].kind != "site":
        return []
    if len(of) == 1:
        of = [each for each in subjects(view) if _is_use(view, each)]
        now, before = measured(scope, view, of, spans[0]), measured(scope, view, of, spans[1], priced=False)
    areas = building_facts.amounts(scope, view, of, building_facts.AREA)
    found = []
    for each, current, earlier, area in zip(of, now, before, areas, strict=True):
        total = current.days.total()
        share = total.kwh / whole if total.kwh is not None and whole else None
        per_m2 = known(total.kwh / area) if total.kwh is not None else None
        found.append(Part(each.id, each.name, each.kind, total, earlier.days.total(), share, per_m2))
    return sorted(found, key=lambda part: -(part.total.kwh or 0.0))


def _is_use(view: SiteView, each: Subject) -> bool:
    return each.kind == "node" and view.graph.node(each.id).kind == "sink"


def _missing(view: SiteView, days: Days) -> tuple[list[str], list[Incomplete]]:
    """The meters of which nothing came, and those of which a tenth or more is missing, with what is there."""
    silent, incomplete = [], []
    for meter, (there, due) in days.meters.items():
        lasting, name = due.sum(), view.meters[meter].name if meter in view.meters else meter
        if lasting > 0 and not there.sum():
            silent.append(name)
        elif lasting > 0 and there.sum() / lasting < LEAST_COVERAGE:
            incomplete.append(Incomplete(name, float(there.sum() / lasting)))
    return sorted(silent), sorted(incomplete, key=lambda each: (each.coverage, each.name))


def _seen(
    scope: Scope,
    view: SiteView,
    asked: Asked,
    parts: Sequence[Part],
    told: Sequence[Sequence[Measured]],
    start: datetime,
    end: datetime,
) -> Seen:
    """What it is made from: of a site all that is seen of it, else what tells of its subjects; areas are the whole site's."""
    behind = {meter for every in told for each in every for meter in each.days.meters}
    some = bool(asked.subjects and behind)
    seen = reports.seen_by(scope, view.id, sorted(behind) if some else [*view.meters], start, end)
    whole = not some or any(each.kwh_per_m2 is not None for each in parts)
    return msgspec.structs.replace(seen, whole_site=seen.whole_site and whole)


def _estimated(scope: Scope, view: SiteView, days: Days, edges: Sequence[datetime]) -> dict[str, float]:
    """The shares of the energy that were not simply read, by class."""
    found = shares.together(scope, [each for each in days.meters if each in view.meters], edges[0], edges[-1])
    return {name: share for name, share in found.items() if name != "A" and np.isfinite(share) and share > 0}
