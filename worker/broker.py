"""The production engine: Celery on Redis carries the news of a job, its id and nothing else, to the workers of its queue.

The row stays the truth. Whoever gets an id claims the row, or finds that another has; a message that was lost is sent again,
because its row still waits. Celery and Redis are dependencies of production only: nothing else imports this module.
"""

from collections.abc import Collection
from datetime import timedelta

from celery import Celery
from kombu.exceptions import OperationalError

from config import clock
from config.settings import Settings
from store.errors import StoreAway
from store.records.jobs import working
from store.records.jobs.kinds import Queue
from store.scope import SYSTEM

NEWS = "loadstar.job"  # the one message there is
AGAIN = timedelta(seconds=60)  # after which a job that still waits is told of again
AT_ONCE = 200
TIMEOUT_S = 5.0


def queue_of(queue: Queue | str) -> str:
    """The name of a queue in Redis, which others may share."""
    return f"loadstar.{queue}"


def broker(settings: Settings) -> Celery:
    """The connection to Redis; nothing is asked of it before it is needed.

    Raises:
        ValueError: no Redis is named.
    """
    if settings.redis_url is None:
        raise ValueError("LOADSTAR_REDIS_URL is missing: it names the Redis that carries jobs to their workers")
    made = Celery("loadstar", broker=settings.redis_url, backend=None, set_as_current=False)
    made.conf.update(
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "health_check_interval": 10},
        task_ignore_result=True,
        task_serializer="json",
        worker_enable_remote_control=False,  # whoever writes to Redis gives our workers no orders
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,  # a job that one worker has no place for is another's
        worker_send_task_events=False,
    )
    return made


def tell(made: Celery, kinds: Collection[str]) -> int:
    """Tell of the jobs that are due and of which nobody was told, or too long ago; how many.

    Raises:
        StoreAway: Redis, or the records, cannot be reached.
        StoreFull: the records have no room.
    """
    waiting = working.unsent(SYSTEM, kinds, clock.now() - AGAIN, AT_ONCE)
    if not waiting:
        return 0
    told = [job.id for job in waiting]
    working.was_sent(SYSTEM, told)  # first: while this cannot be written, Redis would be told of the same four times a second
    try:
        with made.producer_or_acquire() as producer:
            for job in waiting:
                made.send_task(NEWS, [job.id], queue=queue_of(job.queue), producer=producer, retry=False)
    except OperationalError as why:
        working.was_not_sent(SYSTEM, told)
        raise StoreAway(f"Redis cannot be reached: {why}") from why
    return len(told)
