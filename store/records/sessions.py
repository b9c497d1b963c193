"""Signed-in browsers. The cookie carries a random token, the table its hash: ending the row ends every copy."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from config.settings import settings
from store.errors import Refused
from store.records import audit
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


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(user: User, address: str | None = None, user_agent: str | None = None, *, at: datetime | None = None) -> str:
    """Sign a user in and return the token for the cookie: a new one each time. Ended sessions are cleared away.

    Raises:
        Refused: the user is not approved; the message says so in words for them.
    """
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with session() as records:
        person = records.get(User, user.id)
        if person is None or person.approval != "approved":
            raise Refused(_CLOSED[person.approval if person else "disabled"])
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
        audit.note("sign_in", subject_kind="users", subject_id=person.id, actor=person.id)
    return token


def user_of(token: str, *, at: datetime | None = None) -> User | None:
    """Who is signed in with this token; nobody when it is unknown, ended, too old or idle, or the user not approved."""
    at = at or now()
    token_hash = _hash_of(token)
    with reading() as records:
        found = records.execute(
            select(Session, User).join(User, User.id == Session.user_id).where(Session.token_hash == token_hash)
        ).first()
    if found is None:
        return None
    kept, person = found
    if person.approval != "approved" or kept.expires_at <= at or kept.seen_at <= at - _idle():
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
        ended = delete(Session).where(Session.token_hash == _hash_of(token)).returning(Session.user_id)
        if (user_id := records.scalar(ended)) is not None:
            audit.note("sign_out", subject_kind="users", subject_id=user_id, actor=user_id)


def end_all(user_id: str) -> int:
    """Sign a user out everywhere and return in how many browsers. For the user's own asking: who else may, `users` says."""
    with session() as records:
        ended = records.scalars(delete(Session).where(Session.user_id == user_id).returning(Session.token_hash)).all()
    return len(ended)
