"""Reading a request's body: its type, its size before and after decompression, and the JSON in it.

Every limit is asked before the work that it limits: one key must not keep the process from answering the others.
"""

import asyncio
import codecs
import contextlib
import json
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any

from config.language import _
from ingest.problem import Problem, Refusal, Twice, Unreal, echo
from ingest.request import Body, Request

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RECEIVE_S = 30.0  # a body that has not arrived after this long is given up
MEMBERS = 16  # of a compressed stream; whoever compresses a post makes one
_WINDOW_LOG = 23  # 8 MiB, the memory that RFC 9659 asks of whoever reads zstd; a larger window is refused
_DIGITS = 400  # of an integer; no double has more before its point

_STRING = r'"(?:[^"\\]++|\\.)*+"'
# What is JSON, in pieces as long as possible, or (the group) what stands where a value does and is none: `nan`, `12 kW`.
_NO_VALUE = re.compile(
    rf"""(?:{_STRING}?+|[\s{{}}\[\],:]++"""
    r"|(?:true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?=\s*+(?:[{}\[\],:\"]|\Z)))++"
    r"""|([^\s{}\[\],:"]++(?:[ \t]++[^\s{}\[\],:"]++)*+)""",
    re.DOTALL,
)
# Objects without others in them, and their members, whose values are whatever stands before the next name.
_FLAT = re.compile(rf'\{{[^{{}}"]*+(?:{_STRING}[^{{}}"]*+)*+\}}', re.DOTALL)
_MEMBER = re.compile(rf'\s*+({_STRING})\s*+:((?:{_STRING}|[^",]++|,(?!\s*+{_STRING}\s*+:))*+)(?:,|\Z)', re.DOTALL)
_LIST = re.compile(rf"\{{\s*+({_STRING})\s*+:\s*+\[\s*+", re.DOTALL)
_BLANKS = " \t\r\n"  # of JSON: a number beside any other is none
_BETWEEN = re.compile(r"\s*+,\s*+")
WORDS = 10_000  # put right in a body: as many as a post may have readings
TORN = 1_000  # objects, or members of one, that are read value by value: each costs ten times one that is whole

_STREAMS: dict[str, Callable[[], Any]] = {  # by content encoding
    "gzip": lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS),
    "zstd": lambda: zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}),
}


async def read(request: Request, limit: int) -> bytes:
    """The body as it was before compression.

    Raises:
        Refusal: 415 wrong type or encoding, 413 longer than `limit` bytes, 400 empty, cut off or not what it says.
    """
    kind = request.headers.get("content-type")
    if kind is not None and kind != "application/json":
        _check_type(kind)
    body = (await received(request, limit)).removeprefix(codecs.BOM_UTF8)
    if not body or body.isspace():
        raise Refusal(
            400, Problem("empty_body", _("the body is empty: send what was measured in it"), allowed=_("a JSON object"))
        )
    return body


async def received(request: Request, limit: int) -> bytes:
    """A body of any type and also an empty one, as it was before compression; raises as `read`."""
    headers = request.headers
    encoding = headers.get("content-encoding")
    if encoding is not None:
        encoding = encoding.strip().lower().removeprefix("x-")
        if encoding not in (*_STREAMS, "identity", ""):
            raise Refusal(
                415,
                Problem(
                    "wrong_encoding",
                    _(
                        "Content-Encoding %(given)s is not read: send %(known)s, or the body as it is",
                        given=repr(encoding[:20]),
                        known=", ".join(_STREAMS),
                    ),
                    "Content-Encoding",
                    encoding[:20],
                    ", ".join(_STREAMS),
                ),
            )
    length = headers.get("content-length")
    if length is not None and length.isdecimal() and int(length) > limit:
        raise _too_big(limit)
    try:
        body = request.body.taken() if request.body.is_whole else await _chunks(request.body, limit)
    except TimeoutError:
        raise Refusal(
            400,
            Problem(
                "cut_off",
                _("the body did not arrive within %(seconds)s s: send it again, in smaller posts", seconds=f"{RECEIVE_S:.0f}"),
            ),
        ) from None
    except OSError as error:  # the connection broke
        raise Refusal(400, Problem("cut_off", _("the body did not arrive whole: send it again"))) from error
    if len(body) > limit:
        raise _too_big(limit)
    request.content = inflate(body, limit, encoding) if encoding in _STREAMS else body
    return request.content


