"""What the device API saw of each device, by the hour: kept apart from the readings, so that last seen is cheap."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, case, delete, func, or_, select

from models.presence import presence
from store.records.access.policy import Action, require
from store.records.plant import broker_states
from store.records.plant.devices import has_seen_meter, require_devices
from store.records.schema import Device, DeviceActivity
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into
from store.scope import Scope

DAY = timedelta(hours=24)
AHEAD = timedelta(hours=1)
_NEWEST = (  # one step down an index for each device, however long the history
    select(DeviceActivity.last_seen)
    .where(DeviceActivity.device_id == Device.id, DeviceActivity.last_seen.is_not(None))
    .order_by(DeviceActivity.hour.desc())
    .limit(1)
    .correlate(Device)
    .scalar_subquery()
)


class Activity(NamedTuple):
    """Readings of a device within an hour, to be added to those counted before; `last_seen` is its last post."""

    device_id: str
    hour: datetime
    accepted: int
    rejected: int
    last_seen: datetime | None


class Seen(NamedTuple):
    """Readings of a device within 24 hours, when it was last heard, however long ago, and since when its senders are gone."""

    accepted: int
    rejected: int
    last_seen: datetime | None
    gone: datetime | None = None


class Heard(NamedTuple):
    """A device: it posts every `every_s` seconds, was last heard when it was `seen`, and is `gone` since its senders said so."""

    every_s: int
    seen: datetime | None
    gone: datetime | None = None

    def presence(self, now: datetime) -> str:
        """Its state, as `models.presence` says it."""
        return presence(self.seen, self.every_s, now, self.gone)


def add_activity(scope: Scope, rows: Iterable[Activity]) -> None:
    """Add to the counts, from any number of processes at once; devices that are gone meanwhile are passed over.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    added: dict[tuple[str, datetime], Activity] = {}
    for row in rows:
        key = (row.device_id, row.hour.replace(minute=0, second=0, microsecond=0))
        before = added.get(key, Activity(*key, 0, 0, None))
        seen = max((moment for moment in (before.last_seen, row.last_seen) if moment), default=None)
        added[key] = Activity(*key, before.accepted + row.accepted, before.rejected + row.rejected, seen)
    if not added:
        return
    with session() as records:
        known: set[str] = set()
        for part in in_parts({device_id for device_id, _ in added}):
            known.update(records.scalars(select(Device.id).where(Device.id.in_(part))))
        # In one order, so that two processes never wait for each other's rows.
        values = [added[key]._asdict() for key in sorted(added) if key[0] in known]
        if not values:
            return
        statement = insert_into(records, DeviceActivity)
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["device_id", "hour"],
            set_={
                "accepted": DeviceActivity.accepted + new.accepted,
                "rejected": DeviceActivity.rejected + new.rejected,
                "last_seen": case(
                    (new.last_seen > DeviceActivity.last_seen, new.last_seen),
                    else_=func.coalesce(DeviceActivity.last_seen, new.last_seen),
                ),
            },
        )
        records.connection().execute(statement, values)


def activity_24h(scope: Scope, device_id: str, at: datetime | None = None) -> Seen:
    """What was heard of a device in the last 24 hours, by whole hours; raises `NotFound` for a device outside the scope."""
    at = at or now()
    require_devices(scope, [device_id])
    since = (at - DAY).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    sums = select(func.coalesce(func.sum(DeviceActivity.accepted), 0), func.coalesce(func.sum(DeviceActivity.rejected), 0))
    with reading() as records:
        counted = sums.where(DeviceActivity.device_id == device_id, DeviceActivity.hour >= since, DeviceActivity.hour <= at)
        accepted, rejected = records.execute(counted).one()
    gone = broker_states.gone(scope, [device_id]).get(device_id)
    return Seen(int(accepted), int(rejected), last_seen(scope, [device_id])[device_id], gone)


def heard_by_site(scope: Scope, site_ids: Collection[str]) -> dict[str, list[Heard]]:
    """Of each site the devices in use of which the scope sees a meter.

    Raises:
        NotFound: one of the sites does not exist for the scope.
    """
    found = _in_use(scope, site_ids)
    gone = broker_states.gone(scope, [device_id for _site_id, device_id, _every_s, _seen in found])
    heard: dict[str, list[Heard]] = {site_id: [] for site_id in site_ids}
    for site_id, device_id, every_s, seen in found:
        heard[site_id].append(Heard(every_s, seen, gone.get(device_id)))
    return heard


def _in_use(scope: Scope, site_ids: Collection[str]) -> list[tuple[str, str, int, datetime | None]]:
    """Of each device: its site, its id, how often it posts (s) and when it was last heard."""
    for site_id in site_ids:
        scope.require_site(site_id)
    found: list[tuple[str, str, int, datetime | None]] = []
    columns = (Device.site_id, Device.id, Device.reporting_interval_s, _NEWEST)  # no objects: there are thousands of devices
    with reading() as records:
        for part in in_parts(site_ids):
            query = select(*columns).where(Device.site_id.in_(part), Device.retired_at.is_(None))
            if not all(scope.sees_whole_site(site_id) for site_id in part):
                query = query.where(or_(Device.site_id.in_(scope.site_ids), has_seen_meter(scope)))
            found += [(*row,) for row in records.execute(query)]
    return found


def last_seen(scope: Scope, device_ids: Collection[str]) -> dict[str, datetime | None]:
    """When each of the devices was last heard, none when never; raises `NotFound` for a device outside the scope."""
    require_devices(scope, device_ids)
    seen: dict[str, datetime | None] = {}
    with reading() as records:
        for part in in_parts(device_ids):
            seen.update(records.execute(select(Device.id, _NEWEST).where(Device.id.in_(part))).all())
    return seen


def heard_of(scope: Scope, site_ids: Collection[str]) -> dict[str, datetime | None]:
    """The devices in use on sites of which the scope sees a meter, and when each was last heard; raises `NotFound`."""
    return {device_id: seen for _site_id, device_id, _every_s, seen in _in_use(scope, site_ids)}


def forget(scope: Scope, before: datetime) -> int:
    """Drop the hours before a moment, but the last in which each device was heard, and those to come; returns how many.

    An hour that is to come was noted while the machine's clock was ahead: a device would be last seen in it until it is over.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    last = (
        select(DeviceActivity.device_id, func.max(DeviceActivity.hour).label("hour"))
        .where(DeviceActivity.last_seen.is_not(None))
        .group_by(DeviceActivity.device_id)
        .subquery()
    )
    is_last = select(last.c.hour).where(last.c.device_id == DeviceActivity.device_id, last.c.hour == DeviceActivity.hour).exists()
    old = delete(DeviceActivity).where(
        or_(
            and_(DeviceActivity.hour < before, or_(DeviceActivity.last_seen.is_(None), ~is_last)),
            DeviceActivity.hour > now() + AHEAD,
        )
    )
    with session() as records:
        gone = records.execute(old.returning(DeviceActivity.device_id), execution_options={"synchronize_session": False})
        return len(gone.all())
