"""When sources are asked, with what, and what came of it: for Loadstar's own processes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update

from config.language import Told
from store.records.access.policy import Action, require
from store.records.plant.pull_sources import Own, currencies, key_of, own_of
from store.records.schema import PullSource, Site
from store.records.transaction.engine import reading, session
from store.scope import Scope


class Order(NamedTuple):
    """All that asking a source needs; its key in the clear, for the worker."""

    id: str
    service: str
    gives: str
    region_id: str | None
    site_id: str | None
    area: str
    address: str | None
    key: str | None
    every_s: int
    own: Own | None
    value_at: datetime | None
    failures: int
    currencies: frozenset[str]  # of the region's sites
    marks: dict[str, list[str]]  # of the answers of the last good turn


def due(scope: Scope, at: datetime) -> list[str]:
    """The sources whose turn has come.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    query = select(PullSource.id).outerjoin(Site, Site.id == PullSource.site_id)
    query = query.where(PullSource.archived_at.is_(None), Site.archived_at.is_(None), PullSource.next_at <= at)
    with reading() as records:
        return list(records.scalars(query.order_by(PullSource.next_at, PullSource.id)))


def order(scope: Scope, source_id: str) -> Order | None:
    """What asking a source needs; none when it is not to be asked any more.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        found = records.get(PullSource, source_id)
        if found is None or found.archived_at is not None:
            return None
        accounted_in = currencies(records, found.region_id) if found.region_id else frozenset()
    return Order(
        found.id,
        found.service,
        found.gives,
        found.region_id,
        found.site_id,
        found.area,
        found.url,
        key_of(found),
        found.every_s,
        own_of(found),
        found.value_at,
        found.failures,
        accounted_in,
        dict(found.marks),
    )


def begin(scope: Scope, source_id: str, at: datetime, next_at: datetime) -> None:
    """Keep that a source is asked now, and when again should this never be told the end of.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    _note(scope, source_id, asked_at=at, next_at=next_at, failures=PullSource.failures + 1)


def end(
    scope: Scope,
    source_id: str,
    next_at: datetime,
    *,
    failures: int,
    answered_at: datetime | None = None,
    value_at: datetime | None = None,
    problem: Sequence[Told] = (),
    marks: dict[str, list[str]] | None = None,
) -> None:
    """Keep what came of it: how often in a row it has failed now, and in which words. Raises as `begin`.

    `marks` are of answers all of whose values are stored; without them those of before stay.
    """
    values: dict[str, Any] = {"next_at": next_at, "failures": failures, "problem": [each.plain() for each in problem]}
    if answered_at is not None:
        values["answered_at"] = answered_at
    if value_at is not None:
        values["value_at"] = value_at
    if marks is not None:
        values["marks"] = marks
    _note(scope, source_id, **values)


def _note(scope: Scope, source_id: str, **values: Any) -> None:
    require(scope, Action.RUN)
    with session() as records:
        records.connection().execute(update(PullSource).where(PullSource.id == source_id).values(**values))
