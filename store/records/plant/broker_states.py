"""How it goes with brokers, and who is there behind them: what the process that listens notes, and what pages show of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from store.records.access.policy import Action, require
from store.records.plant.brokers import require_broker
from store.records.plant.devices import require_device_ids
from store.records.schema import Broker, BrokerSource, BrokerState, Channel, Meter, Site
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into
from store.scope import Scope

LONGEST = 300  # characters of what is kept of a trouble or a sender
NEWEST = ("noted_at", "connected_since", "trouble", "messages_a_minute", "waiting")
ADDED = ("messages", "refused", "acknowledged")


class Noted(NamedTuple):
    """How it goes with a broker now, and what has come since the last note: messages, and what of them was refused.

    `acknowledged` is of the same while, as they were settled, and `waiting` are those that are not yet.
    """

    connected_since: datetime | None
    trouble: str | None
    last_message_at: datetime | None
    messages_a_minute: float
    messages: int
    refused: int
    acknowledged: int = 0
    waiting: int = 0


class Listened(NamedTuple):
    """A broker that is listened to, the name of its site, and how it goes; nothing of one that never was."""

    name: str
    site: str
    state: BrokerState | None


class Seen(NamedTuple):
    """Whether a sender is there, and since when that is known."""

    online: bool
    since: datetime


def note_state(scope: Scope, broker_id: str, noted: Noted) -> None:
    """Keep how it goes with a broker; what has come is added up.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    trouble = noted.trouble[:LONGEST] if noted.trouble else None
    row: dict[str, Any] = noted._asdict() | {"broker_id": broker_id, "noted_at": now(), "trouble": trouble}
    with session() as records:
        if records.get(Broker, broker_id) is None:
            return
        statement = insert_into(records, BrokerState)
        new, table = statement.excluded, BrokerState.__table__.c
        kept: dict[str, Any] = {name: new[name] for name in NEWEST}
        kept["last_message_at"] = func.coalesce(new.last_message_at, table.last_message_at)
        kept |= {name: table[name] + new[name] for name in ADDED}
        records.connection().execute(statement.on_conflict_do_update(index_elements=["broker_id"], set_=kept), row)


def states_of(scope: Scope, site_id: str) -> dict[str, BrokerState]:
    """How it goes with the site's brokers, by their ids; of one that was never listened to there is nothing.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    query = select(BrokerState).join(Broker, Broker.id == BrokerState.broker_id).where(Broker.site_id == site_id)
    with reading() as records:
        return {each.broker_id: each for each in records.scalars(query)}


def every_state(scope: Scope) -> list[Listened]:
    """How it goes with all brokers that are in use, by site and name.

    Raises:
        Refused: not one of Loadstar's own processes, nor a platform administrator.
    """
    require(scope, Action.RUN)
    query = (
        select(Broker.name, Site.name, BrokerState)
        .join(Site, Site.id == Broker.site_id)
        .outerjoin(BrokerState, BrokerState.broker_id == Broker.id)
        .where(Broker.enabled)
        .order_by(Site.name, Broker.name, Broker.id)
    )
    with reading() as records:
        return [Listened(*row) for row in records.execute(query)]


def note_presence(scope: Scope, broker_id: str, there: Mapping[str, bool]) -> None:
    """Keep which senders are there, and since when.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    rows: list[dict[str, Any]] = [
        {"broker_id": broker_id, "source": source[:LONGEST], "online": online, "since": now()}
        for source, online in sorted(there.items())
    ]
    if not rows:
        return
    with session() as records:
        if records.get(Broker, broker_id) is None:
            return
        statement = insert_into(records, BrokerSource)
        excluded = statement.excluded
        records.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["broker_id", "source"],
                set_={"online": excluded.online, "since": excluded.since},
                where=BrokerSource.online != excluded.online,
            ),
            rows,
        )


def presences(scope: Scope, broker_id: str) -> dict[str, Seen]:
    """Which senders are there, by the beginning of their channels' names; raises as `require_broker`."""
    require_broker(scope, broker_id)
    with reading() as records:
        rows = records.scalars(select(BrokerSource).where(BrokerSource.broker_id == broker_id).order_by(BrokerSource.source))
        return {row.source: Seen(row.online, row.since) for row in rows}


def gone(scope: Scope, device_ids: Collection[str]) -> dict[str, datetime]:
    """Devices of which nobody is there any more, by what their senders on brokers said, or their wills; and since when.

    A channel's sender is gone when it is, or what it sends through; a device when the senders of all that writes it are.

    Raises:
        NotFound: one of them does not exist for the scope.
    """
    require_device_ids(scope, device_ids)
    with reading() as records:
        if records.scalar(select(BrokerSource.broker_id).where(~BrokerSource.online).limit(1)) is None:
            return {}
        writing = [
            row
            for part in in_parts(device_ids)
            for row in records.execute(
                select(Meter.device_id, Channel.broker_id, Channel.full_name)
                .join(Channel, Channel.meter_id == Meter.id)
                .where(Meter.device_id.in_(part))
            )
        ]
        away: dict[str | None, list[BrokerSource]] = {}
        for part in in_parts({broker_id for _device, broker_id, _name in writing if broker_id}):
            for each in records.scalars(select(BrokerSource).where(BrokerSource.broker_id.in_(part), ~BrokerSource.online)):
                away.setdefault(each.broker_id, []).append(each)
    since: dict[Any, list[datetime | None]] = {}
    for device_id, broker_id, name in writing:
        whose = [each.since for each in away.get(broker_id, ()) if name.startswith(tuple(each.source + end for end in "/#."))]
        since.setdefault(device_id, []).append(min(whose, default=None))
    return {device_id: max(filter(None, found)) for device_id, found in since.items() if None not in found}
