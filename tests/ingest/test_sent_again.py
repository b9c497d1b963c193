"""The same reading again changes nothing; another value for the same key replaces it, and the verdict says so."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.ingest.world import HARDWARE, Api, Device, Stored, World

Hold = Callable[[str | None], Device]


def batch(world: World, moment: datetime, *values: float) -> list[dict[str, Any]]:
    return [
        {"meter": world.grid, "quantity": "power_kw", "ts": (moment + timedelta(seconds=n)).isoformat(), "value": value}
        for n, value in enumerate(values)
    ]


def once(api: Api, key: str, readings: list[dict[str, Any]]) -> dict[str, Any]:
    """Post over a connection of its own: it meets any of the processes."""
    answer = httpx.post(f"{api.url}/api/v1/readings", json={"readings": readings}, headers={"X-API-Key": key}, timeout=30)
    verdict: dict[str, Any] = answer.json()
    return verdict


@pytest.mark.parametrize("settled", [False, True], ids=["at once", "later"])
def test_the_same_again_changes_nothing_not_even_the_time_of_receipt(
    settled: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    sent = batch(world, moment, 1.5, 2.5, 3.5)
    ask = f"SELECT ts, value, received_at FROM telemetry WHERE meter = '{world.grid}' AND ts >= %s AND ts <= %s ORDER BY ts"
    around = (moment.replace(tzinfo=None), (moment + timedelta(seconds=5)).replace(tzinfo=None))
    assert site.readings(*sent).json() == {"accepted": 3, "replaced": 0, "rejected": []}
    if settled:
        stored.settle()
        first = stored(ask, *around)
    assert site.readings(*sent).json() == {"accepted": 3, "replaced": 0, "rejected": []}
    rows = stored(ask, *around)
    assert [value for _, value, _ in rows] == [1.5, 2.5, 3.5]
    assert len({received for _, _, received in rows}) == 1
    if settled:
        assert rows == first


@pytest.mark.parametrize("settled", [False, True], ids=["at once", "later"])
def test_another_value_replaces_and_the_verdict_says_so(
    settled: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    assert site.readings(*batch(world, moment, 1, 2, 3)).json()["replaced"] == 0
    if settled:
        stored.settle()
    assert site.readings(*batch(world, moment, 1, 20, 3, 4)).json() == {"accepted": 4, "replaced": 1, "rejected": []}
    assert stored.value(world.grid, "power_kw", moment + timedelta(seconds=1)) == 20
    assert stored.value(world.grid, "power_kw", moment + timedelta(seconds=3)) == 4


def test_the_verdict_is_exact_whichever_process_is_met(api: Api, world: World, stored: Stored, moment: datetime) -> None:
    for round_ in range(25):
        at = moment + timedelta(milliseconds=round_)
        assert once(api, world.site_key, batch(world, at, 1))["replaced"] == 0
        assert once(api, world.site_key, batch(world, at, 2))["replaced"] == 1
        assert once(api, world.site_key, batch(world, at, 2))["replaced"] == 0
        assert once(api, world.site_key, batch(world, at, 1))["replaced"] == 1
        assert stored.value(world.grid, "power_kw", at) == 1


def test_within_one_batch_the_last_value_stays(site: Device, world: World, stored: Stored, moment: datetime) -> None:
    (one,) = batch(world, moment, 1)
    answer = site.readings(one, one | {"value": 2}, one | {"value": 2}, one | {"value": 3})
    assert answer.json() == {"accepted": 4, "replaced": 2, "rejected": []}
    assert stored.value(world.grid, "power_kw", moment) == 3


def test_an_interval_is_another_row_than_a_sample_and_than_another_interval(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    (one,) = batch(world, moment, 1)
    answers = [site.readings(one | {"interval_s": seconds} if seconds else one) for seconds in (None, 900, 3600)]
    assert [answer.json()["replaced"] for answer in answers] == [0, 0, 0]
    assert site.readings(one | {"interval_s": 3600, "value": 7}).json()["replaced"] == 1
    assert stored.value(world.grid, "power_kw", moment) == 1
    assert stored.value(world.grid, "power_kw", moment - timedelta(seconds=3600), "intervals") == 7


def test_a_hardware_post_sent_again_with_another_value_says_so(gateway: Device, moment: datetime) -> None:
    sent = HARDWARE | {"timestamp": moment.isoformat()}
    assert gateway.hardware(sent).json()["replaced"] == 0
    assert gateway.hardware(sent | {"current_load": 43}).json() == {"accepted": 3, "replaced": 1, "rejected": []}


def test_a_sparse_history_and_a_dense_one_are_both_found_again(site: Device, world: World, moment: datetime) -> None:
    for step in (timedelta(hours=3), timedelta(seconds=20)):
        sent = [
            {"meter": world.grid, "quantity": "voltage_v", "ts": (moment - step * n).isoformat(), "value": 230 + n / 1000}
            for n in range(1, 150)
        ]
        assert site.readings(*sent).json()["replaced"] == 0
        assert site.readings(*sent).json() == {"accepted": 149, "replaced": 0, "rejected": []}
        changed = [one | {"value": one["value"] + 1} for one in sent]
        assert site.readings(*changed).json() == {"accepted": 149, "replaced": 149, "rejected": []}


def test_readings_of_a_closed_quarter_leave_a_marker_for_the_rollup(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    quarter = moment.replace(minute=moment.minute - moment.minute % 15, second=0)
    sent = batch(world, quarter + timedelta(seconds=1), 1, 2) + batch(world, quarter + timedelta(minutes=15), 3)
    began = datetime.now(UTC).replace(tzinfo=None)
    assert site.readings(*sent).status_code == 200
    marked = stored(f"SELECT ts FROM late WHERE meter = '{world.grid}' AND received_at >= %s ORDER BY ts", began)
    assert [ts for (ts,) in marked] == [quarter.replace(tzinfo=None), (quarter + timedelta(minutes=15)).replace(tzinfo=None)]


def test_what_was_stored_but_not_acknowledged_is_marked_when_it_is_sent_again(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    sent = batch(world, moment, 1)
    site.readings(*sent)
    began = datetime.now(UTC).replace(tzinfo=None)
    site.readings(*sent)  # changes nothing, but the first post may have died between its rows and their markers
    assert stored(f"SELECT ts FROM late WHERE meter = '{world.grid}' AND received_at >= %s", began)


def test_many_devices_at_once_all_get_their_own_verdict(api: Api, world: World, stored: Stored, moment: datetime) -> None:
    verdicts: dict[int, dict[str, Any]] = {}

    def post(number: int) -> None:
        good = batch(world, moment + timedelta(milliseconds=number), float(number))
        verdicts[number] = once(api, world.site_key, good if number % 3 else [*good, {"meter": "nobody"}])

    threads = [threading.Thread(target=post, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, verdict in verdicts.items():
        assert verdict["accepted"] == 1
        assert len(verdict["rejected"]) == (number % 3 == 0)
        assert stored.value(world.grid, "power_kw", moment + timedelta(milliseconds=number)) == number
