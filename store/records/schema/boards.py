"""What people put together for themselves: dashboards."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import PERSONAL, SECRET, Record, identity, now


class Dashboard(Record):
    """A dashboard of a person: its widgets in the order in which they were added, each with its place on the grid.

    `shared`: whoever has its address may open it, and sees of it what they may see.
    """

    __tablename__ = "dashboards"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[str] = identity("dsh")
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(info=PERSONAL)
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    widgets: Mapped[list[Any]] = mapped_column(JSON, default=list, info=SECRET)
    created_at: Mapped[datetime] = mapped_column(default=now)
