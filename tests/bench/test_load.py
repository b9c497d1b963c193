"""The load generator counts what a server truly answered."""

import socket
import threading
from collections.abc import Iterator

import pytest

from bench.load import Load, Unanswered, drive, post


class Server:
    """Answers each request with the next of its answers, in the pieces that it is told."""

    def __init__(self, pieces: list[bytes], closes: bool = False) -> None:
        self.requests: list[bytes] = []
        self._pieces = pieces
        self._closes = closes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65536):
                    self.requests.append(request)
                    if self._closes:
                        return
                    for piece in self._pieces:
                        connection.sendall(piece)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()
        self._thread.join(2)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(*request.param)
    yield made
    made.close()


OK = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
IN_PIECES = [b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 4\r\nX: y\r\n\r\nab", b"cd"]
NO_CONTENT = [b"HTTP/1.1 204 No Content\r\n\r\n"]
BUSY = [b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 1\r\n\r\nbusy"]


def _drive(server: Server) -> Load:
    request = post("x", "/p", {"X-API-Key": "k"}, b"{}")
    return drive("127.0.0.1", server.port, 3, lambda _: request, 0.5, warm_s=0)


@pytest.mark.parametrize("server", [(OK,), (IN_PIECES,), (NO_CONTENT,)], indirect=True)
def test_every_whole_answer_is_counted_once(server: Server) -> None:
    found = _drive(server)
    assert found.good == len(found.latencies) > 0
    assert found.good <= len(server.requests) <= found.good + 3
    assert found.rate == found.good / found.seconds


@pytest.mark.parametrize("server", [(BUSY,)], indirect=True)
def test_a_refusal_is_no_success(server: Server) -> None:
    found = _drive(server)
    assert found.good == 0
    assert found.statuses[503] > 0
    assert "busy" in found.first_refusal


@pytest.mark.parametrize("server", [(OK, True)], indirect=True)
def test_a_closed_connection_is_not_passed_over(server: Server) -> None:
    with pytest.raises((Unanswered, ConnectionResetError)):
        _drive(server)


def test_a_request_is_whole() -> None:
    assert post("h", "/p", {"A": "b"}, b"12345") == b"POST /p HTTP/1.1\r\nHost: h\r\nA: b\r\nContent-Length: 5\r\n\r\n12345"
