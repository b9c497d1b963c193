"""How people come in: sessions, second factors, tokens, links that work once, identities elsewhere, the count of attempts."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import PERSONAL, QUIET, SECRET, Record, identity, now


class Session(Record):
    """A signed-in browser. Only a hash of its token is kept; ending the row ends every copy of the cookie.

    `viewing_id` is whose view an administrator has in it, since then.
    """

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    viewing_id: Mapped[str | None]
    viewing_since: Mapped[datetime | None]


class OneTimeLink(Record):
    """A link that works once: making the first administrator, verifying an address, choosing a new password.

    It is a user's, or nobody's yet; `address` is what it verifies. `proof` is what the user's credentials were when it was
    made (`credentials.proof`): with other ones it works no longer.
    """

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str | None]
    proof: Mapped[str | None]


class Attempt(Record):
    """Sign-ins that were tried, by account and by address, so that limits hold across processes and restarts.

    The key is a hash: the table tells nobody who tried. `until` is when the next try is due.
    """

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime]


class TwoFactor(Record):
    """An authenticator app of a person. It counts once a first code has confirmed it; a code works once."""

    __tablename__ = "two_factor"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(info=SECRET)  # sealed with the secret key
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0, info=QUIET)  # of 30 s since 1970, of the code that was used last
    recovery_hashes: Mapped[list[str]] = mapped_column(JSON, default=list, info=SECRET)


class PersonalToken(Record):
    """A token that a person made for a script: `id.secret`, of which a hash is kept."""

    __tablename__ = "personal_tokens"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="dates"),)

    id: Mapped[str] = identity("pat")
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(info=PERSONAL)
    secret_hash: Mapped[str] = mapped_column(info=SECRET)
    can_write: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(info=QUIET)
    revoked_at: Mapped[datetime | None]


class TokenFamily(Record):
    """A program that was signed in with a password: its refresh tokens follow each other, each works once.

    `generation` is the number of the one that is good; one with a lower number was used before, so somebody has a copy.
    """

    __tablename__ = "token_families"

    id: Mapped[str] = identity("fam")
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int] = mapped_column(default=1)
    can_write: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class Identity(Record):
    """Who a person is at an OpenID Connect provider, by what never goes to somebody else: issuer and subject.

    A person has one at each provider, so that an address which the provider gave to somebody new opens nothing.
    """

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    id: Mapped[str] = identity("idn")
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str] = mapped_column(info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(info=QUIET)
