"""The tables of the records. Times are UTC; ids are text made by `store.ids`."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.records.columns import Record, dated, identity, now, on_plan, one_of, unique_while


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
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    approval: Mapped[str] = mapped_column(default="pending")
    platform_admin: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="auto")
    last_site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")


class Session(Record):
    """A signed-in browser. Only a hash of its token is kept; ending the row ends every copy of the cookie."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class OneTimeLink(Record):
    """A link that works once: making the first administrator."""

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Record):
    """Sign-ins that were tried, by account and by address, so that limits hold across processes and restarts.

    The key is a hash: the table tells nobody who tried. `until` is when the next try is due.
    """

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime]


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

    region: Mapped[Region | None] = relationship(lazy="joined")


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


class Device(Record):
    """Hardware that posts. `energy_mode`: the energies it posts are of its interval, or registers."""

    __tablename__ = "devices"
    __table_args__ = (
        one_of("energy_mode", "interval", "counter"),
        CheckConstraint("reporting_interval_s > 0", name="reporting_interval"),
        unique_while("retired_at IS NULL", "uq_devices_site_id_name", "site_id", "name"),
        on_plan(),
    )

    id: Mapped[str] = identity("dev")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    reporting_interval_s: Mapped[int] = mapped_column(default=60)
    energy_mode: Mapped[str] = mapped_column(default="interval")
    plan_x: Mapped[float | None]
    plan_y: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]


class Meter(Record):
    """Measures an edge (positive = in its direction) or a condition of a node. Its id is the symbol of its series."""

    __tablename__ = "meters"
    __table_args__ = (
        one_of("role", "main", "check", "virtual", "condition"),
        CheckConstraint("edge_id IS NULL OR node_id IS NULL", name="edge_or_node"),
        unique_while("role IN ('main', 'virtual')", "uq_meters_edge_id", "edge_id"),  # one truth an edge
    )

    id: Mapped[str] = identity("mtr")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), index=True)
    edge_id: Mapped[str | None] = mapped_column(ForeignKey("edges.id", ondelete="SET NULL"), index=True)
    node_id: Mapped[str | None] = mapped_column(ForeignKey("nodes.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="main")
    simulated: Mapped[bool] = mapped_column(default=False)
    source_note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class VirtualTerm(Record):
    """One term of a virtual meter: A + B − C."""

    __tablename__ = "virtual_terms"
    __table_args__ = (CheckConstraint("sign IN (-1, 1)", name="sign"),)

    meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), primary_key=True)
    term_meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), primary_key=True)
    sign: Mapped[int]


class DeviceField(Record):
    """What a field of a device's posts means: (meter, quantity)."""

    __tablename__ = "device_fields"
    __table_args__ = (UniqueConstraint("meter_id", "quantity"),)  # two writers would overwrite each other

    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"))
    quantity: Mapped[str]


class EnergySource(Record):
    """Where a meter's energy comes from, with dates: its counter, its interval energy, or its integrated power."""

    __tablename__ = "energy_sources"
    __table_args__ = (
        one_of("method", "counter", "interval", "power"),
        CheckConstraint("interval_s > 0", name="interval"),
        CheckConstraint("rollover_kwh IS NULL OR (method = 'counter' AND rollover_kwh > 0)", name="rollover"),
        UniqueConstraint("meter_id", "valid_from"),
        dated(),
    )

    id: Mapped[str] = identity("esr")
    meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"))
    method: Mapped[str]
    interval_s: Mapped[int]  # how often a reading is expected: 3600 for hourly history, 5 for a live device
    rollover_kwh: Mapped[float | None]  # where a counter starts again from zero
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


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


class Tariff(Record):
    """Dated prices and CO2 factor of a site, used where its region has no series of its own."""

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
    co2_g_per_kwh: Mapped[float]
    note: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class ApiKey(Record):
    """A device's or a site's key. Only a hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("(device_id IS NULL) <> (site_id IS NULL)", name="one_object"),)

    id: Mapped[str] = identity("key")
    secret_hash: Mapped[str]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    can_write: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


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
