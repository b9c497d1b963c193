"""The worker's clock: each job runs at its times, one at a time, and a store that is away only delays it."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from config.settings import Settings, settings
from store.errors import StoreAway
from store.records import activity, audit, engine
from store.records import mail as outbox
from store.scope import SYSTEM
from store.series import rollup
from worker import mail

log = logging.getLogger("loadstar.worker")

ROLLUP_S = 20  # late samples and closed quarters are in the intervals within this and the time a rollup takes
MAIL_S = 5
TIDY_S = 24 * 3600
ACTIVITY_KEPT = timedelta(days=30)  # of a device, by hour; the device API tells of the last day
VISITORS_KEPT = timedelta(days=365)  # the addresses of people who were not signed in, in the audit log


class Job:
    """Runs a piece of work; says once when the store goes away and once when it is back."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self._work = work
        self._away = False

    def __call__(self) -> None:
        """Run once; never raises, so that the next run comes."""
        try:
            self._work()
        except StoreAway as error:
            if not self._away:
                log.warning("%s waits for the store: %s", self.name, error)
            self._away = True
        except Exception:
            log.exception("%s failed; it is tried again at its next time", self.name)
        else:
            if self._away:
                log.info("%s goes on: the store is back", self.name)
            self._away = False


def tidy(made: Settings) -> None:
    """Forget what nobody needs any more."""
    now = datetime.now(UTC)
    activity.forget(SYSTEM, now - ACTIVITY_KEPT)
    outbox.forget_mails(SYSTEM, now - timedelta(days=made.mail_days))
    audit.forget_visitors(SYSTEM, now - VISITORS_KEPT)
    engine.settle()


def main() -> None:
    """Run until SIGTERM or SIGINT; a job that is under way is finished first."""
    made = settings()
    logging.basicConfig(level=made.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    engine.configure(made.records_url)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    jobs = (
        ("the rollup", ROLLUP_S, lambda: rollup.catch_up(SYSTEM)),
        ("the mail", MAIL_S, lambda: mail.send_due(made)),
        ("tidying", TIDY_S, lambda: tidy(made)),
    )
    # A thread for what may wait for somebody else's server. For the rest one: two rollups would do the same work twice.
    threads = {"default": ThreadPoolExecutor(1), "mail": ThreadPoolExecutor(1)}
    scheduler = BackgroundScheduler(timezone=UTC, executors=threads)
    for name, seconds, work in jobs:
        scheduler.add_job(
            Job(name, work),
            "interval",
            executor="mail" if name == "the mail" else "default",
            seconds=seconds,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    log.info("the worker runs")
    end.wait()
    scheduler.shutdown(wait=True)
    log.info("the worker has ended")
