"""Who people are at an OpenID Connect provider that the settings name.

Somebody is known by issuer and subject, which are theirs for ever; an address may be given to somebody else later. The
address decides once, when nobody is bound yet, and only where both sides have seen that it is theirs: the provider says
so, and the account's own was confirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from config.language import _
from store.errors import Refused
from store.records.access import audit
from store.records.access.policy import holder
from store.records.people.users import by_address, checked, give_way, normal_email
from store.records.schema import Identity, User
from store.records.schema.columns import now
from store.records.signin import credentials
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a provider says of somebody, its signature checked. `email` is none unless it says that it is theirs."""

    issuer: str
    subject: str
    email: str | None
    name: str


def recognise(claimed: Claimed, *, may_register: bool, tell: Callable[[User], object]) -> User | None:
    """Whom the provider means, whatever their approval; none when nobody here is meant.

    `sessions.open_session` refuses users who are not approved. The first time somebody who has an account is bound to
    it, `tell` writes the mail of it, in the same transaction.

    Args:
        claimed: what the provider says.
        may_register: make an account of a resident for a confirmed address that nobody has.
        tell: gets the account that was bound.

    Raises:
        Refused: the provider lets somebody else into the account of this address, or the address is none.
    """
    with session() as records:
        known = records.scalar(select(Identity).where(Identity.issuer == claimed.issuer, Identity.subject == claimed.subject))
        if known is not None:
            known.last_used_at = now()
            return required(records, User, known.user_id)
        person = _by_address(records, claimed)
        is_new = person is None
        if person is None and may_register and claimed.email is not None:
            person = _made(records, claimed.email, claimed.name)
        if person is None:
            audit.note("sign_in_failed", subject_kind="users", actor=audit.VISITOR, told={"by": "provider"})
            return None
        identity = Identity(user_id=person.id, issuer=claimed.issuer, subject=claimed.subject, last_used_at=now())
        records.add(identity)
        records.flush()
        if not is_new:
            credentials.changed(records, person, and_tokens=False)
            tell(person)
    return person


def _by_address(records: Transaction, claimed: Claimed) -> User | None:
    """Whose confirmed address it is."""
    if claimed.email is None:
        return None
    query = select(User).where(User.email == normal_email(claimed.email), User.email_verified_at.is_not(None))
    return records.scalar(query.with_for_update(of=User))


def _made(records: Transaction, email: str, name: str) -> User | None:
    """A resident's account; one whose address nobody confirmed gives way. None for whoever was not let in before."""
    email, name = checked(email, " ".join(name.split())[:LONGEST_NAME] or email.partition("@")[0])
    before = records.scalar(by_address(email).with_for_update(of=User))
    if before is not None and before.approval != "pending":
        return None
    give_way(records, email)
    user = User(email=email, name=name, password_hash=None, approval="pending", email_verified_at=now())
    records.add(user)
    records.flush()
    records.refresh(user)  # the database approves residents
    return user


def own_identities(scope: Scope) -> list[Identity]:
    """At which providers the holder is known."""
    query = select(Identity).where(Identity.user_id == scope.user_id)
    with reading() as records:
        return list(records.scalars(query.order_by(Identity.created_at, Identity.id)))


def forget_identity(scope: Scope, identity_id: str) -> None:
    """Let a provider into the holder's account no longer.

    Raises:
        NotFound: it is not the holder's.
        Refused: they have no password, and would have no way in.
    """
    with session() as records:
        kept = records.get(Identity, identity_id)
        if kept is None or kept.user_id != holder(scope):
            raise missing(Identity, identity_id)
        person = required(records, User, kept.user_id)
        if person.password_hash is None:
            raise Refused(_("this is your only way in: set a password first, by “Forgot password?” on the sign-in page"))
        records.delete(kept)
        credentials.changed(records, person, and_tokens=False)
