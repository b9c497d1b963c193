"""Organisations: distributors, which own sites, and customers."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as Transaction

from config.language import N_, _, ngettext
from store.errors import Refused
from store.records.access import visibility
from store.records.access.policy import Action, require, serves
from store.records.people import unfinished
from store.records.schema import Organisation, Site, User
from store.records.schema.natural import Natural
from store.records.signin import credentials
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

_NAMELESS = N_("an organisation has a name: give one")


def create_organisation(scope: Scope, *, name: str, kind: str, distributor_id: str | None = None) -> Organisation:
    """Make an organisation of kind `distributor` or `customer`, approved at once.

    A customer may be of a distributor, whose administrators may make it too.

    Raises:
        NotFound: the distributor does not exist for the scope.
        Refused: not an administrator of the platform or of the distributor, no name, or an unknown kind.
    """
    if distributor_id is None:
        require(scope, Action.RUN)
    else:
        require(scope, Action.MANAGE_CUSTOMERS, organisation_id=distributor_id)
    if not name.strip():
        raise Refused(_(_NAMELESS))
    with session() as records:
        if distributor_id is not None:
            required(records, Organisation, distributor_id)
        organisation = Organisation(name=name.strip(), kind=kind, distributor_id=distributor_id)
        records.add(organisation)
    return organisation


def organisations(scope: Scope) -> list[Organisation]:
    """The organisations that the scope may see, by name: all, or the holder's own; a distributor's admin its customers too."""
    query = select(Organisation).where(visibility.seen_organisations(scope)).order_by(Natural(Organisation.name), Organisation.id)
    with reading() as records:
        return list(records.scalars(query))


def organisation(scope: Scope, organisation_id: str) -> Organisation:
    """One organisation, the holder's own or one that the scope decides about; raises `NotFound`."""
    with reading() as records:
        return _found(records, scope, organisation_id)


def _found(records: Transaction, scope: Scope, organisation_id: str) -> Organisation:
    organisation = records.get(Organisation, organisation_id)
    if organisation is None or not (scope.organisation_id == organisation_id or serves(scope, organisation)):
        raise missing(Organisation, organisation_id)
    return organisation


def rename_organisation(scope: Scope, organisation_id: str, name: str) -> Organisation:
    """Give an organisation another name.

    Raises:
        NotFound: it does not exist for the scope.
        Refused: not one of its administrators or of its distributor's, or no name.
    """
    if not name.strip():
        raise Refused(_(_NAMELESS))
    with session() as records:
        organisation = _found(records, scope, organisation_id)
        if not serves(scope, organisation):
            require(scope, Action.MANAGE_PEOPLE, organisation_id=organisation_id)
        organisation.name = name.strip()
    return organisation


def set_organisation_approval(scope: Scope, organisation_id: str, approval: str) -> Organisation:
    """Approve, reject or disable an organisation. As long as it is not approved, nobody of it may come in.

    With a pending one, those of its people are decided about who wait too and whose address is confirmed, its founder mostly.

    Raises:
        NotFound: it does not exist for the scope.
        Refused: its own people, who cannot decide about it, or an unknown word.
    """
    with session() as records:
        organisation = _found(records, scope, organisation_id)
        if not serves(scope, organisation):
            raise Refused(_("an organisation's distributor decides about it, or a platform administrator: ask one of them"))
        if scope.organisation_id == organisation_id and approval != "approved":
            raise Refused(_("nobody shuts themselves out: ask another administrator"))
        waiting = update(User).where(
            User.organisation_id == organisation_id, User.approval == "pending", User.email_verified_at.is_not(None)
        )
        if organisation.approval == "pending" and approval in ("approved", "rejected"):
            records.execute(waiting.values(approval=approval))
        organisation.approval = approval
        records.flush()
        if approval != "approved":
            theirs = select(User.id).where(User.organisation_id == organisation_id)
            credentials.shut_out(records, theirs)
            unfinished.end_invitations(records, theirs)
    return organisation


def delete_organisation(scope: Scope, organisation_id: str) -> None:
    """Remove an organisation that is empty, with its entity, assignments and invitations.

    Raises:
        NotFound: it does not exist for the scope.
        Refused: not its distributor's or the platform's administrator, or something stands in the way, which is named.
    """
    with session() as records:
        organisation = _found(records, scope, organisation_id)
        if not serves(scope, organisation):
            raise Refused(_("an organisation's distributor removes it, or a platform administrator: ask one of them"))
        owned = (Site.organisation_id, User.organisation_id, Organisation.distributor_id)
        site_count, user_count, customer_count = (
            records.scalar(select(func.count()).where(column == organisation_id)) or 0 for column in owned
        )
        remaining = [
            *([ngettext("%(num)s site", "%(num)s sites", site_count)] if site_count else []),
            *([ngettext("%(num)s user", "%(num)s users", user_count)] if user_count else []),
            *([ngettext("%(num)s customer", "%(num)s customers", customer_count)] if customer_count else []),
        ]
        if remaining:
            raise Refused(
                _(
                    "%(organisation)s still has %(remaining)s: delete them or hand them over first",
                    organisation=organisation.name,
                    remaining=_(" and ").join(remaining),
                )
            )
        records.delete(organisation)
