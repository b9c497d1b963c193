"""Reading a request's body: its type, its size before and after decompression, and the JSON in it.

Every limit is asked before the work that it limits: one key must not keep the process from answering the others.
"""

import asyncio
import contextlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from config.language import _
from ingest.problem import Problem, Refusal, Unreal
from ingest.request import Request

RECEIVE_S = 30.0  # a body that has not arrived after this long is given up
MEMBERS = 16  # of a gzip stream; whoever compresses a post makes one
_DIGITS = 400  # of an integer; no double has more before its point

# What is JSON, in pieces as long as possible, or (the group) what stands for a number and is none: `nan`, `-inf`, `00.254`, `+5`.
_NO_NUMBER = re.compile(
    r"""(?:"(?:[^"\\]++|\\.)*+"|[\s{}\[\],:]++"""
    r"|(?:true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?![^\s{}\[\],:]))++"
    r"""|([+-]?(?:nan|inf|infinity|[0-9.][^\s{}\[\],:"]*+)(?![^\s{}\[\],]))""",
    re.DOTALL | re.IGNORECASE,
)
WORDS = 10_000  # replaced in a body: as many as a post may have readings


async def read(request: Request, limit: int) -> bytes:
    """The body as it was before compression.

    Raises:
        Refusal: 415 wrong type or encoding, 413 longer than `limit` bytes, 400 empty, cut off or not what it says.
    """
    headers = request.headers
    kind = headers.get("content-type")
    if kind is not None and kind != "application/json":
        _check_type(kind)
    encoding = headers.get("content-encoding")
    if encoding is not None:
        encoding = encoding.strip().lower()
        if encoding not in ("gzip", "identity", ""):
            raise Refusal(
                415, Problem("wrong_encoding", _("this content encoding is not read"), "Content-Encoding", encoding, "gzip")
            )
    length = headers.get("content-length")
    try:
        async with asyncio.timeout(RECEIVE_S):
            if length is not None and length.isdecimal():
                if int(length) > limit:
                    raise _too_big(limit)
                body = await request.body()
            else:
                body = await _chunks(request, limit)
    except TimeoutError:
        raise Refusal(
            400, Problem("cut_off", _("the body did not arrive within %(seconds)s s", seconds=f"{RECEIVE_S:.0f}"))
        ) from None
    except OSError as error:  # the connection broke
        raise Refusal(400, Problem("cut_off", _("the body did not arrive whole"))) from error
    if encoding == "gzip":
        body = inflate(body, limit)
    if not body or body.isspace():
        raise Refusal(400, Problem("empty_body", _("the body is empty"), allowed=_("a JSON object")))
    return body


async def _chunks(request: Request, limit: int) -> bytes:
    parts = []
    size = 0
    async for part in request.chunks():
        size += len(part)
        if size > limit:
            raise _too_big(limit)
        parts.append(part)
    return b"".join(parts)


def inflate(body: bytes, limit: int) -> bytes:
    """Decompress gzip, never producing more than `limit` bytes.

    Raises:
        Refusal: 413 there is more in it, 400 it is no whole gzip stream, or one of more than `MEMBERS` parts.
    """
    parts: list[bytes] = []
    size = 0
    rest = body
    try:
        while rest:
            if len(parts) == MEMBERS:  # each costs a copy of all that follows it
                raise Refusal(
                    400,
                    Problem(
                        "bad_gzip",
                        _("the gzip stream is in too many parts"),
                        "Content-Encoding",
                        allowed=_("at most %(most)s", most=MEMBERS),
                    ),
                )
            stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            part = stream.decompress(rest, limit - size + 1)
            size += len(part)
            if size > limit:
                raise _too_big(limit)
            if not stream.eof:
                raise Refusal(400, Problem("bad_gzip", _("the gzip stream is cut off"), "Content-Encoding"))
            parts.append(part)
            rest = stream.unused_data
    except zlib.error as error:
        raise Refusal(400, Problem("bad_gzip", _("the body is not gzip: %(why)s", why=error), "Content-Encoding")) from error
    return b"".join(parts)


def parse(body: bytes) -> Any:
    """The JSON of a body that is wrong somewhere, so that the rest of it need not suffer.

    Python writes NaN and Infinity into JSON unless told otherwise, C prints `nan` and `-inf`, meters `00.254`, and other
    libraries numbers no double can hold. Those become `Unreal`, for whoever validates the single value to refuse.

    Raises:
        Refusal: 400 not UTF-8, or no JSON.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refusal(
            400,
            Problem(
                "not_utf8",
                _("the body is not UTF-8: byte %(place)s is %(byte)s", place=error.start, byte=f"{body[error.start]:#04x}"),
            ),
        ) from error
    try:
        try:
            return _loads(text, Unreal)
        except json.JSONDecodeError:
            if (found := _mended(text)) is not None:
                mended, words = found
                with contextlib.suppress(json.JSONDecodeError):
                    return _loads(mended, lambda _: Unreal(next(words)))
            raise
    except json.JSONDecodeError as error:
        around = text[max(0, error.pos - 20) : error.pos + 20]
        raise Refusal(
            400,
            Problem(
                "malformed_json",
                _("not JSON: %(why)s at line %(line)s, column %(column)s", why=error.msg, line=error.lineno, column=error.colno),
                value=around,
            ),
        ) from error
    except RecursionError as error:
        raise Refusal(400, Problem("malformed_json", _("not JSON that anyone means: nested too deeply"))) from error


def _mended(text: str) -> tuple[str, Iterator[str]] | None:
    """The text with `NaN` for whatever stands for a number and is none, and those words in their order.

    None when there are more of them than a post may have readings.
    """
    parts: list[str] = []
    words: list[str] = []
    end = 0
    for found in _NO_NUMBER.finditer(text):
        if found[1] is not None:
            if len(words) == WORDS:
                return None
            words.append(found[1])
            parts += (text[end : found.start()], "NaN")
            end = found.end()
    return "".join((*parts, text[end:])), iter(words)


def _loads(text: str, unreal: Callable[[str], Unreal]) -> Any:
    return json.loads(text, parse_constant=unreal, parse_float=_float, parse_int=_int)


def _float(text: str) -> float | Unreal:
    number = float(text)
    return number if abs(number) != float("inf") else Unreal(text)


def _int(text: str) -> int | Unreal:
    return int(text) if len(text) < _DIGITS else Unreal(text)


def _check_type(kind: str) -> None:
    media, _sign, parameters = kind.partition(";")
    if media.strip().lower() != "application/json":
        raise Refusal(
            415,
            Problem(
                "wrong_type",
                _("send JSON, and say so: -H 'Content-Type: application/json'"),
                "Content-Type",
                kind[:100],
                "application/json",
            ),
        )
    name, _sign, charset = parameters.partition("=")
    if name.strip().lower() == "charset" and charset.strip().strip('"').lower() not in ("utf-8", "utf8"):
        raise Refusal(
            415, Problem("wrong_type", _("JSON is UTF-8"), "Content-Type", kind[:100], "application/json; charset=utf-8")
        )


def _too_big(limit: int) -> Refusal:
    return Refusal(
        413,
        Problem(
            "too_big",
            _("the body is too big; send it in several posts"),
            "body",
            None,
            _("at most %(most)s bytes, after decompression", most=f"{limit:,}"),
        ),
    )
