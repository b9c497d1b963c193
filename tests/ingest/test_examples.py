"""The examples for integrators, each run as it is against the device API."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.settings import PROJECT
from tests.conftest import eventually
from tests.ingest.world import Api, Device, Stored, World

EXAMPLES = PROJECT / "examples"
ADDRESS, NETWORK, KEY, FORMAT = 1, 2, 3, 4


def connection_test(*arguments: str, given: bytes = b"") -> tuple[int, str]:
    """How the test of the connection ends, and what it says."""
    command = [sys.executable, str(EXAMPLES / "test_hardware_connection.py"), *arguments]
    ended = subprocess.run(command, input=given, capture_output=True, timeout=60)
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    return ended.returncode, ended.stdout.decode()


def test_a_good_connection_is_good_step_by_step_and_stores_nothing(
    api: Api, world: World, gateway: Device, stored: Stored
) -> None:
    before = gateway.client.get("/api/hardware/status").json()["last_seen"]
    rows = stored("SELECT count() FROM telemetry")
    status, said = connection_test(api.url, world.device_key)
    assert status == 0, said
    assert [line.partition(":")[0] for line in said.splitlines()] == ["network", "address", "key", "format"]
    assert stored("SELECT count() FROM telemetry") == rows
    assert gateway.client.get("/api/hardware/status").json()["last_seen"] == before


@pytest.mark.parametrize(
    "address",
    ["localhost:8086", "ftp://localhost", "http://", "http://nobody.invalid:8086", "http://localhost:99999", "HERE/api"],
)
def test_a_wrong_address_is_the_address(address: str, api: Api, world: World) -> None:
    status, said = connection_test(address.replace("HERE", api.url), world.device_key)
    assert (status, said.splitlines()[-1].partition(":")[0]) == (ADDRESS, "address")


def test_somebody_else_who_answers_there_is_the_address(elsewhere: str, world: World) -> None:
    status, said = connection_test(elsewhere, world.device_key)
    assert (status, "something else" in said) == (ADDRESS, True)


def test_a_port_at_which_nobody_listens_is_the_network(world: World) -> None:
    status, said = connection_test("http://127.0.0.1:1", world.device_key)
    assert (status, "nothing listens at port 1" in said) == (NETWORK, True)


@pytest.mark.parametrize("key", ["", "nonsense", "key_4k7q0x9v2n8e.secret", "site", "reading"])
def test_a_key_that_may_not_post_is_the_key(key: str, api: Api, world: World) -> None:
    status, said = connection_test(api.url, {"site": world.site_key, "reading": world.reading_key}.get(key, key))
    assert (status, said.splitlines()[-1].partition(":")[0]) == (KEY, "key")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"energy_produced": 1}', "energy_consumed"),
        (b'{"energy_produced": 1, "energy_consumed": "2", "current_load": 3}', "energy_consumed"),
        (b'{"energy_produced": 1, "energy_consumed": 2, "current_load": 3, "volts": 230}', "volts"),
        (b'{"energy_produced": 1, "energy_consumed": 2, "current_load": 3', "not JSON"),
        (b"", "empty"),
        (b"[]", "not an object"),
    ],
)
def test_a_body_that_would_be_refused_is_the_format_and_the_field_is_named(
    body: bytes, named: str, api: Api, world: World
) -> None:
    status, said = connection_test(api.url, world.device_key, "-", given=body)
    assert (status, named in said) == (FORMAT, True), said


def test_the_shell_posts(api: Api, world: World) -> None:
    posted = json.loads(shell(api.url, world.device_key).stdout)
    assert (posted["accepted"], posted["rejected"]) == (3, [])
    refused = shell(api.url, world.device_key, '{"energy_produced": 1}')
    assert (refused.returncode, json.loads(refused.stderr)["code"]) == (1, "missing_field")
    assert shell("http://127.0.0.1:1", world.device_key).returncode == 75


def shell(address: str, key: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"LOADSTAR_ADDRESS": address, "LOADSTAR_KEY": key, "LOADSTAR_WAIT_S": "0"}
    return subprocess.run([str(EXAMPLES / "post.sh"), *arguments], env=environment, capture_output=True, timeout=60)


def client() -> Any:
    spec = importlib.util.spec_from_file_location("python_client", EXAMPLES / "python_client.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_python_client_posts(api: Api, world: World, gateway: Device) -> None:
    pytest.importorskip("requests")

    def taken() -> int:
        counted: int = gateway.client.get("/api/hardware/status").json()["accepted_24h"]
        return counted

    before = taken()
    client().run(api.url, world.device_key, rounds=1)
    eventually(lambda: taken() >= before + 3)  # each process books once a second


def test_the_python_client_sends_again_what_is_not_acknowledged_and_nothing_else(flaky: Any) -> None:
    pytest.importorskip("requests")
    address, sent = flaky
    client().run(address, "key_x.y", rounds=1)
    assert len(sent) == 4
    assert len({body["timestamp"] for body in sent}) == 1


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A web server that is no device API."""
    yield from _serving([200], [])


@pytest.fixture
def flaky() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that refuses three times for now, then for good, and what it was sent."""
    sent: list[dict[str, Any]] = []
    for address in _serving([503, 429, 507, 422], sent):
        yield address, sent


def _serving(statuses: list[int], sent: list[dict[str, Any]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, b"<html></html>")

        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(statuses[min(len(sent), len(statuses)) - 1], b'{"code": "x", "message": "not now"}')

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Retry-After", "0.01")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_line: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_example_is_described() -> None:
    described = (PROJECT / "docs" / "devices.md").read_text()
    for each in Path(EXAMPLES).iterdir():
        if each.is_file():
            assert f"examples/{each.name}" in described
