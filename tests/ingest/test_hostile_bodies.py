"""What devices of the real world print where a number belongs costs itself, and never what stands beside it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import bodies
from ingest.problem import Refusal
from tests.ingest.test_hardware_road import HARDWARE
from tests.ingest.world import Device, Stored, World

NO_NUMBERS = [
    *(
        "nan",
        "NaN",
        "NAN",
        "-nan",
        "+nan",
        "nan(ind)",
        "-nan(snan)",
        "NaN(0x8000)",
        "1.#QNAN",
        "-1.#IND",
        "1.#INF",
        "#N/A",
        "N/A",
    ),
    *("inf", "-inf", "+inf", "Inf", "INF", "Infinity", "-Infinity", "+Infinity", "∞", "-∞", "ovf", "overflow", "1e400", "-1e400"),
    *("00.254", "000012300007", "00", "-00.5", "-01", "010", ".5", "-.5", "5.", "-5.", "+5", "+0", "+.5", ".", "-", "+", "--5"),
    *(
        "1e",
        "1e+",
        "1E-",
        "e5",
        "1e5.5",
        "1..5",
        "12.5.5",
        "9.9.9",
        "0x1F",
        "0b101",
        "0o17",
        "1_000",
        "1'000",
        "1 000",
        "1 000,5",
    ),
    *("1,5", "-1,5", "1,234.5", "1.234,56", "12,5,5", "1,", ",5", "12.5kW", "12.5 kW", "12 %", "5%", "$5", "€ 5", "5 °C", "1.5f"),
    *(
        "1L",
        "1.5d",
        "1/3",
        "2*3",
        "(5)",
        "=5",
        "~5",
        "<5",
        ">5",
        "±5",
        "−5",
        "１２",
        "١٢",
        "½",
        "²",
        "12:30",
        "12:30:15",
        "2026-05-01",
    ),
    *(
        "None",
        "NULL",
        "Null",
        "nil",
        "undefined",
        "True",
        "False",
        "TRUE",
        "yes",
        "on",
        "off",
        "ERR",
        "error",
        "unknown",
        "unavailable",
    ),
    *(
        "***",
        "????",
        "?",
        "-----",
        "_",
        "'5'",
        "`5`",
        "",
        " ",
        "\t",
        "!",
        "@",
        "\\",
        "/",
        "null,",
        "5;",
        "5;6",
        "1" * 400,
        "9" * 5000,
    ),
    *(
        '"12.5"',
        '"nan"',
        '"12,5"',
        '""',
        "null",
        "true",
        "[1]",
        "[]",
        "{}",
        '{"v": 1}',
        "[1,5]",
        "\u00a05",
        "5\u00a0",
        "\u200b5",
        "🔌",
    ),
]
ASKS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Anything at all that is neither a number nor ends the value, the object or the text around it.
GARBAGE = st.text(st.characters(exclude_characters='"{}[]\\', exclude_categories=["Cs"]), max_size=20)


def is_number(text: str) -> bool:
    try:
        return isinstance(json.loads(text, parse_constant=str), int | float) and abs(float(text)) < 1e7
    except ValueError:
        return False


def test_the_table_is_of_what_is_none() -> None:
    assert len(NO_NUMBERS) >= 120
    assert len(set(NO_NUMBERS)) == len(NO_NUMBERS)
    assert not [each for each in NO_NUMBERS if is_number(each) and each != "null"]


def test_in_a_batch_it_costs_its_own_reading(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    wrong = []
    for number, written in enumerate(NO_NUMBERS):
        posted = batch(world, moment + timedelta(milliseconds=10 * number), written)
        answer = site.raw("/api/v1/readings", posted)
        told = answer.json()
        named = [(each["index"], each["code"], each.get("field")) for each in told.get("rejected", ())]
        if (answer.status_code, told.get("accepted"), named) != (207, 2, [(1, "not_a_number", "value")]):
            wrong.append((written[:40], answer.status_code, answer.text[:200]))
    assert not wrong
    last = moment + timedelta(milliseconds=10 * len(NO_NUMBERS))
    kept = stored(
        f"SELECT count() FROM telemetry WHERE meter = '{world.grid}' AND quantity = 'power_kw' AND ts >= %s AND ts < %s",
        moment.replace(tzinfo=None),
        last.replace(tzinfo=None),
    )
    assert kept == [(2 * len(NO_NUMBERS),)]


def test_in_an_object_it_costs_its_own_field(gateway: Device, moment: datetime) -> None:
    wrong = []
    for written in NO_NUMBERS:
        answer = gateway.raw("/api/hardware/data", flat(moment, written))
        told = answer.json()
        named = [(each["code"], each.get("field")) for each in told.get("rejected", ())]
        if (answer.status_code, told.get("accepted"), named) != (207, 4, [("not_a_number", "voltage")]):
            wrong.append((written[:40], answer.status_code, answer.text[:200]))
    assert not wrong


@ASKS
@given(written=GARBAGE)
def test_whatever_stands_for_a_number_is_answered_for_itself(written: str, site: Device, gateway: Device, world: World) -> None:
    if is_number(written):
        return
    moment = datetime.fromisoformat(gateway.client.get("/api/hardware/config").json()["server_time"])
    answer = site.raw("/api/v1/readings", batch(world, moment, written))
    assert (answer.status_code, answer.json()["accepted"]) == (207, 2), answer.text
    answer = gateway.raw("/api/hardware/data", flat(moment, written))
    assert (answer.status_code, answer.json()["accepted"]) == (207, 4), answer.text


@ASKS
@given(
    body=st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text('{}[]":,0.5e-nulr\\ ', max_size=60).map(str.encode)
)
def test_no_body_at_all_breaks_anything(body: bytes, site: Device, gateway: Device) -> None:
    for device, path in ((site, "/api/v1/readings"), (gateway, "/api/hardware/data")):
        answer = device.raw(path, body)
        assert answer.status_code in (200, 207, 400, 413, 415, 422), answer.text
        assert answer.json()


@ASKS
@given(st.text('{}[]":,0.5e-nulr\\ ', max_size=200))
def test_nothing_is_ever_read_as_another_number(text: str) -> None:
    try:
        read = bodies.parse(text.encode())
    except Refusal:
        return
    for number in numbers(read):
        assert json.dumps(number) in text or is_number(str(number)), (text, read)


def test_readings_of_which_one_never_ends_are_refused_together(site: Device, world: World, moment: datetime) -> None:
    posted = batch(world, moment, '"5')  # where it ends, and what is of the next reading, nobody can know
    assert (site.raw("/api/v1/readings", posted).status_code, site.raw("/api/v1/readings", posted).json()["code"]) == (
        400,
        "malformed_json",
    )


def batch(world: World, moment: datetime, written: str) -> bytes:
    """Three readings, a millisecond apart, of which the middle one has this value."""
    one = '{"meter": "%s", "quantity": "power_kw", "ts": "%s", "value": %s}'
    times = [(moment + timedelta(milliseconds=n)).isoformat(timespec="milliseconds") for n in range(3)]
    each = [one % (world.grid, ts, value) for ts, value in zip(times, ("1.25", written, "2.25"), strict=True)]
    return f'{{"readings": [{", ".join(each)}]}}'.encode()


def flat(moment: datetime, written: str) -> bytes:
    """A device's object whose voltage is this, in the middle of four good ones."""
    before, after = json.dumps(HARDWARE)[:-1], json.dumps({"frequency": 50, "timestamp": moment.isoformat()})[1:]
    return f'{before}, "voltage": {written}, {after}'.encode()


