"""The dashboard's server receives requests whole before they take a thread: who sends slowly holds up nobody."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cli.ports import free_ports
from config.settings import PROJECT
from dashboard.web import reception
from tests.conftest import eventually

THREADS = 4
APPLICATION = """
import threading, time
from dashboard.web import hung
hung.QUIET_S, hung.ALL_S, hung.LONGEST_S = 0.5, 4, 8
def application(environ, start):
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/slow":
        time.sleep(3)
    if environ["PATH_INFO"] == "/never":
        threading.Event().wait()
    if environ["PATH_INFO"] == "/streamed":
        start("200 OK", [("Content-Length", str(400 * 65536))])
        return (b"x" * 65536 for _ in range(400))
    if int(environ.get("CONTENT_LENGTH") or 0) > 10**8:
        start("413 Too Large", [("Content-Length", "0")])
        return [b""]
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)}".encode()
    start("200 OK", [("Content-Length", str(len(text)))])
    return [text]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server of one process and a few threads, behind a reception."""
    folder = tmp_path_factory.mktemp("reception")
    (folder / "answering.py").write_text(APPLICATION)
    with free_ports(1) as (free,):
        port = int(free)
    argv = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}", "--threads", str(THREADS)]
    argv += ["--worker-class", "dashboard.web.reception.Worker", "--graceful-timeout", "2", "answering:application"]
    env = os.environ | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{folder}"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        eventually(lambda: answers(port, folder))
        yield port
    finally:
        process.terminate()
        process.wait(60)


def answers(port: int, folder: Path) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def opened(port: int, sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.sendall(sent)
    return made


def test_half_heads_and_half_bodies_hold_up_nobody(port: int) -> None:
    halves = [opened(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ") for _ in range(40)]
    halves += [opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf") for _ in range(40)]
    halves += [opened(port) for _ in range(40)]
    # A whole request with half of the next behind it.
    halves += [opened(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n") for _ in range(40)]
    try:
        for _ in range(10):
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=30).text == "GET / 0"
    finally:
        for half in halves:
            half.close()


def test_health_is_answered_while_every_thread_is_busy(port: int) -> None:
    slow = [opened(port, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") for _ in range(2 * THREADS)]
    try:
        began = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).text == "GET /healthz 0"
        assert time.monotonic() - began < 2.5
    finally:
        for each in slow:
            each.close()


def test_a_request_that_comes_byte_by_byte_is_answered(port: int) -> None:
    with closing(opened(port)) as slow:
        for at in range(len(sent := b"POST /slowly HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")):
            slow.sendall(sent[at : at + 1])
        assert b"POST /slowly 3" in received(slow)


def received(of: socket.socket) -> bytes:
    parts = []
    while part := of.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_a_kept_connection_serves_one_request_after_the_other(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        for size in (0, 1, 100_000, 3 * 2**20, 5):
            assert client.post("/kept", content=b"x" * size).text == f"POST /kept {size}"
    one = b"POST /together HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
    last = one.replace(b"\r\nContent", b"\r\nConnection: close\r\nContent")
    with closing(opened(port, one + one + last)) as together:
        assert received(together).count(b"POST /together 2") == 3


def test_a_large_post_that_waits_to_be_asked_for_is_asked_for(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    with closing(opened(port, head)) as patient:
        assert patient.recv(100).startswith(b"HTTP/1.1 100")
        patient.sendall(b"abc")
        assert b"POST / 3" in received(patient)


def test_what_is_too_long_is_not_read_and_nothing_behind_its_head_is_a_request(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
    with closing(opened(port, head + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")) as long:
        answer = received(long)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"smuggled" not in answer


@pytest.mark.parametrize(
    "head", [b"Transfer-Encoding: chunked", b"transfer-encoding : chunked", b"Transfer-Encoding:\tgzip, chunked"]
)
def test_a_body_of_unknown_length_is_refused(head: bytes, port: int) -> None:
    with closing(
        opened(port, b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    ) as chunked:
        assert received(chunked).split()[1] in (b"411", b"400")


def test_two_lengths_are_refused(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde"
    with closing(opened(port, head)) as two:
        assert received(two).split()[1] == b"400"


def test_what_arrives_too_slowly_is_closed() -> None:
    slow, began = reception.Arrival(b"GET /"), time.monotonic()
    assert not slow.is_late(began + reception.HEAD_S - 1)
    assert slow.is_late(began + reception.HEAD_S + 1)
    slow.has_head = True
    assert not slow.is_late(began + reception.BODY_S - 1)
    assert slow.is_late(began + reception.BODY_S + 1)


def test_a_head_without_end_is_unwelcome() -> None:
    assert reception.whole(b"GET / HTTP/1.1\r\n" + b"x" * 1000) is None
    with pytest.raises(reception.Unwelcome):
        reception.whole(b"x" * (reception.HEAD_BYTES + 1))


def test_a_worker_all_whose_threads_hang_ends_and_another_answers(port: int) -> None:
    never = [opened(port, b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(THREADS)]
    try:
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
        eventually(lambda: _answers_soon(port))
    finally:
        for each in never:
            each.close()


def test_a_single_request_that_never_ends_costs_no_thread_for_ever(port: int) -> None:
    with closing(opened(port, b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")) as never:
        never.settimeout(60)
        assert never.recv(1) == b"", "its worker has ended"
    eventually(lambda: _answers_soon(port))


def test_who_reads_slowly_has_not_hung(port: int) -> None:
    with closing(opened(port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(b"GET /streamed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        began, read = time.monotonic(), 0
        while time.monotonic() - began < 12:  # longer than a request may be silent here
            read += len(slow.recv(1000))
            time.sleep(0.1)
        while part := slow.recv(65536):
            read += len(part)
    assert read > 400 * 65536


def _answers_soon(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
