"""Who may see what: grants on sites and meters, and what people ask for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.records.schema.columns import PERSONAL, Record, dated, identity, now, one_of, unique_while
from store.records.schema.people import Entity

GIVEN = text("grants.origin <> 'owner'")  # as text, so that SQLite finds the index that is of these rows only


class Grant(Record):
    """A role of one entity on one site or one meter, with dates.

    `origin`: `owner` is the grant that the database gives the distributor on each of its meters; its people's scope comes
    from its sites instead, so those rows are never loaded to make one. `claimed` was asked for by a claim code.
    """

    __tablename__ = "grants"
    __table_args__ = (
        one_of("role", "viewer", "operator", "admin"),
        one_of("origin", "owner", "given", "claimed"),
        CheckConstraint("(site_id IS NULL) <> (meter_id IS NULL)", name="one_object"),
        dated(),
        Index(
            "ix_grants_given",
            "entity_id",
            sqlite_where=text("origin <> 'owner'"),
            postgresql_where=text("origin <> 'owner'"),
        ),
    )

    id: Mapped[str] = identity("grt")
    entity_id: Mapped[str] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    meter_id: Mapped[str | None] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(default="viewer")
    origin: Mapped[str] = mapped_column(default="given")
    valid_from: Mapped[datetime] = mapped_column(default=now)
    valid_to: Mapped[datetime | None]

    entity: Mapped[Entity] = relationship(lazy="joined", viewonly=True)

    @property
    def user_id(self) -> str | None:
        """Whose it is, when it is a user's."""
        return self.entity.user_id

    @property
    def organisation_id(self) -> str | None:
        """Whose it is, when it is an organisation's."""
        return self.entity.organisation_id


class Request(Record):
    """What somebody asks for: a meter, by its claim code, for an entity; or a key of a device, to be made once by who asked."""

    __tablename__ = "requests"
    __table_args__ = (
        one_of("kind", "meter", "key"),
        CheckConstraint(
            "(kind = 'meter') = (meter_id IS NOT NULL AND entity_id IS NOT NULL) AND (kind = 'key') = (device_id IS NOT NULL)",
            name="object",
        ),
        CheckConstraint("(decided_at IS NULL) = (approved IS NULL)", name="decided"),
        unique_while("decided_at IS NULL", "uq_requests_entity_id_meter_id", "entity_id", "meter_id"),
        unique_while("decided_at IS NULL", "uq_requests_user_id_device_id", "user_id", "device_id"),
        Index(
            "ix_requests_open", "created_at", sqlite_where=text("decided_at IS NULL"), postgresql_where=text("decided_at IS NULL")
        ),
    )

    id: Mapped[str] = identity("req")
    kind: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    entity_id: Mapped[str | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"), index=True)
    meter_id: Mapped[str | None] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    note: Mapped[str] = mapped_column(default="", info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    approved: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(default="", info=PERSONAL)
    used_at: Mapped[datetime | None]  # when the key was made
