"""Organisations: distributors, which own sites, and customers."""

from sqlalchemy import select

from store.errors import Refused
from store.records.engine import reading, session
from store.records.found import missing, required
from store.records.policy import Action, require
from store.records.schema import Organisation
from store.scope import Scope


def create_organisation(scope: Scope, *, name: str, kind: str) -> Organisation:
    """Make an organisation of kind `distributor` or `customer`.

    Raises:
        Refused: not a platform administrator, no name, or an unknown kind.
    """
    require(scope, Action.RUN)
    if not name.strip():
        raise Refused("an organisation has a name: give one")
    with session() as records:
        made = Organisation(name=name.strip(), kind=kind)
        records.add(made)
    return made


def organisations(scope: Scope) -> list[Organisation]:
    """The organisations that the scope may see, by name: all of them, or the holder's own."""
    wanted = select(Organisation).order_by(Organisation.name, Organisation.id)
    if not scope.everything:
        wanted = wanted.where(Organisation.id == scope.organisation_id)
    with reading() as records:
        return list(records.scalars(wanted))


def organisation(scope: Scope, organisation_id: str) -> Organisation:
    """One organisation; raises `NotFound`."""
    if not scope.everything and scope.organisation_id != organisation_id:
        raise missing(Organisation, organisation_id)
    with reading() as records:
        return required(records, Organisation, organisation_id)
