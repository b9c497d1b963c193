"""Links that work once and not for long. Only a hash of the token is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from store.records.columns import now
from store.records.engine import reading, session
from store.records.schema import OneTimeLink

TOKEN_BYTES = 32


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_link(purpose: str, hours: float, *, at: datetime | None = None) -> str:
    """Make a link's token for a purpose; links made for it before work no longer, and old ones are cleared away."""
    at = at or now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with session() as records:
        records.execute(delete(OneTimeLink).where(or_(OneTimeLink.purpose == purpose, OneTimeLink.expires_at <= at)))
        records.add(OneTimeLink(token_hash=_hash_of(token), purpose=purpose, expires_at=at + timedelta(hours=hours)))
    return token


def is_good(token: str, purpose: str, *, at: datetime | None = None) -> bool:
    """Whether the link could be used now, without using it: to show its page."""
    good = select(OneTimeLink.token_hash).where(
        OneTimeLink.token_hash == _hash_of(token),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > (at or now()),
    )
    with reading() as records:
        return records.scalar(good) is not None


def use_link(token: str, purpose: str, *, at: datetime | None = None) -> bool:
    """Use the link up: true once, for one caller; false when it is used, too old, unknown or for another purpose."""
    at = at or now()
    using = (
        update(OneTimeLink)
        .where(
            OneTimeLink.token_hash == _hash_of(token),
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(OneTimeLink.token_hash)
    )
    with session() as records:
        return records.scalar(using) is not None
