"""Road 2: batches, each reading validated by itself."""

import gzip
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.records.plant import devices, keys
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.world import HARDWARE, Device, Stored, World

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def reading(world: World, moment: datetime, **other: Any) -> dict[str, Any]:
    return {"meter": world.grid, "quantity": "power_kw", "ts": moment.isoformat(), "value": 12.5} | other


def test_a_batch_is_stored(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    batch = [reading(world, moment + timedelta(seconds=n), value=n + 0.1) for n in range(60)]
    answer = site.readings(*batch)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 60, "rejected": []})
    assert stored.value(world.grid, "power_kw", moment + timedelta(seconds=59)) == 59.1


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, -9999999.999999998, 1 / 3, 5, -0.0, 123456.789e-7])
def test_every_value_survives_to_the_last_bit(value: float, site: Device, world: World, stored: Stored, moment: datetime) -> None:
    assert site.readings(reading(world, moment, value=value)).status_code == 200
    assert stored.value(world.grid, "power_kw", moment) == value


def test_fifteen_minutes_and_more_go_to_the_intervals_at_their_start(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    assert site.readings(reading(world, moment, quantity="energy_kwh", value=3.25, interval_s=900)).status_code == 200
    start = moment - timedelta(seconds=900)
    assert stored.value(world.grid, "energy_kwh", start, "intervals") == 3.25
    ((interval_s, least, greatest, count),) = stored(
        "SELECT interval_s, min, max, count FROM intervals WHERE meter = %s AND ts = %s", world.grid, start.replace(tzinfo=None)
    )
    assert (interval_s, least, greatest, count) == (900, 3.25, 3.25, 1)
    assert stored.value(world.grid, "energy_kwh", start) is None


def test_shorter_intervals_are_telemetry_at_their_start(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    assert site.readings(reading(world, moment, quantity="energy_kwh", value=0.5, interval_s=300)).status_code == 200
    assert stored.value(world.grid, "energy_kwh", moment - timedelta(seconds=300)) == 0.5
    at = (moment - timedelta(seconds=300)).replace(tzinfo=None)
    assert stored("SELECT lasts_s FROM telemetry WHERE meter = %s AND ts = %s", world.grid, at) == [(300,)]


def test_an_energy_without_interval_is_of_its_devices_reporting_interval(
    gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    assert gateway.readings(reading(world, moment, meter=world.pv, quantity="energy_kwh", value=0.125)).status_code == 200
    assert stored.value(world.pv, "energy_kwh", moment - timedelta(seconds=60)) == 0.125


def test_an_energy_of_no_known_interval_is_refused(site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(reading(world, moment, meter=world.neighbour_meter))
    assert answer.json()["code"] == "unknown_meter"


def test_units_are_converted(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    batch = [reading(world, moment, value=2500, unit="W"), reading(world, moment, quantity="voltage_v", value=0.4, unit="kV")]
    assert site.readings(*batch).json()["accepted"] == 2
    assert stored.value(world.grid, "power_kw", moment) == 2.5
    assert stored.value(world.grid, "voltage_v", moment) == 400


def test_integer_times_are_read_in_their_declared_unit(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    batch = [reading(world, moment, ts=int((moment + timedelta(seconds=n)).timestamp() * 1000), value=n) for n in range(3)]
    assert site.readings(*batch, precision="ms").status_code == 200
    assert stored.value(world.grid, "power_kw", moment + timedelta(seconds=2)) == 2


def test_tiny_huge_and_endless_numbers_are_what_they_are_and_cost_no_neighbour(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    said = ["7e-06", "7E-6", "0.000007", "-0.0", "95686646487868969934913536.00", "1e400", "9" * 400]
    own = {"meter": world.grid, "quantity": "energy_kwh", "interval_s": 60}
    rows = [
        json.dumps(own | {"ts": (moment + timedelta(seconds=n)).isoformat()})[:-1] + f', "value": {value}}}'
        for n, value in enumerate(said)
    ]
    answer = site.raw("/api/v1/readings", f'{{"readings": [{", ".join(rows)}]}}'.encode())
    assert (answer.status_code, answer.json()["accepted"]) == (207, 4)
    codes = {each["index"]: each["code"] for each in answer.json()["rejected"]}
    assert codes == {4: "out_of_range", 5: "not_a_number", 6: "not_a_number"}
    for n in range(4):
        value = stored.value(world.grid, "energy_kwh", moment + timedelta(seconds=n - 60))
        assert value == (0.0 if n == 3 else 7e-06)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"value": "12.5"}, "not_a_number", "value"),
    ({"value": True}, "not_a_number", "value"),
    ({"value": None}, "not_a_number", "value"),
    ({"value": [1]}, "not_a_number", "value"),
    ({"value": 10**400}, "not_a_number", "value"),
    ({"value": 10**30}, "out_of_range", "value"),
    ({"value": 2e7}, "out_of_range", "value"),
    ({"valu": 1}, "unknown_field", "valu"),
    ({"meter": "mtr_nobody00000"}, "unknown_meter", "meter"),
    ({"meter": 5}, "wrong_type", "meter"),
    ({"meter": "a,b=c\nd"}, "unknown_meter", "meter"),
    ({"quantity": "power_w"}, "unknown_quantity", "quantity"),
    ({"quantity": None}, "wrong_type", "quantity"),
    ({"quantity": "energy_kwh", "value": -1, "interval_s": 60}, "out_of_range", "value"),
    ({"quantity": "energy_total_kwh", "value": -1}, "out_of_range", "value"),
    ({"quantity": "power_factor", "value": 7}, "out_of_range", "value"),
    ({"unit": "furlong"}, "unknown_unit", "unit"),
    ({"unit": 5}, "wrong_type", "unit"),
    ({"quality": "guess"}, "unknown_quality", "quality"),
    ({"ts": "2036-02-07T06:28:16Z"}, "in_future", "ts"),
    ({"interval_s": 0}, "bad_interval", "interval_s"),
    ({"interval_s": -900}, "bad_interval", "interval_s"),
    ({"interval_s": 93_601}, "bad_interval", "interval_s"),
    ({"interval_s": 1.5}, "wrong_type", "interval_s"),
    ({"interval_s": True}, "wrong_type", "interval_s"),
    ({"quantity": "energy_total_kwh", "interval_s": 60}, "bad_interval", "interval_s"),
    ({"ts": "2026-05-01T12:00:00"}, "naive_time", "ts"),
    ({"ts": "1970-01-01T00:00:00Z"}, "too_old", "ts"),
    ({"ts": "2500-01-01T00:00:00Z"}, "in_future", "ts"),
    ({"ts": "in 6 minutes"}, "in_future", "ts"),
    ({"ts": 1777629600}, "precision_missing", "ts"),
    ({"ts": 1777629600.5}, "bad_time", "ts"),
    ({"ts": None}, "bad_time", "ts"),
    ({"ts": True}, "bad_time", "ts"),
]


@pytest.mark.parametrize(("change", "code", "field"), BAD, ids=[f"{code}-{number}" for number, (_, code, _) in enumerate(BAD)])
def test_bad_input_is_named_and_never_costs_a_neighbour(
    change: dict[str, Any], code: str, field: str, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    if change.get("ts") == "in 6 minutes":  # told when it is sent: the table was made when the tests were collected
        change = {"ts": (datetime.now(UTC) + timedelta(minutes=6)).isoformat()}
    neighbours = [reading(world, moment, value=1.25), reading(world, moment + timedelta(seconds=1), value=2.25)]
    answer = site.readings(neighbours[0], reading(world, moment) | change, neighbours[1])
    assert answer.status_code == 207
    assert answer.json()["accepted"] == 2
    (problem,) = answer.json()["rejected"]
    assert (problem["index"], problem["code"], problem["field"]) == (1, code, field)
    assert problem["message"]
    assert stored.value(world.grid, "power_kw", moment) == 1.25
    assert stored.value(world.grid, "power_kw", moment + timedelta(seconds=1)) == 2.25


@pytest.mark.parametrize("missing", ["meter", "quantity", "ts", "value"])
def test_a_missing_field_is_named(missing: str, site: Device, world: World, moment: datetime) -> None:
    whole = reading(world, moment)
    answer = site.readings({name: value for name, value in whole.items() if name != missing}, whole)
    assert (answer.status_code, answer.json()["rejected"][0]["code"], answer.json()["rejected"][0]["field"]) == (
        207,
        "missing_field",
        missing,
    )


@pytest.mark.parametrize("written", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 5000])
def test_a_number_that_is_none_spoils_only_its_reading(written: bytes, site: Device, world: World, moment: datetime) -> None:
    batch = json.dumps({"readings": [reading(world, moment), reading(world, moment + timedelta(seconds=1), value="@")]})
    answer = site.raw("/api/v1/readings", batch.encode().replace(b'"@"', written))
    assert (answer.status_code, answer.json()["accepted"]) == (207, 1)
    assert (answer.json()["rejected"][0]["index"], answer.json()["rejected"][0]["code"]) == (1, "not_a_number")


@pytest.mark.parametrize("item", [5, "x", None, [], True])
def test_a_reading_that_is_no_object_is_named(item: Any, site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(item, reading(world, moment))
    assert (answer.status_code, answer.json()["rejected"][0]["code"]) == (207, "wrong_shape")


def test_another_sites_meter_and_nobodys_are_told_apart_by_nothing(site: Device, world: World, moment: datetime) -> None:
    theirs = site.readings(reading(world, moment, meter=world.neighbour_meter))
    nobodys = site.readings(reading(world, moment, meter=world.neighbour_meter[:-1] + "_"))
    assert theirs.status_code == nobodys.status_code == 422
    bodies = [
        answer.text.replace(world.neighbour_meter, "*").replace(world.neighbour_meter[:-1] + "_", "*")
        for answer in (theirs, nobodys)
    ]
    assert bodies[0] == bodies[1]
    assert theirs.json()["code"] == "unknown_meter"


def test_a_devices_key_writes_only_its_own_meters(gateway: Device, world: World, moment: datetime) -> None:
    answer = gateway.readings(reading(world, moment, meter=world.pv), reading(world, moment, meter=world.grid))
    assert (answer.status_code, answer.json()["rejected"][0]["code"]) == (207, "unknown_meter")


def test_nothing_flows_back_on_a_one_way_edge(site: Device, world: World, moment: datetime) -> None:
    back = {"quantity": "energy_export_total_kwh", "value": 1}
    answer = site.readings(reading(world, moment, meter=world.pv, **back), reading(world, moment, **back))
    assert (answer.status_code, answer.json()["rejected"][0]["code"], answer.json()["accepted"]) == (207, "one_way", 1)


def test_when_no_reading_is_valid_the_status_says_so(site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(reading(world, moment, value="x"), reading(world, moment, quantity="y"))
    assert answer.status_code == 422
    assert answer.json()["accepted"] == 0
    assert [problem["code"] for problem in answer.json()["rejected"]] == ["not_a_number", "unknown_quantity"]
    assert (answer.json()["code"], answer.json()["field"]) == ("not_a_number", "value")


@pytest.mark.parametrize("precision", ["ms", "us", "ns"])
def test_seconds_taken_for_another_unit_are_explained(precision: str, site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(reading(world, moment, ts=int(moment.timestamp())), precision=precision)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_precision")
    assert "?precision=s" in answer.json()["message"]


def test_an_unknown_precision_is_refused_whole(site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(reading(world, moment), precision="minutes")
    assert (answer.status_code, answer.json()["code"], answer.json()["allowed"]) == (400, "bad_precision", "s, ms, us or ns")


def test_an_empty_batch_is_no_error(site: Device) -> None:
    assert (site.readings().status_code, site.readings().json()) == (200, {"accepted": 0, "rejected": []})
    answer = site.readings({})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "missing_field", "meter")


def test_a_device_that_has_nothing_to_say_is_heard(as_holder: Callable[[str], Device], world: World) -> None:
    silent = devices.create_device(SYSTEM, world.site_id, name="with nothing to say").id
    holder = as_holder(keys.create_key(SYSTEM, device_id=silent))

    def told() -> tuple[str, int]:
        status = holder.client.get("/api/hardware/status").json()
        return status["state"], status["accepted_24h"] + status["rejected_24h"]

    eventually(lambda: holder.raw("/api/v1/readings", b"{}").status_code == 400)
    assert told() == ("never", 0), "a body of another shape says nothing of its device"
    assert holder.readings().status_code == 200
    eventually(lambda: told() == ("online", 0))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", "wrong_shape"),
        (b'[{"meter": "x"}]', "wrong_shape"),
        (b'"x"', "wrong_shape"),
        (b"null", "wrong_shape"),
        (b"5", "wrong_shape"),
        (b'{"readings": {}}', "wrong_shape"),
        (b'{"readings": null}', "wrong_shape"),
        (b'{"readings": [], "site": 5}', "unknown_field"),
        (b"{}", "missing_field"),
        (b"", "empty_body"),
        (b" \n", "empty_body"),
        (b"{", "malformed_json"),
        (b'{"readings": [', "malformed_json"),
        (b'{"readings": []}}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b"\xff\xfe{}", "not_utf8"),
        (b'{"readings": ["\xff"]}', "not_utf8"),
    ],
)
def test_a_malformed_body_is_refused_for_good(body: bytes, code: str, site: Device) -> None:
    answer = site.raw("/api/v1/readings", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"]
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("zstd", zstd.compress)])
def test_what_is_compressed_is_read(
    encoding: str, pack: Callable[[bytes], bytes], site: Device, gateway: Device, world: World, moment: datetime
) -> None:
    body = json.dumps({"readings": [reading(world, moment)]}).encode()
    assert site.raw("/api/v1/readings", pack(body), Content_Encoding=encoding).json()["accepted"] == 1
    body = json.dumps(HARDWARE | {"timestamp": moment.isoformat()}).encode()
    assert gateway.raw("/api/hardware/data", pack(body), Content_Encoding=encoding).json()["accepted"] == 3


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_a_bomb_is_refused(encoding: str, pack: Callable[[bytes], bytes], site: Device) -> None:
    answer = site.raw("/api/v1/readings", pack(bytes(300_000_000)), Content_Encoding=encoding)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_big")


def test_a_body_of_two_megabytes_is_refused(site: Device) -> None:
    answer = site.raw("/api/v1/readings", b'{"readings": [' + b" " * 2**21 + b"]}")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_big")
    assert "bytes" in answer.json()["allowed"]


def test_a_body_of_unknown_length_is_bounded_too(site: Device) -> None:
    answer = site.client.post(
        "/api/v1/readings", content=(b" " * 65_536 for _ in range(40)), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_big")


def test_a_hundred_thousand_readings_in_one_post_are_refused(site: Device, world: World, moment: datetime) -> None:
    answer = site.readings(*[reading(world, moment)] * 100_000)
    assert answer.status_code == 413
    few = [[world.grid, "power_kw", int(moment.timestamp()), 1]] * 10_001
    body = json.dumps(
        {"readings": [dict(zip(("meter", "quantity", "ts", "value"), one, strict=True)) for one in few]}, separators=(",", ":")
    )
    assert len(body) < 2**20
    answer = site.raw("/api/v1/readings?precision=s", body.encode())
    assert (answer.status_code, answer.json()["code"], answer.json()["allowed"]) == (
        413,
        "too_many_readings",
        "at most 10,000 a post",
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/json; charset=latin-1"]
)
def test_another_content_type_is_refused(kind: str, site: Device) -> None:
    answer = site.raw("/api/v1/readings", b'{"readings": []}', Content_Type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def test_json_may_say_that_it_is_utf8(site: Device) -> None:
    assert site.raw("/api/v1/readings", b'{"readings": []}', Content_Type="Application/JSON; charset=UTF-8").status_code == 200


def test_another_encoding_is_refused(site: Device) -> None:
    answer = site.raw("/api/v1/readings", b"{}", Content_Encoding="br")
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_encoding")


def test_addresses_and_methods_that_are_not_there_say_so(site: Device) -> None:
    assert site.client.get("/nothing").status_code == 404
    answer = site.client.get("/api/v1/readings")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_what_is_stored_and_not_counted_is_said_once_and_never_called_held(site: Device, world: World, moment: datetime) -> None:
    counts = [500.0, 3.0, 9e7]  # of a meter whose energy comes from its intervals
    batch = [
        {"meter": world.load, "quantity": "energy_total_kwh", "ts": (moment + timedelta(seconds=n)).isoformat(), "value": value}
        for n, value in enumerate(counts)
    ]
    answer = site.readings(*batch, {"meter": world.load, "quantity": "energy_kwh", "ts": moment.isoformat(), "value": 0.5})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 4)
    assert "held" not in answer.json()
    [note] = answer.json()["notes"]
    assert (note["code"], note["value"], note["allowed"]) == ("not_counted", "energy_total_kwh", "energy_kwh")


def test_energy_of_which_nothing_declares_where_it_comes_from_is_said_to_wait(
    site: Device, world: World, moment: datetime
) -> None:
    answer = site.readings(reading(world, moment, meter=world.panel, quantity="energy_kwh", value=0.5, interval_s=60))
    [note] = answer.json()["notes"]
    assert note["code"] == "not_counted"
    assert "declares it on the meter's page" in note["message"]
