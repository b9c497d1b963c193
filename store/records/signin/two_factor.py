"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

It counts once a first code has confirmed that the app has the secret. A code works once, a recovery code too. The secret is
sealed with the secret key of the settings: the database alone gives no codes away. Tries are limited as sign-ins are.
"""

import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import N_, _
from config.settings import settings
from store.errors import NotFound, Refused
from store.ids import ALPHABET
from store.records.access import audit
from store.records.access.policy import Action, administers, require
from store.records.schema import TwoFactor, User
from store.records.schema.columns import now
from store.records.signin import attempts, credentials
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Role, Scope

STEP_S = 30
DRIFT = 1  # steps that an app's clock may be off, either way
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # of 32 characters: 80 random bits, so that a plain hash is enough
_SECRETS = "second factors"
_WRONG = N_("this code is not right, or was used already: wait for the next one")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given, once: as text to type, as an address, and as a QR code (SVG) of that."""

    secret: str
    uri: str
    svg: str


def begin(scope: Scope, *, again: bool = False) -> Enrolment:
    """Make a secret for the holder's app; it counts once `confirm` has seen a code of it.

    With `again`, one that was made and not confirmed is shown once more: an app may have it already.

    Raises:
        NotFound: nobody is signed in.
        Refused: a second factor is on already.
    """
    with session() as records:
        person = required(records, User, _holder(scope))
        kept = records.get(TwoFactor, person.id, with_for_update=True)
        if kept is not None and kept.confirmed_at is not None:
            raise Refused(_("two-factor sign-in is on already: turn it off first to use another app"))
        waiting = sealing.unseal(sealing.derived_key(_SECRETS), kept.secret, person.id) if kept and again else None
        secret = waiting or pyotp.random_base32()
        sealed = sealing.seal(sealing.derived_key(_SECRETS), secret, person.id)
        if kept is None:
            records.add(TwoFactor(user_id=person.id, secret=sealed))
        elif waiting is None:
            kept.secret = sealed
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="Loadstar")
    return Enrolment(secret, uri, _drawn(uri))


def _drawn(uri: str) -> str:
    """A QR code as a picture of its own, not only as a part of a page: it names SVG's namespace."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", xmldecl=False, nl=False, dark="#000", light="#fff", omitsize=True)
    return out.getvalue().decode("utf-8")


def confirm(scope: Scope, code: str, *, at: datetime | None = None) -> list[str]:
    """Turn the second factor on with a first code, and return the recovery codes: they cannot be shown again.

    Raises:
        NotFound: nobody is signed in, or `begin` was not called.
        Refused: the code is not right, or it is on already.
    """
    with session() as records:
        kept = _kept(records, _holder(scope))
        if kept.confirmed_at is not None:
            raise Refused(_("two-factor sign-in is on already"))
        if not _use_code(kept, code, at or now()):
            raise Refused(_(_WRONG))
        kept.confirmed_at = at or now()
        return _new_codes(records, kept)


def is_on(user_id: str) -> bool:
    """Whether a user's sign-in needs a second factor."""
    query = select(TwoFactor.user_id).where(TwoFactor.user_id == user_id, TwoFactor.confirmed_at.is_not(None))
    with reading() as records:
        return records.scalar(query) is not None


def is_missing(user: User) -> bool:
    """Whether the settings make a second factor the user's duty, and it is off."""
    match settings().second_factor_for:
        case "everyone":
            due = True
        case "administrators":
            due = user.platform_admin or user.role == Role.ADMIN
        case _:
            due = False
    return due and not is_on(user.id)


def check(user_id: str, code: str, address: str, *, at: datetime | None = None) -> bool:
    """Whether the code is the app's of now, or a recovery code; it is used up. For signing in, after the password.

    Raises:
        TooSoon: too many tries.
    """
    at = at or now()
    attempts.admit(_account(user_id), address, everywhere=attempts.CODE, at=at)
    with session() as records:
        kept = records.get(TwoFactor, user_id, with_for_update=True)
        right = kept is not None and kept.confirmed_at is not None and (_use_code(kept, code, at) or _use_recovery(kept, code))
        if not right:
            audit.note("second_factor_failed", subject_kind="users", subject_id=user_id, actor=audit.VISITOR)
    if right:
        attempts.succeeded(_account(user_id), address, at=at)
    return right


