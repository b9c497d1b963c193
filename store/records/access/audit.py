"""The audit log: who did what, to which record, from where. `trail` writes it; here it is read, filtered and checked.

Platform administrators read all of it; an organisation's administrators what concerns their people and their sites,
and of the personal parts those of their own people.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.language import N_, _
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.schema import AuditEntry, AuditHead, Device, Meter, Organisation, Site, User
from store.records.transaction import person_keys, trail
from store.records.transaction.engine import reading, session
from store.records.transaction.trail import COMMAND_LINE, ERASED, VISITOR, Note, act_as, acting, who_acts
from store.scope import Role, Scope

__all__ = ["COMMAND_LINE", "ERASED", "VISITOR", "act_as", "acting", "who_acts"]

PAGE = 50
MOST = 10_000  # read at once, by an export and by a check
MANY = 10_000  # entries of a value, a hundredth of a long log; whether there are still more decides nothing
NEVER = 2**62  # no entry has this number
MEANT = 10  # records that a word of a search may mean
EQUAL = ("actor", "action", "subject_kind", "subject_id", "site_id")  # of a filter
_CHECKED = [AuditEntry.__table__.c[name] for name in (*trail.HASHED, "hash")]
_SEQUENCE, _PREVIOUS = trail.HASHED.index("sequence"), trail.HASHED.index("previous_hash")
Equal = tuple[InstrumentedAttribute[Any], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as somebody reads it. `before` and `after` are by column; what is erased or not theirs reads `(erased)`."""

    sequence: int
    at: datetime
    actor: str
    actor_name: str | None
    behalf: str | None
    action: str
    subject_kind: str | None
    subject_id: str | None
    organisation_id: str | None
    owner_id: str | None
    site_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted; everything that is given has to hold. `since` is within, `until` is not.

    `text` is an action, a kind, an id, or a part of the name or the address of a person, an organisation, a site, a
    device or a meter that there is now.
    """

    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    site_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds: how many entries were checked, the newest hash, and the first place where it is broken.

    Whoever keeps the newest hash elsewhere can prove that nothing before it was changed.
    """

    entries: int
    newest_hash: str
    broken_at: int | None = None
    why: str | None = None


def note(
    action: str,
    *,
    subject_kind: str | None = None,
    subject_id: str | None = None,
    told: dict[str, Any] | None = None,
    actor: str | None = None,
    organisation_id: str | None = None,
    site_id: str | None = None,
) -> None:
    """Write an act that changes no record, for instance an export; `told` holds nothing personal and no secret."""
    with session() as records:
        trail.add(records, Note(action, subject_kind, subject_id, told, actor, organisation_id, site_id))


def entries(scope: Scope, wanted: Filter | None = None, *, older_than: int | None = None, limit: int = PAGE) -> list[Entry]:
    """A page of the log, the newest first; the next one is of what is `older_than` the last `sequence` of this one.

    Raises:
        Refused: not an administrator.
    """
    _require_reader(scope)
    with reading() as records:
        return _readable(records, scope, _rows(records, scope, wanted or Filter(), older_than, limit))


def export(scope: Scope, wanted: Filter | None = None) -> Iterator[Entry]:
    """All entries that are wanted, the newest first, read bit by bit; that they were exported is noted first.

    Raises:
        Refused: not an administrator.
    """
    _require_reader(scope)
    asked = {name: value for name, value in asdict(wanted or Filter()).items() if value and name != "text"}
    note("export", subject_kind="audit", told=asked, organisation_id=scope.organisation_id)
    return _all(scope, wanted or Filter())


def _all(scope: Scope, wanted: Filter) -> Iterator[Entry]:
    older_than = None
    while found := entries(scope, wanted, older_than=older_than, limit=MOST):
        yield from found
        older_than = found[-1].sequence


