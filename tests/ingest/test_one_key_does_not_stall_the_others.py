"""Limits are asked before the work that they limit, and one key's big posts leave room for everybody else's."""

import gzip
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import psutil
import pytest

from ingest import bodies
from ingest.problem import Refusal
from ingest.roads import readings
from tests.conftest import eventually
from tests.ingest.world import Api, World

LIMIT = 2**20
CONNECTIONS = 4
POSTS = 15
STALL_S = 0.5  # of a processor, for one post: five times of what it takes on a machine that does nothing else


def many(of: bytes, count: int) -> bytes:
    return b'{"readings":[' + b",".join([of] * count) + b"]}"


GOOD = b'{"meter":"%s","quantity":"power_kw","ts":"%s","value":1}'
EMPTY_MEMBERS = gzip.compress(b"") * (LIMIT // len(gzip.compress(b"")))
# What has stalled others: parts without content, numbers without end, thousands of readings of which the last is wrong.
BOMBS = {
    "52,000 empty parts": (EMPTY_MEMBERS, "gzip", 400),
    "490,000 numbers": (many(b"1", 490_000), "identity", 413),
    "60,000 numbers": (many(b"1", 60_000), "identity", 413),
    "60,000 nan": (many(b"nan", 60_000), "identity", 400),
    "10,000 nan": (many(b'{"meter":"x","quantity":"power_kw","ts":"2026-05-01T12:00:00Z","value":nan}', 10_000), "identity", 422),
    "10,000 of nobody": (many(GOOD % (b"mtr_nobody", b"2026-05-01T12:00:00Z"), 10_000) + b" ", "identity", 422),
    "10,000 objects": (many(b'{"a":{"b":[{},{}]}}', 10_000), "identity", 422),
    "100,000 zeros": (gzip.compress(b"[" + b"0," * 500_000), "gzip", 413),
}


def spent_s(work: object, *arguments: object) -> float:
    began = time.process_time()
    with pytest.raises(Refusal):
        work(*arguments)
    return time.process_time() - began


def test_thousands_of_empty_parts_are_refused_without_reading_them() -> None:
    assert spent_s(bodies.inflate, EMPTY_MEMBERS, LIMIT) < 0.1


@pytest.mark.parametrize("count", [490_000, 100_000])
def test_too_many_values_are_refused_without_decoding_them(count: int) -> None:
    assert spent_s(readings._read, many(b"1", count)) < 0.02


def test_as_many_as_are_allowed_with_every_field_are_read() -> None:
    whole = b'{"meter":"m","quantity":"q","ts":"t","value":1,"unit":"kW","interval_s":900}'
    assert len(readings._read(many(whole, readings.READINGS_LIMIT))) == readings.READINGS_LIMIT
    with pytest.raises(Refusal) as refused:
        readings._read(many(whole, readings.READINGS_LIMIT + 1))
    assert (refused.value.status, refused.value.problem.code) == (413, "too_many_readings")


@contextmanager
def hostile(api: Api, key: str, bomb: bytes, encoding: str) -> Iterator[list[int]]:
    """Somebody posts a bomb on a few connections, again and again; the statuses they get."""
    ended, statuses = threading.Event(), list[int]()

    def go() -> None:
        headers = {"X-API-Key": key, "Content-Type": "application/json", "Content-Encoding": encoding}
        with httpx.Client(base_url=api.url, headers=headers, timeout=60) as client:
            while not ended.is_set():
                statuses.append(client.post("/api/v1/readings", content=bomb).status_code)

    threads = [threading.Thread(target=go) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def post_beside(api: Api, world: World) -> int:
    """A neighbour's post, on a connection of its own: it meets any of the processes."""
    at = datetime.now().astimezone().isoformat()
    reading = {"meter": world.neighbour_meter, "quantity": "voltage_v", "ts": at, "value": 230}
    with httpx.Client(base_url=api.url, timeout=60) as client:
        answer = client.post("/api/v1/readings", json={"readings": [reading]}, headers={"X-API-Key": world.neighbour_key})
    return answer.status_code


def processor_s(api: Api) -> float:
    """What the processes that answer have taken of a processor so far: while one works, it answers nobody else."""
    assert api.process is not None
    spent = [each.cpu_times() for each in psutil.Process(api.process.pid).children()]
    return sum(each.user + each.system for each in spent)


@pytest.mark.parametrize("name", BOMBS)
def test_a_neighbour_hardly_notices(name: str, api: Api, world: World) -> None:
    bomb, encoding, expected = BOMBS[name]
    before = processor_s(api)
    with hostile(api, world.site_key, bomb, encoding) as statuses:
        eventually(lambda: statuses.count(expected) >= CONNECTIONS)
        assert [post_beside(api, world) for _ in range(POSTS)] == [200] * POSTS
    assert set(statuses) <= {expected, 429}
    assert (processor_s(api) - before) / (statuses.count(expected) + POSTS) < STALL_S


def test_one_agent_that_catches_up_on_many_connections_waits_its_turn_and_is_not_refused(api: Api, world: World) -> None:
    now = datetime.now().astimezone()
    ticks = [(now - timedelta(seconds=each)).isoformat() for each in range(readings.READINGS_LIMIT)]

    def send(value: int) -> int:
        given = [{"meter": world.neighbour_meter, "quantity": "voltage_v", "ts": at, "value": 220 + value} for at in ticks]
        headers = {"X-API-Key": world.neighbour_key}
        return httpx.post(f"{api.url}/api/v1/readings", json={"readings": given}, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(12) as connections:
        assert list(connections.map(send, range(12))) == [200] * 12
