"""Reports that were made: kept with their numbers as they were, and opened by whoever may see what they were made from."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from store.ids import new_id
from store.records.access import audit
from store.records.access.policy import Action, holder, require
from store.records.schema import Report, listing
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope, Window, both, within

MOST = 500  # of a person on a site: the oldest go
LONGEST_NAME = 120
_SORTS: dict[str, listing.Column] = {"made_at": Report.made_at, "name": func.lower(Report.name), "first_day": Report.first_day}


class Seen(msgspec.Struct, frozen=True):
    """What a report was made from: meters in [`since`, `until`), of some of which only the times in `held` were seen.

    `whole_site`: these were all of the site.
    """

    meters: list[str]
    since: datetime
    until: datetime
    whole_site: bool
    held: dict[str, list[tuple[datetime, datetime]]] = {}


class Made(NamedTuple):
    """A report that was just made."""

    name: str
    kind: str
    first_day: date
    last_day: date
    numbers: dict[str, Any]
    seen: Seen


def seen_by(scope: Scope, site_id: str, meter_ids: Sequence[str], since: datetime, until: datetime) -> Seen:
    """What the scope sees of these meters of a site in [since, until); raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    whole = (Window(since, until),)
    times = {meter: within(scope.times(meter, site_id), since, until) for meter in meter_ids}
    held = {meter: [(each.start, each.end) for each in of] for meter, of in times.items() if of != whole}
    return Seen(sorted(meter_ids), since, until, scope.sees_whole_site(site_id), held)


def keep(scope: Scope, site_id: str, made: Made, schedule_id: str | None = None, report_id: str | None = None) -> Report:
    """Keep a report for whoever the scope is of; `report_id` is one that was made by `store.ids` before.

    Raises:
        NotFound: the site does not exist for the scope, or nobody asks.
    """
    scope.require_site(site_id)
    user_id = holder(scope)
    with session() as records:
        row = Report(
            id=report_id or new_id("rep"),
            site_id=site_id,
            user_id=user_id,
            schedule_id=schedule_id,
            name=made.name[:LONGEST_NAME],
            kind=made.kind,
            first_day=made.first_day,
            last_day=made.last_day,
            numbers=made.numbers,
            seen=msgspec.to_builtins(made.seen),
        )
        records.add(row)
        records.flush()
        _drop_oldest(records, user_id, site_id)
    return row


def is_made(scope: Scope, schedule_id: str, first_day: date) -> bool:
    """Whether the holder has the report of a schedule that begins with that day; raises `NotFound` for nobody."""
    query = select(Report.id).where(Report.schedule_id == schedule_id, Report.user_id == holder(scope))
    with reading() as records:
        return records.scalars(query.where(Report.first_day == first_day)).first() is not None


def report(scope: Scope, report_id: str) -> Report:
    """A report, whoever it was made for.

    Raises:
        NotFound: there is none, or the scope does not see all that it was made from.
    """
    with reading() as records:
        row = records.get(Report, report_id)
    if row is None or not _may_open(scope, row):
        raise missing(Report, report_id)
    return row


def own_reports(scope: Scope, site_id: str, wanted: Wanted) -> Page[Report]:
    """A page of the reports of a site that were made for the holder, without their numbers.

    Raises:
        NotFound: the site does not exist for the scope, or nobody asks.
        Refused: no such column.
    """
    scope.require_site(site_id)
    query = select(Report).where(Report.site_id == site_id, Report.user_id == holder(scope)).options(defer(Report.numbers))
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=(Report.name,), sorts=_SORTS, key=Report.id)
    return Page([row[0] for row in rows], total)


def delete_report(scope: Scope, report_id: str) -> None:
    """Delete one of one's own reports; raises `NotFound`."""
    with session() as records:
        row = records.get(Report, report_id)
        if row is None or row.user_id != holder(scope):
            raise missing(Report, report_id)
        records.delete(row)
        audit.note("delete", subject_kind="reports", subject_id=report_id, site_id=row.site_id)


def forget(scope: Scope, before: datetime) -> int:
    """Delete the reports that were made before a moment; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        return len(records.scalars(delete(Report).where(Report.made_at < before).returning(Report.id)).all())


def _may_open(scope: Scope, row: Report) -> bool:
    """Whether the scope sees all that it was made from, of the times of which that was seen."""
    if not scope.sees_site(row.site_id):
        return False
    told = msgspec.convert(row.seen, Seen)
    if told.whole_site and not scope.sees_whole_site(row.site_id):
        return False
    if not told.meters and not told.whole_site:
        return False
    for meter in told.meters:
        needed = tuple(Window(*each) for each in told.held.get(meter, [(told.since, told.until)]))
        if both(needed, scope.times(meter, row.site_id)) != needed:
            return False
    return True


def _drop_oldest(records: Session, user_id: str, site_id: str) -> None:
    """Leave the newest of a person on a site."""
    theirs = select(Report.id).where(Report.user_id == user_id, Report.site_id == site_id)
    old = list(records.scalars(theirs.order_by(Report.made_at.desc(), Report.id.desc()).offset(MOST)))
    if old:
        records.execute(delete(Report).where(Report.id.in_(old)))