def actions(scope: Scope) -> list[str]:
    """The actions that the log tells of, to choose from.

    Raises:
        Refused: not an administrator.
    """
    _require_reader(scope)
    names: list[str] = []
    with reading() as records:  # from one to the next along the index, however long the log
        while (following := records.scalar(_next_action(names[-1] if names else None))) is not None:
            names.append(following)
    return names


def _next_action(after: str | None) -> Select[str | None]:
    query = select(func.min(AuditEntry.action))
    return query if after is None else query.where(AuditEntry.action > after)


def verify(scope: Scope, tell: Callable[[int, int], object] | None = None) -> Verdict:
    """Check the whole chain from its beginning; stops at the first entry that is not as it was written.

    `tell` hears again and again how many entries are checked, of how many: a million take some seconds.

    Raises:
        Refused: not a platform administrator.
    """
    require(scope, Action.RUN)
    with reading() as records:
        newest = select(func.max(AuditEntry.sequence)).scalar_subquery()
        last, end, end_hash = records.execute(select(newest, AuditHead.sequence, AuditHead.hash)).one()
        previous, number = trail.BEGINNING, 0
        while number < end:
            if tell is not None:
                tell(number, end)
            page = select(*_CHECKED).where(AuditEntry.sequence > number, AuditEntry.sequence <= end)
            rows = records.execute(page.order_by(AuditEntry.sequence).limit(MOST)).all()
            if not rows:
                return Verdict(number, previous, number + 1, N_("the entry is missing"))
            for *values, written in rows:
                if values[_SEQUENCE] != number + 1:
                    return Verdict(number, previous, number + 1, N_("the entry is missing"))
                if values[_PREVIOUS] != previous:
                    return Verdict(number, previous, number + 1, N_("the entry does not follow the one before it"))
                if written != trail.digest_of(values):
                    return Verdict(number, previous, number + 1, N_("the entry was changed"))
                previous, number = written, number + 1
    if previous != end_hash:
        return Verdict(number, previous, number, N_("the entry is not the one that was written last"))
    if (last or 0) > end:
        return Verdict(number, previous, end + 1, N_("the entry was added by something else"))
    return Verdict(number, previous)


