"""Refused readings: kept as they were sent, a bounded number of each source, until a person decides about them or they are old.

Whatever is refused is told to its sender; this is for whoever can put it right afterwards. Nothing of it counts anywhere until
a person has it stored, by the same judge as any post (`ingest.replaying`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from config.language import _
from models.refused_reading import NOTHING_SAID, Edit, Said
from store.errors import Refused as Refusal
from store.ids import said_id
from store.records.access import audit
from store.records.access.policy import Action, require
from store.records.jobs import asking
from store.records.jobs.kinds import REFUSED_READINGS, OfRefused
from store.records.schema import Job, RefusedBeyond, RefusedReading, Site, listing
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction import trail
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into
from store.scope import SYSTEM, Scope

MOST = 5_000  # kept of a source
MOST_OF_SITE = 50_000
KEPT = timedelta(days=30)
LONGEST, LONGEST_BODY = 200, 2_000  # characters that are kept of a word, and of what is no reading
LATEST_JOBS = 50


class Refused(NamedTuple):
    """A reading that was refused: whose, by which road, when, why, what its sender calls it, and what it said.

    `body` is what was sent where no reading could be made of it.
    """

    site_id: str
    source_id: str
    road: str
    at: datetime
    code: str
    message: str
    name: str = ""
    said: Said = NOTHING_SAID
    body: str = ""


class Kind(NamedTuple):
    """Refused readings that one decision can be about: of how many, between which times of receipt, and one for all."""

    kind: str
    source_id: str
    road: str
    code: str
    name: str
    meter: str
    quantity: str
    unit: str
    interval_s: str
    number: int
    first: datetime
    last: datetime
    example: RefusedReading


class Beyond(NamedTuple):
    """How many readings of a source were refused beyond those that are kept, the last when."""

    source_id: str
    number: int
    at: datetime


class Decided(NamedTuple):
    """What became of a refused reading: `stored` as what it then said, or `discarded`."""

    state: str
    became: str = ""


def keep(scope: Scope, rows: Iterable[Refused]) -> set[str]:
    """Keep what was refused, as much of each source and site as may be; the sources of which no more may.

    What is kept already is not kept twice, whatever was decided about it. What is beyond the bounds is counted.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    of_source: defaultdict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for each in rows:
        row = _row(each)
        of_source[each.site_id, each.source_id][row["id"]] = row
    full: set[str] = set()
    with session() as records:
        there = set(records.scalars(select(Site.id).where(Site.id.in_({site_id for site_id, _source in of_source}))))
        for (site_id, source_id), given in sorted(of_source.items()):
            if site_id not in there:
                continue
            known = _known(records, given)
            new = [row for each, row in given.items() if each not in known]
            room = max(0, _room(records, site_id, source_id))
            if new[:room]:
                records.connection().execute(insert_into(records, RefusedReading).on_conflict_do_nothing(), new[:room])
            if new[room:]:
                _count_beyond(records, site_id, source_id, len(new) - room)
            if len(new) >= room:
                full.add(source_id)
    return full


def keep_of(scope: Scope, site_id: str, source_id: str, rows: Collection[Refused], beyond: int) -> None:
    """Keep what was refused of a source that says all that it has to say at once, such as a file, instead of what was kept of it.

    `beyond` of its readings were refused beside these. Raises as `keep`.
    """
    with session() as records:
        forget_of(scope, source_id)
        keep(scope, rows)
        if beyond > 0:
            _count_beyond(records, site_id, source_id, beyond)


def forget_of(scope: Scope, source_id: str) -> None:
    """Drop the refused readings of a source, whatever was decided about them. Raises as `keep`."""
    require(scope, Action.RUN)
    with session() as records:
        records.execute(delete(RefusedBeyond).where(RefusedBeyond.source_id == source_id))
        records.execute(
            delete(RefusedReading).where(RefusedReading.source_id == source_id), execution_options={"synchronize_session": False}
        )


def waiting(scope: Scope, site_id: str, source_id: str) -> int:
    """How many refused readings of a source wait for somebody to decide about them. Raises as `kinds_page`."""
    require(scope, Action.OPERATE, site_id=site_id)
    of = RefusedReading
    query = select(func.count()).select_from(of).where(of.site_id == site_id, of.source_id == source_id, of.state == "kept")
    with reading() as records:
        return records.scalar(query) or 0


