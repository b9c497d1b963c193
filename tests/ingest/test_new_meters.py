"""What was created a moment ago is known to every road and process; names that mean nothing keep nobody busy."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from ingest import directory
from ingest.directory import Caller, Directory
from ingest.problem import Problem
from store.errors import StoreAway
from store.ids import channel_id
from store.records.plant import channels, devices, keys, meters
from store.scope import SYSTEM
from tests.ingest.test_lines_road import ns
from tests.ingest.world import Api, Device, Stored, World
from worker.tasks import waiting_values

Hold = Callable[[str | None], Device]


def created(world: World, name: str, **more: Any) -> str:
    return str(meters.create_meter(SYSTEM, world.site_id, name=name, role="condition", **more).id)


def test_the_first_reading_of_a_meter_is_taken_at_once(as_holder: Hold, world: World, stored: Stored, moment: datetime) -> None:
    reading = {"quantity": "frequency_hz", "ts": moment.isoformat(), "value": 50.01}
    holders = [as_holder(world.site_key) for _ in range(4)]  # connections meet both processes
    for turn in range(4):
        meter = created(world, f"new {turn}")
        for each in holders:
            answer = each.readings(reading | {"meter": meter}, reading | {"meter": world.panel})
            assert (answer.status_code, answer.json()["accepted"]) == (200, 2), answer.text
        assert stored.value(meter, "frequency_hz", moment) == 50.01


def test_a_field_means_what_its_device_was_told_a_moment_ago(
    as_holder: Hold, world: World, stored: Stored, moment: datetime
) -> None:
    own = created(world, "just mapped")
    device = devices.create_device(SYSTEM, world.site_id, name="just mapped", fields={"current_load": (own, "load_pct")}).id
    holder = as_holder(keys.create_key(SYSTEM, device_id=device))
    sent = {"energy_produced": 0, "energy_consumed": 0, "current_load": 5, "timestamp": moment.isoformat()}
    assert holder.hardware(sent).status_code == 200
    devices.map_fields(SYSTEM, device, {"current_load": (own, "load_pct"), "frequency": (own, "frequency_hz")})
    answer = holder.hardware(sent | {"frequency": 49.9})
    assert (answer.status_code, answer.json()["rejected"]) == (200, [])
    assert stored.value(own, "frequency_hz", moment) == 49.9


def test_a_channel_that_was_mapped_a_moment_ago_loses_nothing(api: Api, world: World, stored: Stored, moment: datetime) -> None:
    def said(at: datetime) -> int:
        line = f"new,row=1 voltage=231 {ns(at)}"
        return httpx.post(
            f"{api.url}/api/v2/write", headers={"Authorization": f"Token {world.device_key}"}, content=line, timeout=30
        ).status_code

    later = moment + timedelta(seconds=1)
    assert said(moment) == 204
    meter = created(world, "by line protocol")
    channels.map_channel(SYSTEM, channel_id(world.device, "lines", "new,row=1 voltage"), meter_id=meter, quantity="voltage_v")
    assert said(later) == 204
    stored.settle()
    waiting_values.settle(SYSTEM, waiting_values.TASK.kind.arguments(), lambda _share, _what: None)
    assert [stored.value(meter, "voltage_v", at) for at in (moment, later)] == [231, 231]


def caller(key_id: str = "key_one") -> Caller:
    return Caller(key_id, b"", False, False, True, 1, None, {}, {}, {})


def unknown(name: str) -> list[Problem]:
    return [Problem("out_of_range", "", "value", 9e9), Problem("unknown_meter", "", "meter", name)]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each look into the records, which have not changed."""
    found: list[object] = []
    monkeypatch.setattr(directory, "_load", found.append)
    return found


def test_many_who_send_nonsense_at_once_have_the_records_looked_at_once(looks: list[object]) -> None:
    async def sent() -> None:
        known = Directory()
        known.callers = {"key_one": caller()}
        tries = [known.learned(known.callers["key_one"], unknown(f"meter_{number}")) for number in range(500)]
        assert not any(await asyncio.gather(*tries))

    asyncio.run(sent())
    assert len(looks) == 1


def test_a_name_that_was_sought_in_vain_is_not_sought_again(looks: list[object]) -> None:
    async def sent() -> None:
        known = Directory()
        known.callers = {"key_one": caller()}
        for _ in range(20):
            assert not await known.learned(known.callers["key_one"], unknown("meter_retired"))
        assert not await known.learned(known.callers["key_one"], [Problem("out_of_range", "", "value", 9e9)])

    asyncio.run(sent())
    assert len(looks) == 1


def test_while_the_records_are_away_a_reading_is_judged_by_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    def away(version: object) -> None:
        looks.append(version)
        raise StoreAway("the records cannot be reached")

    async def sent() -> None:
        known = Directory()
        known.callers = {"key_one": caller()}
        monkeypatch.setattr(directory, "_load", away)
        for _ in range(5):
            assert not await known.learned(known.callers["key_one"], unknown("meter_one"))
        monkeypatch.setattr(directory, "_load", lambda _version: (2, {"key_one": caller()}, {}))
        await known.renew()
        assert await known.learned(known.callers["key_one"], unknown("meter_two")), "and sought again once they are back"

    asyncio.run(sent())
    assert len(looks) == 1
