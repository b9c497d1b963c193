"""The worker: the clock's duties, and jobs that take long. A store that is away, or full, only delays them."""

import faulthandler
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import NoReturn

from config import clock, heart
from config.settings import PRIVATE, Settings, settings
from ingest import lease
from ingest.lease import Lease
from store.errors import StoreError, StoreFull
from store.records.jobs import asking, working
from store.records.jobs.kinds import PULL, OfSource
from store.records.plant import pull_turns
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import health, retention, rollup
from worker import mail, pool, room, scheduled_reports
from worker.hearts import Hearts
from worker.pool import Pool
from worker.schedule import Duty, Lane
from worker.task import Task, all_tasks

log = logging.getLogger("loadstar.worker")

ROLLUP_S = 20  # late samples and closed quarters are in the intervals within this and the time a rollup takes
RETENTION_S = 600
MAIL_S = 5
ROOM_S = 5
RESUME_S = 30
HEARTS_S = 2
DUE_S = 10
NEWS_S = 0.25


def lanes(made: Settings, tasks: Mapping[str, Task], ours: Lease) -> list[Lane]:
    """All that is done by the clock, by what may wait for what.

    Of several workers by the one that keeps the clock, but for what concerns its own disk.
    """
    hearts = Hearts()

    def duty(name: str, every_s: float, work: Callable[[], object]) -> Duty:
        return Duty(name, every_s, lambda: work() if ours.is_ours else None)

    return [
        # Two rollups would do the same work twice.
        Lane("series", [duty("the rollup", ROLLUP_S, partial(with_room, made, lambda: rollup.catch_up(SYSTEM)))]),
        Lane(
            "upkeep",
            [
                Duty("keeping room", ROOM_S, partial(room.keep_reserve, made)),
                Duty("watching disks", ROOM_S, room.Watch(made).look),
                duty("resuming tables", RESUME_S, partial(room.resume, made)),
                duty("dropping what is old", RETENTION_S, partial(drop_old, made)),
            ],
        ),
        # What may wait for somebody else's server.
        Lane("mail", [duty("the mail", MAIL_S, partial(mail.send_due, made))]),
        Lane(
            "clock",
            [
                Duty("keeping the clock", lease.TURN_S, ours.turn),
                duty("looking after workers", HEARTS_S, hearts.look),
                duty("asking for what is due", DUE_S, partial(ask_for_due, tasks)),
                duty("asking for what is to be pulled", DUE_S, ask_for_pulls),
                duty("asking for reports", DUE_S, partial(scheduled_reports.ask, SYSTEM)),
            ],
        ),
    ]


def engine_of(made: Settings, tasks: Mapping[str, Task], ours: Lease, *, alone: bool = False) -> list[Lane | Pool]:
    """What has jobs done: this worker itself, when it is `alone`, or in production whoever Redis carries the news of them to."""
    if alone or made.redis_url is None:
        return [Pool(made, tasks, pool.lanes(made))]
    from worker import broker  # whose libraries are there in production only

    redis = broker.broker(made)
    news = Duty("telling of jobs", NEWS_S, lambda: broker.tell(redis, tasks) if ours.is_ours else None)
    return [Lane("news", [news])]


def ask_for_due(tasks: Mapping[str, Task]) -> None:
    """Ask for the jobs that are done by the clock."""
    for each in tasks.values():
        if each.every is not None:
            working.due(SYSTEM, each.kind, each.every, only_if=partial(each.only_if, SYSTEM) if each.only_if else None)


def ask_for_pulls() -> None:
    """Ask for a job for each source whose turn has come; one that is under way is not asked twice."""
    for source_id in pull_turns.due(SYSTEM, clock.now()):
        asking.ask(SYSTEM, PULL, OfSource(source_id), once_key=source_id)


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


def _give_up(hanging: list[str]) -> NoReturn:
    """End at once, for whoever watches over this process to start another: a thread that hangs cannot be ended."""
    log.critical("%s has not ended for too long: the worker ends, and is started anew", " and ".join(hanging))
    faulthandler.dump_traceback()
    os._exit(1)


def main(*, alone: bool = False) -> None:
    """Run until SIGTERM or SIGINT; duties that are under way are finished first, and jobs handed back."""
    os.umask(PRIVATE)
    made = settings()
    logging.basicConfig(level=made.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    engine.configure(made.records_url)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    tasks, ours = all_tasks(), Lease()
    Duty("keeping the clock", lease.TURN_S, ours.turn)()  # before the first turn of what is done by whoever keeps it
    running: list[Lane | Pool] = [*lanes(made, tasks, ours), *engine_of(made, tasks, ours, alone=alone)]
    for each in running:
        each.start()
    log.info("the worker runs")
    signs = heart.Heart(made.run / heart.PROCESSES), heart.Heart(made.run / heart.WORKERS)
    while not end.wait(heart.BEAT_S):
        for sign in signs:
            sign.beat()
        if hanging := [name for each in running if (name := each.hangs())]:
            _give_up(hanging)
    for each in running:
        each.end()
    for each in running:
        each.join()
    for sign in signs:
        sign.stop()
    try:
        ours.let_go()
    except StoreError as why:
        log.warning("the clock could not be left to another worker: %s", why)
    log.info("the worker has ended")
