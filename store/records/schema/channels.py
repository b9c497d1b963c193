"""What sources call their values: on roads where the sender names them, and a person says what they mean."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import QUIET, Record, now, one_of, unique_while


class Channel(Record):
    """One of a source's values, and what it is mapped to: a meter and a quantity, nothing (`ignored`), or nothing yet.

    A source is a device, whatever key it holds; a site, for what comes with the site's own key; or a broker. The id follows from
    source, road and name (`store.ids.channel_id`), so that whoever reads a post knows it without asking.
    """

    __tablename__ = "channels"
    __table_args__ = (
        one_of("road", "lines", "mqtt"),
        CheckConstraint("(meter_id IS NULL OR quantity IS NOT NULL) AND (meter_id IS NULL OR NOT ignored)", name="mapped"),
        CheckConstraint("interval_s > 0", name="interval"),
        CheckConstraint("device_id IS NULL OR broker_id IS NULL", name="one_source"),
        # One writer of what was read, and one of what its sender estimated.
        unique_while("meter_id IS NOT NULL", "uq_channels_meter_id_quantity_estimated", "meter_id", "quantity", "estimated"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    broker_id: Mapped[str | None] = mapped_column(index=True)
    road: Mapped[str]
    full_name: Mapped[str]  # the sender's, in one spelling: `power,phase=l1 active`
    meter_id: Mapped[str | None] = mapped_column(ForeignKey("meters.id", ondelete="SET NULL"), index=True)
    quantity: Mapped[str | None]
    unit: Mapped[str | None]  # that it comes in; none: the quantity's own
    interval_s: Mapped[int | None]  # the stretch of time, ending at its moment, that a value is of
    ignored: Mapped[bool] = mapped_column(default=False, server_default=false())
    first_seen: Mapped[datetime] = mapped_column(default=now)
    last_seen: Mapped[datetime] = mapped_column(default=now, info=QUIET)  # within a minute or so
    last_value: Mapped[float | None] = mapped_column(info=QUIET)
    mapped_by: Mapped[str | None]  # a user's id, kept when the user is gone
    mapped_at: Mapped[datetime | None]
    # What the source itself says of it, in its own words: a person decides whether it is mapped so.
    told_name: Mapped[str | None] = mapped_column(info=QUIET)
    told_unit: Mapped[str | None] = mapped_column(info=QUIET)
    told_kind: Mapped[str | None] = mapped_column(info=QUIET)
    turned_away: Mapped[int] = mapped_column(default=0, server_default="0", info=QUIET)  # values: too many waited already
    estimated: Mapped[bool] = mapped_column(default=False, server_default=false())  # whether its sender estimates its values

    @property
    def source_id(self) -> str:
        """Whose it is: a device, a broker, or a site by itself."""
        return self.device_id or self.broker_id or self.site_id
