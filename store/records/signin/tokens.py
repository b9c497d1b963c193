"""Tokens of the JSON API for people: personal ones for scripts, short-lived ones for programs that sign in.

A personal token is `id.secret`, shown once; a hash of its 256 random bits is kept. A program that has signed in gets an
access token, a JWT of ten minutes, and a refresh token `family.number.signature` that is exchanged for the next pair.
An answer can be lost, and two of a program's tabs can ask at once: for some seconds the one exchanged last is answered
with the same pair again, to the same client. Any other that comes again was copied: the whole family ends (RFC 9700,
4.14.2). What each is good for is looked up with every request, so that whatever ends one ends it at once.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import delete, func, select

from config.language import _
from config.settings import settings
from store.errors import NotFound, Refused
from store.ids import new_id
from store.records.access import audit
from store.records.schema import PersonalToken, TokenFamily, User
from store.records.schema.columns import now
from store.records.signin import two_factor
from store.records.signin.attempts import network_of
from store.records.signin.sessions import TOUCH, closed
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

SECRET_BYTES = 32
MOST = 50  # personal tokens that somebody may have
LONGEST_DAYS = 366
ACCESS_S = 600
AGAIN = timedelta(seconds=10)  # after an exchange, that its answer is given again
ISSUER = "loadstar"
_ACCESS = "access tokens"
_REFRESH = "refresh tokens"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is, and what it is good for; `token_id` names it, or the program that has it."""

    user: User
    can_write: bool
    token_id: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What a program gets for signing in, and for its last refresh token."""

    access: str
    refresh: str
    expires_in_s: int = ACCESS_S


def create_token(scope: Scope, *, name: str, can_write: bool = False, days: int = 90) -> str:
    """Make a personal token of the holder and return it, `id.secret`: it cannot be shown again.

    Raises:
        NotFound: nobody is signed in.
        Refused: no name, fewer than 1 or more than 366 days, or too many tokens already.
    """
    user_id = _holder(scope)
    if not name.strip():
        raise Refused(_("a token has a name: say what it is for"))
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(_("a token is valid for 1 to %(longest_days)s days: choose a number of them", longest_days=LONGEST_DAYS))
    secret, at = secrets.token_urlsafe(SECRET_BYTES), now()
    good = (PersonalToken.user_id == user_id, PersonalToken.revoked_at.is_(None), PersonalToken.expires_at > at)
    with session() as records:
        if (records.scalar(select(func.count()).select_from(PersonalToken).where(*good)) or 0) >= MOST:
            raise Refused(_("you have %(most)s tokens already: revoke one that is no longer needed", most=MOST))
        personal_token = PersonalToken(
            id=new_id("pat"),
            user_id=user_id,
            name=name.strip(),
            secret_hash=_hash_of(secret),
            can_write=can_write,
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
        records.add(personal_token)
    return f"{personal_token.id}.{secret}"


def own_tokens(scope: Scope) -> list[PersonalToken]:
    """The holder's personal tokens, the newest first, ended ones too."""
    query = select(PersonalToken).where(PersonalToken.user_id == scope.user_id)
    with reading() as records:
        return list(records.scalars(query.order_by(PersonalToken.created_at.desc(), PersonalToken.id)))


def revoke_token(scope: Scope, token_id: str) -> None:
    """End one of the holder's personal tokens, at once; again changes nothing. Raises `NotFound`."""
    with session() as records:
        token = records.get(PersonalToken, token_id)
        if token is None or token.user_id != scope.user_id:
            raise missing(PersonalToken, token_id)
        token.revoked_at = token.revoked_at or now()


def bearer_of(token: str, *, at: datetime | None = None) -> Bearer | None:
    """Whose personal or access token this is; none when it is unknown, ended or too old, or the user not approved."""
    at = at or now()
    return _personal(token, at) if token.startswith("pat_") else _access(token, at)


def sign_in(user: User, address: str | None = None, user_agent: str | None = None, *, can_write: bool = True) -> Pair:
    """Sign a program in, for a user whose password and second factor were checked.

    Raises:
        Refused: the user is not approved; the message says so in words for them.
    """
    at = now()
    with session() as records:
        person = records.get(User, user.id)
        if person is None or (why_not := closed(person)) is not None:
            raise Refused(why_not if person else _("this account is gone"))
        if person.password_until is not None or two_factor.is_missing(person):
            raise Refused(_("something is to be done first: sign in once in a browser, it asks for it"))
        records.execute(delete(TokenFamily).where(TokenFamily.expires_at <= at))
        family = TokenFamily(
            user_id=person.id,
            generation=1,
            can_write=can_write,
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(days=settings().session_days),
            address=address,
            user_agent=user_agent[:300] if user_agent else None,
        )
        records.add(family)
        records.flush()
        audit.note("sign_in", subject_kind="users", subject_id=person.id, actor=person.id, told={"by": "program"})
    return _pair(family, at)


