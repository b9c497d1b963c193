"""What goes over the wire is small: static files compressed once and kept, answers compressed as they go.

No answer that reflects what somebody typed is compressed together with a secret (BREACH): the sign-in pages
go out as they are.
"""

import gzip
import hashlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

import brotli
from flask import Flask, Response, request

Encoding = Literal["br", "gzip", "identity"]

SMALLEST_BYTES = 600  # below, a packet is a packet
LIVE_BROTLI = 4  # 0.5 ms for 50 kB
LIVE_GZIP = 5
KEPT_BROTLI = 10  # of its 11, which takes two and a half times as long for two per cent less
KEPT_GZIP = 9
TEXTS = ("text/", "application/json", "application/javascript", "image/svg+xml")


def accepted() -> Encoding:
    """The best encoding the browser takes."""
    offered = request.headers.get("Accept-Encoding", "")
    names = {part.split(";")[0].strip() for part in offered.split(",") if "q=0" not in part.replace("q=0.", "")}
    if "br" in names:
        return "br"
    return "gzip" if "gzip" in names else "identity"


def compress(body: bytes, encoding: Encoding, *, thoroughly: bool = False) -> bytes:
    """The body in that encoding; `thoroughly` takes a second for each 1.5 MB."""
    if encoding == "br":
        packed: bytes = brotli.compress(body, quality=KEPT_BROTLI if thoroughly else LIVE_BROTLI)
        return packed
    if encoding == "gzip":
        return gzip.compress(body, KEPT_GZIP if thoroughly else LIVE_GZIP, mtime=0)
    return body


def is_text(mimetype: str) -> bool:
    """Whether compressing it pays."""
    return mimetype.startswith(TEXTS)


@lru_cache(maxsize=512)
def digest(body: bytes) -> str:
    """A fingerprint of a static file."""
    return hashlib.sha256(body).hexdigest()[:24]


class Kept:
    """Compressed forms of static files in a folder, named by what is in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, body: bytes, encoding: Encoding) -> bytes | None:
        """The kept form, if there is one."""
        try:
            return self._path(body, encoding).read_bytes()
        except FileNotFoundError:
            return None

    def make(self, body: bytes, encoding: Encoding) -> bytes:
        """The kept form; made now, thoroughly, if there is none."""
        kept = self.find(body, encoding)
        if kept is not None:
            return kept
        packed = compress(body, encoding, thoroughly=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        Path(name).replace(self._path(body, encoding))  # two processes may do this at once: each writes the same
        return packed

    def _path(self, body: bytes, encoding: Encoding) -> Path:
        return self.folder / f"{digest(body)}.{encoding}"


def _compress_answer(response: Response) -> Response:
    if (
        response.direct_passthrough
        or response.is_streamed
        or response.headers.get("Content-Encoding")
        or not is_text(response.mimetype or "")
        or response.headers.pop("X-As-It-Is", None)
    ):
        return response
    response.vary.add("Accept-Encoding")
    encoding = accepted()
    body = response.get_data()
    if encoding == "identity" or len(body) < SMALLEST_BYTES:
        return response
    response.set_data(compress(body, encoding))
    response.headers["Content-Encoding"] = encoding
    return response


def install(server: Flask) -> None:
    """Compress every dynamic answer of the server that is text and not tiny."""
    server.after_request(_compress_answer)
