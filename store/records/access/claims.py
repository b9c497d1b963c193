"""Claiming a meter by the code that is printed on it. The distributor decides; a wrong code tells nothing."""

from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from config.language import N_, _
from store.errors import Refused
from store.ids import entity_id, new_claim_code, read_claim_code
from store.records.access.policy import Action, holder, require
from store.records.schema import Grant, Meter, Request, User
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Role, Scope

NOT_TO_BE_CLAIMED = N_("no meter can be claimed with this code: check it, or ask your distributor")


def claim_meter(scope: Scope, code: str, note: str = "") -> Request:
    """Ask for the meter with this code, for the holder or, as an administrator of one, for their organisation.

    A code that nobody has and one of a meter that somebody else has are answered alike. Asking again changes nothing.

    Raises:
        NotFound: nobody is signed in.
        Refused: no meter can be claimed with it; it is the claimer's already; or the holder only belongs to an organisation.
    """
    with session() as records:
        person = required(records, User, holder(scope))
        if person.organisation_id is not None and person.role != Role.ADMIN:
            raise Refused(_("meters go to your organisation: ask one of its administrators to claim it"))
        claimer = entity_id(person.organisation_id or person.id)
        meter = records.scalar(select(Meter).where(Meter.claim_code == read_claim_code(code), Meter.retired_at.is_(None)))
        if meter is None:
            raise Refused(_(NOT_TO_BE_CLAIMED))
        own_site = meter.site_id in scope.site_ids  # a distributor's
        if own_site or records.scalar(_held(meter.id, now()).where(Grant.entity_id == claimer)) is not None:
            raise Refused(_("%(meter)s is yours already: nothing to claim", meter=meter.name))
        asked = select(Request).where(Request.meter_id == meter.id, Request.entity_id == claimer, Request.decided_at.is_(None))
        if (before := records.scalar(asked)) is not None:
            return before
        if is_taken(records, meter.id, claimer):
            raise Refused(_(NOT_TO_BE_CLAIMED))
        request = Request(kind="meter", user_id=person.id, entity_id=claimer, meter_id=meter.id, note=note.strip())
        records.add(request)
    return request


def is_taken(records: Session, meter_id: str, claimer: str, at: datetime | None = None) -> bool:
    """Whether the meter belongs to another resident or another customer; within a transaction."""
    others = _held(meter_id, at or now()).where(Grant.entity_id != claimer)
    return records.scalar(others) is not None


def _held(meter_id: str, at: datetime) -> Select[str]:
    return select(Grant.id).where(Grant.meter_id == meter_id, GIVEN, or_(Grant.valid_to.is_(None), Grant.valid_to > at)).limit(1)


def my_requests(scope: Scope) -> list[Request]:
    """What the holder has asked for, the newest first, decided or not; raises `NotFound` for nobody."""
    query = select(Request).where(Request.user_id == holder(scope)).order_by(Request.created_at.desc(), Request.id)
    with reading() as records:
        return list(records.scalars(query))


def take_back(scope: Scope, request_id: str) -> None:
    """Take back a request of the holder's that was not decided yet; raises `NotFound` for any other."""
    with session() as records:
        request = records.get(Request, request_id)
        if request is None or request.user_id != holder(scope) or request.decided_at is not None:
            raise missing(Request, request_id)
        records.delete(request)


def claim_code(scope: Scope, meter_id: str) -> str:
    """The code of a meter, to be printed for whom it is for.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site.
    """
    with reading() as records:
        return _administered(records, scope, meter_id).claim_code


def renew_claim_code(scope: Scope, meter_id: str) -> str:
    """Give a meter another code, so that the old one, which somebody may have seen, is good for nothing.

    Raises as `claim_code`.
    """
    with session() as records:
        meter = _administered(records, scope, meter_id)
        meter.claim_code = new_claim_code()
        return meter.claim_code


def release_meter(scope: Scope, meter_id: str, at: datetime | None = None) -> None:
    """Give a meter back: what it was for the holder, or for the organisation that they administer, ends now.

    Raises:
        NotFound: it is not theirs.
    """
    at = at or now()
    with session() as records:
        person = required(records, User, holder(scope))
        if person.organisation_id is not None and person.role != Role.ADMIN:
            raise Refused(_("the meters of your organisation are for its administrators to release: ask one of them"))
        owner = entity_id(person.organisation_id or person.id)
        query = select(Grant).where(Grant.meter_id == meter_id, GIVEN, Grant.entity_id == owner)
        grants = records.scalars(query.where(or_(Grant.valid_to.is_(None), Grant.valid_to > at))).all()
        if not grants:
            raise missing(Meter, meter_id)
        for grant in grants:
            if grant.valid_from >= at:
                records.delete(grant)
            else:
                grant.valid_to = at


def _administered(records: Session, scope: Scope, meter_id: str) -> Meter:
    meter = records.get(Meter, meter_id)
    if meter is None or not scope.sees_meter(meter_id, meter.site_id):
        raise missing(Meter, meter_id)
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    return meter
