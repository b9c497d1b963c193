"""Tables of people and of organisations, for thousands of them."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select

from store.records.access.visibility import seen, seen_organisations
from store.records.schema import Organisation, TwoFactor, User
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading
from store.scope import Scope


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
                "name": Natural(User.name),
                "email": User.email,
                "organisation": Natural(Organisation.name),
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
                "name": Natural(Organisation.name),
                "kind": Organisation.kind,
                "approval": Organisation.approval,
                "people": count,
                "created_at": Organisation.created_at,
            },
            key=Organisation.id,
        )
    return Page([OrganisationRow(*row) for row in rows], total)
