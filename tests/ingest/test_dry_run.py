"""A post may ask what would become of it: the whole verdict, of which nothing is stored and nothing is booked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from store.records.plant import devices, keys, meters
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.test_readings_road import reading
from tests.ingest.world import HARDWARE, Device, Stored, World


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


def test_nothing_of_it_is_booked(as_holder: Callable[[str], Device], world: World, moment: datetime) -> None:
    meter, other = (meters.create_meter(SYSTEM, world.site_id, name=f"tried {n}", role="condition").id for n in range(2))
    fields = {
        "energy_produced": (meter, "energy_kwh"),
        "energy_consumed": (other, "energy_kwh"),
        "current_load": (meter, "load_pct"),
    }
    of_its_own = devices.create_device(SYSTEM, world.site_id, name="tries", reporting_interval_s=60, fields=fields).id
    holder = as_holder(keys.create_key(SYSTEM, device_id=of_its_own))  # of which nothing else is still to be booked

    def booked() -> tuple[int, int]:
        status = holder.client.get("/api/hardware/status").json()
        return status["accepted_24h"], status["rejected_24h"]

    for body in ({}, {"voltage": "x"}, {"energy_produced": "x"}):
        holder.hardware(HARDWARE | {"timestamp": moment.isoformat()} | body, dry_run="1")
    # Counted after those, and by the same process or another: once it is seen, they would be.
    holder.hardware(HARDWARE, dry_run="0")
    eventually(lambda: booked() != (0, 0))
    assert booked() == (3, 0)


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