def numbers(read: Any) -> list[float]:
    if isinstance(read, dict):
        return [number for each in read.values() for number in numbers(each)]
    if isinstance(read, list):
        return [number for each in read for number in numbers(each)]
    return [read] if isinstance(read, int | float) and not isinstance(read, bool) else []


@pytest.mark.parametrize(
    "again, code",
    [('"value": 2', "not_a_number"), ('"unit": "W", "unit": "kW"', "wrong_type"), ('"val\\u0075e": 2', "not_a_number"),
     ('"ts": "2026-05-01T12:00:00Z"', "bad_time"), ('"interval_s": 60, "interval_s": 900', "wrong_type")],
)  # fmt: skip
def test_of_a_name_that_stands_twice_in_a_reading_none_is_taken(
    site: Device, world: World, stored: Stored, moment: datetime, again: str, code: str
) -> None:
    told = [
        json.dumps({"meter": world.panel, "quantity": "power_kw", "ts": at.isoformat(), "value": 1})
        for at in (moment, moment + timedelta(seconds=1), moment + timedelta(seconds=2))
    ]
    told[1] = told[1][:-1] + f", {again}}}"
    answer = site.raw("/api/v1/readings", f'{{"readings": [{", ".join(told)}]}}'.encode())
    assert answer.status_code == 207
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [(1, code)]


def test_of_two_lists_of_readings_none_is_taken_and_of_two_equal_values_the_one(
    site: Device, world: World, moment: datetime
) -> None:
    one = json.dumps({"meter": world.panel, "quantity": "power_kw", "ts": moment.isoformat(), "value": 1})
    twice = site.raw("/api/v1/readings", f'{{"readings": [{one}], "readings": []}}'.encode())
    assert (twice.status_code, twice.json()["code"]) == (400, "wrong_shape")
    same = site.raw("/api/v1/readings", f'{{"readings": [{one[:-1]}, "value": 1}}]}}'.encode())
    assert (same.status_code, same.json()["accepted"]) == (200, 1)


def test_of_a_field_that_stands_twice_in_a_post_nothing_is_taken(gateway: Device, moment: datetime) -> None:
    body = json.dumps(HARDWARE | {"timestamp": moment.isoformat()})[:-1] + ', "energy_consumed": 99}'
    answer = gateway.raw("/api/hardware/data", body.encode())
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["rejected"]] == ["energy_consumed"]


def test_a_mark_of_the_encoding_before_a_body_and_a_slash_too_many_do_no_harm(gateway: Device, moment: datetime) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(HARDWARE | {"timestamp": moment.isoformat()}).encode()
    for path in ("/api/hardware/data", "/api/hardware/data/", "/api//hardware/data"):
        assert gateway.raw(path, body).status_code == 200
    assert gateway.raw("/write/", f"\ufeffmarked v=1 {moment.timestamp():.0f}000000000".encode()).status_code == 204


def test_a_control_character_within_a_text_is_told_of_that_text(site: Device, world: World, moment: datetime) -> None:
    body = json.dumps({"readings": [{"meter": "a?b", "quantity": "power_kw", "ts": moment.isoformat(), "value": 1}]})
    answer = site.raw("/api/v1/readings", body.replace("?", "\x01").encode())
    assert answer.json()["rejected"][0]["code"] == "unknown_meter"