def forget_visitors(scope: Scope, before: datetime) -> int:
    """Make unreadable from where visitors came, of the months before a moment's; returns how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        return person_keys.forget_visitors(records, before)


def _require_reader(scope: Scope) -> None:
    if not scope.everything and not (scope.role is Role.ADMIN and scope.organisation_id):
        raise Refused(_("only an administrator may read the audit log: ask one of them"))


def _rows(records: Session, scope: Scope, wanted: Filter, older_than: int | None, limit: int) -> list[AuditEntry]:
    """Each alternative is a walk down one index; together they are the page."""
    given = asdict(wanted)
    asked: list[Equal] = [(getattr(AuditEntry, name), given[name]) for name in EQUAL if given[name]]
    mine = () if scope.everything else (AuditEntry.organisation_id, AuditEntry.owner_id)
    of_scope: list[list[Equal]] = [[(column, scope.organisation_id or "")] for column in mine] or [[]]
    of_text: list[list[Equal]] = [[meant] for meant in _meant(records, wanted.text.strip())] if wanted.text.strip() else [[]]
    within = _within(records, wanted, older_than)
    counted: dict[tuple[str, str], int] = {}
    entries: dict[int, AuditEntry] = {}
    for one, other in product(of_scope, of_text):
        equal = sorted([*asked, *one, *other], key=lambda each: _count(records, each, counted))
        # Down the index of the rarest; the others are hidden from the planner, who does not know how rare they are.
        hidden = [func.coalesce(column, "") == value for column, value in equal[1:]]
        page = select(AuditEntry).where(*within, *(column == value for column, value in equal[:1]), *hidden)
        page = page.order_by(AuditEntry.sequence.desc()).limit(limit)
        entries.update({entry.sequence: entry for entry in records.scalars(page)})
    return [entries[sequence] for sequence in sorted(entries, reverse=True)[:limit]]


def _count(records: Session, equal: Equal, counted: dict[tuple[str, str], int]) -> int:
    """How many entries there are of a value, as far as it is worth counting."""
    column, value = equal
    if (column.key, value) not in counted:
        some = select(AuditEntry.sequence).where(column == value).limit(MANY).subquery()
        counted[column.key, value] = records.scalar(select(func.count()).select_from(some)) or 0
    return counted[column.key, value]


def _within(records: Session, wanted: Filter, older_than: int | None) -> list[ColumnElement[bool]]:
    """Moments are in the order of the chain: a bound of the one is a bound of the other, and of every index."""
    within: list[ColumnElement[bool]] = [] if older_than is None else [AuditEntry.sequence < older_than]
    by_time = (AuditEntry.at, AuditEntry.sequence)  # one step down an index
    if wanted.since is not None:
        first = records.scalar(select(AuditEntry.sequence).where(AuditEntry.at >= wanted.since).order_by(*by_time).limit(1))
        within.append(AuditEntry.sequence >= (first if first is not None else NEVER))
    if wanted.until is not None:
        earlier = select(AuditEntry.sequence).where(AuditEntry.at < wanted.until)
        last = records.scalar(earlier.order_by(*(column.desc() for column in by_time)).limit(1))
        within.append(AuditEntry.sequence <= (last if last is not None else 0))
    return within


def _meant(records: Session, text: str) -> list[Equal]:
    ids = [text]
    for named in (User.email, User.name, Organisation.name, Site.name, Device.name, Meter.name):
        owner: Any = named.class_
        ids += records.scalars(select(owner.id).where(named.icontains(text, autoescape=True)).order_by(owner.id).limit(MEANT))
    word = text.lower().replace(" ", "_")
    of_ids: list[Equal] = [(column, each) for each in dict.fromkeys(ids) for column in (AuditEntry.actor, AuditEntry.subject_id)]
    return [(AuditEntry.action, word), (AuditEntry.subject_kind, word), *of_ids]


def _readable(records: Session, scope: Scope, rows: list[AuditEntry]) -> list[Entry]:
    parsed = [(row, _parsed(row.before), _parsed(row.after)) for row in rows]
    people = {person_keys.person_of(sealed) for row, *told in parsed for sealed in (row.address, *_sealed(*told)) if sealed}
    actors = select(User.id, User.name).where(User.id.in_({row.actor for row in rows} | people))
    if not scope.everything:
        actors = actors.where(User.organisation_id == scope.organisation_id)
    names = dict(records.execute(actors).all())
    keys = person_keys.known(records, people if scope.everything else people & names.keys())
    return [
        Entry(
            sequence=row.sequence,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor),
            behalf=row.behalf,
            action=row.action,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            organisation_id=row.organisation_id,
            owner_id=row.owner_id,
            site_id=row.site_id,
            before=_opened(before, keys),
            after=_opened(after, keys),
            address=(keys.unseal(row.address) or ERASED) if row.address else None,
            hash=row.hash,
        )
        for row, before, after in parsed
    ]


def _parsed(told: str | None) -> dict[str, Any] | None:
    parsed: dict[str, Any] | None = json.loads(told) if told else None
    return parsed


def _sealed(*told: dict[str, Any] | None) -> Iterator[str]:
    for each in told:
        for value in (each or {}).values():
            if isinstance(value, dict) and isinstance(value.get("sealed"), str):
                yield value["sealed"]


def _opened(told: dict[str, Any] | None, keys: person_keys.Keys) -> dict[str, Any] | None:
    if told is None:
        return None
    opened = {}
    for name, value in told.items():
        if isinstance(value, dict) and isinstance(value.get("sealed"), str):
            text = keys.unseal(value["sealed"])
            opened[name] = json.loads(text) if text is not None else ERASED
        else:
            opened[name] = value
    return opened
