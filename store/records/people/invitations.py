"""Invitations: an organisation asks somebody in by a link in a mail. Whoever uses it has shown that the address is theirs."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Transaction

from config.language import N_, _
from store.errors import Refused
from store.records.access.policy import leads, require_lead
from store.records.people import unfinished
from store.records.people.users import by_address, checked, give_way
from store.records.schema import Invitation, Organisation, User
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.signin import passwords
from store.records.signin.one_time_links import TOKEN_BYTES, hash_of
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import NOBODY, Role, Scope

LASTS = timedelta(days=7)
_OLD_LINK = N_("this invitation was used, withdrawn or is too old: ask for a new one")


class Invited(NamedTuple):
    """An invitation and the token of its link, which cannot be shown again: to be mailed."""

    invitation: Invitation
    token: str


class Offer(NamedTuple):
    """What an invitation's page shows: who invites whom, and whether they have an account, and so sign in with it first."""

    organisation: str
    email: str
    role: str
    has_account: bool


def invite(scope: Scope, organisation_id: str, *, email: str, role: str | None = None, at: datetime | None = None) -> Invited:
    """Invite an address into an organisation, for a week; one that was not answered in time is made anew.

    Without a role as a viewer, or as an administrator where nobody belongs to the organisation: its first person is one.

    Raises:
        NotFound: the organisation does not exist for the scope.
        Refused: not one of its administrators, no address, an unknown role, another one than an administrator's while nobody
            belongs to the organisation and no administrator is invited, or it was invited and may still answer.
    """
    at = at or now()
    email, _name = checked(email, "somebody")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with session() as records:
        require_lead(scope, records.get(Organisation, organisation_id), organisation_id)
        unanswered = (Invitation.organisation_id == organisation_id, Invitation.email == email, Invitation.accepted_at.is_(None))
        records.execute(delete(Invitation).where(*unanswered, Invitation.expires_at <= at))
        is_empty = _is_empty(records, organisation_id)
        role = role or (Role.ADMIN if is_empty else Role.VIEWER)
        if is_empty and role != Role.ADMIN and not _awaits_administrator(records, organisation_id, at):
            raise Refused(_("the first person of an organisation administers it: invite them as an administrator"))
        invitation = Invitation(
            organisation_id=organisation_id,
            email=email,
            role=role,
            token_hash=hash_of(token),
            invited_by=scope.user_id,
            created_at=at,
            expires_at=at + LASTS,
        )
        records.add(invitation)
    return Invited(invitation, token)


def invitations(scope: Scope, organisation_id: str) -> list[Invitation]:
    """The organisation's invitations that were not accepted yet, the newest first, those that are too old as well.

    Raises:
        NotFound: the organisation does not exist for the scope.
        Refused: not one of its administrators.
    """
    query = select(Invitation).where(Invitation.organisation_id == organisation_id, Invitation.accepted_at.is_(None))
    with reading() as records:
        require_lead(scope, records.get(Organisation, organisation_id), organisation_id)
        return list(records.scalars(query.order_by(Invitation.created_at.desc(), Invitation.id)))


def invitations_page(scope: Scope, organisation_id: str, wanted: Wanted) -> Page[Invitation]:
    """A page of the organisation's open invitations, sorted by `email`, `role`, `created_at` or `expires_at`.

    Raises:
        NotFound: the organisation does not exist for the scope.
        Refused: not one of its administrators, or there is no such column to sort by.
    """
    query = select(Invitation).where(Invitation.organisation_id == organisation_id, Invitation.accepted_at.is_(None))
    sorts = {
        "email": Invitation.email,
        "role": Invitation.role,
        "created_at": Invitation.created_at,
        "expires_at": Invitation.expires_at,
    }
    with reading() as records:
        require_lead(scope, records.get(Organisation, organisation_id), organisation_id)
        rows, total = page(records, query, wanted, searched=(Invitation.email,), sorts=sorts, key=Invitation.id)
    return Page([each for (each,) in rows], total)


