"""Requests are received whole before they take a thread, so that whoever sends slowly holds up nobody.

gunicorn's threads read heads and bodies themselves: forty connections with half a head would keep all of them. Here the
worker's main loop, which blocks on nothing, collects a request and hands it to a thread with its last byte. What has not
arrived in time is closed. Behind nginx, which does the same, this costs nothing; without a proxy it is what stands between.
"""

import contextlib
import os
import re
import selectors
import socket
import struct
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from dashboard.web.hung import UnderWay, where

HEAD_S = 15.0  # for a request's head to arrive, or the first one after a connection was opened
BODY_S = 60.0  # for the rest of it
HEAD_BYTES = 65_536
BODY_BYTES = 12 * 2**20  # of a longer one nothing is read: the application refuses it by its declared length
ALL_BYTES = 64 * 2**20  # of everything that is still arriving in a process
SEND_S = 30  # that nothing of an answer is taken
PIECE = 65_536
END = b"\r\n\r\n"
HEALTH = b"GET /healthz "

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,19})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH_REQUIRED = b"HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Unwelcome(Exception):
    """The connection is to be closed; `answer` is sent before."""

    def __init__(self, answer: bytes = b"") -> None:
        super().__init__()
        self.answer = answer


def whole(received: bytes | bytearray) -> int | None:
    """How many of these bytes are the first request; None while it has not arrived.

    Raises:
        Unwelcome: a head that does not end, or a body of undeclared length.
    """
    head = received.find(END)
    if head < 0:
        if len(received) > HEAD_BYTES:
            raise Unwelcome
        return None
    if _CHUNKED.search(received, 0, head + 2):
        raise Unwelcome(_LENGTH_REQUIRED)
    length, end = _length(received), head + len(END)
    if length > BODY_BYTES:
        return end
    return end + length if len(received) >= end + length else None


class Nothing:
    """In the place of a socket where a request is read: all of it is there already, and a thread never waits for more."""

    def recv(self, _size: int) -> bytes:
        """The end."""
        return b""


class Arrival:
    """What has arrived on a connection of the request that is still to come."""

    def __init__(self, received: bytes) -> None:
        self.received = bytearray(received)
        self.began = time.monotonic()
        self.has_head = False

    def is_late(self, now: float) -> bool:
        """Whether it has taken too long."""
        return now - self.began > (BODY_S if self.has_head else HEAD_S)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn declares no types
    """gunicorn's threads, behind a reception. Health is answered by a thread of its own."""

    alive: bool  # gunicorn's: whether it goes on
    hangs = False

    def init_process(self) -> None:
        """Start to serve."""
        self.arrivals: dict[TConn, Arrival] = {}
        self.rests: dict[TConn, bytes] = {}  # what came behind the request that is being answered
        self.arriving = 0  # bytes
        self.under_way = UnderWay()
        self.health = ThreadPoolExecutor(1, thread_name_prefix="health")
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection in."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_S, 0))
        self.receive(TConn(self.cfg, client, address, listener.getsockname()), b"")

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request on a connection that was kept begins to arrive."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.receive(conn, b"")
        self.more(conn, client)

    def receive(self, conn: TConn, received: bytes) -> None:
        """Collect the connection's next request, of which this has come already."""
        conn.sock.setblocking(False)
        self.arrivals[conn] = Arrival(received)
        self.arriving += len(received)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.more, conn))
        if received:
            self.judge(conn)

    def more(self, conn: TConn, client: socket.socket) -> None:
        """Some more bytes of a request."""
        try:
            piece = client.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        if not piece:
            self.dismiss(conn)
            return
        self.arrivals[conn].received += piece
        self.arriving += len(piece)
        self.judge(conn)

    def judge(self, conn: TConn) -> None:
        """Give the request to a thread when it is there, or close a connection that asks too much."""
        arrival = self.arrivals[conn]
        try:
            length = whole(arrival.received)
        except Unwelcome as unwelcome:
            self.dismiss(conn, unwelcome.answer)
            return
        if length is None:
            if self.arriving > ALL_BYTES:
                self.dismiss(conn)
            elif not arrival.has_head and END in arrival.received:
                arrival.has_head = True
                if _EXPECTS.search(arrival.received):
                    _send(conn.sock, _CONTINUE)
            return
        self.leave(conn)
        conn.request, self.rests[conn] = bytes(arrival.received[:length]), bytes(arrival.received[length:])
        if conn.request.startswith(HEALTH):
            future = self.health.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        else:
            self.enqueue_req(conn)

    def leave(self, conn: TConn) -> None:
        """The connection is no longer waited for."""
        self.arriving -= len(self.arrivals.pop(conn).received)
        self.poller.unregister(conn.sock)

    def dismiss(self, conn: TConn, answer: bytes = b"") -> None:
        """Close a connection whose request is not waited for any more."""
        self.leave(conn)
        self.nr_conns -= 1
        _send(conn.sock, answer)
        conn.close()

    def notify(self) -> None:
        """Say that this worker lives; one whose threads hang ends instead, and another is started in its place."""
        super().notify()
        if self.alive and (hung := self.under_way.hung(self.cfg.threads)):
            for thread in hung:
                self.log.critical("a request does not come to an end; its thread stands at\n%s", where(thread))
            self.log.critical("%d threads hang: the worker takes no more and ends", len(hung))
            self.alive, self.hangs = False, True

    def run(self) -> None:
        """Serve until told to end."""
        super().run()
        if self.hangs:  # Python would wait for its threads
            os._exit(1)

    def handle(self, conn: TConn) -> Any:
        """Answer a request that has arrived; in a thread."""
        self.under_way.begin()
        try:
            return self.answer(conn)
        finally:
            self.under_way.end()

    def answer(self, conn: TConn) -> Any:
        """Answer a request."""
        try:
            conn.data_ready = True
            conn.init()
            conn.parser.unreader.sock = Nothing()
            conn.parser.unreader.unread(conn.request)
        except OSError:
            return False
        # Behind a head whose body is too long to be received stands that body, not another request.
        return super().handle(conn) and _length(conn.request) <= BODY_BYTES

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """The request is answered: close the connection, or wait for the next one."""
        super().finish_request(conn, fs)
        rest = self.rests.pop(conn, b"")
        if rest and conn in self.keepalived_conns:
            self.keepalived_conns.remove(conn)
            self.poller.unregister(conn.sock)
            self.receive(conn, rest)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close what was kept for too long, and what arrives too slowly."""
        super().murder_keepalived(force)
        now = time.monotonic()
        for conn, arrival in list(self.arrivals.items()):
            if force or arrival.is_late(now) or not (self.alive or arrival.received):
                self.dismiss(conn)


def _length(received: bytes | bytearray) -> int:
    """The declared length of the first request's body."""
    declared = _LENGTH.search(received, 0, received.find(END) + 2)
    return int(declared[1]) if declared else 0


def _send(to: socket.socket, some: bytes) -> None:
    """Send some bytes if they are taken at once."""
    with contextlib.suppress(OSError):
        to.send(some)
