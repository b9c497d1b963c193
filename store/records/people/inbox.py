"""The approvals inbox: users, organisations, meter claims and key requests that wait, in one queue, the longest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Subquery, false, func, literal, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.language import N_, _
from store.errors import NotFound, Refused
from store.records.access import claims
from store.records.access.policy import Action, may
from store.records.people import organisations, preferences, unfinished, users
from store.records.schema import Device, Entity, Grant, Meter, Organisation, Request, User
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Role, Scope

_BLANK = literal("", String)
_DECIDED = N_("this was decided already: nothing waits here")
KINDS = ("user", "organisation", "meter", "key")


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that waits for a decision: `id` is what `decide` takes.

    `about` is what is asked for: the organisation of a user, the kind of an organisation, the name of a meter or device.
    """

    kind: str
    id: str
    who: str
    email: str
    about: str
    organisation_id: str | None
    site_id: str | None
    note: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and who is to be told by mail: whoever asked, unless they want no mails of that kind."""

    kind: str
    id: str
    approved: bool
    reason: str
    tell: tuple[str, ...]


def pending(scope: Scope, wanted: Wanted | None = None, *, kind: str | None = None) -> Page[Pending]:
    """A page of what waits for the scope to decide, the longest waiting first; `wanted.search` is for names and addresses.

    Users wait once their address is confirmed; the founder of an organisation is decided about with it.
    """
    wanted = wanted or Wanted()
    queue = _queue(scope)
    query = select(queue)
    if kind is not None:
        query = query.where(queue.c.kind == kind)
    for word in wanted.search.split():
        searched = (queue.c.who, queue.c.email, queue.c.about)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in searched)))
    order = (queue.c.since.desc(), queue.c.id) if wanted.descending else (queue.c.since, queue.c.id)
    with reading() as records:
        total = records.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = records.execute(query.order_by(*order).offset(wanted.first).limit(wanted.count)).all()
    return Page([Pending(**row._mapping) for row in rows], total)


def waiting(scope: Scope, item_id: str) -> Pending:
    """What waits for the scope to decide under an id; raises `NotFound` where nothing does."""
    queue = _queue(scope)
    with reading() as records:
        row = records.execute(select(queue).where(queue.c.id == item_id)).one_or_none()
    if row is None:
        raise NotFound(f"nothing waits under {item_id}")
    return Pending(**row._mapping)


def pending_count(scope: Scope) -> int:
    """How much waits for the scope to decide."""
    with reading() as records:
        return records.scalar(select(func.count()).select_from(_queue(scope))) or 0


def _queue(scope: Scope) -> Subquery:
    """What waits for the scope, as rows of `Pending`."""
    asked = (Request.note, Request.created_at)
    requests = select(literal("x")).select_from(Request).join(User, User.id == Request.user_id)
    requests = requests.where(Request.decided_at.is_(None))
    of_meters = requests.join(Meter, Meter.id == Request.meter_id).join(Entity, Entity.id == Request.entity_id)
    of_keys = requests.join(Device, Device.id == Request.device_id)
    return union_all(
        _waiting_users(scope),
        _waiting_organisations(scope),
        of_meters.where(_administered(scope, Meter.site_id)).with_only_columns(
            *_row("meter", Request.id, User.name, User.email, Meter.name, Entity.organisation_id, Meter.site_id, *asked)
        ),
        of_keys.where(_administered(scope, Device.site_id)).with_only_columns(
            *_row("key", Request.id, User.name, User.email, Device.name, User.organisation_id, Device.site_id, *asked)
        ),
    ).subquery()


def _row(kind: str, *columns: Any) -> list[ColumnElement[Any]]:
    names = ("id", "who", "email", "about", "organisation_id", "site_id", "note", "since")
    return [literal(kind).label("kind"), *(column.label(name) for name, column in zip(names, columns, strict=True))]


def _waiting_users(scope: Scope) -> Select[Any]:
    led = or_(User.organisation_id == scope.organisation_id, Organisation.distributor_id == scope.organisation_id)
    none = literal(None, String)
    return (
        select(
            *_row("user", User.id, User.name, User.email, Organisation.name, User.organisation_id, none, _BLANK, User.created_at)
        )
        .select_from(User)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(User.approval == "pending", User.email_verified_at.is_not(None), Organisation.approval == "approved")
        .where(_as_administrator(scope, led))
    )


def _waiting_organisations(scope: Scope) -> Select[Any]:
    none = literal(None, String)
    home = Organisation
    founder = select(func.min(User.email)).where(User.organisation_id == home.id, User.email_verified_at.is_not(None))
    address = founder.correlate(home).scalar_subquery()
    return select(
        *_row("organisation", home.id, home.name, address, home.kind, home.distributor_id, none, _BLANK, home.created_at)
    ).where(
        home.approval == "pending",
        address.is_not(None),
        _as_administrator(scope, home.distributor_id == scope.organisation_id),
    )


def _as_administrator(scope: Scope, where: ColumnElement[bool]) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    return where if scope.role is Role.ADMIN and scope.organisation_id is not None else false()


def _administered(scope: Scope, site_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    # Without the index on sites: few requests wait, and each has one meter, while a site has thousands.
    return true() if scope.everything else func.coalesce(site_id, "").in_(scope.admin_of)


def decide(
    scope: Scope, item_id: str, *, approve: bool, reason: str = "", since: datetime | None = None, at: datetime | None = None
) -> Decision:
    """Say yes or no to something in the inbox, by its id.

    A claimed meter is whoever claimed it's from now on, and of it they see what was measured from `since` on, by default
    from now; a key that was asked for may be made by who asked.

    Raises:
        NotFound: nothing of this id waits for the scope to decide.
        Refused: it was decided already, or saying yes would break a rule.
    """
    reason = reason.strip()
    try:
        with session() as records:
            match item_id[:4]:
                case "usr_":
                    return _decide_user(records, scope, item_id, approve, reason)
                case "org_":
                    return _decide_organisation(records, scope, item_id, approve, reason)
                case _:
                    return _decide_request(records, scope, item_id, approve, reason, since, at or now())
    except NotFound:
        raise NotFound(f"nothing waits under {item_id}") from None


def _decide_user(records: Session, scope: Scope, user_id: str, approve: bool, reason: str) -> Decision:
    person = users.managed(records, scope, user_id)
    if person.approval != "pending":
        raise Refused(_(_DECIDED))
    users.set_approval(scope, user_id, "approved" if approve else "rejected")
    return Decision("user", user_id, approve, reason, (person.email,))


def _decide_organisation(records: Session, scope: Scope, home_id: str, approve: bool, reason: str) -> Decision:
    if organisations.organisation(scope, home_id).approval != "pending":
        raise Refused(_(_DECIDED))
    organisations.set_organisation_approval(scope, home_id, "approved" if approve else "rejected")
    tell = records.scalars(select(User.email).where(User.organisation_id == home_id, User.role == Role.ADMIN)).all()
    return Decision("organisation", home_id, approve, reason, tuple(tell))


def _decide_request(
    records: Session, scope: Scope, request_id: str, approve: bool, reason: str, since: datetime | None, at: datetime
) -> Decision:
    request = records.get(Request, request_id, with_for_update=True)
    if request is None or not may(scope, Action.ADMINISTER, site_id=_site_of(records, request)):
        raise missing(Request, request_id)
    if request.decided_at is not None:
        raise Refused(_(_DECIDED))
    request.decided_at, request.decided_by, request.approved, request.reason = at, scope.user_id, approve, reason
    if approve and not unfinished.may_still_ask(records, request):
        raise Refused(_("whoever asked for this may not ask for it any more: say no"))
    if approve and request.meter_id is not None and request.entity_id is not None:
        since = min(since or at, at)
        if claims.is_taken(records, request.meter_id, request.entity_id, since):
            raise Refused(_("the meter is or was somebody else's in that time: end that assignment first, or give a later start"))
        records.add(
            Grant(entity_id=request.entity_id, meter_id=request.meter_id, role="viewer", origin="claimed", valid_from=since)
        )
    address = records.scalars(select(User.email).where(User.id == request.user_id)).one()
    tell = (address,) if preferences.is_wanted(records, request.user_id, "approval", "mail") else ()
    return Decision(request.kind, request_id, approve, reason, tell)


def _site_of(records: Session, request: Request) -> str | None:
    place = Meter if request.meter_id is not None else Device
    return records.scalar(select(place.site_id).where(place.id == (request.meter_id or request.device_id)))
