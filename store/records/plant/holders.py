"""To whom meters and whole sites are assigned: users and organisations, with dates."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from config.language import N_, _
from store.errors import Refused
from store.ids import entity_id
from store.records.access import visibility
from store.records.access.grants import create_grant
from store.records.access.policy import Action, require
from store.records.people.users import by_address
from store.records.plant.meters import require_meters
from store.records.schema import Entity, Grant, Organisation, User
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.scope import Scope

_NAME = func.coalesce(User.name, Organisation.name)


class Holder(NamedTuple):
    """A grant and whose it is; `email` is a user's, none for an organisation."""

    grant: Grant
    name: str
    email: str | None


def holders(scope: Scope, meter_ids: Collection[str], *, ended: bool = False) -> dict[str, list[Holder]]:
    """To whom each of the meters is assigned or will be, and with `ended` was, the earliest first; not its owner.

    Raises:
        NotFound: a meter does not exist for the scope.
        Refused: not an administrator of the site of one of them.
    """
    for site_id in {meter.site_id for meter in require_meters(scope, meter_ids).values()}:
        require(scope, Action.ADMINISTER, site_id=site_id)
    found: dict[str, list[Holder]] = {meter_id: [] for meter_id in meter_ids}
    query = _held(ended=ended).order_by(Grant.valid_from, Grant.id)
    with reading() as records:
        for part in in_parts(meter_ids):
            for grant, name, email in records.execute(query.where(Grant.meter_id.in_(part))):
                found[grant.meter_id or ""].append(Holder(grant, name, email))
    return found


def site_holders(scope: Scope, site_id: str, wanted: Wanted | None = None, *, ended: bool = False) -> Page[Holder]:
    """A page of those to whom the whole site is assigned or will be, and with `ended` was; not its owner.

    Sorted by `name`, `role`, `valid_from` or `valid_to`.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or there is no such column to sort by.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with reading() as records:
        rows, total = page(
            records,
            _held(ended=ended).where(Grant.site_id == site_id),
            wanted or Wanted(),
            searched=(_NAME, func.coalesce(User.email, "")),
            sorts={
                "name": Natural(_NAME),
                "role": Grant.role,
                "valid_from": Grant.valid_from,
                "valid_to": Grant.valid_to,
            },
            key=Grant.id,
        )
    return Page([Holder(*row) for row in rows], total)


def _held(*, ended: bool) -> Select[Grant, str, str]:
    query = (
        select(Grant, _NAME, User.email)
        .join(Entity, Entity.id == Grant.entity_id)
        .outerjoin(User, User.id == Entity.user_id)
        .outerjoin(Organisation, Organisation.id == Entity.organisation_id)
        .where(GIVEN)
    )
    return query if ended else query.where(or_(Grant.valid_to.is_(None), Grant.valid_to > now()))


def assign_meter(
    scope: Scope,
    meter_id: str,
    who: str,
    *,
    role: str = "viewer",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Grant:
    """Assign a meter to the user with an email address, or to the organisation with a name.

    An administrator assigns to residents, who need not be theirs yet, to whom they see, and to organisations they see.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site, nobody to be found so, or the assignment would break a rule.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    if meter.retired_at is not None:
        raise Refused(_("%(meter)s is retired: assign the meter that took its place", meter=meter.name))
    who = who.strip()
    with session() as records:
        user_id, organisation_id = _found(records, scope, who)
        return create_grant(
            scope,
            user_id=user_id,
            organisation_id=organisation_id,
            meter_id=meter_id,
            role=role,
            valid_from=valid_from,
            valid_to=valid_to,
        )


def assign_site(
    scope: Scope,
    site_id: str,
    who: str,
    *,
    role: str = "viewer",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Grant:
    """Assign a whole site, with all of its meters, to the user with an email address, or to the organisation with a name.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of it, nobody to be found so, they have it in that time, or it would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    who = who.strip()
    with session() as records:
        user_id, organisation_id = _found(records, scope, who)
        start = valid_from or now()
        holds = select(Grant.id).where(
            Grant.site_id == site_id, GIVEN, Grant.entity_id == entity_id(user_id or organisation_id or "")
        )
        holds = holds.where(or_(Grant.valid_to.is_(None), Grant.valid_to > start))
        if valid_to is not None:
            holds = holds.where(Grant.valid_from < valid_to)
        if records.scalar(holds.limit(1)) is not None:
            raise Refused(_("%(who)s has this site in that time already: end that assignment first", who=who))
        return create_grant(
            scope,
            user_id=user_id,
            organisation_id=organisation_id,
            site_id=site_id,
            role=role,
            valid_from=start,
            valid_to=valid_to,
        )


def _found(records: Session, scope: Scope, who: str) -> tuple[str | None, str | None]:
    if "@" in who:
        resident = User.organisation_id.is_(None) & User.platform_admin.is_(False) & (User.approval == "approved")
        user = records.scalar(by_address(who).where(or_(resident, visibility.seen(scope))))
        if user is None:
            raise Refused(_("nobody to assign it to has the address %(who)s: ask them to register first", who=who), "who")
        return user.id, None
    named = select(Organisation.id).where(func.lower(Organisation.name) == who.lower(), visibility.seen_organisations(scope))
    ids = records.scalars(named.limit(2)).all() if who else []
    if len(ids) != 1:
        several = N_("several organisations are named %(who)s: write a person's email address instead")
        none = N_("no organisation of yours is named %(who)s: write its whole name, or a person's email address")
        raise Refused(_(several if ids else none, who=repr(who)), "who")
    return None, ids[0]
