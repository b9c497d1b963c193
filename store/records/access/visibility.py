"""Which people and organisations somebody may see: the condition that every list and every act about them asks."""

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from store.records.schema import Entity, Grant, Meter, Organisation, Site, User
from store.records.schema.access import GIVEN
from store.records.schema.columns import now
from store.scope import Role, Scope


def seen(scope: Scope) -> ColumnElement[bool]:
    """Which people the scope may see, as a condition on `User`."""
    if scope.everything:
        return User.id.is_not(None)
    myself = User.id == scope.user_id
    if scope.role is not Role.ADMIN or scope.organisation_id is None:
        return myself
    mine = scope.organisation_id
    customers = select(Organisation.id).where(Organisation.distributor_id == mine)
    on_my_sites = (
        exists()
        .where(Entity.user_id == User.id, Grant.entity_id == Entity.id, GIVEN, Grant.meter_id == Meter.id)
        .where(Meter.site_id == Site.id, Site.organisation_id == mine)
        .where(or_(Grant.valid_to.is_(None), Grant.valid_to > now()))
    )
    return or_(myself, User.organisation_id == mine, User.organisation_id.in_(customers), on_my_sites)


def seen_organisations(scope: Scope) -> ColumnElement[bool]:
    """Which organisations the scope may see, as a condition on `Organisation`."""
    if scope.everything:
        return Organisation.id.is_not(None)
    mine = Organisation.id == scope.organisation_id
    return or_(mine, Organisation.distributor_id == scope.organisation_id) if scope.role is Role.ADMIN else mine


def may_be_seen(records: Session, scope: Scope, user_id: str) -> bool:
    """Whether the scope may see that person; within a transaction."""
    return records.scalar(select(User.id).where(User.id == user_id, seen(scope))) is not None
