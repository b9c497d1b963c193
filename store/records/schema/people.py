"""Who there is: organisations and people."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.records.columns import PERSONAL, QUIET, SECRET, Record, identity, now, one_of


class Organisation(Record):
    """A distributor, which owns sites, or a customer."""

    __tablename__ = "organisations"
    __table_args__ = (one_of("kind", "distributor", "customer"),)

    id: Mapped[str] = identity("org")
    name: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class User(Record):
    """A person. Without an organisation: residential. A role is held within the organisation."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("approval", "pending", "approved", "rejected", "disabled"),
        one_of("role", "viewer", "operator", "admin"),
        one_of("theme", "auto", "light", "dark"),
        CheckConstraint("(organisation_id IS NULL) = (role IS NULL)", name="role_within_organisation"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[str] = identity("usr")
    email: Mapped[str] = mapped_column(unique=True, info=PERSONAL)
    name: Mapped[str] = mapped_column(info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(info=SECRET)
    approval: Mapped[str] = mapped_column(default="pending")
    platform_admin: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="auto", info=QUIET)
    last_site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="SET NULL"), info=QUIET)
    created_at: Mapped[datetime] = mapped_column(default=now)

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
