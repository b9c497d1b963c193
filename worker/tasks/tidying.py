"""Forgets, once a day, what nobody needs any more."""

from datetime import timedelta

from config import clock
from config.settings import settings
from ingest.files import shelf
from store.records.access import audit
from store.records.jobs import working
from store.records.jobs.kinds import TIDYING, Nothing
from store.records.people import mail, registration
from store.records.plant import activity, received, refused, report_schedules, reports
from store.records.transaction import engine
from store.scope import Scope
from worker.task import Progress, Task

ACTIVITY_KEPT = timedelta(days=30)  # of a device, by hour; the device API tells of the last day
VISITORS_KEPT = timedelta(days=365)  # the addresses of people who were not signed in, in the audit log
UNVERIFIED_KEPT = timedelta(days=30)  # accounts whose address nobody confirmed
REQUESTS_KEPT = timedelta(days=1)  # of senders that somebody watched
REPORTS_KEPT = timedelta(days=5 * 366)
JOBS_KEPT = timedelta(days=7)  # since they ended


def tidy(scope: Scope, _told: Nothing, _progress: Progress) -> dict[str, int]:
    """Forget it; how many of what."""
    now = clock.now()
    activity.forget(scope, now - ACTIVITY_KEPT)
    received.forget(scope, now - REQUESTS_KEPT)
    gone = {
        "mails": mail.forget_mails(scope, now - timedelta(days=settings().mail_days)),
        "accounts": registration.forget_unverified(scope, now - UNVERIFIED_KEPT),
        "jobs": working.forget(scope, now - JOBS_KEPT),
        "refused": refused.forget(scope, now - refused.KEPT),
        "files": shelf.forget_old(settings()),
        "reports": reports.forget(scope, now - REPORTS_KEPT),
        "schedules": report_schedules.forget_without_recipients(scope),
    }
    audit.forget_visitors(scope, now - VISITORS_KEPT)
    engine.settle()
    return gone


TASK = Task(TIDYING, tidy, most_s=1800, most_mb=1024, every=timedelta(days=1))
