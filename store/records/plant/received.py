"""What keys and brokers sent last, as the processes that receive it tell while somebody watches.

Nothing is kept of anything that nobody looks at: whoever looks says so again and again, and the processes ask every second or
so for whom they are to write down what they have in memory.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from store.errors import NotFound
from store.records.access.policy import Action, require
from store.records.schema import ApiKey, Broker, Device, ReceivedRequest, Site, WatchedSource
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into
from store.scope import Scope

WATCH = timedelta(seconds=60)  # a look lasts so long, unless it is renewed
KEPT = 50  # of a source


class Sender(NamedTuple):
    """A key or a broker of a site. `refused`: how often somebody came with the key's id and was not let in, last when."""

    id: str
    name: str
    device_id: str | None
    device: str | None
    is_broker: bool
    ended: bool
    refused: int = 0
    refused_at: datetime | None = None


class Received(NamedTuple):
    """A request or a message to be kept; as `ReceivedRequest`."""

    site_id: str
    source_id: str
    at: datetime
    road: str
    path: str
    dry_run: bool
    size: int
    status: int | None
    accepted: int
    refused: int
    held: int
    waiting: int
    body: str
    verdict: list[dict[str, Any]]


def senders(scope: Scope, site_id: str) -> list[Sender]:
    """The keys of a site and of its devices that may post, those in use first, and its brokers.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    at = now()
    keys = (
        select(ApiKey, Device.name)
        .outerjoin(Device, Device.id == ApiKey.device_id)
        .where((ApiKey.site_id == site_id) | (Device.site_id == site_id), ApiKey.can_write)
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
    )
    with reading() as records:
        found = [
            Sender(
                key.id,
                key.name,
                key.device_id,
                device,
                is_broker=False,
                ended=key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at),
                refused=key.refused,
                refused_at=key.refused_at,
            )
            for key, device in records.execute(keys)
        ]
        brokers = select(Broker.id, Broker.name, Broker.enabled).where(Broker.site_id == site_id).order_by(Broker.name)
        found += [
            Sender(broker_id, name, None, None, is_broker=True, ended=not enabled)
            for broker_id, name, enabled in records.execute(brokers)
        ]
    return sorted(found, key=lambda sender: sender.ended)


def watch(scope: Scope, site_id: str, source_id: str) -> None:
    """Have what a source sends written down for the next minute; raises as `of_source`."""
    _require_source(scope, site_id, source_id)
    with session() as records:
        statement = insert_into(records, WatchedSource)
        statement = statement.on_conflict_do_update(index_elements=["source_id"], set_={"until": statement.excluded.until})
        records.connection().execute(statement, {"source_id": source_id, "until": now() + WATCH})


def of_source(scope: Scope, site_id: str, source_id: str) -> list[ReceivedRequest]:
    """The last requests of a key or a broker of a site, the newest first.

    Raises:
        NotFound: the site does not exist for the scope, or the source is none of its.
        Refused: not an operator of the site.
    """
    _require_source(scope, site_id, source_id)
    query = select(ReceivedRequest).where(ReceivedRequest.source_id == source_id, ReceivedRequest.site_id == site_id)
    with reading() as records:
        return list(records.scalars(query.order_by(ReceivedRequest.at.desc(), ReceivedRequest.id).limit(KEPT)))


def _require_source(scope: Scope, site_id: str, source_id: str) -> None:
    if source_id not in {sender.id for sender in senders(scope, site_id)}:
        raise NotFound(f"no key or broker {source_id} on this site")


def watched(scope: Scope) -> set[str]:
    """The sources that somebody looks at now.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        return set(records.scalars(select(WatchedSource.source_id).where(WatchedSource.until > now())))


def keep(scope: Scope, rows: Iterable[Received]) -> None:
    """Keep requests, and of each source no more than `KEPT`; those of sites that are gone are passed over.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    given = list(rows)
    with session() as records:
        there = _sites(records, {row.site_id for row in given})
        records.add_all(ReceivedRequest(**row._asdict()) for row in given if row.site_id in there)
        records.flush()
        for source_id in sorted({row.source_id for row in given}):
            newest = (
                select(ReceivedRequest.id)
                .where(ReceivedRequest.source_id == source_id)
                .order_by(ReceivedRequest.at.desc(), ReceivedRequest.id)
            )
            old = list(records.scalars(newest.offset(KEPT)))
            if old:
                records.execute(delete(ReceivedRequest).where(ReceivedRequest.id.in_(old)))


def _sites(records: Any, site_ids: Collection[str]) -> set[str]:
    there: set[str] = set()
    for part in in_parts(site_ids):
        there.update(records.scalars(select(Site.id).where(Site.id.in_(part))))
    return there


def forget(scope: Scope, before: datetime) -> int:
    """Drop requests of before a moment, and who looked at what until then; returns how many requests.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        records.execute(delete(WatchedSource).where(WatchedSource.until < before))
        gone = delete(ReceivedRequest).where(ReceivedRequest.at < before).returning(ReceivedRequest.id)
        return len(records.execute(gone, execution_options={"synchronize_session": False}).all())
