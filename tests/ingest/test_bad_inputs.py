"""What is wrong in more than its number, by every road: each costs itself, is answered with a code, and leaves no row behind.

What stands where a number belongs is in `test_hostile_bodies`; both tables together are more than 300 inputs.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.settings import Settings
from ingest.files.block import Block
from ingest.files.content import UnreadableFile
from ingest.files.detect import detect
from ingest.files.profile import UnfitProfile
from ingest.files.read import blocks
from ingest.mqtt.families import FAMILIES, heard
from ingest.mqtt.heard import Message, Unreadable, Value
from store.ids import channel_id
from store.records.plant import channels, meters
from store.records.plant.channels import Source
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.test_hostile_bodies import NO_NUMBERS
from tests.ingest.world import HARDWARE, Api, Device, Stored, World, use_records

GONE = object()  # the member is left out
AHEAD, LONG_AGO, SECONDS, MILLIS = "ahead", "long ago", "seconds", "thousandths"  # in the place of a moment
READINGS: list[tuple[str, Any, str]] = [
    ("meter", GONE, "missing_field"),
    *(("meter", wrong, "wrong_type") for wrong in (None, 5, True, [], {"id": 1})),
    *(
        ("meter", wrong, "unknown_meter")
        for wrong in ("", "mtr_", "mtr_000000000000", "x" * 5_000, "é", "../etc", "'; DROP", "\u202e")
    ),
    ("quantity", GONE, "missing_field"),
    *(("quantity", wrong, "wrong_type") for wrong in (None, 1, ["power_kw"])),
    *(("quantity", wrong, "unknown_quantity") for wrong in ("", "POWER_KW", "power", "power_kw ", "value")),
    ("ts", GONE, "missing_field"),
    *(("ts", wrong, "bad_time") for wrong in (None, True, 1.5, [], {}, "", "now", "yesterday", "12:00", "20260501")),
    *(("ts", wrong, "bad_time") for wrong in ("2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-01T25:00:00Z")),
    *(("ts", wrong, "bad_time") for wrong in ("2026-05-01T12:00:00+25:00", "２026-05-01T12:00:00Z", "+002026-05-01T00:00:00Z")),
    *(("ts", wrong, "naive_time") for wrong in ("2026-05-01T12:00:00", "2026-05-01")),
    *(("ts", wrong, "precision_missing") for wrong in (0, 1_777_000_000, -1, 2**62)),
    *(("ts", wrong, "too_old") for wrong in ("1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", LONG_AGO)),
    *(("ts", wrong, "in_future") for wrong in ("2199-12-31T23:59:59Z", "9999-12-31T23:59:59Z", AHEAD)),
    ("value", GONE, "missing_field"),
    *(("value", wrong, "not_a_number") for wrong in (None, "5", True, [], {}, "")),
    *(("value", wrong, "out_of_range") for wrong in (1e300, -1e300, 1e12)),
    *(("unit", wrong, "wrong_type") for wrong in (5, True, [], {})),
    *(("unit", wrong, "unknown_unit") for wrong in ("parsec", "kWh", "%", "W" * 300, "kW/h", "kW; rm", "🔌", "1", "V")),
    *(("interval_s", wrong, "wrong_type") for wrong in ("900", 1.5, True, [], {})),
    *(("interval_s", wrong, "bad_interval") for wrong in (0, -1, 93_601, 10**9, -(2**63))),
    *((name, 1, "unknown_field") for name in ("time", "timestamp", "Value", "", "__class__", "meter ")),
]
HARDWARE_FIELDS: list[tuple[str, Any, str, int]] = [  # and the status: one that is required leaves nothing to store
    *((name, GONE, "missing_field", 422) for name in HARDWARE),
    *((name, wrong, "not_a_number", 422) for name in HARDWARE for wrong in (None, "1", True, [])),
    *((name, -1, "out_of_range", 422) for name in ("energy_produced", "energy_consumed")),
    *(("voltage", wrong, "not_a_number", 207) for wrong in (None, "230 V", [230], {"l1": 230})),
    *(("power_factor", wrong, "out_of_range", 207) for wrong in (7, -7, 1e9)),
    ("current3", 5, "unmapped_field", 207),
    *((name, 1, "unknown_field", 207) for name in ("volts", "Voltage", "", "energy", "energy_produced_kwh")),
    *(("facility_id", wrong, "wrong_facility", 422) for wrong in (202, -1, 101.5, None, "north", [101], "1 0 1")),
    *(("timestamp", wrong, "bad_time", 422) for wrong in (None, True, "soon", 1.5, [])),
    *(("timestamp", wrong, code, 422) for wrong, code in ((LONG_AGO, "too_old"), (AHEAD, "in_future"))),
    ("timestamp", "2026-05-01T12:00:00", "naive_time", 422),
    ("timestamp", 1_777_000_000, "precision_missing", 422),
]
LINES: list[tuple[str, str]] = [  # AHEAD and LONG_AGO stand for nanoseconds
    *(
        (line, "malformed_line")
        for line in ("bench", "bench,", "bench ,", "bench v", "bench v=", "bench =1", "bench v=1,", "bench ,v=1")
    ),
    *(
        (line, "malformed_line")
        for line in (",a=1 v=1", "bench,a v=1", "bench,a= v=1", "bench,=1 v=1", "bench,a=1,a=2 v=1", "bench,a=b=c v=1")
    ),
    *(
        (f"bench v={value}", "malformed_line")
        for value in ("nan", "NaN", "inf", "-Inf", "+1", "0x1F", "1e400", "1,5", "1_0", "1..2", "--1")
    ),
    *(
        (f"bench v={value}", "malformed_line")
        for value in ("1i2", "i", "1.5i", "9223372036854775808i", "-1u", '"open', "tru", "None", "1kW")
    ),
    *(
        (f"bench v=1 {stamp}", "malformed_line")
        for stamp in ("now", "1.5", "1e18", "99999999999999999999", "2026-05-01T12:00:00Z", "1 2")
    ),
    ("bench v=1 1", "too_old"),
    (f"bench v=1 {SECONDS}", "wrong_precision"),
    (f"bench v=1 {MILLIS}", "wrong_precision"),
    (f"bench v=1 {LONG_AGO}", "too_old"),
    (f"bench v=1 {AHEAD}", "in_future"),
    ("bench power=1e30", "out_of_range"),
    (f"{'x' * 2_000} v=1", "bad_channel"),
    ("be\u202ench v=1", "bad_channel"),
]
PAYLOADS = [
    *(
        b"",
        b" ",
        b"\0",
        b"\xff\xfe",
        b"{",
        b"}",
        b"[",
        b"[]",
        b"{}",
        b"null",
        b"true",
        b'""',
        b'"on"',
        b"nan",
        b"-inf",
        b"1e400",
        b"1,5",
    ),
    *(
        b"12 kW",
        b"unknown",
        b"unavailable",
        b"offline",
        b"9" * 400,
        b"[" * 2_000,
        b'{"a":' * 500,
        b'{"value": null}',
        b'{"value": "x"}',
    ),
    *(
        b'{"value": 1e400}',
        b'{"Time": "1970-01-01T00:00:05", "ENERGY": {"Total": NaN}}',
        b'{"ENERGY": 5}',
        b'{"ts": "x", "values": {}}',
    ),
    *(
        b'{"params": {"em:0": []}}',
        b'{"params": 5, "src": 5}',
        b'{"ts": 99999999999999999, "values": {"k": 1}}',
        b"/KFM5\\2MT\r\n!0000\r\n",
    ),
]
FILES = [
    *(
        b"",
        b" \n \n",
        b"\0" * 600,
        b"\xff\xfe\x00",
        b"PK\x03\x04rubbish",
        b"\x1f\x8brubbish",
        b"\x89HDF\r\n\x1a\nrubbish",
        b"PAR1rubbishPAR1",
    ),
    *(
        b"ARROW1\0\0rubbish",
        b"<?xml version='1.0'?><a/>",
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"%PDF-1.7",
    ),
    *(b"{}", b"[]", b"{", b'{"a": 1}\n{"a"', b"null", b"[[[[", b'[{"ts": "x", "value": "y"}]'),
    *(
        b"time;value\n",
        b"time,value\nx,y\n",
        b"time,value\n2026-05-01,\n",
        b"a,b,c\n1,2\n",
        b'"open,quote\n1,2\n',
        b"one column\n1\n2\n",
    ),
    *(
        b"100,NEM12\n",
        b"100,NEM12,1,2,3\n200,x\n300,20261301,1\n900\n",
        b"UNA:+.? 'UNB+UNOC:3'",
        b"/ISK5\r\n\r\n1-0:1.8.0(x*kWh)\r\n!\r\n",
    ),
    *(
        b"Group,01/01/2025 00:00\n",
        b"Group,99/99/2025 00:00\nA,1\n",
        b",,,,\n,,,,\n",
        b"a\tb\n\t\n",
        b"time,value\r1,2\r" * 3,
        b"\xef\xbb\xbf",
    ),
]


def stamped(given: Any, at: datetime) -> Any:
    """A moment in the place of a word that stands for one."""
    moments = {AHEAD: at + timedelta(days=2), LONG_AGO: at - timedelta(days=400)}
    return moments[given].isoformat() if isinstance(given, str) and given in moments else given


def changed(good: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**{each: good[each] for each in good if each != name}, **({} if value is GONE else {name: value})}


def differing(found: list[Any], wanted: list[Any]) -> list[str]:
    """What was answered and should not have been, each on a line of its own."""
    return [f"{got}, not {due}" for got, due in zip(found, wanted, strict=True) if got != due]


def test_there_are_more_than_three_hundred() -> None:
    tables = (READINGS, HARDWARE_FIELDS, LINES, PAYLOADS, FILES, NO_NUMBERS)
    assert sum(map(len, tables)) > 300
    assert [len(set(map(repr, each))) for each in tables] == [len(each) for each in tables]


def test_a_reading_that_is_wrong_costs_itself_and_neither_neighbour(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    found, wanted = [], []
    for number, (name, value, code) in enumerate(READINGS):
        first, bad, last = (
            {"meter": world.grid, "quantity": "power_kw", "ts": (at).isoformat(), "value": 1.5}
            for at in (moment + timedelta(milliseconds=10 * number + step) for step in range(3))
        )
        answer = site.readings(first, changed(bad, name, stamped(value, datetime.now(UTC))), last)
        said = answer.json()
        rejected = [(each["index"], each["code"]) for each in said.get("rejected", ())]
        found.append((name, str(value)[:40], answer.status_code, said.get("accepted"), rejected))
        wanted.append((name, str(value)[:40], 207, 2, [(1, code)]))
        assert all(each["message"] for each in said.get("rejected", ()))
    assert differing(found, wanted) == []
    kept = stored(
        "SELECT count(), count(value) FROM telemetry WHERE meter = %s AND quantity = 'power_kw' AND ts >= %s AND ts < %s",
        world.grid,
        moment.replace(tzinfo=None),
        (moment + timedelta(milliseconds=10 * len(READINGS))).replace(tzinfo=None),
    )
    assert kept == [(2 * len(READINGS), 2 * len(READINGS))], "each neighbour is stored, and nothing else"
    assert outside(stored, world) == 0


def test_a_field_that_is_wrong_is_named_and_those_beside_it_are_kept_where_they_may(
    gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    found, wanted = [], []
    for name, value, code, status in HARDWARE_FIELDS:
        sent = changed(HARDWARE | {"timestamp": moment.isoformat()}, name, stamped(value, datetime.now(UTC)))
        answer = gateway.hardware(sent)
        said = answer.json()
        codes = {each["code"] for each in said.get("rejected", ())}
        found.append((name, str(value)[:40], answer.status_code, said.get("accepted"), codes))
        wanted.append((name, str(value)[:40], status, 3 if status == 207 else 0, {code}))
    assert differing(found, wanted) == []
    assert outside(stored, world) == 0


@pytest.fixture(scope="module")
def mapped(api: Api, world: World, device_settings: Settings) -> str:
    """A meter that `bench power` is mapped to, of a device of its own."""
    use_records(device_settings)
    source = Source(world.site_id, world.device)
    channels.known(SYSTEM, source, "lines", ["bench power"])
    meter = meters.create_meter(SYSTEM, world.site_id, name="bad lines", role="condition").id
    channels.map_channel(SYSTEM, channel_id(source.id, "lines", "bench power"), meter_id=meter, quantity="power_kw")
    keyed = {"Authorization": f"Token {world.device_key}"}

    def taken_over() -> bool:
        return all(
            httpx.post(f"{api.url}/write", headers=keyed, content="bench power=1e30", timeout=30).status_code == 400
            for _ in range(20)
        )

    eventually(taken_over)
    return meter


@pytest.fixture
def agent(api: Api, world: World) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, headers={"Authorization": f"Token {world.device_key}"}, timeout=30) as client:
        yield client


def test_a_line_that_is_wrong_costs_itself_and_neither_neighbour(
    agent: httpx.Client, mapped: str, stored: Stored, world: World, moment: datetime
) -> None:
    found, wanted = [], []
    for number, (line, code) in enumerate(LINES):
        at, now = int(moment.timestamp() * 1000) + 10 * number, datetime.now(UTC)
        for word in (AHEAD, LONG_AGO):
            line = line.replace(word, f"{datetime.fromisoformat(stamped(word, now)).timestamp():.0f}000000000")
        line = line.replace(SECONDS, f"{now.timestamp():.0f}").replace(MILLIS, f"{now.timestamp():.0f}000")
        body = f"bench power=1 {at}000000\n{line}\nbench power=2 {at + 1}000000\n"
        answer = agent.post("/write", content=body)
        words = answer.json()["error"] if answer.content else ""
        found.append((line[:40], answer.status_code, words.rpartition("[")[2].rstrip("]"), "dropped=1" in words))
        wanted.append((line[:40], 400, code, True))
    assert differing(found, wanted) == []
    kept = stored("SELECT count(), count(value) FROM telemetry WHERE meter = %s AND quantity = 'power_kw'", mapped)
    assert kept == [(2 * len(LINES), 2 * len(LINES))]
    assert outside(stored, world) == 0


def outside(stored: Stored, world: World) -> int:
    """Rows of a time that no device may post, or without a value, by the device and the key of these tests."""
    now = datetime.now(UTC).replace(tzinfo=None)
    asked = "SELECT count() FROM {} WHERE source = %s AND (ts < %s OR ts > %s OR value = null)"
    bounds = now - timedelta(days=32), now + timedelta(minutes=10)
    senders = world.device, world.site_key.partition(".")[0]
    return sum(int(stored(asked.format(table), each, *bounds)[0][0]) for table in ("telemetry", "intervals") for each in senders)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_payload_that_is_wrong_is_refused_with_a_code_or_says_nothing(family: str) -> None:
    topics = ("tele/x/SENSOR", "shellies/a/emeter/0/power", "a/events/rpc", "N/p/grid/30/Ac/Power", "solar/1/0/power", "a/b")
    for topic in topics:
        for payload in PAYLOADS:
            try:
                told = heard(family, Message(topic, payload, False, "Europe/Berlin"))
            except Unreadable as unreadable:
                assert unreadable.problem.code
                assert unreadable.problem.message
                continue
            for each in told:
                if isinstance(each, Value):
                    assert each.channel, (topic, payload)
                    assert abs(each.value) < float("inf"), (topic, payload)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_file_that_is_wrong_is_refused_in_words_or_says_nothing(number: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(FILES[number])
    read: list[Block] = []
    try:
        read += blocks(file, detect(file, "Europe/Berlin").profile)
    except (UnreadableFile, UnfitProfile) as refused:
        assert len(str(refused)) > 10
    for block in read:
        assert all(abs(value) < float("inf") for value in block.value.tolist())


def test_a_body_that_is_of_another_shape_is_refused_as_a_whole(site: Device, gateway: Device) -> None:
    shapes = [[], "text", 5, None, True, {}, {"readings": {}}, {"readings": None}, {"reading": []}, {"readings": [], "more": 1}]
    for content in shapes:
        for device, path in ((site, "/api/v1/readings"), (gateway, "/api/hardware/data")):
            answer = device.raw(path, json.dumps(content).encode())
            assert answer.status_code in (400, 422), (content, path, answer.text)
            assert answer.json()["message"]
