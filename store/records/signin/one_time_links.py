"""Links that work once and not for long. Only a hash of the token is kept.

A person's link is bound to their address and password of the moment when it was made: with other ones it is over,
whoever changed them and however.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from store.records.schema import OneTimeLink, User
from store.records.schema.columns import now
from store.records.signin import credentials
from store.records.transaction.engine import reading, session

TOKEN_BYTES = 32


def hash_of(token: str) -> str:
    """What is kept of a token: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_link(
    purpose: str,
    hours: float,
    *,
    person: User | None = None,
    address: str | None = None,
    instead: bool = False,
    at: datetime | None = None,
) -> str:
    """Make a link's token for a purpose; old ones are cleared away.

    With `instead` those made before it for the same purpose and person work no longer. Without, they do: whoever asks
    for somebody's link ends none that they have.
    """
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    user_id = person.id if person is not None else None
    over = [OneTimeLink.expires_at <= at]
    if instead:
        over.append(and_(OneTimeLink.purpose == purpose, OneTimeLink.user_id == user_id))
    with session() as records:
        records.execute(delete(OneTimeLink).where(or_(*over)))
        records.add(
            OneTimeLink(
                token_hash=hash_of(token),
                purpose=purpose,
                expires_at=at + timedelta(hours=hours),
                user_id=user_id,
                address=address,
                proof=credentials.proof(person) if person is not None and purpose != credentials.UNDO_ADDRESS else None,
            )
        )
    return token


def is_good(token: str, purpose: str, *, at: datetime | None = None) -> bool:
    """Whether the link could be used now, without using it: to show its page."""
    return find(token, purpose, at=at) is not None


def find(token: str, purpose: str, *, at: datetime | None = None) -> OneTimeLink | None:
    """The link while it could be used, without using it."""
    good = select(OneTimeLink).where(
        OneTimeLink.token_hash == hash_of(token),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > (at or now()),
    )
    with reading() as records:
        return _bound(records, records.scalar(good))


def use_link(token: str, purpose: str, *, at: datetime | None = None) -> bool:
    """Use the link up: true once, for one caller; false when it is used, too old, unknown or for another purpose."""
    return redeem(token, purpose, at=at) is not None


def redeem(token: str, purpose: str, *, at: datetime | None = None) -> OneTimeLink | None:
    """Use the link up and return it, with whose it is; none when `use_link` would say false."""
    at = at or now()
    using = (
        update(OneTimeLink)
        .where(
            OneTimeLink.token_hash == hash_of(token),
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(OneTimeLink)
    )
    with session() as records:
        return _bound(records, records.scalar(using))


def _bound(records: Session, link: OneTimeLink | None) -> OneTimeLink | None:
    """The link, unless its person has another address or password since."""
    if link is None or link.user_id is None or link.purpose == credentials.UNDO_ADDRESS:
        return link
    person = records.get(User, link.user_id)
    return link if person is not None and hmac.compare_digest(link.proof or "", credentials.proof(person)) else None
