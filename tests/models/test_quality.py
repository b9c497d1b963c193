"""A meter's day is flagged by each rule for what it is for, with its evidence, and an ordinary day by none."""

from collections.abc import Callable

import numpy as np
import pytest

from models import quality
from models.quality import Course

QUARTER, DAYS = 900.0, 29
N = DAYS * 96
LAST = slice(N - 96, N)
START = N - 96
DAY_0 = 20_000  # a Saturday, as is the last day


def _course(**changed: object) -> Course:
    """Four weeks and a day, each rising from 1 kW at midnight to 2 kW at its end."""
    of_day = np.arange(N) % 96
    kw = 1 + of_day / 96
    day = DAY_0 + np.arange(N) // 96
    course = Course(
        starts_s=day * 86_400.0 + of_day * QUARTER,
        slot_s=QUARTER,
        forward_kwh=kw / 4,
        export_kwh=np.zeros(N),
        covered=np.ones(N),
        due=np.ones(N, bool),
        day=day,
        kind=np.maximum((day + 3) % 7 - 4, 0),
        capacity_kw=10.0,
        one_way=True,
        shines=False,
    )
    return course._replace(**changed)


def _with(change: Callable[[np.ndarray], None], **more: object) -> Course:
    kwh = _course().forward_kwh.copy()
    change(kwh)
    return _course(forward_kwh=kwh, **more)


def _set(where: int | slice, kw: float) -> Callable[[np.ndarray], None]:
    def change(kwh: np.ndarray) -> None:
        kwh[where] = kw / 4

    return change


def _scaled(by: float) -> Callable[[np.ndarray], None]:
    def change(kwh: np.ndarray) -> None:
        kwh[LAST] *= by

    return change


def _silent(first: int, last: int) -> Course:
    covered = np.ones(N)
    covered[first:last] = 0
    return _course(covered=covered)


def _export(kw: float) -> np.ndarray:
    kwh = np.zeros(N)
    kwh[START + 8 : START + 10] = kw / 4
    return kwh


