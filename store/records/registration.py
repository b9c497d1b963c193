"""Registering: people make an account themselves, confirm their address by mail, and set a new password by mail.

What is answered does not tell whether an address has an account: the caller shows the same words and sends what the
answer holds, a link to confirm the address, or to whoever has an account already a note that they have one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction

from store.errors import Refused
from store.records import one_time_links, passwords, sessions, tokens
from store.records.columns import now
from store.records.engine import reading, session
from store.records.found import missing, required
from store.records.policy import Action, holder, require
from store.records.schema import Organisation, User
from store.records.users import checked, normal_email, remove_unverified
from store.scope import Role, Scope

VERIFY_ADDRESS, RESET_PASSWORD = "verify_address", "reset_password"  # purposes of links
VERIFY_HOURS = 24  # the link only confirms: nobody comes in by it without the password
RESET_HOURS = 0.5

_OLD_LINK = "this link was used already or is too old: ask for a new one"


@dataclass(frozen=True, slots=True)
class Mailed:
    """What is to be mailed to an address: a link's token to one of its account, or none: they have an account already."""

    email: str
    name: str
    user_id: str | None
    token: str | None


def register_residential(*, email: str, name: str, password: str) -> Mailed:
    """Register a resident, who may come in as soon as the address is confirmed.

    An account whose address was never confirmed gives way: nobody has shown that it is theirs.

    Raises:
        Refused: no address, no name, or a password that is too easy.
    """
    return _register(_newcomer(email, name, password), None)


def found_organisation(
    *, organisation: str, email: str, name: str, password: str, kind: str = "customer", distributor_id: str | None = None
) -> Mailed:
    """Register an organisation with its first user, its administrator; both wait for approval.

    `distributor_id` is whose customer it is: its administrators approve it. Without one the platform's do.

    Raises:
        NotFound: no such distributor.
        Refused: as `register_residential`; or no name of an organisation, or an unknown kind.
    """
    if not organisation.strip():
        raise Refused("an organisation has a name: give one")
    newcomer = _newcomer(email, name, password)
    with session() as records:
        if distributor_id is not None and distributor_id not in {each.id for each in distributors()}:
            raise missing(Organisation, distributor_id)
        made = Organisation(name=organisation.strip(), kind=kind, approval="pending", distributor_id=distributor_id)
        records.add(made)
        records.flush()
        mailed = _register(newcomer, made)
        if mailed.user_id is None:
            records.delete(made)  # whoever has an account founds none in passing
    return mailed


def join_organisation(*, organisation: str, email: str, name: str, password: str) -> Mailed:
    """Register somebody who asks to belong to an organisation, named as it names itself; its administrators approve them.

    Raises:
        Refused: as `register_residential`; or nothing of this name takes people.
    """
    wanted = select(Organisation).where(
        func.lower(Organisation.name) == func.lower(organisation.strip()), Organisation.approval == "approved"
    )
    newcomer = _newcomer(email, name, password)
    with session() as records:
        found = records.scalars(wanted.limit(2)).all()
        if len(found) != 1:
            raise Refused("no organisation takes people under this name: write it in full, or ask it for an invitation")
        return _register(newcomer, found[0])


def distributors() -> list[Organisation]:
    """The approved distributors, by name, for a form that is open to everyone: utilities are no secret."""
    wanted = select(Organisation).where(Organisation.kind == "distributor", Organisation.approval == "approved")
    with reading() as records:
        return list(records.scalars(wanted.order_by(Organisation.name, Organisation.id)))


def _newcomer(email: str, name: str, password: str) -> tuple[str, str, str]:
    """Address, name and what is kept of the password: made before anybody is looked up, so that all wait as long."""
    email, name = checked(email, name)
    return email, name, passwords.hash_of(password, email=email, name=name)


def _register(newcomer: tuple[str, str, str], home: Organisation | None) -> Mailed:
    email, name, password_hash = newcomer
    with session() as records:
        before = records.scalar(select(User).where(User.email == email).with_for_update(of=User))
        if before is not None and (before.email_verified_at is not None or before.approval != "pending"):
            return Mailed(email, before.name, None, None)
        if before is not None:
            remove_unverified(records, [before.id])
        made = User(
            email=email,
            name=name,
            password_hash=password_hash,
            approval="pending",
            organisation_id=home.id if home else None,
            role=Role.VIEWER if home else None,
        )
        records.add(made)
        records.flush()
        token = one_time_links.create_link(VERIFY_ADDRESS, VERIFY_HOURS, user_id=made.id, address=email)
        return Mailed(email, name, made.id, token)


