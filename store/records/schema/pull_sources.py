"""What is asked for by the clock: services that regions and sites share values of, and addresses that answer with a meter's."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import QUIET, SECRET, Record, identity, now, one_of, unique_while


class PullSource(Record):
    """A source that is asked: of a region or of a site, and how it was to ask it last. Its id is the source of what it gave.

    `gives` is a quantity of the region, weather, or readings of the meter. The state, from `asked_at` on, is not logged.
    """

    __tablename__ = "pull_sources"
    __table_args__ = (
        one_of("gives", "price_per_kwh", "co2_g_per_kwh", "weather", "past_weather", "readings"),
        CheckConstraint("(region_id IS NULL) <> (site_id IS NULL)", name="one_owner"),
        CheckConstraint(
            "(gives = 'readings') = (meter_id IS NOT NULL)"
            " AND (meter_id IS NULL OR (site_id IS NOT NULL AND quantity IS NOT NULL))",
            name="meter",
        ),
        CheckConstraint("every_s >= 60", name="every"),
        CheckConstraint("interval_s > 0", name="interval"),
        # One source of each thing.
        unique_while("archived_at IS NULL AND region_id IS NOT NULL", "uq_pull_sources_region_id_gives", "region_id", "gives"),
        unique_while("archived_at IS NULL AND meter_id IS NULL", "uq_pull_sources_site_id_gives", "site_id", "gives"),
        unique_while("archived_at IS NULL", "uq_pull_sources_meter_id_quantity", "meter_id", "quantity"),
    )

    id: Mapped[str] = identity("pul")
    name: Mapped[str]
    service: Mapped[str]
    gives: Mapped[str]
    region_id: Mapped[str | None] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    area: Mapped[str] = mapped_column(default="", server_default=text("''"))
    url: Mapped[str | None]  # in the place of the service's own
    secret: Mapped[str | None] = mapped_column(info=SECRET)  # a key, sealed with the secret key
    every_s: Mapped[int]
    meter_id: Mapped[str | None] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[str | None]
    unit: Mapped[str | None]
    interval_s: Mapped[int | None]
    places: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))  # where an answer has what
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]

    asked_at: Mapped[datetime | None] = mapped_column(info=QUIET)
    answered_at: Mapped[datetime | None] = mapped_column(info=QUIET)
    value_at: Mapped[datetime | None] = mapped_column(info=QUIET)  # where the newest value that was stored starts
    next_at: Mapped[datetime] = mapped_column(default=now, info=QUIET)
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"), info=QUIET)  # in a row
    problem: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default=text("'[]'"), info=QUIET)  # `Told`, as JSON
    # What answers bore (ETag, Last-Modified), by the digest of what was asked: told them, it says when nothing has changed.
    marks: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict, server_default=text("'{}'"), info=QUIET)