def count_beyond(scope: Scope, counts: Mapping[tuple[str, str], int]) -> None:
    """Count what was refused and is not kept, by site and source. Raises as `keep`."""
    require(scope, Action.RUN)
    with session() as records:
        there = set(records.scalars(select(Site.id).where(Site.id.in_({site_id for site_id, _source in counts}))))
        for (site_id, source_id), number in sorted(counts.items()):
            if site_id in there:
                _count_beyond(records, site_id, source_id, number)


def _row(of: Refused) -> dict[str, Any]:
    said = Said(*(_short(text) for text in of.said))
    name, body = _short(of.name), _seen(of.body[:LONGEST_BODY], kept="\n\t")
    alike = (of.source_id, of.road, of.code, name, said.meter, said.quantity, said.unit, said.interval_s)
    return {
        "id": said_id("rfr", of.source_id, name, *said[:-1], body, *filter(None, said[-1:])),
        "site_id": of.site_id,
        "source_id": of.source_id,
        "road": of.road,
        "kind": said_id("rfk", *alike),
        "at": of.at,
        "code": of.code,
        "message": _seen(of.message[:LONGEST_BODY]),
        "name": name,
        **said._asdict(),
        "body": body,
        "state": "kept",
        "became": "",
    }


def _short(text: str) -> str:
    return _seen(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _seen(text: str, kept: str = "") -> str:
    """The text, with what is invisible in it written as what it is."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in kept else ascii(each)[1:-1] for each in text)


def _known(records: Session, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in in_parts(ids):
        found.update(records.scalars(select(RefusedReading.id).where(RefusedReading.id.in_(part))))
    return found


def _room(records: Session, site_id: str, source_id: str) -> int:
    kept = select(func.count()).select_from(RefusedReading).where(RefusedReading.state == "kept")
    of_source = records.scalar(kept.where(RefusedReading.source_id == source_id)) or 0
    of_site = records.scalar(kept.where(RefusedReading.site_id == site_id)) or 0
    return min(MOST - of_source, MOST_OF_SITE - of_site)


def _count_beyond(records: Session, site_id: str, source_id: str, number: int) -> None:
    statement = insert_into(records, RefusedBeyond)
    more = {"number": RefusedBeyond.number + statement.excluded.number, "at": statement.excluded.at}
    records.connection().execute(
        statement.on_conflict_do_update(index_elements=["source_id"], set_=more),
        {"source_id": source_id, "site_id": site_id, "number": number, "at": now()},
    )


def kinds_page(scope: Scope, site_id: str, wanted: Wanted) -> Page[Kind]:
    """A page of the kinds of which something is kept, sorted by `last`, `number`, `code` or `source_id`.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site, or no such column to sort by.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    of = RefusedReading
    alike = (of.kind, of.source_id, of.road, of.code, of.name, of.meter, of.quantity, of.unit, of.interval_s)
    last, number = func.max(of.at), func.count()
    query = select(*alike, number, func.min(of.at), last, func.min(of.id))
    query = query.where(of.site_id == site_id, of.state == "kept").group_by(*alike)
    sorts: dict[str, listing.Column] = {"last": last, "number": number, "code": of.code, "source_id": of.source_id}
    searched = (of.name, of.meter, of.quantity, of.code, of.source_id, of.unit)
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=searched, sorts=sorts, key=of.kind)
        examples = {each.id: each for each in records.scalars(select(of).where(of.id.in_([row[-1] for row in rows])))}
    return Page([Kind(*[*row[:-1], examples[row[-1]]]) for row in rows], total)


def readings_page(scope: Scope, site_id: str, wanted: Wanted, *, state: str = "kept") -> Page[RefusedReading]:
    """A page of refused readings, kept, stored or discarded, sorted by `at`, `code`, `meter`, `ts` or `value`.

    Raises as `kinds_page`; a kind or an id is searched for like any other word.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    of = RefusedReading
    query = select(of).where(of.site_id == site_id, of.state == state)
    sorts: dict[str, listing.Column] = {"at": of.at, "code": of.code, "meter": of.meter, "ts": of.ts, "value": of.value}
    searched = (of.kind, of.id, of.name, of.meter, of.quantity, of.code, of.source_id, of.ts, of.value, of.unit, of.body)
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=searched, sorts=sorts, key=of.id)
    return Page([row for (row,) in rows], total)


def kept(scope: Scope, site_id: str, which: str) -> list[RefusedReading]:
    """Those of a kind that nobody has decided about, the oldest first, or the one of that id.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site, or there is none any more.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    of = RefusedReading
    query = select(of).where(of.site_id == site_id, of.state == "kept", _which(which)).order_by(of.at, of.id)
    with reading() as records:
        found = list(records.scalars(query))
    if not found:
        raise Refusal(_("nothing of it is kept any more: somebody else decided, or it was too old"))
    return found


