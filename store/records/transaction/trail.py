"""How the audit log is written: whatever is written through `engine.session()` is noted in the same transaction.

The session tells what it flushes; statements that change rows in bulk are looked at before and after; what a deletion
takes along by a reference (`ON DELETE`) is found before it goes. Nothing is left to the services, so none can forget.
Every table is audited unless `NOT_AUDITED` says why not.

At the end of the transaction the entries are chained under the lock of one row: each carries the SHA-256 of itself,
which includes that of the one before. Personal values are encrypted first, under the key of their person.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from sqlalchemy import Column, Table, event, insert, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session

from store.records import schema
from store.records.schema import rules
from store.records.schema.columns import Record, now
from store.records.transaction import consequences, person_keys
from store.records.transaction.consequences import Act

NOT_AUDITED: dict[type[Record], str] = {
    schema.Attempt: "counts tries; tells nobody who",
    schema.AuditEntry: "the log itself",
    schema.AuditHead: "its end",
    schema.BrokerSource: "written with what senders say of themselves",
    schema.BrokerState: "written by the process that listens, all the time",
    schema.DeviceActivity: "written with every post",
    schema.Entity: "made and removed by the database with its user or organisation",
    schema.Job: "what a job changes is audited itself; calling off somebody else's is noted",
    schema.LastValue: "written with every reading",
    schema.Lease: "which process does what only one does",
    schema.Mail: "written for people by acts that are audited themselves; reading one is noted",
    schema.NotificationPreference: "concerns nobody else",
    schema.OneTimeLink: "what a link is used for is noted",
    schema.PersonKey: "the keys of the log's personal parts",
    schema.ReceivedRequest: "written with every request of a sender that somebody watches",
    schema.RefusedBeyond: "counts what is not kept",
    schema.RefusedReading: "written with what senders post; what a person decides about it is noted",
    schema.Report: "numbers as they were, made for whoever asked; deleting one is noted",
    schema.Restatement: "the change of a declaration is audited itself",
    schema.Session: "signing in and out are noted",
    schema.TokenFamily: "signing in and out are noted",
    schema.Upload: "nobody's readings yet; what is imported of it is audited",
    schema.Version: "counts changes",
    schema.WatchedSource: "who looks at what, for a minute",
}
_NOT_AUDITED = frozenset(record.__tablename__ for record in NOT_AUDITED)
LOADSTAR = "loadstar"  # who acts when nobody else does
COMMAND_LINE = "command line"
VISITOR = "visitor"  # somebody who is not signed in
HIDDEN = "(secret)"
ERASED = "(erased)"
BEGINNING = "0" * 64  # the hash before the first entry
# What an entry's hash is of, in the order of canonical JSON.
HASHED = tuple(sorted(column.name for column in schema.AuditEntry.__table__.columns if column.name != "hash"))
_NAMED = [f'"{name}":' for name in HASHED]
_SECRET_NAME = re.compile("hash|secret|password|token")  # of a column that says nothing about itself
_ACTS = "acts"
_RULED = frozenset(rule.table for rule in rules.RULES if rule.do.startswith(f"UPDATE {rule.table} "))


class Acting(NamedTuple):
    """Who acts: a user's id or one of the words above; from which address; whose view it is, if somebody else's.

    Whoever only looks can write nothing, whatever they ask for.
    """

    actor: str = LOADSTAR
    address: str | None = None
    behalf: str | None = None
    only_looks: bool = False


_NOBODY_ELSE = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=_NOBODY_ELSE)


def who_acts() -> Acting:
    """Who acts in this thread."""
    return _acting.get()


def act_as(actor: str = LOADSTAR, address: str | None = None, behalf: str | None = None, *, only_looks: bool = False) -> None:
    """Say who acts in this thread from now on; without arguments Loadstar itself again."""
    _acting.set(Acting(actor, address, behalf, only_looks))


@contextmanager
def acting(actor: str, address: str | None = None, behalf: str | None = None) -> Iterator[None]:
    """Say who acts in this thread, for a while."""
    token = _acting.set(Acting(actor, address, behalf))
    try:
        yield
    finally:
        _acting.reset(token)


def is_audited(table: Table) -> bool:
    """Whether what is written to a table is noted."""
    return table.name not in _NOT_AUDITED and table.metadata is Record.metadata


def kind_of(column: Column[Any]) -> str | None:
    """What the log keeps of a column: `personal`, `secret`, `quiet`, or none of these: its value."""
    kind: str | None = column.info.get("audit")
    return kind or ("secret" if _SECRET_NAME.search(column.name) else None)


def watch(session: Session) -> None:
    """Notice what the session writes."""
    event.listen(session, "before_flush", _before_flush)
    event.listen(session, "after_flush", _after_flush)
    event.listen(session, "do_orm_execute", _before_statement)


def noted(session: Session) -> list[Act]:
    """What is to be written at the end of the transaction; a part that fails takes its own out again."""
    acts: list[Act] = session.info.setdefault(_ACTS, [])
    return acts


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    gone: dict[Table, list[dict[str, Any]]] = {}
    for each in session.deleted:
        table = _table_of(each)
        if is_audited(table):
            gone.setdefault(table, []).append(_row(each))
    for table, rows in gone.items():
        _note_gone(session, table, rows)


def _note_gone(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    acts = noted(session)
    acts.extend(consequences.of_deleting(session, table, rows, is_audited))
    consequences.locate(session, acts)  # while all that they name is still there


def _after_flush(session: Session, _context: Any) -> None:
    acts = noted(session)
    for each in session.new:
        table = _table_of(each)
        if is_audited(table):
            acts.append(Act.of("create", table, None, _kept(session, each)))
    for each in session.dirty:
        table = _table_of(each)
        if is_audited(table) and session.is_modified(each):
            changes = {name: history for name in _names(table) if (history := _history(each, name)).has_changes()}
            before = {name: history.deleted[0] if history.deleted else None for name, history in changes.items()}
            acts.append(Act.of("change", table, {**_row(each), **before}, _kept(session, each)))


def _before_statement(state: ORMExecuteState) -> Any:
    if not (state.is_update or state.is_delete or state.is_insert):
        return None
    statement: Any = state.statement
    table = Record.metadata.tables.get(statement.table.name)  # itself: the statement's would bring its joins along
    if table is None or not is_audited(table):
        return None
    if state.is_insert or isinstance(state.parameters, list):
        raise TypeError(f"add or change objects of {table.name}: the audit log has to know each row")
    session = state.session
    session.flush()
    query = select(table)
    if statement.whereclause is not None:
        query = query.where(statement.whereclause)
    connection = session.connection()
    before = [dict(row) for row in connection.execute(query, state.parameters).mappings()]
    if state.is_delete:
        _note_gone(session, table, before)
        return state.invoke_statement()
    result = state.invoke_statement()
    after = {consequences.key_of(table, row): row for row in consequences.rows_of(session, table, before)}
    noted(session).extend(
        Act.of("change", table, row, after[key]) for row in before if (key := consequences.key_of(table, row)) in after
    )
    return result


def _table_of(record: object) -> Table:
    table = inspect(record).mapper.local_table
    assert isinstance(table, Table)  # noqa: S101  # no record is mapped to anything else
    return table


def _row(record: object) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _names(_table_of(record))}


def _kept(session: Session, record: object) -> dict[str, Any]:
    """The row as the database keeps it, where a rule of its own may have changed it."""
    table, row = _table_of(record), _row(record)
    return next(consequences.rows_of(session, table, [row]), row) if table.name in _RULED else row


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _history(record: object, name: str) -> Any:
    return inspect(record).attrs[name].history


def write(session: Session) -> None:
    """Chain what the session has noted; once, at the end, for the lock on the chain is held until the commit."""
    acts = [act for act in session.info.pop(_ACTS, ()) if _tells(act)]
    if not acts:
        return
    consequences.locate(session, acts)
    who = who_acts()
    moment = now()
    actors = {act.actor or who.actor for act in acts}
    keys = person_keys.ensure(session, {act.person for act in acts if act.person} | actors, moment)
    head = session.execute(select(schema.AuditHead).with_for_update(), execution_options={"populate_existing": True}).scalar_one()
    moment = max(moment, head.at)  # in the order of the chain, even when a clock is set back
    rows: list[dict[str, Any]] = []
    for number, act in enumerate(acts, head.sequence + 1):
        actor = act.actor or who.actor
        row = {
            "sequence": number,
            "at": moment,
            "actor": actor,
            "behalf": who.behalf,
            "action": act.action,
            "subject_kind": act.kind,
            "subject_id": act.subject_id,
            "organisation_id": act.organisation_id,
            "owner_id": act.owner_id,
            "site_id": act.site_id,
            "before": _told(act, act.before, keys),
            "after": _told(act, act.after, keys),
            "address": keys.seal(who.address, actor) if who.address else None,
            "previous_hash": rows[-1]["hash"] if rows else head.hash,
        }
        row["hash"] = digest(row)
        rows.append(row)
    connection = session.connection()
    connection.execute(insert(schema.AuditEntry), rows)
    last = rows[-1]
    connection.execute(update(schema.AuditHead).values(sequence=last["sequence"], at=moment, hash=last["hash"]))


def digest(row: Mapping[str, Any]) -> str:
    """The hash of an entry: of all that it holds, and so of the hash before it."""
    return digest_of([row[name] for name in HASHED])


def digest_of(values: Sequence[Any]) -> str:
    """The same of its values alone, in the order of `HASHED`: the SHA-256 of canonical JSON without what is null."""
    told = [
        name + (encode_basestring_ascii(value) if type(value) is str else _json_of(value))  # in place: it is nearly every value
        for name, value in zip(_NAMED, values, strict=True)
        if value is not None
    ]
    return hashlib.sha256(f"{{{','.join(told)}}}".encode()).hexdigest()


def _json_of(value: Any) -> str:
    if isinstance(value, str):  # of a kind of its own, such as a table's name
        return encode_basestring_ascii(value)
    return f'"{value.isoformat(timespec="microseconds")}"' if isinstance(value, datetime) else str(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _tells(act: Act) -> bool:
    """Whether anything is left to tell once what changes by itself is left out."""
    return act.table is None or act.action != "change" or bool(_loud_changes(act))


def _loud_changes(act: Act) -> set[str]:
    assert act.table is not None  # noqa: S101  # changes are of rows
    before, after = act.before or {}, act.after or {}
    return {
        column.name
        for column in act.table.columns
        if before.get(column.name) != after.get(column.name) and kind_of(column) != "quiet"
    }


def _told(act: Act, values: Mapping[str, Any] | None, keys: person_keys.Keys) -> str | None:
    if values is None:
        return None
    if act.table is None:
        return _canonical(values)
    changed = _loud_changes(act) if act.action == "change" else values.keys()
    told: dict[str, Any] = {}
    for name in changed:
        value, kind = values[name], kind_of(act.table.columns[name])
        if kind == "quiet":
            continue
        if value is not None and kind == "secret":
            value = HIDDEN
        elif value is not None and kind == "personal":
            sealed = keys.seal(_canonical(value), act.person) if act.person else None
            value = {"sealed": sealed} if sealed else ERASED
        told[name] = value
    return _canonical(told)


@dataclass(frozen=True, slots=True)
class Note:
    """An act that changes no audited row: signing in, an export, looking at what somebody else sees."""

    action: str
    subject_kind: str | None = None
    subject_id: str | None = None
    told: Mapping[str, Any] | None = None
    actor: str | None = None
    organisation_id: str | None = None
    site_id: str | None = None


def add(session: Session, note: Note) -> None:
    """Note an act, to be written with the rest of the transaction."""
    noted(session).append(
        Act(
            note.action,
            None,
            note.subject_kind,
            note.subject_id,
            None,
            note.told,
            actor=note.actor,
            organisation_id=note.organisation_id,
            site_id=note.site_id,
        )
    )