def withdraw(scope: Scope, invitation_id: str) -> None:
    """Take an invitation back: its link works no longer.

    Raises:
        NotFound: it does not exist for the scope, or was accepted.
    """
    with session() as records:
        invitation = records.get(Invitation, invitation_id)
        home = records.get(Organisation, invitation.organisation_id) if invitation else None
        if invitation is None or home is None or invitation.accepted_at is not None or not leads(scope, home):
            raise missing(Invitation, invitation_id)
        records.delete(invitation)


def offer(token: str, *, at: datetime | None = None) -> Offer | None:
    """What the link's page shows; none when the link works no longer."""
    with reading() as records:
        found = _open(records, token, at or now())
        if found is None:
            return None
        invitation, home = found
        person = records.scalar(by_address(invitation.email))
        return Offer(home.name, invitation.email, invitation.role, person is not None and not _gives_way(person))


def accept(token: str, *, name: str = "", password: str = "", holder: Scope = NOBODY, at: datetime | None = None) -> User:
    """Join the organisation by the link: as a new user with a name and a password, or as the `holder` who is signed in.

    Raises:
        Refused: the link works no longer; the address has an account whose owner has to sign in first; they are in an
            organisation already, or have meters of their own to release; or they would be its first person, and no administrator.
    """
    at = at or now()
    with reading() as records:
        found = _open(records, token, at)
        if found is None:
            raise Refused(_(_OLD_LINK))
        email = found[0].email
        person = _owner(records, email, holder)
    if person is None or person.id != holder.user_id:
        _email, name = checked(email, name)
        password_hash = passwords.hash_of(password, email=email, name=name)  # takes a while: nobody waits for it
    with session() as records:
        found = _open(records, token, at)
        if found is None:
            raise Refused(_(_OLD_LINK))
        invitation, home = found
        if invitation.role != Role.ADMIN and _is_empty(records, home.id):
            raise Refused(
                _("%(home)s has no administrator yet: come back once they have accepted their invitation", home=home.name)
            )
        person = _owner(records, email, holder)
        if person is None or person.id != holder.user_id:
            give_way(records, email)  # whoever has the mail has the address
            person = User(email=email, name=name, password_hash=password_hash)
            records.add(person)
        elif person.organisation_id is not None:
            raise Refused(_("you are in an organisation already: leave it first"))
        person.organisation_id, person.role = home.id, invitation.role
        person.approval = "approved"
        person.email_verified_at = person.email_verified_at or at
        invitation.accepted_at = at
        records.flush()
        records.refresh(person)
    return person


def _is_empty(records: Transaction, organisation_id: str) -> bool:
    return records.scalar(select(User.id).where(User.organisation_id == organisation_id).limit(1)) is None


def _awaits_administrator(records: Transaction, organisation_id: str, at: datetime) -> bool:
    """Whether somebody may still come in as the organisation's administrator."""
    open_ones = select(Invitation.id).where(
        Invitation.organisation_id == organisation_id,
        Invitation.role == Role.ADMIN,
        Invitation.accepted_at.is_(None),
        Invitation.expires_at > at,
    )
    return records.scalar(open_ones.limit(1)) is not None


def _owner(records: Transaction, email: str, holder: Scope) -> User | None:
    """Who has an account with the address: the holder, or somebody who never confirmed it; anyone else signs in first."""
    person = records.scalar(by_address(email).with_for_update(of=User))
    if person is not None and not _gives_way(person) and person.id != holder.user_id:
        raise Refused(_("%(email)s has an account: sign in with it, then use the link again", email=email))
    return person


def _gives_way(person: User) -> bool:
    """Whether nobody has shown that the account's address is theirs."""
    return person.email_verified_at is None and person.approval == "pending"


def _open(records: Transaction, token: str, at: datetime) -> tuple[Invitation, Organisation] | None:
    """The invitation of a link that works, held until the transaction ends, and its organisation: whose right is asked again."""
    query = (
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.token_hash == hash_of(token), Invitation.accepted_at.is_(None), Invitation.expires_at > at)
        .where(Organisation.approval == "approved")
        .with_for_update(of=Invitation)
    )
    row = records.execute(query).first()
    return (row[0], row[1]) if row and unfinished.may_still_invite(row[0], row[1]) else None
