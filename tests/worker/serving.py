"""`python -m tests.worker.serving ROLE`: a worker for the tests, which does their tasks and looks after its like."""

import signal
import sys
import threading
from datetime import timedelta
from unittest.mock import patch

from config.settings import settings
from ingest.lease import TURN_S, Lease
from store.records.jobs import kinds
from store.records.jobs.kinds import Queue
from store.records.transaction import engine
from tests.worker import kinds as ours
from tests.worker import work
from worker import hearts, main
from worker.hearts import Hearts
from worker.pool import Pool, PoolLane
from worker.schedule import Duty, Lane
from worker.task import all_tasks

STILL_S = 8.0
AGAIN = timedelta(seconds=5)


def serve(*running: Lane | Pool) -> None:
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    for each in running:
        each.start()
    end.wait()
    for each in running:
        each.end()
        each.join()


def looking() -> Lane:
    return Lane("hearts", [Duty("looking after workers", 0.5, Hearts().look)])


def embedded() -> None:
    """Claims jobs itself."""
    serve(looking(), Pool(settings(), all_tasks(work), [PoolLane((each,), 2) for each in (Queue.REPORT, Queue.CONTROL)]))


def clock() -> None:
    """Tells of jobs by Redis."""
    from worker import broker

    broker.AGAIN = AGAIN
    lease = Lease()
    keeping = Lane("clock", [Duty("keeping the clock", TURN_S / 4, lease.turn)])
    serve(looking(), keeping, *main.engine_of(settings(), all_tasks(work), lease))


def consumer() -> None:
    """Is told of jobs by Redis."""
    from worker import consumer

    with patch.object(consumer, "all_tasks", lambda: all_tasks(work)):
        consumer.main([Queue.REPORT.value, Queue.CONTROL.value, "--at-once", "2"])


if __name__ == "__main__":
    kinds.KINDS.update(ours.ALL)
    hearts.STILL_S = STILL_S
    engine.configure(settings().records_url)
    {"embedded": embedded, "clock": clock, "consumer": consumer}[sys.argv[1]]()
