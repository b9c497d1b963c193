"""What lets somebody in: an address, a password, a second factor, a provider.

Once one of them is another, whatever the ones before opened or began is over. Every way to change one ends in `changed`,
so that none can leave something behind for whoever knew the old ones.
"""

import hashlib
from collections.abc import Collection

from sqlalchemy import Select, delete, update
from sqlalchemy.orm import Session as Transaction

from store.records.schema import OneTimeLink, PersonalToken, Session, TokenFamily, TwoFactor, User
from store.records.schema.columns import now

UNDO_ADDRESS = "undo_address"  # the purpose of the links that outlive what they undo

People = Select[str] | Collection[str]


def proof(person: User) -> str:
    """Another one once the address or the password is, and tells nothing of them: what is hashed has a random salt."""
    return hashlib.sha256(f"{person.email}\n{person.password_hash or ''}".encode()).hexdigest()


def changed(records: Transaction, person: User, *, and_tokens: bool = True) -> None:
    """End all that earlier credentials of a person opened or began, within the transaction that changes one.

    Sessions, programs, links that wait, a second factor that was not confirmed, and personal tokens unless the person
    keeps them. What undoes a new address stays: whoever took the account must not be able to end it.
    """
    records.flush()
    shut_out(records, [person.id])
    records.execute(delete(TwoFactor).where(TwoFactor.user_id == person.id, TwoFactor.confirmed_at.is_(None)))
    if and_tokens:
        end_tokens(records, person.id)


def shut_out(records: Transaction, user_ids: People) -> None:
    """End people's sessions, programs and links, within the transaction that shuts them out."""
    end_sessions(records, user_ids)
    links = delete(OneTimeLink).where(OneTimeLink.user_id.in_(user_ids), OneTimeLink.purpose != UNDO_ADDRESS)
    records.execute(links, execution_options={"synchronize_session": "fetch"})


def end_sessions(records: Transaction, user_ids: People) -> int:
    """End people's sessions, and those of programs that were signed in with a password; returns how many browsers' it were."""
    records.execute(delete(TokenFamily).where(TokenFamily.user_id.in_(user_ids)))
    return len(records.scalars(delete(Session).where(Session.user_id.in_(user_ids)).returning(Session.token_hash)).all())


def end_tokens(records: Transaction, user_id: str) -> int:
    """Revoke all personal tokens of a person, within a transaction; returns how many were good until then."""
    at = now()
    good = (PersonalToken.user_id == user_id, PersonalToken.revoked_at.is_(None), PersonalToken.expires_at > at)
    return len(records.scalars(update(PersonalToken).where(*good).values(revoked_at=at).returning(PersonalToken.id)).all())
