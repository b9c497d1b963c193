"""What a sender says that it estimated is kept as that by every road, until an actual reading takes its place."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from config.settings import Settings
from ingest.replaying import replay
from models.refused_reading import Edit
from store.ids import channel_id
from store.records.plant import channels, meters, refused
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.test_lines_at_once import NOW_NS, alike
from tests.ingest.test_lines_road import ns
from tests.ingest.world import HARDWARE, Api, Device, Stored, World
from worker.tasks import waiting_values

ESTIMATED = {"quality": "estimated"}
SAMPLES = "SELECT value, estimated FROM telemetry WHERE meter = %s AND quantity = %s AND ts >= %s AND ts < %s ORDER BY ts"
INTERVALS = "SELECT value, estimated_s FROM intervals WHERE meter = %s AND quantity = %s AND ts >= %s AND ts < %s ORDER BY ts"


def told(stored: Stored, meter: str, quantity: str, moment: datetime, table: str = SAMPLES) -> list[tuple[Any, ...]]:
    """Values from a moment on, each with whether, or of how much, it is an estimate."""
    first = moment.replace(tzinfo=None)
    return [tuple(row) for row in stored(table, meter, quantity, first, first + timedelta(seconds=60))]


def readings(world: World, moment: datetime, *said: dict[str, Any]) -> list[dict[str, Any]]:
    own = {"meter": world.grid, "quantity": "power_kw"}
    return [own | {"ts": (moment + timedelta(seconds=n)).isoformat(), "value": n + 0.5} | each for n, each in enumerate(said)]


def test_a_reading_says_that_it_is_an_estimate_and_its_neighbours_say_nothing(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    said = readings(world, moment, {}, ESTIMATED, {"quality": "actual"}, {"quality": None})
    assert site.readings(*said).json() == {"accepted": 4, "rejected": []}
    assert told(stored, world.grid, "power_kw", moment) == [(0.5, False), (1.5, True), (2.5, False), (3.5, False)]
    quarter = {"meter": world.load, "quantity": "energy_kwh", "interval_s": 900, "ts": moment.isoformat(), "value": 2.25}
    assert site.readings(quarter | ESTIMATED).status_code == 200
    start = moment - timedelta(seconds=900)
    assert told(stored, world.load, "energy_kwh", start, INTERVALS) == [(2.25, 900.0)]
    # Read after all, and the value was right: an estimate it is no more.
    assert site.readings(quarter, replaced="1").json() == {"accepted": 1, "replaced": 0, "rejected": []}
    assert told(stored, world.load, "energy_kwh", start, INTERVALS) == [(2.25, None)]


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "with a reading that is none"])
def test_a_batch_says_it_of_all_readings_that_say_nothing_themselves(
    damaged: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    given = readings(world, moment, {}, {"quality": "actual"}, ESTIMATED, *([{"value": "a"}] if damaged else []))
    answer = site.client.post("/api/v1/readings", json={"quality": "estimated", "readings": given})
    assert answer.json()["accepted"] == 3
    assert told(stored, world.grid, "power_kw", moment) == [(0.5, True), (1.5, False), (2.5, True)]


def test_what_was_estimated_is_actual_once_it_was_read_and_the_other_way_round(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    for quality, value in ((ESTIMATED, 0.5), ({}, 0.5), (ESTIMATED, 0.5), ({}, 0.75), (ESTIMATED, 0.5)):
        for _again in range(2):
            assert site.readings(*readings(world, moment, quality | {"value": value})).status_code == 200
        assert told(stored, world.grid, "power_kw", moment) == [(value, bool(quality))]


@pytest.mark.parametrize("wrong", ["guess", "Estimated", "", 1, True, [], {}, "E" * 300])
def test_a_word_that_nobody_knows_costs_its_reading_and_no_other(
    wrong: Any, site: Device, gateway: Device, world: World, stored: Stored, moment: datetime
) -> None:
    answer = site.readings(*readings(world, moment, {}, {"quality": wrong}, ESTIMATED))
    assert answer.status_code == 207 and answer.json()["accepted"] == 2
    (problem,) = answer.json()["rejected"]
    assert (problem["index"], problem["code"], problem["field"]) == (1, "unknown_quality", "quality")
    assert told(stored, world.grid, "power_kw", moment) == [(0.5, False), (2.5, True)]
    # Of all of a post: what it meant by the readings is not known, and nothing of it is stored.
    whole = site.client.post("/api/v1/readings", json={"quality": wrong, "readings": readings(world, moment, {"value": 9})})
    assert (whole.status_code, whole.json()["code"]) == (400, "unknown_quality")
    one = gateway.hardware(HARDWARE | {"quality": wrong, "timestamp": moment.isoformat()})
    assert (one.status_code, one.json()["code"], one.json()["field"]) == (422, "unknown_quality", "quality")
    assert told(stored, world.grid, "power_kw", moment) == [(0.5, False), (2.5, True)]


def test_a_devices_post_says_it_of_all_its_fields(gateway: Device, world: World, stored: Stored, moment: datetime) -> None:
    assert gateway.hardware(HARDWARE | ESTIMATED | {"timestamp": moment.isoformat()}).status_code == 200
    assert told(stored, world.load, "energy_kwh", moment - timedelta(seconds=60)) == [(0.75, True)]
    assert told(stored, world.panel, "load_pct", moment) == [(42.0, True)]
    assert gateway.hardware(HARDWARE | {"quality": "actual", "timestamp": moment.isoformat()}).status_code == 200
    assert told(stored, world.load, "energy_kwh", moment - timedelta(seconds=60)) == [(0.75, False)]


LINES = {
    "a tag": ("m,h=1,quality=estimated p=1", True),
    "a tag among others": ("m,quality=estimated,h=1 p=1", True),
    "a text": ('m,h=1 p=1,quality="estimated"', True),
    "a text before the number": ('m,h=1 quality="estimated",p=1', True),
    "a tag that says that it was read": ('m,h=1,quality=actual p=1,quality="estimated"', None),
    "another text": ('m,h=1 p=1,quality="good"', False),
    "within another text": ('m,h=1 p=1,note="x,quality=\\"estimated\\""', False),
    "another field": ('m,h=1 p=1,a\\,quality="estimated"', False),
    "another measurement": ("m\\,quality=estimated,h=1 p=1", None),
}


@pytest.mark.parametrize("which", LINES)
def test_a_line_says_it_by_a_tag_or_a_text_of_that_name(which: str) -> None:
    line, estimated = LINES[which]
    found = alike(f"{line} {NOW_NS}\nm,h=1 p=2 {NOW_NS}")
    marks = ["estimated=t" in head for head, _at, _value in found["rows"]]
    assert marks == ([False] if estimated is None else [estimated, False])  # a channel of another name waits
    assert [name for name, _at, _value in found["waiting"]] == [] if estimated is not None else len(found["waiting"]) == 1


def test_many_lines_that_say_it_are_read_at_once_beside_those_that_do_not() -> None:
    heads = ("m,h=1", "m,h=1,quality=estimated")
    found = alike("".join(f"{heads[n % 3 == 0]} p={n} {NOW_NS + n * 10**6}\n" for n in range(3000)))
    assert [("estimated=t" in head) for head, _at, _value in found["rows"]] == [n % 3 == 0 for n in range(3000)]


def test_what_waits_is_an_estimate_still_once_it_is_mapped(api: Api, world: World, stored: Stored, moment: datetime) -> None:
    def post(*lines: str) -> None:
        keyed = {"Authorization": f"Token {world.device_key}"}
        assert httpx.post(f"{api.url}/api/v2/write", headers=keyed, content="\n".join(lines), timeout=30).status_code == 204

    post(f'yard,row=1 power=5,quality="estimated" {ns(moment)}', f"yard,row=1 power=6 {ns(moment + timedelta(seconds=1))}")
    meter = meters.create_meter(SYSTEM, world.site_id, name="yard", role="condition").id
    for name in ("yard,quality=estimated,row=1 power", "yard,row=1 power"):
        channels.map_channel(SYSTEM, channel_id(world.device, "lines", name), meter_id=meter, quantity="power_kw")
    stored.settle()
    waiting_values.settle(SYSTEM, waiting_values.TASK.kind.arguments(), lambda _share, _what: None)
    assert told(stored, meter, "power_kw", moment) == [(5.0, True), (6.0, False)]

    def mapped() -> bool:
        post(f'yard,row=1 power=7,quality="estimated" {ns(moment + timedelta(seconds=2))}')
        return told(stored, meter, "power_kw", moment + timedelta(seconds=2)) == [(7.0, True)]

    eventually(mapped)


def test_a_reading_that_was_refused_is_an_estimate_still_once_it_is_put_right(
    as_holder: Callable[[str | None], Device], device_settings: Settings, world: World, stored: Stored, moment: datetime
) -> None:
    sender = as_holder(world.site_key)
    at = [(moment + timedelta(seconds=n)).isoformat() for n in range(4)]
    own = {"meter": world.grid, "quantity": "voltage_v", "value": 231.0, "unit": "centavolt-ish"}
    assert sender.readings(*({**own, "ts": ts} | each for ts, each in zip(at, (ESTIMATED, {}), strict=False))).status_code == 422
    body = {"quality": "estimated", "readings": [{**own, "ts": at[2]}, {**own, "ts": at[3], "unit": "V", "quality": "so so"}]}
    assert sender.client.post("/api/v1/readings", json=body).status_code == 422

    def kept(code: str, number: int) -> Any:
        page = refused.readings_page(SYSTEM, world.site_id, Wanted(search=code, count=500, sort="ts"))
        found = [each for each in page.rows if each.ts in at and each.code == code]
        return found if len(found) == number else None

    units, (odd,) = eventually(lambda: kept("unknown_unit", 3)), eventually(lambda: kept("unknown_quality", 1))
    assert ([each.quality for each in units], odd.quality) == (["estimated", "", "estimated"], "so so")
    assert replay(SYSTEM, device_settings, world.site_id, units[0].kind, Edit(unit="V")).stored == 3
    assert replay(SYSTEM, device_settings, world.site_id, odd.id, Edit()).refused == {"unknown_quality": 1}
    assert replay(SYSTEM, device_settings, world.site_id, odd.id, Edit(quality="actual")).stored == 1
    assert [estimated for _value, estimated in told(stored, world.grid, "voltage_v", moment)] == [True, False, True, False]
