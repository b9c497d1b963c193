"""Tables of people and of organisations, for thousands of them."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from store.records.columns import now
from store.records.engine import reading
from store.records.listing import Page, Wanted, page
from store.records.schema import Entity, Grant, Meter, Organisation, Site, TwoFactor, User
from store.records.schema.access import GIVEN
from store.scope import Role, Scope


class OrganisationRow(NamedTuple):
    """An organisation and how many people are in it."""

    organisation: Organisation
    people: int


def people(
    scope: Scope,
    wanted: Wanted,
    *,
    organisation_id: str | None = None,
    approval: str | None = None,
    role: str | None = None,
    residential: bool = False,
) -> Page[User]:
    """A page of the people whom the scope may see, sorted by `name`, `email`, `organisation`, `role`, `approval` or `created_at`.

    A platform administrator sees everyone; an administrator the organisation's people, of a distributor also those of its
    customers and the residents who have a meter on its sites; others see themselves.

    Raises:
        Refused: there is no such column to sort by.
    """
    query = select(User).outerjoin(User.organisation).where(seen(scope))
    for column, value in ((User.organisation_id, organisation_id), (User.approval, approval), (User.role, role)):
        if value is not None:
            query = query.where(column == value)
    if residential:
        query = query.where(User.organisation_id.is_(None))
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(User.name, User.email, Organisation.name),
            sorts={
                "name": func.lower(User.name),
                "email": User.email,
                "organisation": func.lower(Organisation.name),
                "role": User.role,
                "approval": User.approval,
                "created_at": User.created_at,
            },
            key=User.id,
        )
    return Page([person for (person,) in rows], total)


def with_second_factor(scope: Scope, user_ids: Collection[str]) -> frozenset[str]:
    """Which of these people, of whom the scope may see, sign in with a second factor."""
    on = (
        select(TwoFactor.user_id).join(User, User.id == TwoFactor.user_id).where(TwoFactor.confirmed_at.is_not(None), seen(scope))
    )
    with reading() as records:
        return frozenset(records.scalars(on.where(User.id.in_(user_ids))))


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


def organisations_page(
    scope: Scope, wanted: Wanted, *, approval: str | None = None, kind: str | None = None
) -> Page[OrganisationRow]:
    """A page of the organisations that the scope may see, sorted by `name`, `kind`, `approval`, `people` or `created_at`.

    A platform administrator sees all, an administrator of a distributor its customers too, others their own.

    Raises:
        Refused: there is no such column to sort by.
    """
    count = select(func.count()).where(User.organisation_id == Organisation.id).correlate(Organisation).scalar_subquery()
    query = select(Organisation, count).where(seen_organisations(scope))
    for column, value in ((Organisation.approval, approval), (Organisation.kind, kind)):
        if value is not None:
            query = query.where(column == value)
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(Organisation.name,),
            sorts={
                "name": func.lower(Organisation.name),
                "kind": Organisation.kind,
                "approval": Organisation.approval,
                "people": count,
                "created_at": Organisation.created_at,
            },
            key=Organisation.id,
        )
    return Page([OrganisationRow(*row) for row in rows], total)


def seen_organisations(scope: Scope) -> ColumnElement[bool]:
    """Which organisations the scope may see, as a condition on `Organisation`."""
    if scope.everything:
        return Organisation.id.is_not(None)
    mine = Organisation.id == scope.organisation_id
    return or_(mine, Organisation.distributor_id == scope.organisation_id) if scope.role is Role.ADMIN else mine


def may_be_seen(records: Session, scope: Scope, user_id: str) -> bool:
    """Whether the scope may see that person; within a transaction."""
    return records.scalar(select(User.id).where(User.id == user_id, seen(scope))) is not None
