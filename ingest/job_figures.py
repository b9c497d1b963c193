"""How the jobs are, for Prometheus: this is the one place of a Loadstar that is asked, and whoever does jobs serves nothing."""

import threading
import time
from datetime import timedelta

from config import clock
from store.errors import StoreError
from store.records.jobs import figures, lease
from store.scope import SYSTEM

LATELY = timedelta(hours=1)
LASTS_S = 5.0  # however often somebody asks

_lock = threading.Lock()
_told: tuple[float, bytes] | None = None


def text() -> bytes:
    """The figures of the last seconds, in Prometheus' text format; only that they cannot be had while the records are away."""
    global _told
    with _lock:
        if _told is None or time.monotonic() - _told[0] > LASTS_S:
            _told = time.monotonic(), _asked()
        return _told[1]


def _asked() -> bytes:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"loadstar_{name}", says, labels, registry=registry)

    up = gauge("jobs_up", "1 when the records tell how the jobs are")
    try:
        queues, ended, clock_kept = (
            figures.queues(SYSTEM),
            figures.ended(SYSTEM, clock.now() - LATELY),
            lease.held(SYSTEM, lease.CLOCK),
        )
    except StoreError:
        up.set(0)
        return generate_latest(registry)
    up.set(1)
    waiting = gauge("jobs_waiting", "Jobs that are due and that nobody has begun", "queue")
    waits = gauge("jobs_wait_seconds", "For how long the first of them has waited", "queue")
    running = gauge("jobs_running", "Jobs that are under way", "queue")
    for each in queues:
        waiting.labels(each.queue).set(each.due)
        waits.labels(each.queue).set(each.waits_s)
        running.labels(each.queue).set(each.running)
    done = gauge("jobs_done_lately", "Jobs that ended well within the hour", "kind")
    failed = gauge("jobs_failed_lately", "Jobs that failed within the hour", "kind")
    mean = gauge("jobs_seconds_lately", "How long those took that ended well, in the mean", "kind")
    for kind in ended:
        done.labels(kind.kind).set(kind.done)
        failed.labels(kind.kind).set(kind.failed)
        mean.labels(kind.kind).set(kind.mean_s)
    turns = gauge("clock_turns", "Counts on while a worker keeps the clock")
    turns.set(clock_kept.turn if clock_kept else 0)
    return generate_latest(registry)
