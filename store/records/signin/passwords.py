"""Passwords: argon2id (RFC 9106), with the work that the library advises for machines with little memory.

No rules of composition: length, and that nobody would guess it soon (NIST SP 800-63B-4, 3.1.1.2). For that zxcvbn knows
30,000 passwords of known breaches, common words and names, and what people do to them; nothing leaves the machine.
Unknown addresses cost the same work as known ones, so that the time of an answer tells nobody who has an account.
"""

import re
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config.language import _
from store.errors import Refused

SHORTEST = 12
LONGEST = 256  # more is no password, but an attempt to keep us busy
GUESSED = 32  # characters that are looked at: more of them are no easier, and take seconds
GOOD = 3  # zxcvbn's: a hundred million guesses or more
GENERATED_BYTES = 15  # 20 characters, 120 bits

_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)  # a hash takes 64 MiB: many at once must not take the machine's memory
_lock = threading.Lock()
_decoys: list[str] = []


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def generated() -> str:
    """A password that nobody can guess, to be shown once."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def hash_of(password: str, *, email: str = "", name: str = "") -> str:
    """What is kept of a password.

    Raises:
        Refused: it is too short or too long, or among the first that anyone would try.
    """
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise Refused(
            _("a password has %(shortest)s characters or more: add some, three or four words are good", shortest=SHORTEST)
        )
    if len(normal) > LONGEST:
        raise Refused(_("a password has %(longest)s characters at the most: shorten it", longest=LONGEST))
    if is_guessed(normal, email, name):
        raise Refused(_("this password is among the first that anyone would try: choose three or four words instead"))
    return renewed(normal)


def is_guessed(password: str, email: str = "", name: str = "") -> bool:
    """Whether somebody who knows breached passwords, and the person's name and address, would guess it soon."""
    from zxcvbn import zxcvbn  # 14 MB of lists, for the few who choose a password

    own = {"loadstar", email, email.partition("@")[0], name, *re.split(r"[\W_]+", f"{email} {name}")}
    guess = zxcvbn(password[:GUESSED], user_inputs=[word for word in own if word])
    return bool(guess["score"] < GOOD)


def renewed(password: str) -> str:
    """The hash of a password that was accepted before, made with as much work as is used now."""
    with _at_once:
        return _hasher.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; takes as long when there is no hash."""
    if len(password) > LONGEST:
        return False
    with _at_once:
        try:
            return _hasher.verify(password_hash or _decoy(), _normal(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with less work than is used now."""
    return _hasher.check_needs_rehash(password_hash)


def _decoy() -> str:
    with _lock:
        if not _decoys:
            _decoys.append(_hasher.hash(secrets.token_urlsafe()))
        return _decoys[0]
