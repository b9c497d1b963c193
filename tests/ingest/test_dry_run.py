"""A post may ask what would become of it: the whole verdict, of which nothing is stored and nothing is booked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import eventually
from tests.ingest.test_readings_road import reading
from tests.ingest.world import HARDWARE, Api, Device, Stored, World


def test_a_batch_is_judged_and_not_stored(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    sent = [reading(world, moment), reading(world, moment, value="x"), reading(world, moment, meter="mtr_nobody00000")]
    real, dry = site.readings(*sent[1:], reading(world, moment, quantity="voltage_v")), site.readings(*sent, dry_run="1")
    assert (dry.status_code, dry.json()["accepted"], dry.json()["dry_run"]) == (207, 1, True)
    assert [each["index"] for each in dry.json()["rejected"]] == [1, 2]
    assert [each | {"index": 0} for each in dry.json()["rejected"]] == [each | {"index": 0} for each in real.json()["rejected"]]
    assert "dry_run" not in real.json()
    assert stored.value(world.grid, "power_kw", moment) is None


@pytest.mark.parametrize("late", [False, True], ids=["of now", "late"])
def test_what_it_would_replace_is_told_and_stays(
    late: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    at = moment if late else datetime.now(UTC)
    first = [reading(world, at + timedelta(seconds=n), value=n) for n in range(3)]
    assert site.readings(*first).status_code == 200
    again = [first[0], first[1] | {"value": 10}, first[2] | {"value": 20}, reading(world, at + timedelta(seconds=3))]
    for _twice in range(2):
        assert site.readings(*again, dry_run="1").json() == {"accepted": 4, "rejected": [], "replaced": 2, "dry_run": True}
    assert [stored.value(world.grid, "power_kw", at + timedelta(seconds=n)) for n in range(4)] == [0, 1, 2, None]
    assert site.readings(*again, replaced="1").json() == {"accepted": 4, "rejected": [], "replaced": 2}


def test_a_key_named_twice_in_one_dry_run_replaces_itself(site: Device, world: World, moment: datetime) -> None:
    sent = [reading(world, moment, value=1), reading(world, moment, value=2)]
    assert site.readings(*sent, dry_run="1").json()["replaced"] == 1


def test_a_devices_object_is_judged_and_not_stored(gateway: Device, world: World, stored: Stored, moment: datetime) -> None:
    sent = HARDWARE | {"voltage": "231", "timestamp": moment.isoformat()}
    dry = gateway.hardware(sent, dry_run="1")
    assert (dry.status_code, dry.json()["accepted"], dry.json()["replaced"], dry.json()["dry_run"]) == (207, 3, 0, True)
    assert stored.value(world.panel, "load_pct", moment) is None
    refused = gateway.hardware(sent | {"current_load": None}, dry_run="1")
    assert (refused.status_code, refused.json()["code"], refused.json()["dry_run"]) == (422, "not_a_number", True)


def test_nothing_of_it_is_booked(api: Api, gateway: Device, moment: datetime) -> None:
    def booked() -> tuple[Any, ...]:
        status = gateway.client.get("/api/hardware/status").json()
        figures = httpx.get(f"{api.url}/metrics", timeout=30).text
        counted = [
            line for line in figures.splitlines() if line.startswith(("loadstar_readings_total", "loadstar_rejected_readings"))
        ]
        return status["last_seen"], status["accepted_24h"], status["rejected_24h"], sorted(counted)

    def quiet() -> bool:
        return booked() == booked()

    eventually(quiet)
    before = booked()
    for body in ({}, {"voltage": "x"}, {"energy_produced": "x"}):
        gateway.hardware(HARDWARE | {"timestamp": moment.isoformat()} | body, dry_run="1")
    gateway.hardware(
        HARDWARE, dry_run="0"
    )  # counted after those, and by the same process or another: once it is seen, they would be
    eventually(lambda: booked()[1] >= before[1] + 3)
    assert booked()[1:3] == (before[1] + 3, before[2])


@pytest.mark.parametrize("given", ["2", "true", "yes", ""])
@pytest.mark.parametrize("name", ["dry_run", "replaced"])
def test_what_is_neither_yes_nor_no_is_refused_and_stores_nothing(
    name: str, given: str, site: Device, gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    sent = json.dumps({"readings": [reading(world, moment)]}).encode()
    answers = [site.raw(f"/api/v1/readings?{name}={given}", sent), gateway.hardware(HARDWARE, **{name: given})]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"], answer.json()["allowed"]) == (400, f"bad_{name}", "0 or 1")
    assert stored.value(world.grid, "power_kw", moment) is None
