"""Grants: a role of a user or of an organisation on one site or one meter, with dates."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select

from config.language import _
from store.errors import Refused
from store.ids import entity_id
from store.records.access import visibility
from store.records.access.policy import Action, may, require
from store.records.schema import Grant, Meter, Organisation, Site, User
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope


def create_grant(
    scope: Scope,
    *,
    user_id: str | None = None,
    organisation_id: str | None = None,
    site_id: str | None = None,
    meter_id: str | None = None,
    role: str = "viewer",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Grant:
    """Give a user or an organisation a role on one site or one meter; from now on unless `valid_from` says otherwise.

    Raises:
        NotFound: the site, the meter, or whom it is for does not exist.
        Refused: not an administrator of the site, or the grant would break a rule: a meter has one resident at a time,
            and people in an organisation none of their own.
    """
    if (site_id is None) == (meter_id is None):
        raise Refused(_("a grant is on one site or on one meter: give one of the two"))
    if (user_id is None) == (organisation_id is None):
        raise Refused(_("a grant is to one user or to one organisation: give one of the two"))
    with session() as records:
        if meter_id is not None:
            meter = records.get(Meter, meter_id)
            if meter is None or not scope.sees_meter(meter_id, meter.site_id):
                raise missing(Meter, meter_id)
            require(scope, Action.ADMINISTER, site_id=meter.site_id)
        elif site_id is not None:
            require(scope, Action.ADMINISTER, site_id=site_id)
            required(records, Site, site_id)
        if user_id is not None:
            required(records, User, user_id)
        elif organisation_id is not None:
            required(records, Organisation, organisation_id)
        grant = Grant(
            entity_id=entity_id(user_id or organisation_id or ""),
            site_id=site_id,
            meter_id=meter_id,
            role=role,
            valid_from=valid_from or now(),
            valid_to=valid_to,
        )
        records.add(grant)
        records.flush()
        records.refresh(grant)
    return grant


def grants(scope: Scope, site_id: str) -> list[Grant]:
    """The grants on a site and on its meters, the earliest first, ended ones too; not those that its owner has by itself.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    meters = select(Meter.id).where(Meter.site_id == site_id)
    query = select(Grant).where(GIVEN, or_(Grant.site_id == site_id, Grant.meter_id.in_(meters)))
    with reading() as records:
        required(records, Site, site_id)
        return list(records.scalars(query.order_by(Grant.valid_from, Grant.id)))


class Assignment(NamedTuple):
    """A grant of somebody with what it is on: a whole site, or one meter of it."""

    grant: Grant
    site: Site
    meter: Meter | None


def assignments(scope: Scope, *, user_id: str | None = None, organisation_id: str | None = None) -> list[Assignment]:
    """What a user or an organisation is assigned, ended or not, by site and meter; not what an owner has by itself.

    Of themselves and their organisation everyone sees all; of others an administrator what is on the sites they administer.

    Raises:
        NotFound: they do not exist for the scope.
        Refused: both or neither given.
    """
    if (user_id is None) == (organisation_id is None):
        raise Refused(_("assignments are of one user or of one organisation: give one of the two"))
    owner = user_id or organisation_id or ""
    on = func.coalesce(Grant.site_id, Meter.site_id)
    query = (
        select(Grant, Site, Meter)
        .outerjoin(Meter, Meter.id == Grant.meter_id)
        .join(Site, Site.id == on)
        .where(Grant.entity_id == entity_id(owner), GIVEN)
        .order_by(Natural(Site.name), Natural(Meter.name), Grant.valid_from, Grant.id)
    )
    if not (scope.everything or owner in (scope.user_id, scope.organisation_id)):
        query = query.where(Site.id.in_(scope.admin_of))
    record, seen = (User, visibility.seen) if user_id is not None else (Organisation, visibility.seen_organisations)
    with reading() as records:
        if records.scalar(select(record.id).where(record.id == owner, seen(scope))) is None:
            raise missing(record, owner)
        return [Assignment(*row) for row in records.execute(query)]


def end_grant(scope: Scope, grant_id: str, at: datetime | None = None) -> None:
    """Let a grant hold no longer, from a moment on, now by default. One that has not begun is removed.

    Raises:
        NotFound: the grant does not exist for the scope.
        Refused: it is the one that the meter's owner has.
    """
    at = at or now()
    with session() as records:
        grant = required(records, Grant, grant_id)
        site_id = grant.site_id or records.scalars(select(Meter.site_id).where(Meter.id == grant.meter_id)).one()
        if not may(scope, Action.ADMINISTER, site_id=site_id):
            raise missing(Grant, grant_id)
        if grant.origin == "owner":
            raise Refused(_("the owner of a site has its meters as long as it owns it: nothing to end"))
        if grant.valid_from >= at:
            records.delete(grant)
        elif grant.valid_to is None or grant.valid_to > at:
            grant.valid_to = at
