"""A connection that devices post on: HTTP/1.1, read by llhttp, its requests answered one after the other.

Loadstar's answers are small and few, and most requests come in one piece: so a request is read, judged and answered in the
loop's own thread, and costs no other thread a turn (docs/decisions/425).
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, cast
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserInvalidURLError, HttpParserUpgrade, HttpRequestParser, parse_url

from config import clock
from config.language import N_
from ingest.answers import Answer, answer
from ingest.problem import Problem
from ingest.request import Body, Request

Respond = Callable[[Request], Awaitable[Answer]]

HEAD_LIMIT = 65_536  # bytes
HEAD_S = 15.0  # for a request's head to arrive
IDLE_S = 75.0  # between two requests
REST_S = 2.0  # for what a sender still sends after it was answered
LOOK_S = 1.0
AHEAD = 16  # requests of a connection that are read before the first of them is answered
GUARDS = (
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f]+")  # in the value of a header
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MALFORMED = answer(400, Problem("malformed_http", N_("this is not HTTP/1.1: send a request as its standard has it")))
_TOO_LONG = answer(
    400, Problem("head_too_long", N_("the request's headers are too long: send fewer"), allowed=f"{HEAD_LIMIT} bytes")
)
_BUSY = answer(
    503, Problem("too_many_connections", N_("too many connections are open: come back a little later")), (("retry-after", "5"),)
)


class Due(NamedTuple):
    """A request that is to be answered, or what it is answered because it is none; and how."""

    request: Request | Answer
    stays: bool  # whether the connection stays open for the next
    old: bool  # HTTP/1.0


class Connections:
    """Those that are open in this process, at most so many."""

    def __init__(self, most: int):
        self._most = most
        self._open: set[Connection] = set()
        self.date = _date()

    def add(self, one: "Connection") -> bool:
        """Whether there is room for another."""
        if len(self._open) >= self._most:
            return False
        self._open.add(one)
        return True

    def discard(self, one: "Connection") -> None:
        """It is closed."""
        self._open.discard(one)

    async def keep(self) -> None:
        """Close those that nothing comes on, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.date, now = _date(), time.monotonic()
            for each in list(self._open):
                each.look(now)

    async def stop(self, longest_s: float) -> None:
        """Close all of them, those that wait for an answer when they have it, or after so long."""
        until = time.monotonic() + longest_s
        for each in list(self._open):
            each.stop()
        while self._open and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for each in list(self._open):
            each.drop()


