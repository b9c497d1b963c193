"""An organisation keeps an administrator: whoever is its last one names another before they go."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import _
from store.errors import Refused
from store.records.schema import Organisation, User
from store.records.transaction.lookup import missing
from store.scope import Role


def pass_on(records: Session, person: User, successor_id: str | None, *, leaves: bool = False) -> None:
    """Make the successor an administrator, or see to it that there is another one, before this one is one no more.

    Within a transaction; who may do so is the caller's to check. Whoever `leaves` as the very last person leaves nobody to name.

    Raises:
        NotFound: the successor is not one of the organisation's people.
        Refused: the successor is not approved, or there is no other administrator and nobody was named.
    """
    if person.organisation_id is None or person.role != Role.ADMIN or person.approval != "approved":
        return
    # One at a time, or two administrators could leave each other the organisation.
    records.get(Organisation, person.organisation_id, with_for_update={"of": Organisation})
    if successor_id is not None:
        successor = records.get(User, successor_id)
        if successor is None or successor.organisation_id != person.organisation_id or successor.id == person.id:
            raise missing(User, successor_id)
        if successor.approval != "approved":
            raise Refused(_("%(successor)s is not approved: approve them first, or name somebody else", successor=successor.name))
        successor.role = Role.ADMIN
        return
    others = select(User.id).where(User.organisation_id == person.organisation_id, User.id != person.id).limit(1)
    if records.scalar(others.where(User.role == Role.ADMIN, User.approval == "approved")) is not None:
        return
    if leaves and records.scalar(others) is None:
        return
    raise Refused(_("this is the organisation's only administrator: name somebody to take over first"))
