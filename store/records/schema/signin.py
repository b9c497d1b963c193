"""How people come in: sessions, links that work once, and the count of attempts."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.records.columns import Record, now


class Session(Record):
    """A signed-in browser. Only a hash of its token is kept; ending the row ends every copy of the cookie."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class OneTimeLink(Record):
    """A link that works once: making the first administrator, verifying an address, choosing a new password.

    It is a user's, or nobody's yet; `address` is what it verifies.
    """

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str | None]


class Attempt(Record):
    """Sign-ins that were tried, by account and by address, so that limits hold across processes and restarts.

    The key is a hash: the table tells nobody who tried. `until` is when the next try is due.
    """

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime]
