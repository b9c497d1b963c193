"""Readings that were refused, as they were sent, until somebody decides about them or they are old."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.refused_reading import Said
from store.records.schema.columns import Record, now, one_of


class RefusedReading(Record):
    """One reading in its sender's words (`models.refused_reading.Said`), or what was sent in the place of one, in `body`.

    The id follows from what it says, so that what is sent again is kept once. `kind` is the same for those that one decision can
    be about: of one source, refused for one reason, and alike but for time and value. `name` is what the sender calls the value.
    `became` is the reading that was stored of it.
    """

    __tablename__ = "refused_readings"
    __table_args__ = (
        one_of("road", "hardware", "readings", "lines", "mqtt", "file"),
        one_of("state", "kept", "stored", "discarded"),
        Index("ix_refused_readings_site_id_state_kind", "site_id", "state", "kind"),
        Index("ix_refused_readings_source_id_state", "source_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    source_id: Mapped[str]  # a device, a site's key, a broker or an import
    road: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    code: Mapped[str]
    message: Mapped[str]
    name: Mapped[str]
    meter: Mapped[str]
    quantity: Mapped[str]
    ts: Mapped[str]
    value: Mapped[str]
    unit: Mapped[str]
    interval_s: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="kept", server_default="kept")
    became: Mapped[str] = mapped_column(default="", server_default="")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    quality: Mapped[str] = mapped_column(default="", server_default="")

    @property
    def said(self) -> Said:
        """What it says."""
        return Said(self.meter, self.quantity, self.ts, self.value, self.unit, self.interval_s, self.quality)


class RefusedBeyond(Record):
    """How many readings of a source were refused and not kept, since as many are kept as may, and when the last came."""

    __tablename__ = "refused_beyond"

    source_id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(default=now)
