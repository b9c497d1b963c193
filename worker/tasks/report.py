"""Makes a report and keeps it; one by the clock goes to whoever it was made for by mail, as a PDF."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec

from config import language
from config.settings import settings
from insight.reports.gathering import gather
from insight.reports.numbers import Report
from reporting import compose, letter
from reporting.pdf import pdf
from reporting.reader import Reader
from store.ids import new_id
from store.records.jobs.kinds import REPORT, OfReport
from store.records.people import mail, preferences, users
from store.records.people.mail import Attached
from store.records.plant import reports
from store.records.plant.reports import Made
from store.records.transaction import engine
from store.scope import SYSTEM, Scope
from worker.task import Progress, Task

LASTS_S = 900.0  # two years of a campus, on a machine that is busy


def make(scope: Scope, told: OfReport, progress: Progress) -> dict[str, str]:
    """`{"report_id": …}`; nothing of one by the clock that was made already."""
    if told.schedule_id is not None and reports.is_made(scope, told.schedule_id, told.first):
        return {}
    found = gather(scope, told.asked, lambda share: progress(share, None))
    name = compose.subject(found.site, found.subjects)
    made = Made(name, told.kind, told.first, found.told.last, msgspec.to_builtins(found), found.seen)
    report_id = new_id("rep")
    send = _letter(scope, found, report_id) if told.schedule_id is not None else None
    with engine.session():  # kept and told of together, or not at all
        reports.keep(scope, told.site_id, made, told.schedule_id, report_id)
        if send is not None:
            send()
    return {"report_id": report_id}


def _letter(scope: Scope, found: Report, report_id: str) -> Callable[[], object] | None:
    """What puts the report into the outbox, its PDF made; none for whoever wants no such mail."""
    if not preferences.notifications(scope)["report", "mail"]:
        return None
    person = users.user(SYSTEM, str(scope.user_id))
    reader = Reader(person.language, ZoneInfo(found.zone))
    place = f"{settings().dashboard_url}/site/{found.asked.site_id}"
    link = f"{place}/report/{report_id}"
    with language.speaking(language.best([person.language])):
        document = compose.document(found, reader)
        attached = Attached(letter.file_name(document), pdf(document, reader, link))
        subject, text = letter.subject(document), letter.text(document, link, f"{place}/reports")
    return lambda: mail.write_mail(
        SYSTEM, recipient=person.email, subject=subject, text=text, kind="report", user_id=person.id, attached=attached
    )


TASK = Task(REPORT, make, most_s=LASTS_S, most_mb=2048, stays_warm=True)
