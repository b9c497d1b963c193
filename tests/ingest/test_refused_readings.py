"""What is refused is kept as it was sent, and stored once a person has put it right: by the same judge, at its own time, once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from config.settings import Settings
from ingest import replaying
from ingest.replaying import Replayed, replay
from models.refused_reading import Edit, Said, edited
from store.errors import NotFound
from store.records.access import audit
from store.records.jobs import asking
from store.records.plant import channels, devices, keys, meters, refused
from store.records.plant.refused import Refused
from store.records.schema import RefusedReading
from store.records.schema.listing import Wanted
from store.scope import SYSTEM, Scope
from tests.conftest import eventually
from tests.ingest.world import Api, Device, Stored, World


@pytest.fixture
def moment() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


@pytest.fixture
def gateway(world: World) -> str:
    """The id of a device of this test's own."""
    return devices.create_device(SYSTEM, world.site_id, name=f"gw {datetime.now(UTC)}", reporting_interval_s=60).id


@pytest.fixture
def sender(as_holder: Callable[[str | None], Device], gateway: str) -> Device:
    return as_holder(keys.create_key(SYSTEM, device_id=gateway))


@pytest.fixture
def meter(world: World, gateway: str) -> str:
    name = f"m {datetime.now(UTC)}"
    return meters.create_meter(SYSTEM, world.site_id, name=name, role="condition", device_id=gateway).id


def kept(world: World, source: str, number: int, state: str = "kept") -> list[RefusedReading]:
    """What is kept of a source, once it is as many."""

    def look() -> list[RefusedReading] | None:
        found = list(refused.readings_page(SYSTEM, world.site_id, Wanted(search=source, count=500, sort="ts"), state=state).rows)
        return found if len(found) == number else None

    found: list[RefusedReading] = eventually(look, every_s=0.1)
    return found


def stored_by(settings: Settings, world: World, which: str, edit: Edit, **more: Any) -> Replayed:
    return replay(SYSTEM, settings, world.site_id, which, edit, **more)


def test_every_wrong_reading_of_a_batch_is_kept_in_its_senders_words_and_its_neighbours_are_stored(
    sender: Device, gateway: str, world: World, meter: str, stored: Stored, moment: datetime, device_settings: Settings
) -> None:
    at = [(moment + timedelta(seconds=n)).isoformat() for n in range(9)]
    local = (moment + timedelta(seconds=3)).replace(tzinfo=None).isoformat()
    good = {"meter": meter, "quantity": "voltage_v"}
    body = json.dumps(
        {
            "readings": [
                {**good, "ts": at[0], "value": 230},
                {**good, "ts": at[1], "value": "231,5"},
                {"meter": "old_meter", "quantity": "voltage_v", "ts": at[2], "value": 232},
                {**good, "ts": local, "value": 233},
                {**good, "ts": int((moment + timedelta(seconds=4)).timestamp()), "value": 234},
                {**good, "ts": at[5], "value": 235, "unit": "kilovolt-ish"},
                {**good, "ts": at[6], "value": 10**9},
                {**good, "ts": at[7], "value": 1.5, "colour": "red"},
                "no reading",
            ]
        }
    ).replace("1000000000", "00.254")
    answer = sender.raw("/api/v1/readings", body.encode())
    assert (answer.status_code, answer.json()["accepted"]) == (207, 1)
    sender.raw("/api/v1/readings", body.encode())  # sent again it is kept once
    found = {each.code + each.ts[17:19] + each.value[:1]: each for each in kept(world, gateway, 8)}
    said = {(each.code, each.meter, each.quantity, each.value, each.unit) for each in found.values()}
    assert said == {
        ("not_a_number", meter, "voltage_v", '"231,5"', ""),
        ("unknown_meter", "old_meter", "voltage_v", "232", ""),
        ("naive_time", meter, "voltage_v", "233", ""),
        ("precision_missing", meter, "voltage_v", "234", ""),
        ("unknown_unit", meter, "voltage_v", "235", "kilovolt-ish"),
        ("not_a_number", meter, "voltage_v", "00.254", ""),
        ("unknown_field", meter, "voltage_v", "1.5", ""),
        ("wrong_shape", "", "", "", ""),
    }
    assert next(each for each in found.values() if each.code == "wrong_shape").body == '"no reading"'
    by_code = {each.code: each.kind for each in found.values()}
    assert stored.value(meter, "voltage_v", moment) == 230
    for code, edit, expected in (
        ("not_a_number", Edit(as_numbers=True), {1: 231.5, 6: 0.254}),
        ("unknown_meter", Edit(meter=meter), {2: 232}),
        ("naive_time", Edit(zone="UTC"), {3: 233}),
        ("precision_missing", Edit(precision="s"), {4: 234}),
        ("unknown_unit", Edit(unit="mV"), {5: 0.235}),
        ("unknown_field", Edit(shift_s=1), {8: 1.5}),
    ):
        alone = stored_by(device_settings, world, by_code[code], Edit(), dry_run=True)
        assert (alone.stored, sum(alone.refused.values())) == ((1, 0) if code == "unknown_field" else (0, len(expected))), code
        assert stored_by(device_settings, world, by_code[code], edit, dry_run=True).stored == len(expected)
        assert all(stored.value(meter, "voltage_v", moment + timedelta(seconds=n)) is None for n in expected), "only tried"
        assert stored_by(device_settings, world, by_code[code], edit).stored == len(expected), code
        values = {n: stored.value(meter, "voltage_v", moment + timedelta(seconds=n)) for n in expected}
        assert values == expected
    assert set(stored("SELECT DISTINCT source FROM telemetry WHERE meter = %s", meter)) == {(gateway,)}, "its origin"
    assert [each.code for each in kept(world, gateway, 1)] == ["wrong_shape"], "what was stored leaves"
    became = {each.code: json.loads(each.became) for each in kept(world, gateway, 7, state="stored")}
    assert (became["unknown_meter"]["meter"], became["unknown_unit"]["unit"]) == (meter, "mV")
    sender.raw("/api/v1/readings", body.encode())
    sender.readings({**good, "ts": at[0], "value": "x"})
    assert len(kept(world, gateway, 2)) == 2, "what was decided does not come back"


