"""The same reading again changes nothing; another value for the same key replaces it, and the verdict says so when asked."""

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
    answer = httpx.post(
        f"{api.url}/api/v1/readings?replaced=1", json={"readings": readings}, headers={"X-API-Key": key}, timeout=30
    )
    verdict: dict[str, Any] = answer.json()
    return verdict


@pytest.mark.parametrize("settled", [False, True], ids=["at once", "later"])
def test_the_same_again_changes_nothing_not_even_the_time_of_receipt(
    settled: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    sent = batch(world, moment, 1.5, 2.5, 3.5)
    ask = f"SELECT ts, value, received_at FROM telemetry WHERE meter = '{world.grid}' AND ts >= %s AND ts <= %s ORDER BY ts"
    around = (moment.replace(tzinfo=None), (moment + timedelta(seconds=5)).replace(tzinfo=None))
    assert site.readings(*sent).json() == {"accepted": 3, "rejected": []}
    if settled:
        stored.settle()
        first = stored(ask, *around)
    assert site.readings(*sent).json() == {"accepted": 3, "rejected": []}
    rows = stored(ask, *around)
    assert [value for _, value, _ in rows] == [1.5, 2.5, 3.5]
    assert len({received for _, _, received in rows}) == 1
    if settled:
        assert rows == first


@pytest.mark.parametrize("settled", [False, True], ids=["at once", "later"])
def test_another_value_replaces_and_the_verdict_says_so(
    settled: bool, site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    assert site.readings(*batch(world, moment, 1, 2, 3), replaced="1").json()["replaced"] == 0
    if settled:
        stored.settle()
    assert site.readings(*batch(world, moment, 1, 20, 3, 4), replaced="1").json() == {
        "accepted": 4,
        "replaced": 1,
        "rejected": [],
    }
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
    answer = site.readings(one, one | {"value": 2}, one | {"value": 2}, one | {"value": 3}, replaced="1")
    assert answer.json() == {"accepted": 4, "replaced": 2, "rejected": []}
    assert stored.value(world.grid, "power_kw", moment) == 3


def test_an_interval_is_another_row_than_a_sample_and_than_another_interval(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    (one,) = batch(world, moment, 1)
    answers = [site.readings(one | {"interval_s": seconds} if seconds else one, replaced="1") for seconds in (None, 900, 3600)]
    assert [answer.json()["replaced"] for answer in answers] == [0, 0, 0]
    assert site.readings(one | {"interval_s": 3600, "value": 7}, replaced="1").json()["replaced"] == 1
    assert stored.value(world.grid, "power_kw", moment) == 1
    assert stored.value(world.grid, "power_kw", moment - timedelta(seconds=3600), "intervals") == 7


def test_a_hardware_post_sent_again_with_another_value_says_so(gateway: Device, moment: datetime) -> None:
    sent = HARDWARE | {"timestamp": moment.isoformat()}
    assert gateway.hardware(sent, replaced="1").json()["replaced"] == 0
    assert gateway.hardware(sent | {"current_load": 43}, replaced="1").json() == {"accepted": 3, "replaced": 1, "rejected": []}


def test_a_sparse_history_and_a_dense_one_are_both_found_again(site: Device, world: World, moment: datetime) -> None:
    for step in (timedelta(hours=3), timedelta(seconds=20)):
        sent: list[dict[str, Any]] = [
            {"meter": world.grid, "quantity": "voltage_v", "ts": (moment - step * n).isoformat(), "value": 230 + n / 1000}
            for n in range(1, 150)
        ]
        assert site.readings(*sent, replaced="1").json()["replaced"] == 0
        assert site.readings(*sent, replaced="1").json() == {"accepted": 149, "replaced": 0, "rejected": []}
        changed = [one | {"value": one["value"] + 1} for one in sent]
        assert site.readings(*changed, replaced="1").json() == {"accepted": 149, "replaced": 149, "rejected": []}


def test_the_count_is_only_for_those_who_ask(site: Device, gateway: Device, world: World, moment: datetime) -> None:
    sent = batch(world, moment, 1, 2)
    assert site.readings(*sent).json() == site.readings(*sent, replaced="0").json() == {"accepted": 2, "rejected": []}
    mixed = site.readings(*batch(world, moment, 5), {"meter": "nobody"}, replaced="1").json()
    assert (mixed["accepted"], mixed["replaced"], len(mixed["rejected"])) == (1, 1, 1)
    refused = site.readings(*sent, replaced="yes")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_replaced")
    assert gateway.hardware(HARDWARE, replaced="").status_code == 400


def test_ten_days_sent_again_change_one_value_when_one_is_changed(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    """960 quarters of an hour, posted twice, then once with one value changed: what gateways do that send all they have daily."""
    end = moment.replace(minute=0, second=0)
    sent: list[dict[str, Any]] = [
        {"meter": world.load, "quantity": "energy_kwh", "ts": (end - timedelta(minutes=15 * n)).isoformat(), "value": 1,
         "interval_s": 900}
        for n in range(960)
    ]  # fmt: skip
    where = f"FROM intervals WHERE meter = '{world.load}' AND interval_s = 900 AND ts >= %s AND ts < %s"
    span = ((end - timedelta(days=10)).replace(tzinfo=None), end.replace(tzinfo=None))
    assert site.readings(*sent, replaced="1").json() == {"accepted": 960, "replaced": 0, "rejected": []}
    first = stored(f"SELECT ts, value, received_at {where} ORDER BY ts", *span)
    assert (len(first), sum(value for _, value, _ in first)) == (960, 960)
    assert site.readings(*sent).json() == {"accepted": 960, "rejected": []}
    assert site.readings(*sent, replaced="1").json() == {"accepted": 960, "replaced": 0, "rejected": []}
    assert stored(f"SELECT ts, value, received_at {where} ORDER BY ts", *span) == first
    sent[300]["value"] = 2
    assert site.readings(*sent, replaced="1").json() == {"accepted": 960, "replaced": 1, "rejected": []}
    again = stored(f"SELECT ts, value, received_at {where} ORDER BY ts", *span)
    assert [(old, new) for old, new in zip(first, again, strict=True) if old != new] == [(first[959 - 300], again[959 - 300])]
    assert sum(value for _, value, _ in again) == 961


def test_samples_of_the_past_are_announced_before_they_are_written_and_only_when_they_change_something(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    quarter = moment.replace(minute=moment.minute - moment.minute % 15, second=0) - timedelta(days=20)
    sent = batch(world, quarter + timedelta(seconds=1), 1, 2) + batch(world, quarter + timedelta(minutes=15), 3)
    began = datetime.now(UTC).replace(tzinfo=None)
    asked = "SELECT ts, ts_end, received_at FROM late WHERE meter = %s AND ts <= %s AND ts_end > %s AND received_at >= %s"
    place = (world.grid, quarter.replace(tzinfo=None), quarter.replace(tzinfo=None), began)
    assert site.readings(*sent).status_code == 200
    ((first, last, announced),) = stored(asked, *place)
    assert (first, last) == (quarter.replace(tzinfo=None), (quarter + timedelta(minutes=30)).replace(tzinfo=None))
    ((written,),) = stored(
        "SELECT min(received_at) FROM telemetry WHERE meter = %s AND ts >= %s AND ts < %s", world.grid, first, last
    )
    assert announced <= written
    assert site.readings(*sent).status_code == 200
    assert len(stored(asked, *place)) == 1


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