def _which(which: str) -> ColumnElement[bool]:
    return or_(RefusedReading.kind == which, RefusedReading.id == which)


def beyond(scope: Scope, site_id: str) -> list[Beyond]:
    """The sources of the site of which more was refused than is kept. Raises as `kinds_page`."""
    require(scope, Action.OPERATE, site_id=site_id)
    query = select(RefusedBeyond.source_id, RefusedBeyond.number, RefusedBeyond.at).where(RefusedBeyond.site_id == site_id)
    with reading() as records:
        return [Beyond(*row) for row in records.execute(query.order_by(RefusedBeyond.source_id))]


def ask(scope: Scope, site_id: str, which: str, edit: Edit) -> Job:
    """Have refused readings stored by a correction; who asked for what is noted, with what one said before. Raises as `kept`."""
    found = kept(scope, site_id, which)
    told: dict[str, Any] = {"readings": len(found), "correction": msgspec.to_builtins(edit)}
    if len(found) == 1:
        told["before"] = {name: text for name, text in found[0].said._asdict().items() if text}
    with session():
        audit.note("corrected", subject_kind="refused_readings", subject_id=which, told=told, site_id=site_id)
        return asking.ask(scope, REFUSED_READINGS, OfRefused(site_id, which, edit), once_key=f"{site_id} {which}")


def discard(scope: Scope, site_id: str, which: str) -> int:
    """Say that refused readings are not wanted; how many. They are shown as such until they are old. Raises as `kept`."""
    found = kept(scope, site_id, which)
    with session():
        audit.note("discarded", subject_kind="refused_readings", subject_id=which, told={"readings": len(found)}, site_id=site_id)
        decide(scope, site_id, {each.id: Decided("discarded") for each in found})
    return len(found)


def decide(scope: Scope, site_id: str, decided: Mapping[str, Decided]) -> None:
    """Say what became of readings, by their ids.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    if not decided:
        return
    table, who, at = RefusedReading.__table__, trail.who_acts().actor, now()
    rows = [{"which": each, "now": state, "as": became[:LONGEST_BODY]} for each, (state, became) in sorted(decided.items())]
    statement = update(RefusedReading).where(table.c.id == bindparam("which"), table.c.site_id == site_id)
    with session() as records:
        values = {"state": bindparam("now"), "became": bindparam("as"), "decided_by": who, "decided_at": at}
        records.connection().execute(statement.values(**values), rows)
        for part in in_parts(decided):
            sources = select(RefusedReading.source_id).where(RefusedReading.id.in_(part), RefusedReading.site_id == site_id)
            records.execute(delete(RefusedBeyond).where(RefusedBeyond.source_id.in_(sources)))


def working(scope: Scope, site_id: str) -> Job | None:
    """The newest work that stores refused readings of the site, done or not, while it is known. Raises as `kinds_page`."""
    require(scope, Action.OPERATE, site_id=site_id)
    query = select(Job).where(Job.kind == REFUSED_READINGS.name).order_by(Job.created_at.desc(), Job.id).limit(LATEST_JOBS)
    with reading() as records:
        return next((each for each in records.scalars(query) if each.arguments.get("site_id") == site_id), None)


def cancel(scope: Scope, site_id: str) -> bool:
    """Call off what is being stored, whoever of the site's operators asked; whether there was any. Raises as `kinds_page`."""
    job = working(scope, site_id)
    if job is None:
        return False
    with session():
        audit.note("cancelled", subject_kind="jobs", subject_id=job.id, site_id=site_id)
        return asking.cancel(SYSTEM, job.id)


def forget(scope: Scope, before: datetime) -> int:
    """Drop refused readings of before a moment, whatever was decided about them; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        records.execute(delete(RefusedBeyond).where(RefusedBeyond.at < before))
        gone = delete(RefusedReading).where(RefusedReading.at < before).returning(RefusedReading.id)
        return len(records.execute(gone, execution_options={"synchronize_session": False}).all())
