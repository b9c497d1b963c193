"""Asking for work that takes long, and asking after it: a person sees and cancels their own, a platform administrator all."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.language import _
from store.errors import NotFound, Refused
from store.ids import new_id
from store.records.access import audit
from store.records.access.policy import holder
from store.records.jobs.kinds import KINDS, Kind, TooMany, checked, kind_of, plain_scope
from store.records.schema import Job, listing
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction import trail
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

HOUR = timedelta(hours=1)
UNFINISHED = Job.state.in_(("queued", "running"))
FINISHED = ("done", "failed", "cancelled")
_SORTS: dict[str, listing.Column] = {
    "created_at": Job.created_at,
    "kind": Job.kind,
    "queue": Job.queue,
    "state": Job.state,
    "ended_at": Job.ended_at,
}


def ask(
    scope: Scope,
    kind: Kind,
    arguments: object,
    *,
    once_key: str | None = None,
    not_before: datetime | None = None,
    job_id: str | None = None,
) -> Job:
    """Ask for work, in the transaction that it follows from; a worker does it later.

    Args:
        scope: whose; the work sees what it sees, as far as its holder still may when it runs.
        kind: what is to be done.
        arguments: what it is told, as `kind.arguments` or the same as JSON.
        once_key: asked for again by the same person with this key while it is unfinished, it is the same job.
        not_before: begun then at the earliest, now by default.
        job_id: one that was made by `store.ids` before, for whoever had to know it.

    Raises:
        Refused: the arguments are not what the kind is told; or whoever asks only looks, and it does more than that.
        TooMany: as much of it waits as may.
        NotFound: nobody asks.
    """
    if scope.user_id is None and not scope.everything:
        raise NotFound("nobody is signed in")
    if KINDS.get(kind.name) is not kind:
        raise Refused(_("no work is called %(kind)s", kind=kind.name))
    plain = checked(kind, arguments)
    if once_key is not None and scope.user_id is not None:
        once_key = f"{scope.user_id} {once_key}"
    job = Job(
        id=job_id or new_id("job"),
        kind=kind.name,
        queue=kind.queue.value,
        user_id=scope.user_id,
        scope=plain_scope(scope),
        arguments=plain,
        once_key=once_key,
        not_before=not_before or now(),
    )
    with _acting(kind), session() as records:
        if once_key is not None and (same := _unfinished(records, kind, once_key)):
            return same
        _require_room(records, scope, kind)
        try:
            with records.begin_nested():
                records.add(job)
                records.flush()
        except IntegrityError:  # somebody asked for the same at the same moment
            if once_key is None or (same := _unfinished(records, kind, once_key)) is None:
                raise
            return same
    return job


def job(scope: Scope, job_id: str) -> Job:
    """One job.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with reading() as records:
        return _theirs(scope, records.get(Job, job_id), job_id)


def jobs(scope: Scope, wanted: Wanted, *, state: str | None = None, queue: str | None = None) -> Page[Job]:
    """A page of the jobs that the holder may see, for a table.

    Raises:
        Refused: no such column.
    """
    query = select(Job).where(_seen_by(scope))
    if state is not None:
        query = query.where(Job.state == state)
    if queue is not None:
        query = query.where(Job.queue == queue)
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=(Job.kind, Job.id), sorts=_SORTS, key=Job.id)
    return Page([row[0] for row in rows], total)


def own_jobs(scope: Scope) -> Sequence[Job]:
    """All that the holder has asked for and that is still known, the newest first.

    Raises:
        NotFound: nobody is signed in.
    """
    with reading() as records:
        return records.scalars(select(Job).where(Job.user_id == holder(scope)).order_by(Job.created_at.desc(), Job.id)).all()


def cancel(scope: Scope, job_id: str) -> bool:
    """Call a job off; one that runs is ended by its worker within a second or two. Whether there was anything to call off.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Refused: whoever asks only looks, and it does more than that.
    """
    kind = kind_of(job(scope, job_id).kind)
    with _acting(kind), session() as records:
        off = update(Job).where(Job.id == job_id, UNFINISHED).values(state="cancelled", ended_at=now())
        found = records.execute(off.returning(Job.user_id), execution_options={"synchronize_session": False}).first()
        if found is not None and found[0] != scope.user_id:
            audit.note("cancelled", subject_kind="jobs", subject_id=job_id)
    return found is not None


def again(scope: Scope, job_id: str) -> Job:
    """Ask anew for a job that has ended: with what its asker was told to see then, and the same arguments.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Refused: it has not ended, or this Loadstar does not know such work.
        TooMany: as much of it waits as may.
    """
    before = job(scope, job_id)
    kind = kind_of(before.kind)
    if kind is None:
        raise Refused(_("this Loadstar knows no work called %(kind)s", kind=before.kind))
    if before.state not in FINISHED:
        raise Refused(_("this job has not ended: cancel it first"))
    values = {name: getattr(before, name) for name in ("kind", "queue", "user_id", "scope", "arguments", "once_key")}
    with _acting(kind), session() as records:
        if before.once_key is not None and (same := _unfinished(records, kind, before.once_key)):
            return same
        _require_room(records, scope, kind)
        renewed = Job(id=new_id("job"), **values)
        records.add(renewed)
        if before.user_id != scope.user_id:
            audit.note("run_again", subject_kind="jobs", subject_id=renewed.id, told={"of": job_id})
    return renewed


def _acting(kind: Kind | None) -> AbstractContextManager[None]:
    """What only reads changes nothing for anybody: whoever only looks may ask for it too."""
    if kind is None or not kind.only_reads:
        return nullcontext()
    who = trail.who_acts()
    return trail.acting(who.actor, who.address, who.behalf)


def _unfinished(records: Session, kind: Kind, once_key: str) -> Job | None:
    return records.scalars(select(Job).where(Job.kind == kind.name, Job.once_key == once_key, UNFINISHED)).one_or_none()


def _require_room(records: Session, scope: Scope, kind: Kind) -> None:
    waiting = select(func.count()).select_from(Job).where(Job.kind == kind.name, UNFINISHED)
    if (records.scalar(waiting) or 0) >= kind.most_waiting:
        raise TooMany(_("as much of this is waiting as may: try again in a minute"))
    if scope.user_id is None:
        return
    if (records.scalar(waiting.where(Job.user_id == scope.user_id)) or 0) >= kind.most_each:
        raise TooMany(_("you have asked for as much of this as may be at a time: wait until some of it is done"))
    lately = (Job.kind == kind.name, Job.user_id == scope.user_id, Job.created_at > now() - HOUR)
    if (records.scalar(select(func.count()).select_from(Job).where(*lately)) or 0) >= kind.most_hourly:
        raise TooMany(_("you have asked for as much of this as may be within an hour: try again later"))


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    return Job.user_id == scope.user_id if scope.user_id is not None else false()


def _theirs(scope: Scope, job: Job | None, job_id: str) -> Job:
    if job is None or not (scope.everything or (scope.user_id is not None and job.user_id == scope.user_id)):
        raise missing(Job, job_id)
    return job
