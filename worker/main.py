"""The worker: the clock's duties, and jobs that take long. A store that is away, or full, only delays them."""

import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NoReturn

from config import heart
from config.settings import PRIVATE, Settings, settings
from store.errors import StoreError, StoreFull
from store.records.jobs import working
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import health, retention, rollup
from worker import lease, mail, pool, room
from worker.hearts import Hearts
from worker.lease import Lease
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
HUNG_S = 120.0  # without a turn of the jobs, whose longest wait is for the records


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
            ],
        ),
    ]


def ask_for_due(tasks: Mapping[str, Task]) -> None:
    """Ask for the jobs that are done by the clock."""
    for each in tasks.values():
        if each.every is not None:
            working.due(SYSTEM, each.kind, each.every)


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


def _hanging(running: list[Lane], jobs: Pool) -> list[str]:
    found = [duty.name for lane in running if (duty := lane.hangs())]
    return [*found, "a turn of the jobs"] if time.monotonic() - jobs.turned > HUNG_S else found


def main() -> None:
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
    jobs, running = Pool(made, tasks, pool.lanes(made)), lanes(made, tasks, ours)
    everything: list[Lane | Pool] = [*running, jobs]
    for each in everything:
        each.start()
    log.info("the worker runs")
    own = heart.Heart(made.home / heart.PROCESSES)
    while not end.wait(heart.BEAT_S):
        own.beat()
        if hanging := _hanging(running, jobs):
            _give_up(hanging)
    for each in everything:
        each.end()
    for each in everything:
        each.join()
    try:
        ours.let_go()
    except StoreError as why:
        log.warning("the clock could not be left to another worker: %s", why)
    log.info("the worker has ended")
