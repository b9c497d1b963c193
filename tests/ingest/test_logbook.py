"""Of each key the last requests are remembered, and told to whoever watches: what came, what it was answered, and why."""

import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from config.settings import Settings
from ingest.doubt import Held
from ingest.logbook import BODY, MOST, OF_EACH, TOLD, Entry, Logbook, row
from ingest.problem import Problem
from ingest.told import Told
from store.records.plant import keys, received
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.world import Api, Device, World

SECRET = "x" * 43


def entries(book: Logbook, sender: str = "key_1") -> list[Entry]:
    return list(book._since(sender))


def noted(book: Logbook, sender: str, body: bytes = b"{}", told: Told | None = None) -> None:
    book.note(sender, "sit_1", "readings", "/api/v1/readings", body, 200, told)


def test_of_each_sender_a_few_requests_are_kept_and_of_each_the_beginning() -> None:
    book = Logbook()
    for number in range(3 * OF_EACH):
        noted(book, "key_1", b"%d " % number + b"x" * 10 * BODY)
    kept = entries(book)
    assert [each.body.split()[0] for each in kept] == [b"%d" % number for number in range(2 * OF_EACH, 3 * OF_EACH)]
    assert {len(each.body) for each in kept} == {BODY}
    assert kept[0].size == 10 * BODY + 3


def test_all_senders_together_take_no_more_than_is_said_and_who_was_silent_longest_is_forgotten() -> None:
    book = Logbook()
    for number in range(5_000):
        noted(book, f"key_{number}", b"x" * BODY)
        noted(book, "key_0", b"x")
    assert book._bytes <= MOST
    assert sum(len(each.body) for sender in book._kept for each in entries(book, sender)) <= MOST
    assert entries(book, "key_4999")
    assert entries(book, "key_0")
    assert not entries(book, "key_1")


def test_of_a_thousand_refusals_the_first_are_told_and_all_are_counted() -> None:
    book = Logbook()
    problems = [Problem("out_of_range", "too much", index=place) for place in range(1_000)]
    noted(book, "key_1", told=Told(7, problems, [Held("jump", place) for place in range(200)]))
    found = row("key_1", entries(book)[0])
    assert (found.accepted, found.refused, found.held) == (7, 1_000, 200)
    assert [each["index"] for each in found.verdict if each["kind"] == "refused"] == list(range(TOLD))
    assert len([each for each in found.verdict if each["kind"] == "held"]) == TOLD


def test_no_key_and_nothing_that_a_database_refuses_comes_out_of_it() -> None:
    book = Logbook()
    key = f"key_4k7q0x9v2n8e.{SECRET}"
    noted(
        book,
        "key_1",
        f'{{"api_key": "{key}", "x": "\0"}}\xff'.encode("latin-1"),
        Told(0, [Problem("unknown_field", key, value=key)]),
    )
    found = row("key_1", entries(book)[0])
    assert SECRET not in str(found)
    assert "key_4k7q0x9v2n8e.…" in found.body
    assert "\0" not in found.body


def test_noting_a_request_costs_it_next_to_nothing() -> None:
    book, body, told = Logbook(), b"x" * 150, Told(4)
    best = 1.0
    for _round in range(20):
        began = time.process_time()
        for number in range(1_000):
            book.note(f"key_{number % 50}", "sit_1", "hardware", "/api/hardware/data", body, 200, told)
        best = min(best, (time.process_time() - began) / 1_000)
    assert best < 20e-6, f"{best * 1e6:.1f} µs"


@pytest.fixture
def watched(world: World, device_settings: Settings, api: Api) -> World:
    for key in (world.device_key, world.site_key):
        received.watch(SYSTEM, world.site_id, key.partition(".")[0])
    return world


def came(world: World, key: str) -> list[Any]:
    received.watch(SYSTEM, world.site_id, key.partition(".")[0])
    return received.of_source(SYSTEM, world.site_id, key.partition(".")[0])


def test_whoever_watches_sees_what_came_by_each_road_and_why_it_was_refused(
    watched: World, gateway: Device, site: Device, api: Api, moment: datetime
) -> None:
    mark = moment.isoformat()
    post = {"energy_produced": 1, "energy_consumed": 1, "current_load": 5, "facility_id": "101", "timestamp": mark}
    reading = {"meter": watched.panel, "quantity": "voltage_v", "ts": mark, "value": 230.0}
    gateway.hardware(post | {"current_load": "much"})
    gateway.hardware(post, dry_run="1")
    site.readings(reading, reading | {"value": float("1e9")}, reading | {"meter": "of nobody"})
    site.raw("/api/v1/readings", b'{"readings": [' + mark.encode(), Authorization="none")
    for path in ("/write", "/api/v2/write"):
        httpx.post(f"{api.url}{path}?u=x&p={watched.device_key}", content=f"bench {mark}", timeout=30)

    def of_this_test() -> dict[tuple[str, int], Any]:
        found = (each for key in (watched.device_key, watched.site_key) for each in came(watched, key))
        return {(each.path, each.status): each for each in found if mark in each.body}

    told = eventually(lambda: len(found := of_this_test()) == 6 and found, every_s=0.3)  # each process writes down its own
    refused, tried = told["/api/hardware/data", 422], told["/api/hardware/data", 200]
    assert (refused.road, refused.accepted, refused.dry_run, tried.dry_run) == ("hardware", 0, False, True)
    assert [(each["field"], each["code"]) for each in refused.verdict] == [("current_load", "not_a_number")]
    partly, malformed = told["/api/v1/readings", 207], told["/api/v1/readings", 400]
    assert (partly.road, partly.accepted, partly.refused, partly.size > 100) == ("readings", 1, 2, True)
    assert [(each["index"], each["code"]) for each in partly.verdict] == [(1, "out_of_range"), (2, "unknown_meter")]
    assert [each["code"] for each in malformed.verdict] == ["malformed_json"]
    assert {told["/write", 400].road, told["/api/v2/write", 422].road} == {"lines"}
    secrets = [key.partition(".")[2] for key in (watched.device_key, watched.site_key)]
    assert not any(secret in str(vars(each)) for each in told.values() for secret in secrets)


def test_whoever_comes_with_a_key_that_opens_nothing_is_counted_and_not_kept(watched: World, api: Api, as_holder: Any) -> None:
    key_id = watched.reading_key.partition(".")[0]
    before = refusals(watched, key_id)
    for given in (f"{key_id}.guessed", f"{key_id}.", "key_000000000000.guessed", "nonsense", None):
        assert as_holder(given).hardware().status_code == 401
    eventually(lambda: refusals(watched, key_id) == before + 2)
    eventually(lambda: b'loadstar_refused_keys_total{key="known"}' in httpx.get(f"{api.url}/metrics", timeout=30).content)


def refusals(world: World, key_id: str) -> int:
    return next(key.refused for key in keys.keys(SYSTEM, world.site_id) if key.id == key_id)