def resend_verification(email: str) -> Mailed | None:
    """A new link for an address that waits to be confirmed; none when none does: the caller answers the same."""
    with session() as records:
        person = records.scalar(select(User).where(User.email == normal_email(email)))
        if person is None or person.email_verified_at is not None or person.approval != "pending":
            return None
        token = one_time_links.create_link(VERIFY_ADDRESS, VERIFY_HOURS, user_id=person.id, address=person.email)
        return Mailed(person.email, person.name, person.id, token)


def ask_new_address(scope: Scope, email: str) -> Mailed:
    """A link that makes another address the holder's once it is used; until then nothing changes.

    Raises:
        Refused: no address.
    """
    with session() as records:
        person = required(records, User, holder(scope))
        email, _ = checked(email, person.name)
        token = one_time_links.create_link(VERIFY_ADDRESS, VERIFY_HOURS, user_id=person.id, address=email)
        return Mailed(email, person.name, person.id, token)


def verify_address(token: str, *, at: datetime | None = None) -> User:
    """Confirm the address that the link was mailed to. A resident may come in from now on; others wait for approval.

    Raises:
        Refused: the link was used, is too old or unknown, or somebody else has the address.
    """
    at = at or now()
    with session() as records:
        person = _of_link(records, token, VERIFY_ADDRESS, at)
        records.flush()
        records.refresh(person)  # the database approves residents
    return person


def ask_new_password(email: str) -> Mailed | None:
    """A link that sets a new password within 30 minutes; none for whoever could not come in: the caller answers the same."""
    with session() as records:
        person = records.scalar(select(User).where(User.email == normal_email(email)))
        if person is None or person.approval in ("rejected", "disabled"):
            return None
        token = one_time_links.create_link(RESET_PASSWORD, RESET_HOURS, user_id=person.id, address=person.email)
        return Mailed(person.email, person.name, person.id, token)


def reset_password(
    token: str, password: str, *, then: Callable[[User], object] | None = None, at: datetime | None = None
) -> User:
    """Set a new password by the link; the address is confirmed by it too, and every session and personal token of theirs ends.

    `then` is done within the same transaction: writing the mail that tells of it.

    Raises:
        Refused: the link was used, is too old or unknown, or the password is too easy, which leaves the link good.
    """
    at = at or now()
    link = one_time_links.find(token, RESET_PASSWORD, at=at)
    if link is None or link.user_id is None:
        raise Refused(_OLD_LINK)
    with reading() as records:
        person = required(records, User, link.user_id)
    password_hash = passwords.hash_of(password, email=person.email, name=person.name)  # takes a while: nobody waits for it
    with session() as records:
        person = _of_link(records, token, RESET_PASSWORD, at)
        person.password_hash, person.password_until = password_hash, None
        sessions.end_of(records, [person.id])
        tokens.end_of(records, person.id)
        records.flush()
        records.refresh(person)
        if then is not None:
            then(person)
    return person


def _of_link(records: Transaction, token: str, purpose: str, at: datetime) -> User:
    """Whose link it is, with the address confirmed that it was mailed to."""
    link = one_time_links.redeem(token, purpose, at=at)
    if link is None or link.user_id is None:
        raise Refused(_OLD_LINK)
    person = required(records, User, link.user_id)
    if purpose == RESET_PASSWORD and link.address != person.email:
        raise Refused(_OLD_LINK)  # the address is another one meanwhile
    person.email = link.address or person.email
    person.email_verified_at = person.email_verified_at or at
    return person


def forget_unverified(scope: Scope, before: datetime) -> int:
    """Remove accounts made before a moment whose address nobody confirmed, and organisations that they founded; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    wanted = select(User.id).where(User.approval == "pending", User.email_verified_at.is_(None), User.created_at < before)
    with session() as records:
        gone = list(records.scalars(wanted))
        remove_unverified(records, gone)
    return len(gone)
