"""What an act on a record does and whom it concerns: rows that go with it, its site, its organisation, its person."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, tuple_
from sqlalchemy.orm import Session

from store.records.schema import Device, Edge, Entity, Meter, Node, Site, User
from store.records.schema.columns import Record
from store.records.transaction.lookup import AT_ONCE, in_parts

# Whose site a row is of, when it names no site itself.
_OF_SITE: dict[str, type[Meter] | type[Device] | type[Node] | type[Edge]] = {
    "meter_id": Meter,
    "device_id": Device,
    "node_id": Node,
    "edge_id": Edge,
}


@dataclass(slots=True)
class Act:
    """What was done to a record (`before` and `after` are whole rows), or, without a table, something else."""

    action: str
    table: Table | None
    kind: str | None
    subject_id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    actor: str | None = None  # someone else than who acts in the thread
    person: str | None = None  # whose personal parts are in it
    organisation_id: str | None = None
    owner_id: str | None = None
    site_id: str | None = None
    located: bool = False

    @classmethod
    def of(cls, action: str, table: Table, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> "Act":
        """An act on a row of a table."""
        row = after or before or {}
        person = row["id"] if table.name == User.__tablename__ else row.get("user_id")
        return cls(action, table, table.name, key_of(table, row), before, after, person=person)


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """The primary key as one text."""
    return "/".join(str(row[column.name]) for column in table.primary_key)


def rows_of(session: Session, table: Table, like: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a table that have the primary keys of these."""
    columns = list(table.primary_key)
    keys = [tuple(row[column.name] for column in columns) for row in like]
    size = AT_ONCE // len(columns)
    for start in range(0, len(keys), size):
        query = select(table).where(tuple_(*columns).in_(keys[start : start + size]))
        yield from (dict(row) for row in session.connection().execute(query).mappings())


def of_deleting(session: Session, table: Table, rows: list[dict[str, Any]], is_audited: Callable[[Table], bool]) -> list[Act]:
    """The deletion of rows, and before it what the database does to those that refer to them."""
    acts: list[Act] = []
    _follow(session, table, rows, is_audited, acts, set())
    return acts


def _follow(
    session: Session,
    table: Table,
    rows: list[dict[str, Any]],
    is_audited: Callable[[Table], bool],
    acts: list[Act],
    seen: set[tuple[str, str]],
) -> None:
    new = [row for row in rows if (table.name, key_of(table, row)) not in seen]
    seen.update((table.name, key_of(table, row)) for row in new)
    if not new:
        return
    for other in Record.metadata.sorted_tables:
        if not is_audited(other) and not _has_followers(other):
            continue
        for reference in other.foreign_key_constraints:
            if reference.referred_table is not table or reference.ondelete not in ("CASCADE", "SET NULL"):
                continue
            own, theirs = reference.elements[0].parent, reference.elements[0].column
            found = list(_referring(session, other, own, [row[theirs.name] for row in new]))
            if reference.ondelete == "CASCADE":
                _follow(session, other, found, is_audited, acts, seen)
            elif is_audited(other):
                acts.extend(
                    Act.of("change", other, row, {**row, own.name: None})
                    for row in found
                    if (other.name, key_of(other, row)) not in seen
                )
    if is_audited(table):
        acts.extend(Act.of("delete", table, row, None) for row in new)


@functools.cache
def _has_followers(table: Table) -> bool:
    return any(
        reference.referred_table is table and reference.ondelete
        for other in Record.metadata.sorted_tables
        for reference in other.foreign_key_constraints
    )


def _referring(session: Session, table: Table, column: Column[Any], ids: list[str]) -> Iterator[dict[str, Any]]:
    for part in in_parts(ids):
        yield from (dict(row) for row in session.connection().execute(select(table).where(column.in_(part))).mappings())


def locate(session: Session, acts: Iterable[Act]) -> None:
    """Find out whom each act concerns: whose people, and which site of whom."""
    wanted = [act for act in acts if not act.located]
    if not wanted:
        return
    for act in wanted:
        _locate_by_itself(act)
    for column, record in _OF_SITE.items():
        lost = [act for act in wanted if act.site_id is None and _named(act, column)]
        homes = _look_up(session, record.id, record.site_id, [_named(act, column) for act in lost])
        for act in lost:
            act.site_id = homes.get(_named(act, column) or "")
    of_entity = [act for act in wanted if _named(act, "entity_id")]
    ids = [_named(act, "entity_id") for act in of_entity]
    users = _look_up(session, Entity.id, Entity.user_id, ids)
    organisations = _look_up(session, Entity.id, Entity.organisation_id, ids)
    for act in of_entity:
        entity_id = _named(act, "entity_id") or ""
        act.person = act.person or users.get(entity_id)
        act.organisation_id = act.organisation_id or organisations.get(entity_id)
    owners = _look_up(session, Site.id, Site.organisation_id, [act.site_id for act in wanted if act.owner_id is None])
    homes = _look_up(session, User.id, User.organisation_id, [_person(act) for act in wanted if act.organisation_id is None])
    for act in wanted:
        act.owner_id = act.owner_id or owners.get(act.site_id or "")
        act.organisation_id = act.organisation_id or homes.get(_person(act) or "")
        act.located = True


def _locate_by_itself(act: Act) -> None:
    if act.kind == "sites" and act.table is not None:
        act.site_id, act.owner_id = act.subject_id, _named(act, "organisation_id")
    elif act.kind == "organisations":
        act.organisation_id = act.organisation_id or act.subject_id
    else:
        act.organisation_id = act.organisation_id or _named(act, "organisation_id")
        act.site_id = act.site_id or _named(act, "site_id")


def _person(act: Act) -> str | None:
    return act.person or (act.subject_id if act.kind == "users" else None)


def _named(act: Act, column: str) -> str | None:
    value = (act.after or act.before or {}).get(column)
    return value if isinstance(value, str) else None


def _look_up(session: Session, key: Any, value: Any, ids: Iterable[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    known = {each for each in ids if each}
    for part in in_parts(known):
        found.update(session.connection().execute(select(key, value).where(key.in_(part))).all())
    return {each: home for each, home in found.items() if home}
