"""Signed-in browsers. The cookie carries a random token, the table its hash: ending the row ends every copy."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from config.settings import settings
from store.errors import Refused
from store.records.columns import now
from store.records.engine import reading, session
from store.records.schema import Session, User

TOKEN_BYTES = 32
TOUCH = timedelta(minutes=1)  # `seen_at` is written no more often than this

_CLOSED = {
    "pending": "this account waits for approval: an administrator will look at it",
    "rejected": "this account was not approved: ask an administrator",
    "disabled": "this account is disabled: ask an administrator",
}
_UNVERIFIED = "this address is not confirmed yet: use the link in the mail that was sent to it, or ask for a new one"
_CLOSED_HOME = {
    "pending": "your organisation waits for approval: its distributor will look at it",
    "rejected": "your organisation was not approved: ask its distributor",
    "disabled": "your organisation is disabled: ask its distributor",
}


def _closed(person: User | None) -> str | None:
    """Why the person may not come in, in words for them; none for whoever may."""
    if person is None:
        return _CLOSED["disabled"]
    if person.approval == "pending" and person.email_verified_at is None:
        return _UNVERIFIED
    if person.approval == "approved" and person.organisation is not None and not person.platform_admin:
        return _CLOSED_HOME.get(person.organisation.approval)
    return _CLOSED.get(person.approval)


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(user: User, address: str | None = None, user_agent: str | None = None, *, at: datetime | None = None) -> str:
    """Sign a user in and return the token for the cookie: a new one each time. Ended sessions are cleared away.

    Raises:
        Refused: the user or their organisation is not approved; the message says so in words for them.
    """
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with session() as records:
        person = records.get(User, user.id)
        closed = _closed(person)
        if person is None or closed is not None:
            raise Refused(closed or _CLOSED["disabled"])
        records.execute(delete(Session).where(or_(Session.expires_at <= at, Session.seen_at <= at - _idle())))
        made = Session(
            token_hash=_hash_of(token),
            user_id=person.id,
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(days=settings().session_days),
            address=address,
            user_agent=user_agent[:300] if user_agent else None,
        )
        records.add(made)
    return token


def user_of(token: str, *, at: datetime | None = None) -> User | None:
    """Who is signed in with this token; nobody when it is unknown, ended, too old or idle, or the user not approved any more."""
    at = at or now()
    token_hash = _hash_of(token)
    with reading() as records:
        found = records.execute(
            select(Session, User).join(User, User.id == Session.user_id).where(Session.token_hash == token_hash)
        ).first()
    if found is None:
        return None
    kept, person = found
    if _closed(person) is not None or kept.expires_at <= at or kept.seen_at <= at - _idle():
        return None
    if at - kept.seen_at >= TOUCH:
        with session() as records:
            if (row := records.get(Session, token_hash)) is not None:  # it may have been ended meanwhile
                row.seen_at = at
    return person


def _idle() -> timedelta:
    return timedelta(minutes=settings().session_idle_minutes)


def end_session(token: str) -> None:
    """Sign this browser out; a token that is unknown changes nothing."""
    with session() as records:
        records.execute(delete(Session).where(Session.token_hash == _hash_of(token)))


def end_all(user_id: str) -> int:
    """Sign a user out everywhere and return in how many browsers. For the user's own asking: who else may, `users` says."""
    with session() as records:
        ended = records.scalars(delete(Session).where(Session.user_id == user_id).returning(Session.token_hash)).all()
    return len(ended)