class Connection(asyncio.Protocol):
    """One of them."""

    def __init__(self, respond: Respond, opened: Connections):
        self._respond, self._opened = respond, opened
        self._parser = HttpRequestParser(self)
        self._due: deque[Due] = deque()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport
        self._body: Body | None = None  # of the request that is arriving
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head = 0  # bytes of a head that has not ended
        self._in_head = False
        self._deaf = False  # nothing that comes is read any more
        self._last = False  # no other request is answered
        self._held = False  # reading is paused
        self._since = 0.0  # when it began to wait for a head, or for its end

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has its methods, and is of another class
        self._since = time.monotonic()
        if not self._opened.add(self):
            self._deaf = True
            self._write(Due(_BUSY, stays=False, old=False), _BUSY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody went; what of a request is committed stays so."""
        self._opened.discard(self)
        self._due.clear()
        self._hear_no_more()

    def eof_received(self) -> bool:
        """Nothing more will come; who has yet to be answered is, before the connection is closed."""
        self._hear_no_more()
        self._last = True
        return self._task is not None

    def data_received(self, data: bytes) -> None:
        """A piece of a request, or several of them."""
        if self._deaf:
            return
        if self._in_head:
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # to what is not spoken here
            self._hear_no_more()
        except HttpParserError:
            self._refuse(_MALFORMED)
        else:
            if self._in_head and self._head > HEAD_LIMIT:
                self._refuse(_TOO_LONG)
            if len(self._due) > AHEAD:
                self._flow(False)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._url, self._headers = b"", {}
        self._in_head, self._head = True, 0
        if self._task is None:
            self._since = time.monotonic()

    def on_url(self, url: bytes) -> None:
        """The address, or a part of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; of several of one name the first counts."""
        self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """The head is whole: whoever answers may ask for the body."""
        self._in_head = False
        parser, headers = self._parser, self._headers
        waits = "expect" in headers and headers["expect"].lower() == "100-continue"
        self._body = Body(self._flow, self._go_on if waits else None)
        path, query = _address(self._url)
        request = Request(parser.get_method().decode("latin-1"), path, query, headers, self._body)
        self._put(Due(request, parser.should_keep_alive(), parser.get_http_version() == "1.0"))

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._body is not None:
            self._body.add(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        body, self._body = self._body, None
        if body is not None:
            body.end()
        if self._last and self._task is None:  # it was answered before
            self._transport.close()

    # Answering.

    def look(self, now: float) -> None:
        """Close it if nothing has come for too long."""
        if self._task is None:
            longest_s = REST_S if self._last else HEAD_S if self._in_head else IDLE_S
            if now - self._since > longest_s:
                self._transport.abort()

    def stop(self) -> None:
        """Close it, as soon as whoever waits for an answer has it. Of what is still arriving nothing was acknowledged."""
        self._last = True
        if self._body is not None:
            self._transport.abort()
        elif self._task is None:
            self._transport.close()

    def drop(self) -> None:
        """Close it now."""
        self._transport.abort()

    def _put(self, due: Due) -> None:
        if self._last:
            return
        self._due.append(due)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        while self._due:
            due = self._due.popleft()
            request = due.request
            if isinstance(request, Answer):
                self._end(due, request, None)
                return
            answered = await self._respond(request)
            if not due.stays or not request.body.is_whole or (self._last and not self._due):
                self._end(due, answered, request.body)
                return
            self._write(due, answered)
        self._task, self._since = None, time.monotonic()
        if self._held:
            self._flow(True)

    def _end(self, due: Due, answered: Answer, body: Body | None) -> None:
        """The last answer. What its sender still sends is let run out: who is cut off in the middle may not read it."""
        self._last, self._task, self._since = True, None, time.monotonic()
        self._due.clear()
        self._write(due._replace(stays=False), answered)
        if body is not None and body.is_whole:
            self._transport.close()
        elif body is not None:
            body.discard()

    def _refuse(self, why: Answer) -> None:
        self._hear_no_more()
        self._put(Due(why, stays=False, old=False))

    def _hear_no_more(self) -> None:
        self._deaf, self._in_head = True, False
        if self._body is not None:
            self._body.cut_off()
            self._body = None

    def _write(self, due: Due, answered: Answer) -> None:
        if self._transport.is_closing():
            return
        kept = "close" if not due.stays else "keep-alive" if due.old else ""
        head = _head(answered.status, answered.headers, kept)
        if answered.status == HTTPStatus.NO_CONTENT:
            self._transport.write(b"%bdate: %b\r\n\r\n" % (head, self._opened.date))
            return
        said = b"" if isinstance(due.request, Request) and due.request.method == "HEAD" else answered.body
        length = len(answered.body)
        self._transport.write(b"%bdate: %b\r\ncontent-length: %d\r\n\r\n%b" % (head, self._opened.date, length, said))

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_CONTINUE)

    def _flow(self, more: bool) -> None:
        if self._held is more and not self._transport.is_closing():
            self._held = not more
            if more:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()


@lru_cache(1024)
def _head(status: int, headers: tuple[tuple[str, str], ...], connection: str) -> bytes:
    """The status line and the headers of an answer."""
    own = (("connection", connection),) if connection else ()
    lines = [f"{name}: {_NO_TEXT.sub(' ', value)}" for name, value in (*headers, *_guards(headers), *own)]
    return "\r\n".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *lines, ""]).encode("latin-1", "replace")


def _guards(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """What a browser is told beside every answer: it is what it says it is, and stands in no other page."""
    return GUARDS[:1] if any(name == "content-security-policy" for name, _value in headers) else GUARDS


def _address(url: bytes) -> tuple[str, str]:
    """Path and query of what is asked for; also when a proxy names the host with it."""
    if not url.startswith((b"/", b"*")):
        try:
            found = parse_url(url)
            url = (found.path or b"/") + (b"?" + found.query if found.query else b"")
        except HttpParserInvalidURLError:
            pass
    path, _mark, query = url.decode("latin-1").partition("?")
    return unquote(path) if "%" in path else path, query


def _date() -> bytes:
    return format_datetime(clock.now(), usegmt=True).encode()