def test_a_post_of_hardware_of_which_nothing_is_stored_is_kept_field_by_field(
    as_holder: Callable[[str | None], Device], world: World, stored: Stored, device_settings: Settings
) -> None:
    device = as_holder(world.register_key)
    at = (datetime.now(UTC) - timedelta(hours=5)).replace(microsecond=0)
    post = {"energy_produced": 0, "energy_consumed": 4711.5, "current_load": 55, "timestamp": at.replace(tzinfo=None).isoformat()}
    assert device.hardware({**post, "facility_id": 999}).status_code == 422
    assert device.hardware(post).status_code == 422
    found = {each.name: each for each in kept(world, world.register, 3)}
    assert {name: (each.meter, each.value) for name, each in found.items()} == {
        "energy_produced": ("", "0"),
        "energy_consumed": (world.grid, "4711.5"),
        "current_load": (found["current_load"].meter, "55"),
    }
    assert {each.code for each in found.values()} == {"wrong_facility"}, "the same reading, whatever it was refused for first"
    done = stored_by(device_settings, world, found["energy_consumed"].id, Edit(zone="UTC"))
    assert (done.stored, dict(done.refused)) == (1, {})
    assert stored.value(world.grid, "energy_total_kwh", at) == 4711.5
    assert dict(stored_by(device_settings, world, found["energy_produced"].id, Edit(zone="UTC")).refused) == {"missing_field": 1}
    refused.discard(SYSTEM, world.site_id, found["energy_produced"].id)
    assert {each.name for each in kept(world, world.register, 1, state="discarded")} == {"energy_produced"}


