"""Links that work once and not for long. Only a hash of the token is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update

from store.records.columns import now
from store.records.engine import reading, session
from store.records.schema import OneTimeLink

TOKEN_BYTES = 32


def hash_of(token: str) -> str:
    """What is kept of a token: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_link(
    purpose: str, hours: float, *, user_id: str | None = None, address: str | None = None, at: datetime | None = None
) -> str:
    """Make a link's token for a purpose; those made before it for the same user work no longer, and old ones are cleared away."""
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    before = and_(OneTimeLink.purpose == purpose, OneTimeLink.user_id == user_id)
    with session() as records:
        records.execute(delete(OneTimeLink).where(or_(before, OneTimeLink.expires_at <= at)))
        records.add(
            OneTimeLink(
                token_hash=hash_of(token),
                purpose=purpose,
                expires_at=at + timedelta(hours=hours),
                user_id=user_id,
                address=address,
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
        return records.scalar(good)


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
        return records.scalar(using)
