"""`python -m worker.consumer QUEUE …`: a worker of some queues in production, of which there may be as many as one likes.

Celery hands it the ids of jobs, as many at a time as it has places; the pool claims and does them as it does embedded.
"""

import logging
import os
import threading

import click
from celery.signals import worker_ready, worker_shutting_down

from config import heart
from config.settings import PRIVATE, settings
from store.records.jobs.kinds import Queue
from store.records.transaction import engine
from worker import broker
from worker.pool import Pool, PoolLane
from worker.task import all_tasks

log = logging.getLogger("loadstar.worker")


@click.command()
@click.argument("queues", nargs=-1, required=True, type=click.Choice([each.value for each in Queue]))
@click.option("--at-once", default=1, show_default=True, type=click.IntRange(1, 64), help="How many jobs it does at a time.")
def main(queues: tuple[str, ...], at_once: int) -> None:
    """Do the jobs of these queues until it is told to end."""
    os.umask(PRIVATE)
    made = settings()
    logging.basicConfig(level=made.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    engine.configure(made.records_url)
    sign, is_ready = heart.Heart(made.run / heart.WORKERS), threading.Event()

    def beat() -> None:
        if is_ready.is_set():
            sign.beat()

    pool = Pool(made, all_tasks(), [PoolLane([Queue(each) for each in queues], at_once)], looks=False, beat=beat)
    redis = broker.broker(made)

    @redis.task(name=broker.NEWS)  # type: ignore[untyped-decorator]  # its library declares no types
    def do(job_id: str) -> None:
        pool.do(job_id)

    def ready(**_signal: object) -> None:
        is_ready.set()

    def stop(**_signal: object) -> None:
        pool.end()  # while Celery waits for what is under way, which is handed back by that

    worker_ready.connect(ready)
    worker_shutting_down.connect(stop)
    pool.start()
    names = ",".join(map(broker.queue_of, queues))
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    try:
        redis.worker_main(["--quiet", "worker", "-Q", names, "-P", "threads", "-c", str(at_once), "-l", "WARNING", *quiet])
    finally:
        pool.end()
        pool.join()
        sign.stop()
        log.info("the worker of %s has ended", ", ".join(queues))


if __name__ == "__main__":
    main()
