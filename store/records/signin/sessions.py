"""Signed-in browsers. The cookie carries a random token, the table its hash: ending the row ends every copy."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, or_, select

from config.language import N_, _
from config.settings import settings
from store.errors import NotFound, Refused, StoreAway, StoreFull
from store.records.access import audit
from store.records.schema import Session, TokenFamily, User
from store.records.schema.columns import now
from store.records.signin import credentials
from store.records.transaction.engine import reading, session
from store.scope import Scope

TOKEN_BYTES = 32
TOUCH = timedelta(minutes=1)  # `seen_at` is written no more often than this

_CLOSED = {
    "pending": N_("this account waits for approval: an administrator will look at it"),
    "rejected": N_("this account was not approved: ask an administrator"),
    "disabled": N_("this account is disabled: ask an administrator"),
}
_UNVERIFIED = N_("this address is not confirmed yet: use the link in the mail that was sent to it, or ask for a new one")
_CLOSED_HOME = {
    "pending": N_("your organisation waits for approval: its distributor will look at it"),
    "rejected": N_("your organisation was not approved: ask its distributor"),
    "disabled": N_("your organisation is disabled: ask its distributor"),
}


def closed(person: User | None) -> str | None:
    """Why the person may not come in, in words for them; none for whoever may."""
    if person is None:
        return _(_CLOSED["disabled"])
    if person.approval == "pending" and person.email_verified_at is None:
        return _(_UNVERIFIED)
    if person.approval == "approved" and person.organisation is not None and not person.platform_admin:
        why_not = _CLOSED_HOME.get(person.organisation.approval)
    else:
        why_not = _CLOSED.get(person.approval)
    return None if why_not is None else _(why_not)


# The first mark that is found decides: others claim to be Safari, and Chrome too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser in which somebody is signed in. `id` names it, and opens nothing."""

    id: str
    device: str
    address: str | None
    since: datetime
    seen_at: datetime  # to the minute
    here: bool


class Opened(NamedTuple):
    """Whose session it is, and whose view they have in it since when, if they have one."""

    user: User
    viewing_id: str | None
    viewing_since: datetime | None


def _id_of(token_hash: str) -> str:
    return hashlib.sha256(token_hash.encode()).hexdigest()[:16]


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    user: User,
    address: str | None = None,
    user_agent: str | None = None,
    *,
    by: str = "password",
    at: datetime | None = None,
) -> str:
    """Sign a user in and return the token for the cookie: a new one each time. Ended sessions are cleared away.

    `by` says in the audit log what showed who they are.

    Raises:
        Refused: the user or their organisation is not approved; the message says so in words for them.
    """
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with session() as records:
        person = records.get(User, user.id)
        why_not = closed(person)
        if person is None or why_not is not None:
            raise Refused(why_not)
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
        audit.note("sign_in", subject_kind="users", subject_id=person.id, actor=person.id, told={"by": by})
    return token


def user_of(token: str, *, at: datetime | None = None) -> User | None:
    """Who is signed in with this token; nobody when it is unknown, ended, too old or idle, or the user not approved any more."""
    found = opened(token, at=at)
    return found.user if found is not None else None


def opened(token: str, *, at: datetime | None = None) -> Opened | None:
    """Who is signed in with this token, as `user_of` says, and whose view they have in that browser."""
    at = at or now()
    token_hash = _hash_of(token)
    with reading() as records:
        found = records.execute(
            select(Session, User).join(User, User.id == Session.user_id).where(Session.token_hash == token_hash)
        ).first()
    if found is None:
        return None
    kept, person = found
    if closed(person) is not None or kept.expires_at <= at or kept.seen_at <= at - _idle():
        return None
    if at - kept.seen_at >= TOUCH:
        # Records that can be read and not written, for want of room, are shown all the same.
        with suppress(StoreAway, StoreFull), session() as records:
            if (row := records.get(Session, token_hash)) is not None:  # it may have been ended meanwhile
                row.seen_at = at
    return Opened(person, kept.viewing_id, kept.viewing_since)


def begin_view(token: str, user_id: str, *, at: datetime | None = None) -> None:
    """From now on the browser shows what somebody else sees; whether it may, the caller has asked."""
    _view(token, user_id, at or now())


def end_view(token: str) -> None:
    """From now on the browser shows what its own person sees, and so does every copy of its cookie."""
    _view(token, None, None)


def _view(token: str, user_id: str | None, since: datetime | None) -> None:
    with session() as records:
        if (row := records.get(Session, _hash_of(token))) is not None:
            row.viewing_id, row.viewing_since = user_id, since


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
        ended = credentials.end_sessions(records, [user_id])
        audit.note("sign_out_everywhere", subject_kind="users", subject_id=user_id, actor=user_id)
    return ended


def own_sessions(scope: Scope, token: str | None = None, *, at: datetime | None = None) -> list[SignedIn]:
    """Where the holder is signed in, the last used first; `token` is that of the browser that asks."""
    at = at or now()
    query = select(Session).where(Session.user_id == scope.user_id, Session.expires_at > at, Session.seen_at > at - _idle())
    with reading() as records:
        sessions = records.scalars(query.order_by(Session.seen_at.desc(), Session.token_hash)).all()
    here = _hash_of(token) if token is not None else None
    return [
        SignedIn(
            _id_of(row.token_hash), device_of(row.user_agent), row.address, row.created_at, row.seen_at, row.token_hash == here
        )
        for row in sessions
    ]


def end_own(scope: Scope, session_id: str) -> None:
    """Sign the holder out in one browser, whose id `own_sessions` tells; raises `NotFound`."""
    with session() as records:
        hashes = records.scalars(select(Session.token_hash).where(Session.user_id == scope.user_id)).all()
        meant = next((each for each in hashes if _id_of(each) == session_id), None)
        if meant is None:
            raise NotFound(f"no session {session_id}")
        records.execute(delete(Session).where(Session.token_hash == meant))
        audit.note("sign_out", subject_kind="users", subject_id=scope.user_id)


def end_others(scope: Scope, token: str) -> int:
    """Sign the holder out everywhere but in the browser that asks, programs too; returns in how many browsers."""
    with session() as records:
        records.execute(delete(TokenFamily).where(TokenFamily.user_id == scope.user_id))
        others = delete(Session).where(Session.user_id == scope.user_id, Session.token_hash != _hash_of(token))
        ended = len(records.scalars(others.returning(Session.token_hash)).all())
        audit.note("sign_out_elsewhere", subject_kind="users", subject_id=scope.user_id)
    return ended


def device_of(user_agent: str | None) -> str:
    """A browser and its system in words, as well as its own word for itself tells."""
    said = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), None)
    system = next((name for mark, name in _SYSTEMS if mark in said), None)
    if browser is None:
        return said.partition(" ")[0].partition("/")[0][:40] or _("unknown device")
    return _("%(browser)s on %(system)s", browser=browser, system=system) if system else browser
