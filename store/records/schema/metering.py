"""What measures: devices and their keys, meters, and where their energy comes from."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Connection, ForeignKey, UniqueConstraint, event, insert, inspect, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from store.ids import new_claim_code, new_id
from store.records.schema.columns import QUIET, SECRET, Record, dated, identity, now, on_plan, one_of, unique_while


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
        unique_while("role IN ('main', 'virtual') AND retired_at IS NULL", "uq_meters_edge_id", "edge_id"),  # one truth at a time
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name="position",
        ),
        UniqueConstraint("claim_code"),
    )

    id: Mapped[str] = identity("mtr")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), index=True)
    edge_id: Mapped[str | None] = mapped_column(ForeignKey("edges.id", ondelete="SET NULL"), index=True)
    node_id: Mapped[str | None] = mapped_column(ForeignKey("nodes.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(index=True)  # lists of tens of thousands are in its order
    role: Mapped[str] = mapped_column(default="main")
    simulated: Mapped[bool] = mapped_column(default=False)
    source_note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    latitude: Mapped[float | None]  # none: the site's
    longitude: Mapped[float | None]
    serial_number: Mapped[str | None] = mapped_column(index=True)  # of the counter that is in it now
    retired_at: Mapped[datetime | None]  # takes no readings any more; those it has stay
    claim_code: Mapped[str] = mapped_column(default=new_claim_code, info=SECRET)  # whoever knows it may ask for the meter


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
        CheckConstraint("rated_kw > 0", name="rated"),
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
    note: Mapped[str] = mapped_column(default="")  # why: an exchange says which counter came for which
    rated_kw: Mapped[float | None]  # what may flow through it, either way; none: what its nodes are rated for


class FlagThreshold(Record):
    """By what a rule of `models.quality` flags a meter's days, in the place of what is usual; none: as usual; `off`: not."""

    __tablename__ = "flag_thresholds"
    __table_args__ = (CheckConstraint("threshold > 0", name="threshold"),)

    meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    threshold: Mapped[float | None]
    off: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now)  # days of before are judged again


class Restatement(Record):
    """A declaration changed: the energy of the meter from `since` until `until` (none: on and on) is to be made anew."""

    __tablename__ = "restatements"

    id: Mapped[str] = identity("rst")
    meter_id: Mapped[str] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


@event.listens_for(EnergySource, "after_insert")
@event.listens_for(EnergySource, "after_update")
def _declared(_: Mapper[EnergySource], connection: Connection, source: EnergySource) -> None:
    changed = {column.key for column in inspect(source).attrs if column.history.has_changes()}
    if changed & {"method", "interval_s", "rollover_kwh", "rated_kw", "valid_from"}:
        _restate(connection, source)
    elif "valid_to" in changed:
        _restate(connection, source, only_moved_end=True)


@event.listens_for(EnergySource, "before_delete")
def _withdrawn(_: Mapper[EnergySource], connection: Connection, source: EnergySource) -> None:
    _restate(connection, source)


def _restate(connection: Connection, source: EnergySource, *, only_moved_end: bool = False) -> None:
    """Note, in the same transaction, of what time the energy changes: of the declaration's, or of what its end moved over."""
    starts, ends = (
        [*each.deleted, *each.added, *each.unchanged]
        for each in (inspect(source).attrs[name].history for name in ("valid_from", "valid_to"))
    )
    known = [end for end in ends if end is not None]
    since, until = min(known if only_moved_end else starts), max(known) if known and len(known) == len(ends) else None
    connection.execute(insert(Restatement).values(id=new_id("rst"), meter_id=source.meter_id, since=since, until=until))


class ApiKey(Record):
    """A device's or a site's key. Only a hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("(device_id IS NULL) <> (site_id IS NULL)", name="one_object"),)

    id: Mapped[str] = identity("key")
    secret_hash: Mapped[str] = mapped_column(info=SECRET)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    can_write: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(default="", server_default="")
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None] = mapped_column(info=QUIET)
    created_by: Mapped[str | None]  # a user's id, kept when the user is gone
    refused: Mapped[int] = mapped_column(default=0, server_default=text("0"), info=QUIET)  # requests with its id, not let in
    refused_at: Mapped[datetime | None] = mapped_column(info=QUIET)