async def _chunks(body: Body, limit: int) -> bytes:
    parts, size = [], 0
    async with asyncio.timeout(RECEIVE_S):
        async for part in body.chunks():
            size += len(part)
            if size > limit:
                raise _too_big(limit)
            parts.append(part)
    return b"".join(parts)


def inflate(body: bytes, limit: int, encoding: str = "gzip") -> bytes:
    """Decompress gzip or zstd, never producing more than `limit` bytes.

    Raises:
        Refusal: 413 there is more in it, 400 it is no whole stream, or one of more than `MEMBERS` parts.
    """
    parts: list[bytes] = []
    size = 0
    rest = body
    try:
        while rest:
            if len(parts) == MEMBERS:  # each costs a copy of all that follows it
                raise _no_stream(
                    encoding,
                    _("the %(encoding)s stream is in too many parts: compress the body in one", encoding=encoding),
                    _("at most %(most)s", most=MEMBERS),
                )
            stream = _STREAMS[encoding]()
            part = stream.decompress(rest, limit - size + 1)
            size += len(part)
            if size > limit:
                raise _too_big(limit)
            if not stream.eof:
                raise _no_stream(encoding, _("the %(encoding)s stream is cut off: send all of it", encoding=encoding))
            parts.append(part)
            rest = stream.unused_data
    except (zlib.error, zstd.ZstdError) as error:
        raise _no_stream(encoding, _("the body is not %(encoding)s: %(why)s", encoding=encoding, why=error)) from error
    return b"".join(parts)


def _no_stream(encoding: str, words: str, allowed: str | None = None) -> Refusal:
    problem = Problem("bad_zstd", words, "Content-Encoding", allowed=allowed)
    if encoding == "gzip":
        problem = Problem("bad_gzip", words, "Content-Encoding", allowed=allowed)
    return Refusal(400, problem)


