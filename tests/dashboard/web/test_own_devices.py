"""Our own device API is asked plainly: past every proxy, and without reading certificates for each question."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dashboard.web.own_devices import asking


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_no_proxy_and_no_certificate_authority_has_a_part_in_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_given: object, **_named: object) -> None:
        raise AssertionError("a fifth of a second and half a megabyte, for each look at the system page")

    asking.cache_clear()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setattr(ssl, "create_default_context", read)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", read)
    for _look in range(3):
        assert asking().get(address).text == "ok"
    asking().close()
    asking.cache_clear()
