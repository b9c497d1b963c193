"""Who may see what: grants on sites and meters."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.records.columns import Record, dated, identity, now, one_of


class Grant(Record):
    """A role of one user or one organisation on one site or one meter, with dates."""

    __tablename__ = "grants"
    __table_args__ = (
        one_of("role", "viewer", "operator", "admin"),
        CheckConstraint("(user_id IS NULL) <> (organisation_id IS NULL)", name="one_subject"),
        CheckConstraint("(site_id IS NULL) <> (meter_id IS NULL)", name="one_object"),
        dated(),
    )

    id: Mapped[str] = identity("grt")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    meter_id: Mapped[str | None] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(default="viewer")
    valid_from: Mapped[datetime] = mapped_column(default=now)
    valid_to: Mapped[datetime | None]
