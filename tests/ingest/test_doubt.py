"""Readings that a meter cannot have made are taken, and the answer says that they are held."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.directory import Caller
from ingest.judge import Judge, Reading
from ingest.rows import Rows
from ingest.times import Window
from store.records.plant.directory import MeterEntry
from tests.ingest.world import HARDWARE, Device, Stored, World

COUNTER, POWER, ENERGY = "energy_total_kwh", "power_kw", "energy_kwh"
MINUTE = timedelta(minutes=1)


def caller(rated_kw: float | None = None, rollover_kwh: float | None = None) -> Caller:
    meter = MeterEntry("mtr_a", "sit_a", "dev_a", False, frozenset(), "counter", None, "main", False, rated_kw, rollover_kwh)
    return Caller("key_a", b"", False, False, True, 1, None, {"mtr_a": meter}, {"mtr_a": 60}, {"mtr_a": "dev_a"})


def held(
    of: Caller, quantity: str, values: list[float], start: datetime | None = None, **other: Any
) -> list[tuple[int | None, str]]:
    judge, first = Judge(of, Window(30, 300), Rows()), start or datetime.now(UTC) - timedelta(hours=2)
    judge.judge(
        [Reading("mtr_a", quantity, (first + n * MINUTE).isoformat(), value, **other) for n, value in enumerate(values)], None
    )
    assert not judge.problems
    assert [value for _, _, value in judge.rows.rows] == values, "all of them are stored"
    return [(each.index, each.code) for each in judge.rows.held]


@pytest.mark.parametrize(
    ("quantity", "values", "codes"),
    [
        (COUNTER, [549.73, 0, 549.73], [(1, "fall")]),
        (COUNTER, [19.150, 1255014.4, 19.151], [(1, "jump")]),
        (COUNTER, [100.0, 4294967.295, 100.1], [(1, "no_number")]),
        (COUNTER, [100.0, 100.1, 100.1, 100.3], []),
        (POWER, [1.0, 4294967.292, -4294967.295, 2.0], [(1, "no_number"), (2, "no_number")]),
        (POWER, [11.77, 771358.72, 11.77], [(1, "beyond_capacity")]),
        (POWER, [2000.0, -3000.0], []),
        ("voltage_v", [231.0, 99_999.0, 65_535.0, 230.0], [(1, "no_number"), (2, "no_number")]),
        ("voltage_v", [9_990.0, 9_999.0, 400.0], []),
        ("current_l2_a", [6553.5, 12.0], [(0, "no_number")]),
        ("temperature_c", [21.0, -40.0, -39.5, -40.0], [(1, "no_number")]),
        ("load_pct", [42.0, 199.0], []),
    ],
)
def test_what_a_meter_cannot_have_said_is_taken_and_held(
    quantity: str, values: list[float], codes: list[tuple[int, str]]
) -> None:
    assert held(caller(), quantity, values) == codes


def test_a_rating_says_what_is_too_much() -> None:
    rated = caller(rated_kw=10.0)
    assert held(rated, POWER, [11.0, 13.0, -13.0]) == [(1, "beyond_capacity"), (2, "beyond_capacity")]
    assert held(rated, ENERGY, [2.9, 3.1], interval_s=900) == [(1, "beyond_capacity")]


def test_a_register_that_rolls_over_did_not_fall() -> None:
    assert held(caller(rollover_kwh=838.8608), COUNTER, [838.831, 838.8576, 0.0133]) == []


def test_a_register_is_followed_from_post_to_post_and_late_readings_change_nothing() -> None:
    of, start = caller(), datetime.now(UTC) - timedelta(hours=12)
    assert held(of, COUNTER, [500.0, 500.1], start) == []
    assert held(of, COUNTER, [3.0], start - timedelta(hours=1)) == []
    assert held(of, COUNTER, [0.2], start + 3 * MINUTE) == [(0, "fall")]
    assert held(of, COUNTER, [0.3, 0.4, 0.5, 0.6], start + 4 * MINUTE)[-1:] != [(3, "fall")], "so it was reset"
    assert held(of, COUNTER, [0.6 + n / 10 for n in range(600)], start + 10 * MINUTE) == []
    assert held(of, COUNTER, [9000.0 * 1000], start + 640 * MINUTE) == [(0, "jump")], "also when many were read"


def test_a_post_is_answered_with_what_is_held_and_all_of_it_is_stored(
    site: Device, world: World, stored: Stored, moment: datetime
) -> None:
    values = [1.5, 4294967.292, 2.5]
    batch = [
        {"meter": world.grid, "quantity": POWER, "ts": (moment + n * timedelta(seconds=1)).isoformat(), "value": value}
        for n, value in enumerate(values)
    ]
    answer = site.readings(*batch)
    assert answer.status_code == 200
    assert answer.json() == {"accepted": 3, "rejected": [], "held": [{"code": "no_number", "index": 1}]}
    assert stored.value(world.grid, POWER, moment + timedelta(seconds=1)) == 4294967.292


def test_a_device_that_has_no_value_is_answered_that_it_is_held(gateway: Device, moment: datetime) -> None:
    post = HARDWARE | {"voltage": 99_999.0, "current1": 6553.5, "current": 12.0, "timestamp": moment.isoformat()}
    answer = gateway.hardware(post).json()
    assert answer["held"] == [{"code": "no_number", "field": "voltage"}, {"code": "no_number", "field": "current1"}]
    assert not answer["rejected"]


def test_a_dry_run_tells_what_would_be_held_and_teaches_nothing() -> None:
    of, start = caller(), datetime.now(UTC) - timedelta(hours=2)
    assert held(of, COUNTER, [500.0, 500.1], start) == []
    judge = Judge(of, Window(30, 300), Rows(dry_run=True))
    judge.judge([Reading("mtr_a", COUNTER, (start + n * MINUTE).isoformat(), 9e7) for n in range(2, 9)], None)
    assert [each.code for each in judge.rows.held] == ["jump"] * 3
    assert held(of, COUNTER, [500.2, 9e7], start + 10 * MINUTE) == [(1, "jump")]