NOON = START + 48
CASES = {
    "an ordinary day": (_course(), []),
    "a spike": (_with(_set(NOON, 9.0)), [("spike", 48, 49, 9.0, 1 + 94 / 96)]),
    "a spike below a tenth of the capacity": (_with(_set(NOON, 9.0), capacity_kw=100.0), []),
    "two high quarters are no spike's neighbours, three are a load": (_with(_set(slice(NOON, NOON + 3), 9.0)), []),
    "stuck for six hours": (_with(_set(slice(NOON, NOON + 24), 1.7)), [("stuck", 48, 72, 1.7, None)]),
    "the same for less": (_with(_set(slice(NOON, NOON + 23), 1.7)), []),
    "stuck since yesterday": (_with(_set(slice(START - 20, START + 10), 1.7)), [("stuck", 0, 10, 1.7, None)]),
    "a day of zeros": (
        _with(_set(LAST, 0.0)),
        [("low_day", 0, 96, 0.0, 35.875), ("zero", 0, 96, 0.0, 1.4947916)],
    ),
    "zeros where that is usual": (_with(_set(slice(0, N), 0.0)), []),
    "a dip": (_with(_set(NOON, 0.1), capacity_kw=5.0), [("dip", 48, 49, 0.1, 1.5)]),
    "a dip of what follows the sun": (_with(_set(NOON, 0.1), capacity_kw=5.0, shines=True), []),
    "far more than like days": (_with(_scaled(2.6)), [("high_day", 0, 96, 2.6 * 35.875, 35.875)]),
    "somewhat more": (_with(_scaled(2.4)), []),
    "far less": (_with(_scaled(0.2)), [("low_day", 0, 96, 0.2 * 35.875, 35.875)]),
    "less of what follows the sun": (_with(_scaled(0.2), shines=True), []),
    "another unit": (_with(_scaled(0.001)), [("unit", 0, 96, 0.035875, 35.875)]),
    "another unit of what follows the sun": (
        _with(_scaled(1000.0), shines=True, capacity_kw=None),
        [("unit", 0, 96, 35_875.0, 35.875)],
    ),
    "never near what it is rated for": (_course(capacity_kw=1500.0), [("unit_rated", 0, 96, 1 + 95 / 96, 1500.0)]),
    "rated for a little more than it ever is": (_course(capacity_kw=990.0), []),
    "what only stands by": (_with(_set(slice(0, N), 0.004), capacity_kw=22.0), [("stuck", 0, 96, 0.004, None)]),
    "right a week ago and wrong since, by its rating": (
        _with(_set(slice(N - 7 * 96, N), 1.5), capacity_kw=990.0),
        [("stuck", 0, 96, 1.5, None)],
    ),
    "a whole day beyond what it is rated for": (_course(capacity_kw=1.2), [("unit_rated", 0, 96, 1.4947916, 1.2)]),
    "part of a day beyond it": (_course(capacity_kw=1.4), []),
    "back on a one-way edge": (_course(export_kwh=_export(0.5)), [("reverse", 8, 10, 0.5, 0.0)]),
    "back on one that goes both ways": (_course(export_kwh=_export(0.5), one_way=False), []),
    "a hundredth of the capacity back": (_course(export_kwh=_export(0.1)), []),
    "a gap": (_silent(NOON, NOON + 5), [("gap", 48, 53, 1.25, 0.0)]),
    "less than an hour of silence": (_silent(NOON, NOON + 3), []),
    "a silence of which nothing was due": (_silent(NOON, NOON + 5)._replace(due=np.zeros(N, bool)), []),
    "half a day": (_silent(START, NOON), [("gap", 0, 48, 12.0, 0.0)]),
    "without a rating by what is usual": (_with(_set(NOON, 9.0), capacity_kw=None), [("spike", 48, 49, 9.0, 1 + 94 / 96)]),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_flags_what_it_is_for_with_its_evidence(case: str) -> None:
    course, wanted = CASES[case]
    midnight = course.starts_s[START]
    found = [
        (each.rule, (each.start_s - midnight) / QUARTER, (each.end_s - midnight) / QUARTER, each.value, each.expected)
        for each in quality.flags(course)
    ]
    assert [each[:3] for each in found] == [each[:3] for each in wanted]
    for (*_, value, expected), (*_, right, rather) in zip(found, wanted, strict=True):
        assert value == pytest.approx(right)
        assert expected == pytest.approx(rather) if rather is not None else np.isnan(expected)


def test_a_register_and_intervals_may_differ_by_half_a_percent_or_a_tenth_of_a_kwh() -> None:
    assert quality.disagrees(0, 1, 100.4, 100.0) == []
    assert quality.disagrees(0, 1, 1.09, 1.0) == []
    assert quality.disagrees(0, 1, 101.0, 100.0) == [("sum", 0, 1, 101.0, 100.0, "")]


def test_a_day_that_is_held_is_suspected_of_its_unit_where_a_thousandth_of_it_could_be() -> None:
    held = quality.Beyond(0.9, 9000.0)
    assert quality.beyond_its_rating(0, 1, held, 10.0) == [("unit_rated", 0, 1, 9000.0, 10.0, "")]
    assert quality.beyond_its_rating(0, 1, held, 7.0) == [], "9 kW are more than it can do"
    assert quality.beyond_its_rating(0, 1, held._replace(share=0.4), 10.0) == [], "a glitch among others"
    assert quality.beyond_its_rating(0, 1, held, None) == quality.beyond_its_rating(0, 1, held, 10.0, {}) == []


def test_a_node_that_adds_up_with_a_thousand_times_a_meter_is_told_of_it() -> None:
    assert quality.unbalanced(0, 1, 0.05, 50.0, 0.02) == [("unit_balanced", 0, 1, 0.05, 50.0, "")]
    assert quality.unbalanced(0, 1, 0.05, 50.0, 0.11) == quality.unbalanced(0, 1, 0.05, 50.0, 0.02, {}) == []
    assert quality.unbalanced(0, 1, 0.00005, 0.05, 0.0) == [], "of next to nothing nobody knows"


def test_a_clock_may_be_five_minutes_off() -> None:
    assert quality.clock(0, 1, 300) == []
    assert quality.clock(0, 1, -301) == [("clock", 0, 1, -301, 0.0, "")]


OTHERWISE = {
    "a spike": {"spike": 8.0},
    "stuck for six hours": {"stuck": 6.1},
    "a dip": {"dip": 5.0},
    "far more than like days": {"high_day": 2.7},
    "far less": {"low_day": 0.19},
    "another unit of what follows the sun": {"unit": 1000.0 / 1.0001 + 1},
    "never near what it is rated for": {"unit_rated": 800.0},
    "back on a one-way edge": {"reverse": 6.0},
    "a gap": {"gap": 1.5},
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_a_threshold_of_a_meters_own_takes_the_place_of_the_usual_one_and_a_rule_is_switched_off(case: str) -> None:
    course, wanted = CASES[case]
    [(rule, *_)] = wanted
    assert quality.flags(course, {**quality.THRESHOLDS, **OTHERWISE[case]}) == []
    without = {name: usual for name, usual in quality.THRESHOLDS.items() if name != rule}
    assert rule not in [each.rule for each in quality.flags(course, without)]
    least, most = quality.BOUNDS[rule]
    assert least <= quality.THRESHOLDS[rule] <= most


def test_what_is_ordinary_is_flagged_by_a_stricter_threshold() -> None:
    stricter = {"stuck": 5.75, "gap": 0.5, "high_day": 2.3, "reverse": 0.9}
    ordinary = {
        "stuck": "the same for less",
        "gap": "less than an hour of silence",
        "high_day": "somewhat more",
        "reverse": "a hundredth of the capacity back",
    }
    for rule, case in ordinary.items():
        found = quality.flags(CASES[case][0], {**quality.THRESHOLDS, rule: stricter[rule]})
        assert [each.rule for each in found] == [rule], case
    assert quality.disagrees(0, 1, 101.0, 100.0, {"sum": 2.0}) == quality.disagrees(0, 1, 200.0, 100.0, {}) == []
    assert quality.clock(0, 1, 301, {"clock": 400.0}) == quality.clock(0, 1, 9999, {}) == []


def _stood(quantity: str, value: float, count: int, since: int = 0, lasts_s: float = QUARTER, by: dict[str, float] | None = None):
    starts = since * QUARTER + np.arange(count) * lasts_s
    day = (0.0, 96 * QUARTER)
    given = (quantity, starts, np.full(count, lasts_s), np.full(count, value), day)
    return [
        (each.start_s / QUARTER, each.end_s / QUARTER, each.value, each.quantity)
        for each in quality.stuck_condition(*given, by or quality.THRESHOLDS)
    ]


def test_a_temperature_is_stuck_sooner_than_a_voltage_and_a_level_never() -> None:
    assert _stood("temperature_c", 21.5, 12, 20) == [(20, 32, 21.5, "temperature_c")]
    assert _stood("temperature_c", 0.0, 12) == [(0, 12, 0.0, "temperature_c")], "zero is a temperature like others"
    assert _stood("temperature_c", 21.5, 11) == []
    assert _stood("voltage_v", 231.2, 24, 40) == [(40, 64, 231.2, "voltage_v")]
    assert _stood("voltage_v", 231.2, 23) == _stood("irradiance_w_m2", 0.0, 96) == _stood("soc_pct", 80.0, 96) == []
    assert _stood("power_factor", 1.0, 96) == []
    assert _stood("voltage_v", 231.2, 40, -20) == [(0, 20, 231.2, "voltage_v")], "the part that is of the day"
    assert _stood("voltage_v", 231.2, 40, -40) == []
    assert _stood("temperature_c", 21.5, 6, 0, 3600.0) == [(0, 24, 21.5, "temperature_c")]
    assert _stood("temperature_c", 21.5, 5, 0, 3600.0) == [], "of few values nothing is said"
    assert _stood("voltage_v", 231.2, 24, by={"gap": 1.0}) == []
    assert len(_stood("voltage_v", 231.2, 12, by={"stuck": 3.0})) == 1


def test_a_condition_that_is_silent_between_is_not_stuck() -> None:
    starts = np.concatenate([np.arange(8), np.arange(9, 17)]) * QUARTER
    found = quality.stuck_condition("temperature_c", starts, np.full(16, QUARTER), np.full(16, 4.0), (0.0, 86_400.0))
    assert found == []
