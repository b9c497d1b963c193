"""`python -m tests.worker.serving`: a worker for the tests, which does their tasks and looks after its like."""

import signal
import threading

from config.settings import settings
from store.records.jobs import kinds
from store.records.jobs.kinds import Queue
from store.records.transaction import engine
from tests.worker import kinds as ours
from tests.worker import work
from worker import hearts
from worker.hearts import Hearts
from worker.pool import Pool, PoolLane
from worker.schedule import Duty, Lane
from worker.task import all_tasks


def main() -> None:
    kinds.KINDS.update(ours.ALL)
    hearts.STILL_S = 8.0
    engine.configure(settings().records_url)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    pool = Pool(settings(), all_tasks(work), [PoolLane((each,), 2) for each in (Queue.REPORT, Queue.CONTROL)])
    looking = Lane("hearts", [Duty("looking after workers", 0.5, Hearts().look)])
    for each in (pool, looking):
        each.start()
    end.wait()
    for each in (pool, looking):
        each.end()
        each.join()


if __name__ == "__main__":
    main()