def test_lines_are_kept_by_the_values_that_were_refused_and_unreadable_ones_as_they_were_sent(
    api: Api, gateway: str, meter: str, world: World, stored: Stored, moment: datetime, device_settings: Settings
) -> None:
    key = keys.create_key(SYSTEM, device_id=gateway)

    def write(*lines: str) -> httpx.Response:
        headers = {"Authorization": f"Token {key}"}
        return httpx.post(f"{api.url}/api/v2/write", headers=headers, content="\n".join(lines), timeout=30)

    at = [int((moment + timedelta(seconds=n)).timestamp()) * 10**9 for n in range(3)]
    assert write(f"hall volts=229,amps=3 {at[0]}").status_code == 204
    which = {each.full_name: each.id for each in channels.of_site(SYSTEM, world.site_id) if each.device_id == gateway}
    channels.map_channel(SYSTEM, which["hall volts"], meter_id=meter, quantity="voltage_v")

    lines = (f"hall volts=9e9,amps=4 {at[1]}", f"hall volts=231 {at[2] // 1000}", "hall volts", "# nothing")
    eventually(lambda: "cannot be" in write(lines[0]).text, every_s=0.5)  # once its process knows of the mapping
    assert write(*lines).status_code == 422
    found = {(each.code, each.name): each for each in kept(world, gateway, 3)}
    assert set(found) == {("out_of_range", "hall volts"), ("wrong_precision", "hall volts"), ("malformed_line", "")}
    assert found["malformed_line", ""].body == "hall volts"
    assert (found["out_of_range", "hall volts"].meter, found["out_of_range", "hall volts"].value) == (meter, "9000000000.0")
    which_kind = found["out_of_range", "hall volts"].kind
    assert stored_by(device_settings, world, which_kind, Edit(unit="uV", shift_s=7200)).stored == 1
    assert stored.value(meter, "voltage_v", moment + timedelta(hours=2, seconds=1)) == 9000.0
    by_hand = Edit(meter=meter, quantity="voltage_v", ts=(moment + timedelta(seconds=30)).isoformat(), value="232")
    assert stored_by(device_settings, world, found["malformed_line", ""].id, by_hand).stored == 1
    assert stored.value(meter, "voltage_v", moment + timedelta(seconds=30)) == 232


def test_nothing_is_kept_of_a_dry_run_or_of_what_is_to_be_sent_again(
    sender: Device, gateway: str, meter: str, world: World, moment: datetime
) -> None:
    wrong = {"meter": meter, "quantity": "voltage_v", "ts": moment.isoformat(), "value": "x"}
    assert sender.readings(wrong, dry_run="1").status_code == 422
    assert sender.raw("/api/v1/readings", b"[]", Content_Type="text/csv").status_code == 415
    assert sender.readings(wrong | {"value": "y"}).status_code == 422
    assert [each.value for each in kept(world, gateway, 1)] == ['"y"']


def test_what_was_stored_since_stays_and_a_kill_in_between_stores_nothing_twice(
    sender: Device,
    gateway: str,
    meter: str,
    world: World,
    stored: Stored,
    moment: datetime,
    device_settings: Settings,
    monkeypatch: Any,
) -> None:
    def reading(n: int, value: Any) -> dict[str, Any]:
        return {"meter": meter, "quantity": "voltage_v", "ts": (moment + timedelta(seconds=n)).isoformat(), "value": value}

    sender.readings(*(reading(n, str(220 + n)) for n in range(4)))
    sender.readings(reading(0, 999), reading(1, 221))
    kind = kept(world, gateway, 4)[0].kind
    stored.settle()
    with monkeypatch.context() as killed:

        def die(*_: object) -> None:
            raise SystemExit

        killed.setattr(replaying.refused, "decide", die)
        with pytest.raises(SystemExit):
            stored_by(device_settings, world, kind, Edit(as_numbers=True))
    stored.settle()
    done = stored_by(device_settings, world, kind, Edit(as_numbers=True))
    assert (done.stored, dict(done.refused)) == (3, {"stored_since": 1})
    rows = stored("SELECT value FROM telemetry WHERE meter = %s ORDER BY ts", meter)
    assert [value for (value,) in rows] == [999, 221, 222, 223]
    assert [each.code for each in kept(world, gateway, 1)] == ["not_a_number"]


def test_what_cannot_be_seen_is_kept_as_what_it_is(sender: Device, gateway: str, world: World) -> None:
    body = r'{"readings": [{"meter": "m\u0000\u202e\ud800", "quantity": "power_kw", "ts": "x\ny", "value": "7\u202e"}, "\u0000"]}'
    assert sender.raw("/api/v1/readings", body.encode()).status_code == 422
    assert sender.raw("/api/v1/readings", b'{"readings": [\n\x00').status_code == 400
    found = {each.code: each for each in kept(world, gateway, 3)}
    meters_said = {each.meter for each in found.values()}
    assert r"m␀\u202e\ud800" in meters_said
    assert found["malformed_json"].body == '{"readings": [\n␀'


