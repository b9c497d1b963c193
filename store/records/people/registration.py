"""Registering: people make an account themselves, confirm their address by mail, and set a new password by mail.

What is answered does not tell whether an address has an account: the caller shows the same words and sends what the
answer holds, a link to confirm the address, or to whoever has an account already a note that they have one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from config.language import N_, _
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.people.users import by_address, checked, give_way, is_shown, remove_unverified
from store.records.schema import OneTimeLink, Organisation, User
from store.records.schema.columns import now
from store.records.schema.natural import Natural
from store.records.signin import credentials, one_time_links, passwords
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Role, Scope

VERIFY_ADDRESS, RESET_PASSWORD = "verify_address", "reset_password"  # purposes of links
VERIFY_HOURS = 24  # the link only confirms, and only with the password
RESET_HOURS = 0.5

MOST_WAITING = 20  # registrations of one address that a password is compared with
SHUT_OUT = ("rejected", "disabled")
OLD_LINK = N_("this link was used already or is too old: ask for a new one")


@dataclass(frozen=True, slots=True)
class Mailed:
    """What is to be mailed to an address: a link's token to one of its account, or none: they have an account already.

    `is_nowhere` is for who wants to join what there is not.
    """

    email: str
    name: str
    user_id: str | None
    token: str | None
    is_nowhere: bool = False


def register_residential(*, email: str, name: str, password: str) -> Mailed:
    """Register a resident, who may come in as soon as the address is confirmed.

    As long as nobody has confirmed an address, it is nobody's: others who register it wait beside them.

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
        raise Refused(_("an organisation has a name: give one"))
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

    Where nothing of this name takes people, the mail says so and nothing else: which organisations there are is nobody's.

    Raises:
        Refused: as `register_residential`; or no name of an organisation.
    """
    if not organisation.strip():
        raise Refused(_("write the name of the organisation that you belong to"))
    query = select(Organisation).where(
        func.lower(Organisation.name) == func.lower(organisation.strip()), Organisation.approval == "approved"
    )
    newcomer = _newcomer(email, name, password)
    with session() as records:
        organisations = records.scalars(query.limit(2)).all()
        if len(organisations) == 1:
            return _register(newcomer, organisations[0])
        person = records.scalar(by_address(newcomer[0]).where(is_shown()))
        return Mailed(newcomer[0], newcomer[1], None, None, is_nowhere=person is None)


def distributors() -> list[Organisation]:
    """The approved distributors, by name, for a form that is open to everyone: utilities are no secret."""
    query = select(Organisation).where(Organisation.kind == "distributor", Organisation.approval == "approved")
    with reading() as records:
        return list(records.scalars(query.order_by(Natural(Organisation.name), Organisation.id)))


def _newcomer(email: str, name: str, password: str) -> tuple[str, str, str]:
    """Address, name and what is kept of the password: made before anybody is looked up, so that all wait as long."""
    email, name = checked(email, name)
    return email, name, passwords.hash_of(password, email=email, name=name)


def _register(newcomer: tuple[str, str, str], home: Organisation | None) -> Mailed:
    email, name, password_hash = newcomer
    with session() as records:
        before = records.scalar(by_address(email).where(is_shown()))
        if before is not None:
            return Mailed(email, before.name, None, None)
        user = User(
            email=email,
            name=name,
            password_hash=password_hash,
            approval="pending",
            organisation_id=home.id if home else None,
            role=Role.VIEWER if home else None,
        )
        records.add(user)
        records.flush()
        return _link_to_confirm(user)


def resend_verification(email: str) -> Mailed | None:
    """Another link for an address that waits to be confirmed; none when none does: the caller answers the same."""
    with session() as records:
        person = records.scalar(by_address(email))
        if person is None or person.email_verified_at is not None or person.approval != "pending":
            return None
        return _link_to_confirm(person)


def _link_to_confirm(person: User) -> Mailed:
    token = one_time_links.create_link(VERIFY_ADDRESS, VERIFY_HOURS, person=person, address=person.email)
    return Mailed(person.email, person.name, person.id, token)


def verify_address(token: str, password: str, *, registered: str | None = None, at: datetime | None = None) -> User:
    """Confirm the address that the link was mailed to, from the browser that registered it or with the password chosen there.

    Anybody may register anybody's address: the link shows whose the address is, and the browser or the password which
    registration is theirs. The others of that address are gone then. A resident may come in from now on; others wait for
    approval. `registered` is the id of the account that the browser has registered.

    Raises:
        Refused: the link was used, is too old or unknown, or no such password was chosen, which leaves the link good.
    """
    at = at or now()
    link = one_time_links.find(token, VERIFY_ADDRESS, at=at)
    if link is None or link.user_id is None:
        raise Refused(_(OLD_LINK))
    with reading() as records:
        linked = required(records, User, link.user_id)
        others = select(User).where(User.email == linked.email, ~is_shown(), User.id != linked.id)
        waiting = [linked, *records.scalars(others.order_by(User.created_at.desc(), User.id).limit(MOST_WAITING))]
    chosen = linked if linked.id == registered else None
    chosen = chosen or next((each for each in waiting if passwords.matches(each.password_hash, password)), None)
    if chosen is None:
        raise Refused(_("this is not the password that was chosen with this address: type it, or register again with another"))
    with session() as records:
        if one_time_links.redeem(token, VERIFY_ADDRESS, at=at) is None:
            raise Refused(_(OLD_LINK))
        person = required(records, User, chosen.id)
        give_way(records, person.email, but=person.id)
        person.email_verified_at = person.email_verified_at or at
        records.flush()
        done = delete(OneTimeLink).where(OneTimeLink.user_id == person.id, OneTimeLink.purpose == VERIFY_ADDRESS)
        records.execute(done, execution_options={"synchronize_session": False})
        records.refresh(person)  # the database approves residents
    return person


def ask_new_password(email: str) -> Mailed | None:
    """A link that sets a new password within 30 minutes; none for whoever could not come in: the caller answers the same.

    Those that were mailed before it stay good until one is used: whoever asks in somebody's place takes nothing from them.
    """
    with session() as records:
        person = records.scalar(by_address(email))
        if person is None or person.approval in SHUT_OUT:
            return None
        token = one_time_links.create_link(RESET_PASSWORD, RESET_HOURS, person=person, address=person.email)
        return Mailed(person.email, person.name, person.id, token)


def reset_password(
    token: str, password: str, *, then: Callable[[User], object] | None = None, at: datetime | None = None
) -> User:
    """Set a new password by the link; the address is confirmed by it too, and what earlier credentials opened or began ends.

    `then` is done within the same transaction: writing the mail that tells of it.

    Raises:
        Refused: the link was used, is too old or unknown, its person is shut out, or the password is too easy, which
            leaves the link good.
    """
    at = at or now()
    link = one_time_links.find(token, RESET_PASSWORD, at=at)
    if link is None or link.user_id is None:
        raise Refused(_(OLD_LINK))
    with reading() as records:
        person = required(records, User, link.user_id)
    password_hash = passwords.hash_of(password, email=person.email, name=person.name)  # takes a while: nobody waits for it
    with session() as records:
        person = required(records, User, link.user_id)
        if one_time_links.redeem(token, RESET_PASSWORD, at=at) is None or person.approval in SHUT_OUT:
            raise Refused(_(OLD_LINK))
        give_way(records, person.email, but=person.id)
        person.password_hash, person.password_until = password_hash, None
        person.email_verified_at = person.email_verified_at or at
        credentials.changed(records, person)
        records.refresh(person)
        if then is not None:
            then(person)
    return person


def forget_unverified(scope: Scope, before: datetime) -> int:
    """Remove accounts made before a moment whose address nobody confirmed, and organisations that they founded; how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    query = select(User.id).where(User.approval == "pending", User.email_verified_at.is_(None), User.created_at < before)
    with session() as records:
        gone = list(records.scalars(query))
        remove_unverified(records, gone)
    return len(gone)
