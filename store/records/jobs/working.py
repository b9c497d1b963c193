"""What workers do with jobs: claim one, keep its heart beating, say how far it is, and what became of it.

Claiming is one statement, which many claimers may run at once: each job is one worker's. Every attempt has a claim of its
own, and each word on it is written only as long as that claim holds: a worker that was believed dead, or whose job was
called off, finds out by that. How long a heart has stood still is judged by whoever looks on, by their own steady clock
(`hearts`, `give_back`): no two machines' clocks are compared.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from store.errors import StoreAway
from store.records.access.policy import Action, require, scope_of
from store.records.jobs.kinds import (
    BY_THE_CLOCK,
    LONGEST_MESSAGE,
    LONGEST_RESULT,
    Kind,
    Problem,
    checked,
    kind_of,
    plain_scope,
    scope_from,
)
from store.records.schema import Job, User
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.scope import SYSTEM, Scope

PAUSE = timedelta(seconds=5)  # before the second attempt, and doubled before each further one
LONGEST_PAUSE = timedelta(minutes=10)
_AS_IT_IS = {"synchronize_session": False}


class Heart(NamedTuple):
    """The last heartbeat of an attempt, and whose it is."""

    beaten: datetime
    worker: str


def claim(
    scope: Scope,
    worker: str,
    queues: Collection[str],
    kinds: Collection[str],
    *,
    job_id: str | None = None,
    at: datetime | None = None,
) -> Job | None:
    """Take the job of these queues and kinds that has been due for longest, or the one of that id; none when nothing is due.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    at = at or now()
    due = [Job.state == "queued", Job.queue.in_(queues), Job.kind.in_(kinds), Job.not_before <= at]
    if job_id is not None:
        due.append(Job.id == job_id)
    first = select(Job.id).where(*due).order_by(Job.not_before, Job.created_at, Job.id).limit(1)
    with reading() as records:  # most looks find nothing, and need not wait for whoever writes
        if records.scalar(first) is None:
            return None
    taken = (
        update(Job)
        .where(Job.id == first.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            state="running",
            claim=secrets.token_hex(12),
            worker=worker,
            attempts=Job.attempts + 1,
            progress=0.0,
            message=None,
            problem=None,
            started_at=at,
            heartbeat_at=at,
        )
        .returning(Job)
    )
    with session() as records:
        return records.scalars(taken, execution_options=_AS_IT_IS | {"populate_existing": True}).one_or_none()


def scope_for(scope: Scope, job: Job) -> Scope | None:
    """What the job may see now: what its asker saw then and still sees; None when they may see nothing any more.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    if job.user_id is None:
        return SYSTEM
    today = scope_of(job.user_id)
    return scope_from(job.scope).narrowed(today) if today.user_id == job.user_id else None


def beat(scope: Scope, claims: Collection[str], *, at: datetime | None = None) -> set[str]:
    """Note that these attempts go on; which of them still may: not called off, not given to another, their asker still there.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    if not claims:
        return set()
    approved = select(User.id).where(User.id == Job.user_id, User.approval == "approved").exists()
    mine = Job.claim.in_(claims) & (Job.state == "running") & or_(Job.user_id.is_(None), approved)
    with session() as records:
        still = update(Job).where(mine).values(heartbeat_at=at or now()).returning(Job.claim)
        return {each for each in records.scalars(still, execution_options=_AS_IT_IS) if each is not None}


def advance(scope: Scope, claim: str, progress: float, message: Mapping[str, Any] | None) -> None:
    """Say how far an attempt is, from 0 to 1, and what is being done; what is said in too many words is left out.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    told = dict(message) if message and len(msgspec.json.encode(message)) <= LONGEST_MESSAGE else None
    with session() as records:
        _write(records, claim, progress=min(1.0, max(0.0, progress)), message=told)


def finish(scope: Scope, claim: str, result: Any, *, at: datetime | None = None) -> bool:
    """An attempt has succeeded, with a result as JSON; False when it was no longer wanted.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    if len(msgspec.json.encode(result)) > LONGEST_RESULT:
        return fail(scope, claim, Problem.TOO_LARGE, at=at)
    with session() as records:
        return _write(records, claim, state="done", progress=1.0, result=result, ended_at=at or now())


def fail(scope: Scope, claim: str, problem: Problem, *, at: datetime | None = None) -> bool:
    """An attempt has failed, and another would fail too; False when it was no longer wanted.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        return _write(records, claim, state="failed", problem=problem.value, ended_at=at or now())


def try_again(scope: Scope, claim: str, problem: Problem, *, at: datetime | None = None) -> bool:
    """An attempt came to nothing: it is queued again after a pause, or has failed if its kind or its attempts forbid another.

    Whether it is queued again. Raises `Refused`: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        job = records.scalars(select(Job).where(Job.claim == claim, Job.state == "running").with_for_update()).one_or_none()
        return job is not None and _return(records, job, problem, at or now())


