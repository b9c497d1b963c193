"""Reports that were made, and those that are made by the clock."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import QUIET, Record, identity, now, one_of


class ReportSchedule(Record):
    """A report of the week or month that has ended, made at each site's own hour and sent to each recipient in their own scope.

    `subjects` are ids of nodes and meters, none for the whole site; `parts` are what is shown of it.
    """

    __tablename__ = "report_schedules"
    __table_args__ = (one_of("kind", "week", "month"),)

    id: Mapped[str] = identity("rsc")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)  # who asked for it
    name: Mapped[str]  # what it is of, in words
    kind: Mapped[str]
    subjects: Mapped[list[Any]] = mapped_column(JSON, default=list)
    parts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    next_at: Mapped[datetime] = mapped_column(index=True, info=QUIET)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ReportRecipient(Record):
    """Who gets the reports of a schedule by mail."""

    __tablename__ = "report_recipients"

    schedule_id: Mapped[str] = mapped_column(ForeignKey("report_schedules.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


class Report(Record):
    """A report as it was made for somebody: its numbers as they were then (`insight.reports.numbers`), in no language.

    `seen` is what it was made from; whoever sees all of that may open it.
    """

    __tablename__ = "reports"
    __table_args__ = (
        one_of("kind", "week", "month", "quarter", "year", "custom"),
        CheckConstraint("last_day >= first_day", name="days"),
    )

    id: Mapped[str] = identity("rep")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    schedule_id: Mapped[str | None] = mapped_column(ForeignKey("report_schedules.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]  # what it is of, in words
    kind: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    numbers: Mapped[dict[str, Any]]
    seen: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=now, index=True)