def recovery_codes_left(scope: Scope) -> int:
    """How many recovery codes the holder has left; 0 without a second factor."""
    with reading() as records:
        kept = records.get(TwoFactor, scope.user_id) if scope.user_id else None
        return len(kept.recovery_hashes) if kept else 0


def new_recovery_codes(scope: Scope, code: str, address: str, *, at: datetime | None = None) -> list[str]:
    """Replace the holder's recovery codes and return the new ones: they cannot be shown again.

    Raises:
        NotFound: nobody is signed in, or the second factor is off.
        Refused: the code is not right, or too many tries.
    """
    user_id = _prove(scope, code, address, at or now())
    with session() as records:
        return _new_codes(records, _kept(records, user_id))


def disable(scope: Scope, code: str, address: str, *, at: datetime | None = None) -> None:
    """Turn the holder's second factor off, with one of its codes or a recovery code.

    Raises:
        NotFound: nobody is signed in, or the second factor is off.
        Refused: the code is not right, or too many tries.
    """
    user_id = _prove(scope, code, address, at or now())
    with session() as records:
        records.delete(_kept(records, user_id))
        credentials.changed(records, required(records, User, user_id), and_tokens=False)


def reset(scope: Scope, user_id: str) -> None:
    """Turn off the second factor of somebody who has lost it, with its codes; for their administrators.

    Raises:
        NotFound: the user does not exist for the scope, or has none.
        Refused: oneself, or a platform administrator by anyone else.
    """
    with session() as records:
        person = records.get(User, user_id)
        if person is None or not (scope.everything or (person.organisation_id and administers(scope, person.organisation_id))):
            raise missing(User, user_id)
        if person.id == scope.user_id:
            raise Refused(_("your own is turned off with one of its codes: ask another administrator if you have none"))
        if person.platform_admin:
            require(scope, Action.RUN)
        records.delete(_kept(records, user_id))
        credentials.changed(records, person)


def _prove(scope: Scope, code: str, address: str, at: datetime) -> str:
    """Who the holder is, once a code was right: in transactions of its own, so that a refusal undoes no count."""
    user_id = _holder(scope)
    if not is_on(user_id):
        raise NotFound("two-factor sign-in is off")
    if not check(user_id, code, address, at=at):
        raise Refused(_(_WRONG))
    return user_id


def _kept(records: Session, user_id: str) -> TwoFactor:
    kept = records.get(TwoFactor, user_id, with_for_update=True)
    if kept is None:
        raise NotFound("two-factor sign-in is off")
    return kept


def _use_code(kept: TwoFactor, code: str, at: datetime) -> bool:
    secret = sealing.unseal(sealing.derived_key(_SECRETS), kept.secret, kept.user_id)
    if secret is None:  # the secret key is another one since: recovery codes still work
        return False
    totp, this, given = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S, "".join(code.split())
    for step in range(this - DRIFT, this + DRIFT + 1):
        right = hmac.compare_digest(totp.at(step * STEP_S).encode(), given.encode())
        if right and step > kept.last_step:
            kept.last_step = step
            return True
    return False


def _use_recovery(kept: TwoFactor, code: str) -> bool:
    given = _hash_of(code)
    if given not in kept.recovery_hashes:
        return False
    kept.recovery_hashes = [each for each in kept.recovery_hashes if each != given]
    return True


def _new_codes(records: Session, kept: TwoFactor) -> list[str]:
    """Recovery codes in the place of those before; with them, what lets the person in is another one."""
    plain = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    kept.recovery_hashes = [_hash_of(each) for each in plain]
    credentials.changed(records, required(records, User, kept.user_id), and_tokens=False)
    return ["-".join(each[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4)) for each in plain]


def _hash_of(code: str) -> str:
    """Of a recovery code, however it is typed."""
    typed = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(typed.encode("utf-8", "replace")).hexdigest()


def _account(user_id: str) -> str:
    return f"second factor of {user_id}"


def _holder(scope: Scope) -> str:
    if scope.user_id is None:
        raise NotFound("nobody is signed in")
    return scope.user_id
