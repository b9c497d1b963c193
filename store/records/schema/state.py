"""What Loadstar's own processes note: activity, newest values, versions."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record


class DeviceActivity(Record):
    """What the device API saw of a device within an hour: kept apart from the readings, so that last seen is cheap."""

    __tablename__ = "device_activity"

    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    last_seen: Mapped[datetime | None]


class LastValue(Record):
    """The newest value of a series: what stays to be shown of a meter that has been silent for long."""

    __tablename__ = "last_values"

    series_id: Mapped[str] = mapped_column(primary_key=True)  # a meter's or a region's id
    quantity: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[datetime] = mapped_column(index=True)
    value: Mapped[float]


class Version(Record):
    """Counts the changes of a group of records, so that a process can tell cheaply that its copy is old."""

    __tablename__ = "versions"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