def hand_back(scope: Scope, claim: str, *, at: datetime | None = None) -> bool:
    """A worker that is told to end gives an attempt back; it does not count. Whether it is queued again.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        jobs = records.scalars(select(Job).where(Job.claim == claim, Job.state == "running").with_for_update()).one_or_none()
        if jobs is None:
            return False
        if not _is_repeatable(kind_of(jobs.kind)):
            _write(records, claim, state="failed", problem=Problem.INTERRUPTED.value, ended_at=at or now())
            return False
        return _write(records, claim, **_queued(jobs.attempts - 1, at or now()))


def hearts(scope: Scope) -> dict[str, Heart]:
    """The heart of every attempt that is under way, by its claim.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        rows = records.execute(select(Job.claim, Job.heartbeat_at, Job.worker).where(Job.state == "running")).all()
    return {claim: Heart(beaten, worker or "") for claim, beaten, worker in rows if claim is not None and beaten is not None}


def give_back(scope: Scope, stopped: Mapping[str, Heart], *, at: datetime | None = None) -> int:
    """Take these attempts from workers whose hearts have stopped, unless one has beaten since that moment; how many it were.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    taken = 0
    with session() as records:
        for claim, heart in stopped.items():
            its = (Job.claim == claim, Job.state == "running", Job.heartbeat_at == heart.beaten)
            jobs = records.scalars(select(Job).where(*its).with_for_update(skip_locked=True)).one_or_none()
            if jobs is not None:
                taken += 1
                _return(records, jobs, Problem.ENDED, at or now())
    return taken


def due(
    scope: Scope, kind: Kind, every: timedelta, *, only_if: Callable[[], bool] | None = None, at: datetime | None = None
) -> Job | None:
    """Ask for work whose time has come by the clock: every so often, and never two of it at once. None when it has not come.

    With `only_if`, which is asked when its time has come, only if there is anything to do.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    at = at or now()
    # Of a clock that was ahead nothing is left: what was asked for later than now does not count.
    lately = (Job.kind == kind.name, Job.created_at > at - every, Job.created_at <= at)
    unfinished = (Job.kind == kind.name, Job.state.in_(("queued", "running")))
    early = select(Job.id).where(or_(_all(lately), _all(unfinished))).limit(1)
    if only_if is not None:
        with reading() as records:
            if records.scalar(early) is not None:
                return None
        try:
            if not only_if():
                return None
        except StoreAway:  # it could not be done either
            return None
    with session() as records:
        if records.scalar(early) is not None:
            return None
        job = Job(
            kind=kind.name,
            queue=kind.queue.value,
            scope=plain_scope(SYSTEM),
            arguments=checked(kind, kind.arguments()),
            once_key=BY_THE_CLOCK,
            created_at=at,
            not_before=at,
        )
        records.add(job)
    return job


def unsent(scope: Scope, kinds: Collection[str], before: datetime, limit: int, *, at: datetime | None = None) -> list[Job]:
    """Jobs that are due and of which a broker was not told, or before that moment, and which nobody has begun since.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    due = (Job.state == "queued", Job.kind.in_(kinds), Job.not_before <= (at or now()))
    waiting = select(Job).where(*due, or_(Job.sent_at.is_(None), Job.sent_at <= before))
    with reading() as records:
        return list(records.scalars(waiting.order_by(Job.not_before, Job.created_at, Job.id).limit(limit)))


def was_sent(scope: Scope, job_ids: Collection[str], *, at: datetime | None = None) -> None:
    """A broker is told of these jobs.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    _set_sent(scope, job_ids, at or now())


def was_not_sent(scope: Scope, job_ids: Collection[str]) -> None:
    """A broker could not be told of these jobs.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    _set_sent(scope, job_ids, None)


def _set_sent(scope: Scope, job_ids: Collection[str], at: datetime | None) -> None:
    require(scope, Action.RUN)
    with session() as records:
        records.execute(update(Job).where(Job.id.in_(job_ids)).values(sent_at=at), execution_options=_AS_IT_IS)


def forget(scope: Scope, before: datetime) -> int:
    """Delete the jobs that ended before a moment; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        return len(records.scalars(delete(Job).where(Job.ended_at < before).returning(Job.id), execution_options=_AS_IT_IS).all())


def _return(records: Session, job: Job, problem: Problem, at: datetime) -> bool:
    kind = kind_of(job.kind)
    assert job.claim is not None  # noqa: S101  # it runs
    if not _is_repeatable(kind):
        final = Problem.INTERRUPTED if problem is Problem.ENDED else problem
        _write(records, job.claim, state="failed", problem=final.value, ended_at=at)
        return False
    if kind is not None and job.attempts >= kind.most_attempts:
        _write(records, job.claim, state="failed", problem=problem.value, ended_at=at)
        return False
    pause = min(LONGEST_PAUSE, PAUSE * 2 ** max(0, job.attempts - 1))
    return _write(records, job.claim, **_queued(job.attempts, at + pause), problem=problem.value)


def _is_repeatable(kind: Kind | None) -> bool:
    return kind is not None and kind.repeatable


def _queued(attempts: int, not_before: datetime) -> dict[str, Any]:
    return {
        "state": "queued",
        "attempts": attempts,
        "not_before": not_before,
        "claim": None,
        "worker": None,
        "heartbeat_at": None,
        "started_at": None,
        "sent_at": None,
        "progress": 0.0,
        "message": None,
    }


def _write(records: Session, claim: str, /, **values: Any) -> bool:
    """Whether the claim still held."""
    mine: Update = update(Job).where(Job.claim == claim, Job.state == "running").values(**values)
    return records.execute(mine.returning(Job.id), execution_options=_AS_IT_IS).first() is not None


def _all(conditions: Collection[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = conditions
    for each in others:
        first &= each
    return first