def refresh(token: str, address: str | None = None, user_agent: str | None = None, *, at: datetime | None = None) -> Pair:
    """Exchange a refresh token for the next pair; the same pair again for some seconds, to the client that had it.

    One that was exchanged longer ago, before the last one, or by another client, ends its whole family.

    Raises:
        Refused: it is unknown, too old or used, or its user is not approved: sign in again.
    """
    at = at or now()
    family_id, generation = _read(token)
    pair = None
    with session() as records:
        family = records.get(TokenFamily, family_id, with_for_update=True) if family_id else None
        person = records.get(User, family.user_id) if family else None
        if family is not None and person is not None and closed(person) is None and family.expires_at > at:
            client = (address, user_agent[:300] if user_agent else None)
            if family.generation == generation:
                family.generation += 1
                family.seen_at = at
                family.address, family.user_agent = client
                pair = _pair(family, at)
            elif family.generation == generation + 1 and at <= family.seen_at + AGAIN and _is_client(family, *client):
                pair = _pair(family, family.seen_at, at)
            else:
                records.delete(family)
                audit.note("token_copied", subject_kind="users", subject_id=family.user_id, actor=family.user_id)
    if pair is None:
        raise Refused(_("this token is no longer valid: sign in again"))
    return pair


def revoke(token: str) -> None:
    """Sign a program out with its refresh token, old or new; one that is unknown changes nothing."""
    family_id, _ = _read(token)
    if family_id:
        _end(family_id, None)


def own_programs(scope: Scope) -> list[TokenFamily]:
    """The programs that the holder has signed in, the last used first."""
    query = select(TokenFamily).where(TokenFamily.user_id == scope.user_id, TokenFamily.expires_at > now())
    with reading() as records:
        return list(records.scalars(query.order_by(TokenFamily.seen_at.desc(), TokenFamily.id)))


def end_program(scope: Scope, family_id: str) -> None:
    """Sign one of the holder's programs out, at once; raises `NotFound`."""
    if not _end(family_id, _holder(scope)):
        raise missing(TokenFamily, family_id)


def _end(family_id: str, user_id: str | None) -> bool:
    with session() as records:
        family = records.get(TokenFamily, family_id)
        if family is None or (user_id is not None and family.user_id != user_id):
            return False
        records.delete(family)
        audit.note("sign_out", subject_kind="users", subject_id=family.user_id, actor=family.user_id, told={"by": "program"})
    return True


def _personal(token: str, at: datetime) -> Bearer | None:
    token_id, _, secret = token.partition(".")
    query = select(PersonalToken, User).join(User, User.id == PersonalToken.user_id).where(PersonalToken.id == token_id)
    with reading() as records:
        found = records.execute(query).first()
    kept, person = found or (None, None)
    right = hmac.compare_digest(_hash_of(secret), kept.secret_hash if kept else "")
    if not right or kept is None or closed(person) is not None or person is None:
        return None
    if kept.revoked_at is not None or kept.expires_at <= at:
        return None
    if kept.last_used_at is None or at - kept.last_used_at >= TOUCH:
        with session() as records:
            if (row := records.get(PersonalToken, token_id)) is not None:  # it may have gone meanwhile
                row.last_used_at = at
    return Bearer(person, kept.can_write, kept.id)


def _access(token: str, at: datetime) -> Bearer | None:
    required = jwt.JWTClaimsRegistry(
        now=lambda: int(at.timestamp()),
        iss={"essential": True, "value": ISSUER},
        exp={"essential": True},
        sub={"essential": True},
        fam={"essential": True},
    )
    try:
        claims = jwt.decode(token, _key(), algorithms=["HS256"]).claims
        required.validate(claims)
    except (JoseError, ValueError):
        return None
    query = select(TokenFamily, User).join(User, User.id == TokenFamily.user_id)
    with reading() as records:
        row = records.execute(query.where(TokenFamily.id == claims["fam"], User.id == claims["sub"])).first()
    if row is None:
        return None
    family, person = row
    if closed(person) is not None or family.expires_at <= at:
        return None
    return Bearer(person, family.can_write, family.id)


def _pair(family: TokenFamily, issued_at: datetime, at: datetime | None = None) -> Pair:
    """The pair of a family's generation, the same one whenever it is asked for with the same moment of issue."""
    issued = int(issued_at.timestamp())
    claims = {"iss": ISSUER, "sub": family.user_id, "fam": family.id, "iat": issued, "exp": issued + ACCESS_S}
    named = f"{family.id}.{family.generation}"
    left_s = issued + ACCESS_S - int((at or issued_at).timestamp())
    return Pair(jwt.encode({"alg": "HS256"}, claims, _key()), f"{named}.{sealing.signature(_REFRESH, named)}", left_s)


def _is_client(family: TokenFamily, address: str | None, user_agent: str | None) -> bool:
    """Whether it was this client that exchanged the family's last token, as far as a client can be told."""
    return network_of(address or "") == network_of(family.address or "") and user_agent == family.user_agent


def _read(token: str) -> tuple[str | None, int]:
    """The family and number of a refresh token that Loadstar made; none for any other text."""
    named, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), sealing.signature(_REFRESH, named).encode()):
        return None, 0
    family_id, _, generation = named.partition(".")
    return family_id, int(generation)


def _key() -> OctKey:
    return OctKey.import_key(sealing.derived_key(_ACCESS))


def _hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _holder(scope: Scope) -> str:
    if scope.user_id is None:
        raise NotFound("nobody is signed in")
    return scope.user_id
