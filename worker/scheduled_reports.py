"""Asks for the reports whose turn has come: a job for each recipient, who is told what they see."""

import logging

from config import clock
from models import report_periods
from models.report_asked import Asked
from store.records.access.policy import scope_of
from store.records.jobs import asking
from store.records.jobs.kinds import REPORT, OfReport, TooMany
from store.records.plant import report_schedules
from store.records.plant.report_schedules import Due
from store.scope import Scope

log = logging.getLogger("loadstar.worker")


def ask(scope: Scope) -> int:
    """Ask for them, of the last week or month that is over by the site's clock; how many reports.

    However long nobody asked, it is the last one only. Raises `Refused`: not one of Loadstar's own processes.
    """
    now = clock.now()
    asked = 0
    for each in report_schedules.due(scope, now):
        span = report_periods.ended(each.schedule.kind, now.astimezone(each.zone).date())
        told = Asked(each.schedule.site_id, each.schedule.kind, *span, tuple(each.schedule.subjects), tuple(each.schedule.parts))
        asked += sum(_ask_for(person, each, told) for person in each.recipients)
        report_schedules.turned(scope, each.schedule.id, report_periods.next_due(each.schedule.kind, now, each.zone))
    return asked


def _ask_for(user_id: str, due: Due, told: Asked) -> bool:
    """Whether it was asked for: whoever may not see the site any more gets nothing of it."""
    theirs = scope_of(user_id)
    if not theirs.sees_site(told.site_id):
        log.info("schedule %s has a recipient who does not see the site", due.schedule.id)
        return False
    try:
        asking.ask(theirs, REPORT, OfReport.of(told, due.schedule.id), once_key=f"{due.schedule.id} {told.first}")
    except TooMany as why:  # what others get does not wait for one person's many
        log.warning("schedule %s is left out for %s: %s", due.schedule.id, user_id, why)
        return False
    return True
