"""Sites: where they are, how energy flows through them, and what it costs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.records.schema.columns import Record, dated, identity, now, on_plan, one_of


class Region(Record):
    """What several sites share: price, CO2 intensity, weather. Its id is the symbol of its series."""

    __tablename__ = "regions"

    id: Mapped[str] = identity("reg")
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class Site(Record):
    """A place with a time zone, a currency and a position. Its kind decides its pages."""

    __tablename__ = "sites"
    __table_args__ = (
        one_of("kind", "plant", "campus", "pv_battery"),
        CheckConstraint("public_number > 0", name="public_number"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        CheckConstraint("nominal_voltage_v > 0 AND nominal_frequency_hz > 0", name="nominal"),
        CheckConstraint("reporting_interval_s > 0", name="reporting_interval"),
    )

    id: Mapped[str] = identity("sit")
    public_number: Mapped[int] = mapped_column(unique=True)  # the `facility_id` that devices send
    name: Mapped[str]
    kind: Mapped[str]
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    region_id: Mapped[str | None] = mapped_column(ForeignKey("regions.id"))
    time_zone: Mapped[str]
    currency: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    nominal_voltage_v: Mapped[float] = mapped_column(default=230.0)
    nominal_frequency_hz: Mapped[float] = mapped_column(default=50.0)
    replay: Mapped[bool] = mapped_column(default=False)  # the demo: recorded years, replayed
    source_note: Mapped[str] = mapped_column(default="")  # where the data come from, and their licence
    created_at: Mapped[datetime] = mapped_column(default=now)
    reporting_interval_s: Mapped[int] = mapped_column(default=60, server_default=text("60"))  # of devices that say no other
    archived_at: Mapped[datetime | None]  # out of use: not listed, and its keys are refused; what was measured stays

    region: Mapped[Region | None] = relationship(lazy="joined")


class SiteLimit(Record):
    """What a quantity may be on a site, in the place of what `config.limits` says; `standard` is where it comes from."""

    __tablename__ = "site_limits"
    __table_args__ = (
        CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name="bound"),
        CheckConstraint("low < high", name="band"),
        CheckConstraint("critical_low <= low AND critical_high >= high", name="critical"),
    )

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    quantity: Mapped[str] = mapped_column(primary_key=True)
    low: Mapped[float | None]
    high: Mapped[float | None]
    critical_low: Mapped[float | None]
    critical_high: Mapped[float | None]
    standard: Mapped[str]


class Node(Record):
    """What energy flows through. `technology` tells sources, storages and sinks apart: grid, pv, battery, chp, load."""

    __tablename__ = "nodes"
    __table_args__ = (
        one_of("kind", "source", "storage", "bus", "converter", "sink"),
        UniqueConstraint("id", "site_id"),  # what an edge's ends refer to
        on_plan(),
        dated(),
    )

    id: Mapped[str] = identity("nod")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    technology: Mapped[str] = mapped_column(default="")
    capacity_kw: Mapped[float | None]
    capacity_kwh: Mapped[float | None]
    simulated: Mapped[bool] = mapped_column(default=False)
    plan_x: Mapped[float | None]  # position on the site plan: 0..1 from the left
    plan_y: Mapped[float | None]  # and 0..1 from the top
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Edge(Record):
    """A way for one carrier from one node to another, with dates: rewiring keeps history right."""

    __tablename__ = "edges"
    __table_args__ = (
        one_of("carrier", "electricity", "gas", "heat", "cooling", "water"),
        CheckConstraint("from_node_id <> to_node_id", name="two_nodes"),
        # Both ends on the edge's own site.
        ForeignKeyConstraint(["from_node_id", "site_id"], ["nodes.id", "nodes.site_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["to_node_id", "site_id"], ["nodes.id", "nodes.site_id"], ondelete="CASCADE"),
        dated(),
    )

    id: Mapped[str] = identity("edg")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    from_node_id: Mapped[str]
    to_node_id: Mapped[str]
    carrier: Mapped[str] = mapped_column(default="electricity")
    two_way: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Tariff(Record):
    """Dated prices of a site, by the hours of its clocks, and its CO2 factor.

    With `region_first` they hold where its region has no series of its own. `hours` are the times with other prices
    (`models.tariffs.Hours`, each as a list), `components` what else it charges (`models.tariff_components`, each as an
    object); they live and die with their tariff, so they are no tables.
    """

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("site_id", "valid_from"),
        CheckConstraint("co2_g_per_kwh >= 0", name="co2"),
        dated(),
    )

    id: Mapped[str] = identity("tar")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str]
    import_price_per_kwh: Mapped[float]  # in the site's currency
    export_price_per_kwh: Mapped[float]
    co2_g_per_kwh: Mapped[float | None]
    note: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    region_first: Mapped[bool] = mapped_column(default=True, server_default=true())
    hours: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    components: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
