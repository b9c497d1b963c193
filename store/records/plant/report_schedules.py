"""Reports that are made by the clock: of what, when, and who gets them. Each recipient's is made in their own scope."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from config.language import _
from models.report_asked import MOST_SUBJECTS, PARTS
from models.report_periods import REGULAR, next_due
from store.errors import Refused
from store.records.access.policy import Action, holder, may, require, scope_of
from store.records.people.users import by_address
from store.records.schema import ReportRecipient, ReportSchedule, Site, User
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

MOST_RECIPIENTS = 50
MOST_EACH = 50  # schedules of a person on a site
LONGEST_NAME = 120


class Terms(NamedTuple):
    """What is made: `name` says of what in words, `subjects` by ids (none: the whole site), each week or month."""

    name: str
    kind: str
    subjects: Sequence[str] = ()
    parts: Sequence[str] = PARTS


class Known(NamedTuple):
    """A schedule, and who gets it by address: all of them for whoever asked for it, else oneself."""

    schedule: ReportSchedule
    recipients: list[str]
    is_own: bool


class Due(NamedTuple):
    """A schedule whose turn has come, with the zone of its site and the ids of who gets it."""

    schedule: ReportSchedule
    zone: ZoneInfo
    recipients: list[str]


def schedules(scope: Scope, site_id: str) -> list[Known]:
    """Those of a site that the holder has asked for or gets.

    Raises:
        NotFound: the site does not exist for the scope, or nobody asks.
    """
    scope.require_site(site_id)
    user_id = holder(scope)
    gets = select(ReportRecipient.schedule_id).where(ReportRecipient.user_id == user_id)
    mine = or_(ReportSchedule.user_id == user_id, ReportSchedule.id.in_(gets))
    query = select(ReportSchedule).where(ReportSchedule.site_id == site_id, mine)
    with reading() as records:
        found = list(records.scalars(query.order_by(ReportSchedule.created_at, ReportSchedule.id)))
        people = _recipients(records, [each.id for each in found])
    told = []
    for each in found:
        is_own = each.user_id == user_id
        told.append(Known(each, [person.email for person in people[each.id] if is_own or person.id == user_id], is_own))
    return told


def create_schedule(scope: Scope, site_id: str, terms: Terms, also_to: Collection[str] = ()) -> ReportSchedule:
    """Have a report made from the next period on, for whoever asks and for others by their addresses.

    Others may be chosen by administrators of the site, among people who may see it.

    Raises:
        NotFound: the site does not exist for the scope, or nobody asks.
        Refused: not an administrator, though others are named; somebody cannot see the site; or terms that cannot be.
    """
    scope.require_site(site_id)
    user_id = holder(scope)
    _check(terms)
    if also_to and not may(scope, Action.ADMINISTER, site_id=site_id):
        raise Refused(_("only an administrator of the site may send reports to others: leave the addresses empty"), "also_to")
    with session() as records:
        site = records.get(Site, site_id)
        if site is None:
            raise missing(Site, site_id)
        theirs = select(ReportSchedule.id).where(ReportSchedule.user_id == user_id, ReportSchedule.site_id == site_id)
        if len(records.scalars(theirs).all()) >= MOST_EACH:
            raise Refused(_("you have %(most)s such reports on this site: delete one first", most=MOST_EACH))
        recipients = dict.fromkeys([user_id, *(_person(records, each, site_id) for each in also_to)])
        if len(recipients) > MOST_RECIPIENTS:
            raise Refused(_("a report goes to %(most)s people at the most: name fewer", most=MOST_RECIPIENTS), "also_to")
        made = ReportSchedule(
            site_id=site_id,
            user_id=user_id,
            name=terms.name[:LONGEST_NAME],
            kind=terms.kind,
            subjects=list(terms.subjects),
            parts=list(terms.parts),
            next_at=next_due(terms.kind, now(), ZoneInfo(site.time_zone)),
        )
        records.add(made)
        records.flush()
        records.add_all([ReportRecipient(schedule_id=made.id, user_id=each) for each in recipients])
    return made


def delete_schedule(scope: Scope, schedule_id: str) -> None:
    """Have no more reports made by a schedule of one's own, or as an administrator of its site; raises `NotFound`."""
    with session() as records:
        found = _seen(records, scope, schedule_id)
        if found.user_id != holder(scope) and not may(scope, Action.ADMINISTER, site_id=found.site_id):
            raise missing(ReportSchedule, schedule_id)
        records.delete(found)


