"""A lean generator of HTTP load: one thread, plain sockets, and nothing of a response read but its status and its end.

It shares two cores with what it measures, so it must cost little: about ten microseconds a request.
"""

import gc
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

Request = Callable[[int], bytes]  # the next request of the connection of that number

OPEN_S = 30.0
SILENT_S = 60.0
CHUNK = 65536


class Unanswered(Exception):
    """A server closed a connection, or stopped answering."""


@dataclass
class Load:
    """What a run of load found: seconds it lasted, seconds each request took, and how often each status came."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    answered: int = 0  # also while it warmed up
    first_refusal: str = ""
    spent_s: float = 0.0  # of processors, by whoever answered; the generator's own work is not in it

    @property
    def good(self) -> int:
        """Requests answered with a status of 2xx but 207."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300 and status != 207)

    @property
    def rate(self) -> float:
        """Good requests a second."""
        return self.good / self.seconds if self.seconds else 0.0

    @property
    def spent_ms(self) -> float:
        """Milliseconds of a processor that a request took."""
        return 1000 * self.spent_s / self.answered if self.answered else float("nan")

    def add(self, other: "Load") -> None:
        """Take another run into this one."""
        self.seconds += other.seconds
        self.spent_s += other.spent_s
        self.answered += other.answered
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.first_refusal = self.first_refusal or other.first_refusal


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, host: str, port: int, number: int) -> None:
        self.number = number
        self.socket = socket.create_connection((host, port), timeout=OPEN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self._received = b""
        self._wanted = 0

    def send(self, request: bytes) -> None:
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def received(self) -> tuple[int, bytes] | None:
        """Status and body once the response is whole."""
        piece = self.socket.recv(CHUNK)
        if not piece:
            raise Unanswered("the server closed a connection")
        data = self._received + piece if self._received else piece
        if not self._wanted:
            head_end = data.find(b"\r\n\r\n")
            if head_end < 0:
                self._received = data
                return None
            self._wanted = head_end + 4 + _length(data[:head_end])
        if len(data) < self._wanted:
            self._received = data
            return None
        self._received, self._wanted = b"", 0
        return int(data[9:12]), data


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at < 0:
        if lower[9:12] == b"204" or b"transfer-encoding" not in lower:
            return 0
        raise Unanswered("a chunked response: the bench reads those of known length")
    return int(lower[at + 15 : (lower.find(b"\r\n", at) if b"\r\n" in lower[at:] else len(lower))])


def drive(host: str, port: int, connections: int, request: Request, seconds: float, warm_s: float | None = None) -> Load:
    """Keep every connection busy with one request after the other, until one is counted.

    Those of the first `warm_s`, a twelfth of the time unless it is told, are not counted.

    Raises:
        Unanswered: the server stopped answering.
    """
    load = Load()
    collecting = gc.isenabled()
    gc.disable()
    opened = [_Connection(host, port, number) for number in range(connections)]
    try:
        with selectors.DefaultSelector() as ready:
            for each in opened:
                ready.register(each.socket, selectors.EVENT_READ, each)
            _run(ready, opened, request, seconds, seconds / 12 if warm_s is None else warm_s, load)
    finally:
        for each in opened:
            each.socket.close()
        if collecting:
            gc.enable()
    return load


def _run(
    ready: selectors.BaseSelector, opened: list[_Connection], request: Request, seconds: float, warm_s: float, load: Load
) -> None:
    clock = time.perf_counter
    start = clock() + warm_s
    end = start + seconds
    for each in opened:
        each.send(request(each.number))
    while (now := clock()) < end or not load.statuses:
        events = ready.select(SILENT_S)
        if not events:
            raise Unanswered(f"no answer for {SILENT_S:.0f} s")
        for key, _ in events:
            connection: _Connection = key.data
            answer = connection.received()
            if answer is None:
                continue
            now = clock()
            load.answered += 1
            if connection.began >= start:
                load.latencies.append(now - connection.began)
                load.statuses[answer[0]] += 1
                if answer[0] >= 300 and not load.first_refusal:
                    load.first_refusal = answer[1].decode(errors="replace")[:600]
            connection.send(request(connection.number))
    load.seconds = now - start


def post(host: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A whole POST request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body
