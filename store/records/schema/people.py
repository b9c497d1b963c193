"""Who there is: organisations, people, and the entities that meters are assigned to."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.records.schema.columns import PERSONAL, QUIET, SECRET, Record, identity, now, one_of, unique_while

PICTURE_BYTES = 262_144  # a picture of 512 × 512 is far below


class Organisation(Record):
    """A distributor, which owns sites, or a customer, perhaps of a distributor here, whose administrators approve it."""

    __tablename__ = "organisations"
    __table_args__ = (
        one_of("kind", "distributor", "customer"),
        one_of("approval", "pending", "approved", "rejected", "disabled"),
        CheckConstraint("distributor_id IS NULL OR kind = 'customer'", name="distributor"),
    )

    id: Mapped[str] = identity("org")
    name: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    approval: Mapped[str] = mapped_column(default="approved")
    distributor_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)


class User(Record):
    """A person. Without an organisation: residential. A role is held within the organisation."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("approval", "pending", "approved", "rejected", "disabled"),
        one_of("role", "viewer", "operator", "admin"),
        one_of("theme", "auto", "light", "dark"),
        one_of("colours", "heat", "safe", "neutral"),
        CheckConstraint("(organisation_id IS NULL) = (role IS NULL)", name="role_within_organisation"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        # Until somebody has shown that it is theirs, an address is nobody's: several may register it.
        unique_while("email_verified_at IS NOT NULL OR approval <> 'pending'", "uq_users_email", "email"),
        Index("ix_users_email", "email"),
    )

    id: Mapped[str] = identity("usr")
    email: Mapped[str] = mapped_column(info=PERSONAL)
    name: Mapped[str] = mapped_column(info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(info=SECRET)
    approval: Mapped[str] = mapped_column(default="pending")
    platform_admin: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="auto", info=QUIET)
    last_site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="SET NULL"), info=QUIET)
    created_at: Mapped[datetime] = mapped_column(default=now)
    email_verified_at: Mapped[datetime | None]
    language: Mapped[str | None]  # of numbers and dates; none: the browser's
    time_zone: Mapped[str | None]  # none: the site's
    password_until: Mapped[datetime | None]  # of one that somebody else chose: good until then, to come in and choose another
    colours: Mapped[str | None] = mapped_column(info=QUIET)  # of heat maps; none: from green to red

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")


class Entity(Record):
    """Whom something is assigned to: one user or one organisation. The database makes it with them and removes it with them."""

    __tablename__ = "entities"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
        CheckConstraint("id = 'ent_' || substr(coalesce(user_id, organisation_id), 5)", name="id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), unique=True)


class Invitation(Record):
    """An organisation asks somebody in, by a link that is mailed to them. Only a hash of the link's token is kept."""

    __tablename__ = "invitations"
    __table_args__ = (
        one_of("role", "viewer", "operator", "admin"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        unique_while("accepted_at IS NULL", "uq_invitations_organisation_id_email", "organisation_id", "email"),
    )

    id: Mapped[str] = identity("inv")
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(info=PERSONAL)
    role: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)  # none: by Loadstar
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class Household(Record):
    """What a person told of their home, voluntarily and with consent; withdrawing the consent deletes the row."""

    __tablename__ = "households"
    __table_args__ = (
        CheckConstraint("area_m2 BETWEEN 5 AND 100000", name="area"),
        CheckConstraint("people BETWEEN 1 AND 1000", name="people"),
        CheckConstraint("built_year BETWEEN 1000 AND 2200", name="built_year"),
        one_of("building_type", "flat", "terraced", "semi_detached", "detached", "other"),
        one_of("heating", "gas", "oil", "district", "heat_pump", "electric", "wood", "other"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    consent_at: Mapped[datetime]
    area_m2: Mapped[float | None] = mapped_column(info=SECRET)
    people: Mapped[int | None] = mapped_column(info=SECRET)
    building_type: Mapped[str | None] = mapped_column(info=SECRET)
    built_year: Mapped[int | None] = mapped_column(info=SECRET)
    heating: Mapped[str | None] = mapped_column(info=SECRET)
    appliances: Mapped[dict[str, Any]] = mapped_column(default=dict, info=SECRET)  # word → how many
    updated_at: Mapped[datetime] = mapped_column(default=now, info=QUIET)


class NotificationPreference(Record):
    """Whether a person wants to hear of something by a channel; what has no row is as `preferences` says."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        one_of("kind", "alert", "event", "report", "approval", "security"),
        one_of("channel", "mail", "browser"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    wanted: Mapped[bool]


class Picture(Record):
    """A person's picture, encoded anew by whoever took it in."""

    __tablename__ = "pictures"
    __table_args__ = (
        one_of("content_type", "image/png", "image/jpeg", "image/webp"),
        CheckConstraint(f"length(content) BETWEEN 1 AND {PICTURE_BYTES}", name="size"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    content_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    updated_at: Mapped[datetime] = mapped_column(default=now, info=QUIET)
