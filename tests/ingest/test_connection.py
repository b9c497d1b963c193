"""Connections of devices, as they come over the wire: answered in their order, and bounded whatever is sent on them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from ingest import connection
from ingest.answers import Answer
from ingest.connection import Connection, Connections
from ingest.request import Request
from tests.conftest import PATIENT_S

TALK = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]
POST = b"POST /echo?a=1 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
DIRTY = (("x-said", "one\r\nx-evil: two"),)


async def echo(request: Request) -> Answer:
    """What was asked, and what came with it; `/early` does not look at it, `/slow` takes its time."""
    if request.path == "/early":
        return Answer(413, b"too big")
    if request.path == "/none":
        return Answer(204, b"")
    if request.path == "/slow":
        await asyncio.sleep(0.05)
    try:
        body = b"".join([part async for part in request.body.chunks()])
    except OSError:
        return Answer(400, b"cut off")
    said = f"{request.method} {request.path} {request.query} {request.headers.get('x-name', '')} ".encode()
    return Answer(200, said + body, DIRTY)


def served(talk: TALK, most: int = 10) -> bytes:
    """What `talk` makes of a server that echoes."""

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        opened = Connections(most)
        keeping = asyncio.create_task(opened.keep())
        server = await loop.create_server(lambda: Connection(echo, opened), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            async with asyncio.timeout(PATIENT_S):
                return await talk(reader, writer)
        finally:
            writer.close()
            server.close()
            keeping.cancel()
            await opened.stop(1)

    return uvloop.run(run())


def sent(*pieces: bytes, ends: bool = False) -> bytes:
    """All that is answered to these pieces, one after the other, until the server closes the connection (or we do: `ends`)."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if ends:
            writer.write_eof()
        return await reader.read()

    return served(talk)


def closing(request: bytes) -> bytes:
    return request.replace(b"host: x", b"host: x\r\nconnection: close", 1)


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ((closing(POST),), b"POST /echo a=1  hello"),
        (tuple(bytes([each]) for each in closing(POST)), b"POST /echo a=1  hello"),
        (
            (b"POST /a HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", b"lo\r\n0\r\n\r\n"),
            b"POST /a   hello",
        ),
        ((b"GET http://proxied/a%20b?c=d HTTP/1.1\r\nX-Name: n\r\nx-name: m\r\nconnection: close\r\n\r\n",), b"GET /a b c=d n "),
        ((b"GET /a HTTP/1.0\r\n\r\n",), b"GET /a   "),
        ((b"GET /a HTTP/1.1\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n",), b"GET /a   "),
    ],
)
def test_a_request_is_read_however_it_comes(pieces: tuple[bytes, ...], answer: bytes) -> None:
    said = sent(*pieces)
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b"content-length: %d\r\n\r\n%b" % (len(answer), answer))
    assert b"x-content-type-options: nosniff\r\n" in said
    assert b"connection: close\r\n" in said


def test_requests_are_answered_in_their_order_also_when_they_come_at_once() -> None:
    slow = POST.replace(b"/echo", b"/slow")
    said = sent(slow + POST + slow + closing(POST))
    assert [each.split(b" ")[1] for each in said.split(b"POST ")[1:]] == [b"a=1"] * 4
    assert [each.split(b" ")[0] for each in said.split(b"POST ")[1:]] == [b"/slow", b"/echo", b"/slow", b"/echo"]


def test_more_requests_than_are_read_ahead_are_all_answered() -> None:
    many = 20 * connection.AHEAD
    assert sent(POST * many + closing(POST)).count(b"hello") == many + 1


def test_who_waits_to_be_told_to_go_on_is() -> None:
    head = closing(POST).replace(b"host", b"expect: 100-continue\r\nhost").removesuffix(b"hello")
    said = sent(head, b"hello")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_who_is_refused_before_all_was_sent_reads_why() -> None:
    size = 3_000_000
    head = b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size
    said = sent(head, b"x" * size)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert said.endswith(b"too big")


def test_a_body_longer_than_is_read_ahead_arrives_whole() -> None:
    size = 3_000_000
    head = b"POST /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % size
    assert sent(head, b"x" * size).count(b"x") > size


def test_an_answer_without_a_body_has_no_length() -> None:
    said = sent(closing(POST.replace(b"/echo", b"/none")))
    assert said.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"content-length" not in said
    head = sent(b"HEAD /a HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert head.endswith(b"content-length: 10\r\n\r\n")


def test_what_is_answered_cannot_add_a_header() -> None:
    assert b"x-said: one x-evil: two\r\n" in sent(closing(POST))


def test_who_sends_nothing_more_is_answered_all_the_same() -> None:
    assert sent(POST.replace(b"/echo", b"/slow"), ends=True).endswith(b"hello")
    assert sent(POST.removesuffix(b"lo"), ends=True).endswith(b"cut off")


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELO there\r\n\r\n",
        b"GET /a HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /a HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST /a HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello",
    ],
)
def test_what_is_no_http_is_refused_and_closed(wrong: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REST_S", 0.1)
    monkeypatch.setattr(connection, "LOOK_S", 0.05)
    said = sent(wrong)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_head_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REST_S", 0.1)
    monkeypatch.setattr(connection, "LOOK_S", 0.05)
    assert sent(b"GET /a HTTP/1.1\r\nx: ", *[b"y" * 30_000] * 4).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("begun", [b"", b"GET /a HT", POST, POST + b"POST"])
def test_who_sends_nothing_or_never_ends_is_not_waited_for(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_S", "IDLE_S", "LOOK_S"):
        monkeypatch.setattr(connection, name, 0.05)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        said = b""
        try:
            while part := await reader.read(1000):
                said += part
        except ConnectionResetError:
            pass
        return said

    assert served(talk).count(b"200 OK") == begun.count(b"hello")


def test_beyond_the_most_connections_the_next_one_is_told_so() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(POST)
        await reader.readuntil(b"hello")
        other, closed = await asyncio.open_connection(*writer.get_extra_info("peername"))
        said = await other.read()
        closed.close()
        writer.write(closing(POST))
        return said + await reader.read()

    said = served(talk, most=1)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5\r\n" in said
    assert said.endswith(b"hello")
