"""A stream that only a passphrase opens, and that shows every change, cut and exchange of its parts.

Scrypt (RFC 7914) makes the keys from the passphrase. What is written goes out in chunks of 64 KiB, each sealed by
ChaCha20-Poly1305 (RFC 8439); a chunk's nonce is its number and whether it is the last, so that none can be moved, left out or
be the end too early: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015), as the format `age` has it.
"""

import hashlib
import hmac
import io
import secrets
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"loadstar sealed 1\n"
SALT_BYTES, CHECK_BYTES, TAG_BYTES = 16, 16, 16
CHUNK_BYTES = 64 * 1024
COST, MOST_COST = 16, 20  # 2^16 blocks of 1 KiB: 64 MiB, a quarter of a second
HEADER_BYTES = len(MAGIC) + 1 + SALT_BYTES + CHECK_BYTES


class WrongPassphrase(Exception):
    """What was sealed is not opened by this passphrase."""


class Damaged(Exception):
    """What was sealed is not what is there: it was cut off or changed."""


def is_sealed(file: "io.BufferedReader[Any]") -> bool:
    """Whether what comes is sealed; nothing of it is read."""
    return file.peek(len(MAGIC)).startswith(MAGIC)


def _keys(passphrase: str, cost: int, salt: bytes) -> tuple[bytes, bytes]:
    made = Scrypt(salt=salt, length=64, n=2**cost, r=8, p=1).derive(passphrase.encode())
    return made[:32], made[32:]


def _check(key: bytes, header: bytes) -> bytes:
    return hmac.new(key, header, hashlib.sha256).digest()[:CHECK_BYTES]


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class Sealer(io.RawIOBase):
    """Seals what is written to it into `file`. Only `finish` makes it whole; `close` does not."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        header = MAGIC + bytes([COST]) + secrets.token_bytes(SALT_BYTES)
        key, checking = _keys(passphrase, COST, header[-SALT_BYTES:])
        self._file, self._cipher = file, ChaCha20Poly1305(key)
        self._waiting, self._number = bytearray(), 0
        file.write(header + _check(checking, header))

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        """Seal the data, all but what may still be the end."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Seal the end."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, None))
        self._number += 1


class Opener(io.RawIOBase):
    """Reads what was sealed into `file`.

    Raises:
        WrongPassphrase: it is not the one that it was sealed with, or the head of the file was changed.
        Damaged: from `read`, for a part that was changed, or an end that is not the end.
    """

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        head = _exactly(file, HEADER_BYTES)
        header, check = head[:-CHECK_BYTES], head[-CHECK_BYTES:]
        if not header.startswith(MAGIC) or len(head) < HEADER_BYTES:
            raise Damaged
        cost = header[len(MAGIC)]
        if cost > MOST_COST:
            raise Damaged
        key, checking = _keys(passphrase, cost, header[-SALT_BYTES:])
        if not hmac.compare_digest(_check(checking, header), check):
            raise WrongPassphrase
        self._file, self._cipher = file, ChaCha20Poly1305(key)
        self._number, self._ended, self._opened = 0, False, b""
        self._next = _exactly(file, CHUNK_BYTES + TAG_BYTES)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Open the next part."""
        while not self._opened and not self._ended:
            self._open()
        taken = min(len(buffer), len(self._opened))
        buffer[:taken] = self._opened[:taken]
        self._opened = self._opened[taken:]
        return taken

    def _open(self) -> None:
        chunk, self._next = self._next, _exactly(self._file, CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._next
        try:
            self._opened = self._cipher.decrypt(_nonce(self._number, self._ended), chunk, None)
        except InvalidTag:
            raise Damaged from None
        self._number += 1


def _exactly(file: IO[bytes], size: int) -> bytes:
    """So many bytes, or as many as there are: a pipe gives fewer at once."""
    read = bytearray()
    while len(read) < size and (data := file.read(size - len(read))):
        read += data
    return bytes(read)