def leave(scope: Scope, schedule_id: str) -> None:
    """Get no more reports of a schedule; it ends with its last recipient. Raises `NotFound`."""
    with session() as records:
        found = _seen(records, scope, schedule_id)
        mine = records.get(ReportRecipient, (schedule_id, holder(scope)))
        if mine is None:
            raise missing(ReportSchedule, schedule_id)
        records.delete(mine)
        records.flush()
        if not records.scalars(select(ReportRecipient.user_id).where(ReportRecipient.schedule_id == schedule_id)).first():
            records.delete(found)


def due(scope: Scope, at: datetime) -> list[Due]:
    """The schedules whose turn has come, of sites that are not archived.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    query = select(ReportSchedule, Site.time_zone).join(Site, Site.id == ReportSchedule.site_id)
    query = query.where(ReportSchedule.next_at <= at, Site.archived_at.is_(None))
    with reading() as records:
        found = records.execute(query.order_by(ReportSchedule.next_at, ReportSchedule.id)).all()
        people = _recipients(records, [each.id for each, _ in found])
    return [Due(each, ZoneInfo(zone), [person.id for person in people[each.id]]) for each, zone in found]


def turned(scope: Scope, schedule_id: str, next_at: datetime) -> None:
    """Its reports were asked for; when again.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        records.execute(update(ReportSchedule).where(ReportSchedule.id == schedule_id).values(next_at=next_at))


def forget_without_recipients(scope: Scope) -> int:
    """Delete the schedules that nobody gets any more, for their people are gone; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    alone = delete(ReportSchedule).where(ReportSchedule.id.not_in(select(ReportRecipient.schedule_id)))
    with session() as records:
        return len(records.scalars(alone.returning(ReportSchedule.id)).all())


def _check(terms: Terms) -> None:
    if terms.kind not in REGULAR:
        raise Refused(_("a report by the clock is of a week or of a month: choose one of them"), "kind")
    if len(terms.subjects) > MOST_SUBJECTS:
        raise Refused(_("a report is of %(most)s buildings and meters at the most: choose fewer", most=MOST_SUBJECTS))
    if not {*terms.parts} <= {*PARTS}:
        raise Refused(_("no such part of a report: choose one of %(parts)s", parts=", ".join(PARTS)))


def _person(records: Session, address: str, site_id: str) -> str:
    """The id of whoever has the address and may see the site."""
    person = records.scalar(by_address(address))
    if person is None or not scope_of(person.id).sees_site(site_id):
        raise Refused(_("nobody with the address %(address)s may see this site", address=f"{address[:80]!r}"), "also_to")
    return person.id


def _seen(records: Session, scope: Scope, schedule_id: str) -> ReportSchedule:
    found = records.get(ReportSchedule, schedule_id)
    if found is None or not scope.sees_site(found.site_id):
        raise missing(ReportSchedule, schedule_id)
    return found


def _recipients(records: Session, schedule_ids: Collection[str]) -> dict[str, list[User]]:
    """Who gets each of them, by address."""
    found: dict[str, list[User]] = {each: [] for each in schedule_ids}
    query = select(ReportRecipient.schedule_id, User).join(User, User.id == ReportRecipient.user_id)
    for schedule_id, person in records.execute(query.where(ReportRecipient.schedule_id.in_(schedule_ids)).order_by(User.email)):
        found[schedule_id].append(person)
    return found