def parse(body: bytes) -> Any:
    """The JSON of a body that is wrong somewhere, so that the rest of it need not suffer.

    Python writes NaN and Infinity into JSON unless told otherwise, C prints `nan` and `-inf`, meters `00.254`, a program that
    speaks German `1,5`, and other libraries numbers no double can hold. Those become `Unreal`, for whoever validates the single
    value to refuse.

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
                _(
                    "the body is not UTF-8: byte %(place)s is %(byte)s; write it as UTF-8",
                    place=error.start,
                    byte=f"{body[error.start]:#04x}",
                ),
            ),
        ) from error
    try:
        try:
            return _loads(text)
        except json.JSONDecodeError:
            for mended in (_with_words, _in_parts):
                with contextlib.suppress(json.JSONDecodeError):
                    if isinstance(content := mended(text), dict | list):
                        return content
            raise
    except json.JSONDecodeError as error:
        around = text[max(0, error.pos - 20) : error.pos + 20]
        raise Refusal(
            400,
            Problem(
                "malformed_json",
                _(
                    "not JSON: %(why)s at line %(line)s, column %(column)s; correct what writes it",
                    why=error.msg,
                    line=error.lineno,
                    column=error.colno,
                ),
                value=around,
            ),
        ) from error
    except RecursionError as error:
        raise Refusal(
            400, Problem("malformed_json", _("the JSON is nested too deeply: send the readings side by side in one list"))
        ) from error


def _with_words(text: str) -> Any:
    """The JSON of a text where words stand that are none; nothing when they are more than a post may have readings."""
    parts: list[str] = []
    words: list[str] = []
    end = 0
    for found in _NO_VALUE.finditer(text):
        if found[1] is not None:
            if len(words) == WORDS:
                return None
            words.append(found[1])
            parts += (text[end : found.start()], "NaN")
            end = found.end()
    each = iter(words)
    return _decoder(lambda _: Unreal(next(each)))("".join((*parts, text[end:])))


def _in_parts(text: str) -> Any:
    """The JSON of a flat object, or of one that holds a list of them, each value read alone; nothing when it is neither."""
    text = text.strip()
    if _FLAT.fullmatch(text):
        return _members(text)
    head = _LIST.match(text)
    if head is None:
        return None
    items: list[Any] = []
    at, torn = head.end(), 0
    while len(items) <= WORDS and torn <= TORN and (item := _FLAT.match(text, at)):
        try:
            items.append(_loads(item[0]))
        except json.JSONDecodeError:
            items.append(_members(item[0]))
            torn += 1
        if (following := _BETWEEN.match(text, item.end())) is None:
            rest = text[item.end() :].split(maxsplit=2)
            return {json.loads(head[1]): items} if "".join(rest) == "]}" else None
        at = following.end()
    return {json.loads(head[1]): items} if len(items) > WORDS else None


def _members(text: str) -> dict[str, Any] | None:
    """A flat object that is wrong somewhere, which costs only the value that it is in; nothing when it is not of members."""
    inner, found, at = text[1:-1], {}, 0
    for _member in range(TORN):
        member = _MEMBER.match(inner, at)
        if member is None:
            return None
        found[json.loads(member[1])] = _value(member[2].strip(_BLANKS))
        at = member.end()
        if at == len(inner):
            return found
    return None


def _value(text: str) -> Any:
    try:
        return _loads(text)
    except json.JSONDecodeError:
        return Unreal(text)


def _decoder(unreal: Callable[[str], Unreal]) -> Callable[[str], Any]:
    return json.JSONDecoder(
        parse_constant=unreal, parse_float=_float, parse_int=_int, object_pairs_hook=_object, strict=False
    ).decode


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; which of several values of one name is meant, nobody can tell."""
    found = dict(members)
    if len(found) < len(members):
        for name in found:
            values = [str(echo(value)) for said, value in members if said == name]
            if len(set(values)) > 1:
                found[name] = Twice(" / ".join(values))
    return found


def _float(text: str) -> float | Unreal:
    number = float(text)
    return number if abs(number) != float("inf") else Unreal(text)


def _int(text: str) -> int | Unreal:
    return int(text) if len(text) < _DIGITS else Unreal(text)


_loads = _decoder(Unreal)  # made once: `json.loads` would make one for each of ten thousand readings


def _check_type(kind: str) -> None:
    media, _sign, parameters = kind.partition(";")
    if media.strip().lower() != "application/json":
        raise Refusal(
            415,
            Problem(
                "wrong_type",
                _(
                    "the body is said to be %(given)s: send JSON, and say so: -H 'Content-Type: application/json'",
                    given=repr(kind[:100]),
                ),
                "Content-Type",
                kind[:100],
                "application/json",
            ),
        )
    name, _sign, charset = parameters.partition("=")
    if name.strip().lower() == "charset" and charset.strip().strip('"').lower() not in ("utf-8", "utf8"):
        raise Refusal(
            415,
            Problem(
                "wrong_type",
                _(
                    "the body is said to be in %(given)s, and JSON is UTF-8: name that charset, or none",
                    given=repr(charset.strip()[:40]),
                ),
                "Content-Type",
                kind[:100],
                "application/json; charset=utf-8",
            ),
        )


def _too_big(limit: int) -> Refusal:
    return Refusal(
        413,
        Problem(
            "too_big",
            _("the body has more than %(most)s bytes after decompression: send it in several posts", most=f"{limit:,}"),
            "body",
            None,
            _("at most %(most)s bytes, after decompression", most=f"{limit:,}"),
        ),
    )
