"""Another address for an account: asked for by whoever is in, confirmed from the new mailbox, undone from the old one.

Whoever knows a password can ask for it, so the owner of the old address has the last word: for a week a link in their
mailbox gives them the account back, whatever was changed in it since. Of several such links the earliest wins.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session as Transaction

from config.language import _
from store.errors import Refused
from store.records.access.policy import holder
from store.records.people.registration import OLD_LINK, SHUT_OUT, VERIFY_HOURS, Mailed
from store.records.people.users import checked, give_way
from store.records.schema import Identity, OneTimeLink, TwoFactor, User
from store.records.schema.columns import now
from store.records.signin import credentials, one_time_links, passwords
from store.records.signin.credentials import UNDO_ADDRESS as UNDO_ADDRESS
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import required
from store.scope import Scope

NEW_ADDRESS = "new_address"  # the purpose of the links that confirm one
UNDO_DAYS = 7


def ask_new_address(scope: Scope, email: str) -> Mailed:
    """A link that makes another address the holder's once it is used; until then nothing changes. It ends the one before it.

    Raises:
        NotFound: nobody is signed in.
        Refused: no address.
    """
    with session() as records:
        person = required(records, User, holder(scope))
        email, _ = checked(email, person.name)
        token = one_time_links.create_link(NEW_ADDRESS, VERIFY_HOURS, person=person, address=email, instead=True)
        return Mailed(email, person.name, person.id, token)


def confirm_new_address(token: str, tell: Callable[[User, Mailed], object], *, at: datetime | None = None) -> User:
    """Make the address to which the link was mailed the account's; what earlier credentials opened or began ends.

    `tell` writes the mail to the address of before, with the link that undoes it, in the same transaction.

    Raises:
        Refused: the link was used, is too old or unknown, its person is shut out, or somebody else has the address.
    """
    with session() as records:
        link = one_time_links.redeem(token, NEW_ADDRESS, at=at)
        person = required(records, User, link.user_id) if link is not None and link.user_id is not None else None
        if link is None or link.address is None or person is None or person.approval in SHUT_OUT:
            raise Refused(_(OLD_LINK))
        before = person.email
        _move(records, person, link.address, at or now())
        undo = one_time_links.create_link(UNDO_ADDRESS, UNDO_DAYS * 24, person=person, address=before, at=at)
        tell(person, Mailed(before, person.name, person.id, undo))
    return person


def undo_new_address(token: str, password: str, tell: Callable[[User], object], *, at: datetime | None = None) -> User:
    """Give an account back to the address that it had, with a new password.

    What was added to it since goes: a second factor, providers, and the links that undo later changes of its address.
    `tell` writes the mail that tells of it, in the same transaction.

    Raises:
        Refused: the link was used, is too old or unknown, somebody else has the address, or the password is too easy,
            which leaves the link good.
    """
    link = one_time_links.find(token, UNDO_ADDRESS, at=at)
    if link is None or link.user_id is None or link.address is None:
        raise Refused(_(OLD_LINK))
    with reading() as records:
        person = required(records, User, link.user_id)
    password_hash = passwords.hash_of(password, email=link.address, name=person.name)  # takes a while: nobody waits for it
    since = link.expires_at - timedelta(days=UNDO_DAYS)
    with session() as records:
        person = required(records, User, link.user_id)
        if one_time_links.redeem(token, UNDO_ADDRESS, at=at) is None:
            raise Refused(_(OLD_LINK))
        person.password_hash, person.password_until = password_hash, None
        _move(records, person, link.address, at or now())
        records.execute(delete(TwoFactor).where(TwoFactor.user_id == person.id, TwoFactor.confirmed_at >= since))
        records.execute(delete(Identity).where(Identity.user_id == person.id, Identity.created_at >= since))
        later = (OneTimeLink.purpose == UNDO_ADDRESS, OneTimeLink.expires_at > link.expires_at)
        records.execute(delete(OneTimeLink).where(OneTimeLink.user_id == person.id, *later))
        tell(person)
    return person


def _move(records: Transaction, person: User, email: str, at: datetime) -> None:
    """Make an address the person's that has just been shown to be theirs."""
    give_way(records, email, but=person.id)
    person.email = email
    person.email_verified_at = person.email_verified_at or at
    credentials.changed(records, person)
    records.refresh(person)  # the database approves residents
