"""A server on this machine that plays a service, with its faults; and the settings that let it be asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from config.settings import Settings


@dataclass
class Reply:
    """What is answered: in pieces, a pause (until `go` is set) after each, and perhaps less than its length says."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stalls: bool = False  # after the first half
    missing: int = 0  # bytes that are announced and never come


@dataclass
class Seen:
    """What was asked."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Played:
    """A service that answers as `answer` says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: Callable[[Seen], Reply] = lambda _seen: Reply(status=404)
        self.go = threading.Event()
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                asked = Seen(parts.path, dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()})
                played.seen.append(asked)
                reply = played.answer(asked)
                try:
                    self.send_response(reply.status)
                    for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body) + reply.missing))
                    self.end_headers()
                    half = len(reply.body) // 2 if reply.stalls else len(reply.body)
                    self.wfile.write(reply.body[:half])
                    if reply.stalls:
                        played.go.wait(60)
                        self.wfile.write(reply.body[half:])
                except OSError:  # whoever asked has gone
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def allowed_by(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"pull_addresses": self.url, "pull_networks": "127.0.0.0/8"})


@contextmanager
def playing() -> Iterator[Played]:
    played = Played()
    played.start()
    try:
        yield played
    finally:
        played.stop()
