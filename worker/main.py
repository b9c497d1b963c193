"""The worker: each of its jobs runs at its times, and a store that is away, or full, only delays it."""

import faulthandler
import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NoReturn

from config import clock, heart
from config.settings import PRIVATE, Settings, settings
from store.errors import StoreFull
from store.records.access import audit
from store.records.people import mail as outbox
from store.records.plant import activity
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import health, retention, rollup
from worker import mail, room
from worker.schedule import LONGEST_S, Job, Lane

log = logging.getLogger("loadstar.worker")

ROLLUP_S = 20  # late samples and closed quarters are in the intervals within this and the time a rollup takes
RETENTION_S = 600
MAIL_S = 5
ROOM_S = 5
RESUME_S = 30
TIDY_S = 24 * 3600
ACTIVITY_KEPT = timedelta(days=30)  # of a device, by hour; the device API tells of the last day
VISITORS_KEPT = timedelta(days=365)  # the addresses of people who were not signed in, in the audit log


def lanes(made: Settings) -> list[Lane]:
    """All that the worker does, by what may wait for what."""
    return [
        # Two rollups would do the same work twice.
        Lane("series", [Job("the rollup", ROLLUP_S, partial(with_room, made, lambda: rollup.catch_up(SYSTEM)))]),
        Lane(
            "upkeep",
            [
                Job("keeping room", ROOM_S, partial(room.keep_reserve, made)),
                Job("resuming tables", RESUME_S, partial(room.resume, made)),
                Job("dropping what is old", RETENTION_S, partial(drop_old, made)),
                Job("tidying", TIDY_S, partial(tidy, made)),
            ],
        ),
        # What may wait for somebody else's server.
        Lane("mail", [Job("the mail", MAIL_S, partial(mail.send_due, made))]),
    ]


def with_room(made: Settings, work: Callable[[], object]) -> None:
    """Do work that writes to the store, unless that takes nothing: what devices may not write, we do not write either.

    Raises:
        StoreFull: the store takes nothing until there is room.
    """
    if why := health.full(made):
        raise StoreFull(why)
    work()


def drop_old(made: Settings) -> None:
    """Drop samples, markers and notes that are older than they are kept."""
    for table, until in retention.drop_old(SYSTEM, made).items():
        log.info("dropped what %s had before %s", table, until.date())


def tidy(made: Settings) -> None:
    """Forget what nobody needs any more."""
    now = clock.now()
    activity.forget(SYSTEM, now - ACTIVITY_KEPT)
    outbox.forget_mails(SYSTEM, now - timedelta(days=made.mail_days))
    audit.forget_visitors(SYSTEM, now - VISITORS_KEPT)
    engine.settle()


def _give_up(hanging: list[str]) -> NoReturn:
    """End at once, for whoever watches over this process to start another: a thread that hangs cannot be ended."""
    log.critical("%s has not ended for %.0f minutes: the worker ends, and is started anew", " and ".join(hanging), LONGEST_S / 60)
    faulthandler.dump_traceback()
    os._exit(1)


def main() -> None:
    """Run until SIGTERM or SIGINT; jobs that are under way are finished first."""
    os.umask(PRIVATE)
    made = settings()
    logging.basicConfig(level=made.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    engine.configure(made.records_url)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    running = lanes(made)
    for lane in running:
        lane.start()
    log.info("the worker runs")
    own = heart.Heart(made.home / heart.PROCESSES)
    while not end.wait(heart.BEAT_S):
        own.beat()
        if hanging := [job.name for lane in running if (job := lane.hangs())]:
            _give_up(hanging)
    for lane in running:
        lane.end()
    for lane in running:
        lane.join()
    log.info("the worker has ended")
