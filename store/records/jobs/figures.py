"""How the queues of jobs are, and how the jobs of each kind ended lately: for those who look on."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from store.records.access.policy import Action, require
from store.records.schema import Job
from store.records.schema.columns import now
from store.records.transaction.engine import reading
from store.scope import Scope

MOST_ENDED = 10_000


class Waiting(NamedTuple):
    """How a queue is: jobs that are due and wait, for how long the first of them has, and those that run."""

    queue: str
    due: int
    waits_s: float
    running: int


class Ended(NamedTuple):
    """How the jobs of a kind ended lately: how many well, how many not, and how long those that ended well took (s)."""

    kind: str
    done: int
    failed: int
    mean_s: float
    longest_s: float


def queues(scope: Scope, *, at: datetime | None = None) -> list[Waiting]:
    """How each queue is that has anything in it.

    Raises:
        Refused: not one of Loadstar's own processes, nor a platform administrator.
    """
    require(scope, Action.RUN)
    at = at or now()
    waits = (Job.state == "queued") & (Job.not_before <= at)
    runs = Job.state == "running"
    asked = (
        select(Job.queue, func.count().filter(waits), func.min(Job.not_before).filter(waits), func.count().filter(runs))
        .where(Job.state.in_(("queued", "running")))
        .group_by(Job.queue)
        .order_by(Job.queue)
    )
    with reading() as records:
        rows = records.execute(asked).all()
    return [
        Waiting(queue, due, max(0.0, (at - first).total_seconds()) if first else 0.0, running)
        for queue, due, first, running in rows
    ]


def ended(scope: Scope, since: datetime) -> list[Ended]:
    """How the jobs of each kind ended since a moment, the newest ten thousand of them.

    Raises:
        Refused: not one of Loadstar's own processes, nor a platform administrator.
    """
    require(scope, Action.RUN)
    asked = select(Job.kind, Job.state, Job.started_at, Job.ended_at).where(
        Job.ended_at >= since, Job.state.in_(("done", "failed"))
    )
    with reading() as records:
        rows = records.execute(asked.order_by(Job.ended_at.desc()).limit(MOST_ENDED)).all()
    lasted: dict[str, list[float]] = {}
    failed: Counter[str] = Counter()
    for kind, state, started, over in rows:
        times = lasted.setdefault(kind, [])
        if state == "failed":
            failed[kind] += 1
        elif started is not None and over is not None:
            times.append((over - started).total_seconds())
    return [
        Ended(kind, len(times), failed[kind], sum(times) / len(times) if times else 0.0, max(times, default=0.0))
        for kind, times in sorted(lasted.items())
    ]
