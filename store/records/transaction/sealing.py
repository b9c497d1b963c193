"""Text that only Loadstar can read: AES-256-GCM. Whatever is sealed for one purpose or place opens nowhere else."""

import base64
import functools
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.settings import settings

KEY_BYTES = 32
NONCE_BYTES = 12


def new_key() -> bytes:
    """A key that nobody can guess."""
    return secrets.token_bytes(KEY_BYTES)


def derived_key(purpose: str) -> bytes:
    """The key for a purpose, from the secret key of the settings (HKDF, RFC 5869).

    Raises:
        ValueError: there is no secret key.
    """
    kept = settings().secret_key
    if kept is None:
        raise ValueError("the secret key has not been generated; `./loadstar up` does it, or set LOADSTAR_SECRET_KEY")
    return _derived(kept.get_secret_value(), purpose)


@functools.lru_cache(maxsize=16)
def _derived(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"loadstar {purpose}".encode()).derive(secret.encode())


def seal(key: bytes, text: str, place: str) -> str:
    """Encrypt a text for a place, for instance a person's id."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())).decode()


def unseal(key: bytes, sealed: str, place: str) -> str | None:
    """The text again; none when it was sealed with another key, for another place, or was changed."""
    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place.encode()).decode()
    except (ValueError, InvalidTag):
        return None


def signature(purpose: str, text: str) -> str:
    """What proves that Loadstar itself wrote the text, for a purpose: HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(derived_key(purpose), text.encode(), hashlib.sha256).hexdigest()
