"""Work that takes long: what is asked for, by whom, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, now, one_of, unique_while

UNFINISHED = "state IN ('queued', 'running')"


class Job(Record):
    """One piece of work. The row is the truth: whoever does it asks here whether it is still theirs, and wanted.

    `claim` is a new secret of every attempt: whoever lost it can write nothing more. `message` is what is being done,
    for the screen to put into words; `problem` is one of `store.records.jobs.kinds.Problem`.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", "queued", "running", "done", "failed", "cancelled"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress"),
        Index("ix_jobs_due", "state", "queue", "not_before"),
        unique_while(UNFINISHED, "uq_jobs_once", "kind", "once_key"),
    )

    id: Mapped[str] = identity("job")
    kind: Mapped[str]
    queue: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)  # none: Loadstar's own
    scope: Mapped[dict[str, Any]]  # what was seen by whoever asked, when they did
    arguments: Mapped[dict[str, Any]]
    once_key: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="queued")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    problem: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    heartbeat_at: Mapped[datetime | None]
    worker: Mapped[str | None]  # the machine's name and the process id
    claim: Mapped[str | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]  # when a broker, where there is one, was last told of it


class Lease(Record):
    """What one process of all does at a time. The holder turns its number; one that nobody turns is free to be taken."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    turn: Mapped[int] = mapped_column(default=0)