def test_a_source_keeps_so_many_and_the_rest_is_counted_until_somebody_decides(
    world: World, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "MOST", 3)

    def row(n: int) -> Refused:
        said = Said("m", "power_kw", "2026-01-01T00:00:00Z", str(n))
        return Refused(world.site_id, gateway, "readings", datetime.now(UTC), "unknown_meter", "no meter", said=said)

    assert refused.keep(SYSTEM, [row(n) for n in range(2)]) == set()
    assert refused.keep(SYSTEM, [row(n) for n in range(8)]) == {gateway}
    assert [(each.number) for each in refused.beyond(SYSTEM, world.site_id) if each.source_id == gateway] == [5]
    found = kept(world, gateway, 3)
    assert {each.value for each in found} == {"0", "1", "2"}
    refused.discard(SYSTEM, world.site_id, found[0].kind)
    assert not [each for each in refused.beyond(SYSTEM, world.site_id) if each.source_id == gateway]
    assert refused.keep(SYSTEM, [row(9)]) == set()
    assert refused.forget(SYSTEM, datetime.now(UTC) - refused.KEPT) == 0
    assert refused.forget(SYSTEM, datetime.now(UTC) + timedelta(seconds=1)) >= 4


def test_who_does_not_operate_the_site_sees_nothing_and_whoever_decides_is_noted(world: World, gateway: str) -> None:
    said = Said("m", "power_kw", "2026-01-01T00:00:00Z", "7")
    row = Refused(world.site_id, gateway, "readings", datetime.now(UTC), "unknown_meter", "no meter", said=said)
    refused.keep(SYSTEM, [row])
    [record] = kept(world, gateway, 1)
    with pytest.raises(NotFound):
        refused.kept(Scope(), world.site_id, record.id)
    with pytest.raises(NotFound):
        refused.discard(Scope(), world.site_id, record.id)
    with audit.acting("usr_somebody"):
        job = refused.ask(SYSTEM, world.site_id, record.id, Edit(unit="W"))
    assert asking.job(SYSTEM, job.id).arguments == {"site_id": world.site_id, "which": record.id, "edit": {"unit": "W"}}
    [entry] = audit.entries(SYSTEM, audit.Filter(action="corrected", subject_id=record.id))
    assert entry.actor == "usr_somebody" and entry.after is not None
    assert (entry.after["before"]["value"], entry.after["correction"]) == ("7", {"unit": "W"})


@pytest.mark.parametrize(
    ("ts", "edit", "expected"),
    [
        ("2026-07-01T12:00:00", Edit(zone="Europe/Berlin"), "2026-07-01T10:00:00+00:00"),
        ("2026-01-01 12:00", Edit(zone="Europe/Berlin"), "2026-01-01T11:00:00+00:00"),
        ("2026-10-25T02:30:00", Edit(zone="Europe/Berlin"), "2026-10-25T02:30:00"),  # twice: nobody guesses
        ("2026-03-29T02:30:00", Edit(zone="Europe/Berlin"), "2026-03-29T02:30:00"),  # never
        ("2026-07-01T12:00:00+0200", Edit(), "2026-07-01T12:00:00+02:00"),
        ("1782900000", Edit(precision="s"), "2026-07-01T10:00:00+00:00"),
        ("1782900000123", Edit(precision="ms", shift_s=-3600), "2026-07-01T09:00:00.123000+00:00"),
        ("1782900000", Edit(), "1782900000"),
        ("99999999999999999", Edit(precision="s"), "99999999999999999"),
        ("9999-12-31T23:59:59Z", Edit(shift_s=3600), "9999-12-31T23:59:59+00:00"),
        ("yesterday", Edit(zone="UTC", shift_s=1), "yesterday"),
        ("", Edit(ts="2026-07-01T10:00:00Z"), "2026-07-01T10:00:00+00:00"),
    ],
)
def test_a_correction_of_times_guesses_nothing(ts: str, edit: Edit, expected: str) -> None:
    assert edited(Said(ts=ts), edit).ts == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"12,5"', "12.5"),
        ("00.254", "0.254"),
        ('" 7 "', "7.0"),
        ("NaN", "NaN"),
        ('"on"', '"on"'),
        ("true", "true"),
        ('"1.234,5"', '"1.234,5"'),
    ],
)
def test_a_text_becomes_a_number_only_where_it_shows_one(value: str, expected: str) -> None:
    assert edited(Said(value=value), Edit(as_numbers=True)).value == expected
    assert edited(Said(value=value), Edit()).value == value
