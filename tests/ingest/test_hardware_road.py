"""Road 1: one flat object a post."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import PROJECT
from ingest.openapi import described
from store.records.plant import devices, graph, keys, meters
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.world import HARDWARE, Device, Stored, World

Hold = Callable[[str | None], Device]


def test_a_post_is_stored_field_by_field(gateway: Device, world: World, stored: Stored, moment: datetime) -> None:
    sent = HARDWARE | {
        "voltage": 231.5,
        "frequency": 50.02,
        "power_factor": -0.97,
        "facility_id": 101,
        "timestamp": moment.isoformat(),
    }
    answer = gateway.hardware(sent)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 6, "rejected": []})
    assert stored.value(world.panel, "load_pct", moment) == 42.0
    assert stored.value(world.panel, "voltage_v", moment) == 231.5
    assert stored.value(world.panel, "power_factor", moment) == -0.97


def test_one_voltage_may_be_of_a_phase_and_the_others_come_by_road_2_with_the_same_key(
    as_holder: Hold, world: World, stored: Stored, moment: datetime
) -> None:
    own = meters.create_meter(SYSTEM, world.site_id, name="three phases", role="condition").id
    fields = {"current_load": (own, "load_pct"), "voltage": (own, "voltage_l1_v")}
    device = as_holder(
        keys.create_key(SYSTEM, device_id=devices.create_device(SYSTEM, world.site_id, name="3", fields=fields).id)
    )
    sent = {"energy_produced": 0, "energy_consumed": 0, "current_load": 5, "voltage": 230.5, "timestamp": moment.isoformat()}
    assert device.hardware(sent).status_code == 200
    others = {"voltage_l2_v": 231.5, "voltage_l3_v": 229.5, "voltage_l12_v": 399.5, "unbalance_pct": 0.4}
    told = [{"meter": own, "quantity": name, "ts": moment.isoformat(), "value": value} for name, value in others.items()]
    assert device.readings(*told).json() == {"accepted": 4, "rejected": []}
    for name, value in ({"voltage_l1_v": 230.5} | others).items():
        assert stored.value(own, name, moment) == value


@pytest.mark.parametrize("page", ["README.md", "docs/devices.md", "the page of the device API itself"])
def test_every_example_of_a_post_is_taken_as_it_is_printed(page: str, gateway: Device) -> None:
    if page.endswith(".md"):
        printed = re.findall(r"/api/hardware/data\b.*?-d '(\{.*?\})'", (PROJECT / page).read_text(), re.DOTALL)
        examples = [json.loads(body) for body in printed]
    else:
        content = described()["paths"]["/api/hardware/data"]["post"]["requestBody"]["content"]
        examples = [kind["schema"]["example"] for kind in content.values()]
    assert examples
    for body in examples:
        answer = gateway.hardware(body)
        assert (answer.status_code, answer.json()["rejected"]) == (200, []), body


def test_an_interval_energy_is_kept_at_the_start_of_its_interval(
    gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    assert gateway.hardware(HARDWARE | {"timestamp": moment.isoformat()}).status_code == 200
    start = moment - timedelta(seconds=60)
    assert stored.value(world.pv, "energy_kwh", start) == 1.5
    assert stored.value(world.load, "energy_kwh", start) == 0.75
    assert stored.value(world.pv, "energy_kwh", moment) is None


def test_a_counter_is_kept_at_its_moment(as_holder: Hold, world: World, stored: Stored, moment: datetime) -> None:
    register = as_holder(world.register_key)
    sent = {"energy_produced": 0, "energy_consumed": 123456.75, "current_load": 10, "timestamp": moment.isoformat()}
    answer = register.hardware(sent)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)  # nothing is produced here, and 0 is nothing to store
    assert stored.value(world.grid, "energy_total_kwh", moment) == 123456.75


def test_without_a_timestamp_a_retry_is_the_same_reading(gateway: Device, world: World, stored: Stored) -> None:
    before = datetime.now(UTC)
    first = gateway.hardware(HARDWARE | {"current2": 7.125}).json()
    second = gateway.hardware(HARDWARE | {"current2": 7.125}).json()
    assert (first["accepted"], second["accepted"]) == (4, 4)
    rows = stored(f"SELECT ts FROM telemetry WHERE meter = '{world.panel}' AND quantity = 'current_l2_a' AND value = 7.125")
    minutes = {ts.replace(tzinfo=UTC) for (ts,) in rows}
    assert all(ts.second == 0 and ts.microsecond == 0 for ts in minutes)
    assert len(minutes) <= 1 + (datetime.now(UTC).minute != before.minute)


def test_integers_are_numbers_and_facility_id_may_be_text(gateway: Device, moment: datetime) -> None:
    sent = {
        "energy_produced": 1,
        "energy_consumed": 2,
        "current_load": 3,
        "facility_id": "101",
        "timestamp": int(moment.timestamp()),
    }
    assert gateway.hardware(sent, precision="s").status_code == 200


@pytest.mark.parametrize("missing", list(HARDWARE))
def test_without_a_required_field_nothing_is_stored(
    missing: str, gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    sent = {name: value for name, value in HARDWARE.items() if name != missing} | {
        "voltage": 230,
        "timestamp": moment.isoformat(),
    }
    answer = gateway.hardware(sent)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"], answer.json()["accepted"]) == ("missing_field", missing, 0)
    assert stored.value(world.panel, "voltage_v", moment) is None


@pytest.mark.parametrize("bad", ["231", True, None, [231], {"v": 231}])
def test_a_bad_optional_field_costs_only_itself(
    bad: Any, gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    answer = gateway.hardware(HARDWARE | {"voltage": bad, "frequency": 50, "timestamp": moment.isoformat()})
    assert answer.status_code == 207
    assert answer.json()["accepted"] == 4
    (problem,) = answer.json()["rejected"]
    assert (problem["code"], problem["field"], problem["allowed"]) == ("not_a_number", "voltage", "a finite number")
    assert stored.value(world.panel, "frequency_hz", moment) == 50
    assert stored.value(world.panel, "voltage_v", moment) is None


@pytest.mark.parametrize("bad", ["1.5", True, None, [1.5]])
@pytest.mark.parametrize("field", list(HARDWARE))
def test_a_required_field_must_be_a_number(field: str, bad: Any, gateway: Device) -> None:
    answer = gateway.hardware(HARDWARE | {field: bad})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "not_a_number", field)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e400", "1" * 400])
def test_a_number_that_is_none_is_refused_and_the_rest_stored(written: str, gateway: Device) -> None:
    body = b'{"energy_produced": 1, "energy_consumed": 2, "current_load": 3, "voltage": %s}' % written.encode()
    answer = gateway.raw("/api/hardware/data", body)
    assert answer.status_code == 207
    assert answer.json()["accepted"] == 3
    assert answer.json()["rejected"][0]["code"] == "not_a_number"
    assert answer.json()["rejected"][0]["value"][:4] == written[:4]


@pytest.mark.parametrize(
    ("field", "value"),
    [("energy_produced", -0.1), ("energy_consumed", -1), ("energy_consumed", 1e300), ("current_load", -1), ("current_load", 201)],
)
def test_an_impossible_required_value_is_refused(field: str, value: float, gateway: Device) -> None:
    answer = gateway.hardware(HARDWARE | {field: value})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "out_of_range", field)
    assert answer.json()["value"] == value
    assert " to " in answer.json()["allowed"]


@pytest.mark.parametrize(("field", "value"), [("power_factor", 7), ("voltage", -5), ("frequency", 5000), ("current1", 1e30)])
def test_an_impossible_optional_value_costs_only_itself(field: str, value: float, gateway: Device) -> None:
    answer = gateway.hardware(HARDWARE | {field: value})
    assert (answer.status_code, answer.json()["accepted"]) == (207, 3)
    assert (answer.json()["rejected"][0]["code"], answer.json()["rejected"][0]["field"]) == ("out_of_range", field)


def test_an_unknown_field_and_an_unmapped_one_are_named(gateway: Device) -> None:
    answer = gateway.hardware(HARDWARE | {"volts": 230, "current3": 5})
    assert (answer.status_code, answer.json()["accepted"]) == (207, 3)
    assert {problem["field"]: problem["code"] for problem in answer.json()["rejected"]} == {
        "volts": "unknown_field",
        "current3": "unmapped_field",
    }


@pytest.mark.parametrize("facility", [202, 0, "x", None, True, 101.5, [101]])
def test_another_facility_is_refused_whole(facility: Any, gateway: Device) -> None:
    answer = gateway.hardware(HARDWARE | {"facility_id": facility})
    assert (answer.status_code, answer.json()["code"], answer.json()["allowed"]) == (422, "wrong_facility", "101")


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        ("2026-05-01T12:00:00", "naive_time"),
        ("1970-01-01T00:00:00Z", "too_old"),
        ("2500-01-01T00:00:00Z", "in_future"),
        ("in 6 minutes", "in_future"),
        (1777629600, "precision_missing"),
        (None, "bad_time"),
        (True, "bad_time"),
        ("soon", "bad_time"),
    ],
)
def test_a_bad_timestamp_is_refused_whole(timestamp: Any, code: str, gateway: Device) -> None:
    if timestamp == "in 6 minutes":  # told when it is sent: the table was made when the tests were collected
        timestamp = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    answer = gateway.hardware(HARDWARE | {"timestamp": timestamp})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "timestamp")


@pytest.mark.parametrize("body", [b"[]", b"[1]", b'"text"', b"5", b"null", b"true"])
def test_anything_but_an_object_is_refused(body: bytes, gateway: Device) -> None:
    answer = gateway.raw("/api/hardware/data", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_shape")


def test_a_sites_key_does_not_post_as_a_device(site: Device) -> None:
    answer = site.hardware()
    assert (answer.status_code, answer.json()["code"]) == (403, "device_key_needed")


def test_status_says_when_it_was_heard_and_how_much_was_taken(gateway: Device, world: World) -> None:
    before = gateway.client.get("/api/hardware/status").json()
    gateway.hardware(HARDWARE | {"voltage": "x"})

    def told() -> bool:
        now = gateway.client.get("/api/hardware/status").json()
        return bool(now["accepted_24h"] >= before["accepted_24h"] + 3 and now["rejected_24h"] >= before["rejected_24h"] + 1)

    eventually(told)
    status = gateway.client.get("/api/hardware/status").json()
    assert list(status) == ["device", "state", "last_seen", "reporting_interval_s", "accepted_24h", "rejected_24h"]
    assert (status["device"], status["state"], status["reporting_interval_s"]) == (world.device, "online", 60)
    assert abs(datetime.fromisoformat(status["last_seen"]) - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_device_that_never_posted_is_told_so(as_holder: Hold, world: World) -> None:
    from store.records.plant import devices, keys
    from store.scope import SYSTEM

    silent = devices.create_device(SYSTEM, world.site_id, name=f"silent {datetime.now(UTC)}").id
    status = as_holder(keys.create_key(SYSTEM, device_id=silent)).client.get("/api/hardware/status").json()
    assert (status["state"], status["last_seen"], status["accepted_24h"]) == ("never", None, 0)


def test_config_says_what_the_fields_mean(gateway: Device, world: World) -> None:
    config = gateway.client.get("/api/hardware/config").json()
    assert list(config) == ["device", "facility_id", "reporting_interval_s", "energy_mode", "fields", "thresholds", "server_time"]
    assert (config["device"], config["facility_id"], config["energy_mode"]) == (world.device, 101, "interval")
    assert config["fields"]["voltage"] == {"meter": world.panel, "quantity": "voltage_v"}
    assert config["thresholds"]["voltage_v"]["high"] == 253
    assert abs(datetime.fromisoformat(config["server_time"]) - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_device_without_a_map_posts_what_its_meters_allow(
    as_holder: Hold, world: World, stored: Stored, moment: datetime
) -> None:
    plain = devices.create_device(SYSTEM, world.site_id, name="plain").id
    ends = [graph.create_node(SYSTEM, world.site_id, name=f"shed {kind}", kind=kind).id for kind in ("bus", "sink")]
    edge = graph.create_edge(SYSTEM, world.site_id, from_node_id=ends[0], to_node_id=ends[1]).id
    meter = meters.create_meter(SYSTEM, world.site_id, name="shed", edge_id=edge, device_id=plain).id
    device = as_holder(keys.create_key(SYSTEM, device_id=plain))
    sent = {"energy_produced": 0, "energy_consumed": 0.5, "current_load": 20, "timestamp": moment.isoformat()}
    assert (device.hardware(sent).status_code, device.hardware(sent).json()["accepted"]) == (200, 2)
    assert stored.value(meter, "energy_kwh", moment - timedelta(seconds=60)) == 0.5
    assert stored.value(meter, "load_pct", moment) == 20
    fields = device.client.get("/api/hardware/config").json()["fields"]
    assert fields["energy_consumed"] == {"meter": meter, "quantity": "energy_kwh"}
    refused = device.hardware(sent | {"energy_produced": 1})
    assert refused.status_code == 207
    assert "no map, and none of its meters could take energy_produced" in refused.json()["rejected"][0]["message"]


def test_two_energies_of_one_interval_are_never_swapped_without_a_word(gateway: Device, world: World, stored: Stored) -> None:
    while datetime.now(UTC).second > 50:  # both posts within one minute
        eventually(lambda: datetime.now(UTC).second <= 50)
    first = HARDWARE | {"energy_produced": 2.25, "energy_consumed": 3.25}
    assert gateway.hardware(first).status_code == 200
    again = gateway.hardware(first)
    assert (again.status_code, again.json()["accepted"]) == (200, 3)
    assert "notes" not in again.json()
    other = gateway.hardware(first | {"energy_consumed": 4.25, "current_load": 50})
    assert (other.status_code, other.json()["accepted"]) == (200, 3)
    [note] = other.json()["notes"]
    assert (note["code"], note["field"], note["value"]) == ("told_before", "energy_kwh", 4.25)
    assert "3.25 kWh was told before, and 4.25 kWh stands in its place now" in note["message"]
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(seconds=60)
    assert stored.value(world.load, "energy_kwh", start) == 4.25
    stamped = first | {"energy_consumed": 5.25, "timestamp": (start + timedelta(seconds=60)).isoformat()}
    assert "notes" not in gateway.hardware(stamped).json()  # whoever says when means that interval
