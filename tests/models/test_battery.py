"""What a battery was like: the examples of each figure, and what no course of a battery may be told wrong."""

import doctest

import numpy as np
import pytest

from models import battery

NAN = float("nan")
RNG = np.random.default_rng(4)


def _days(count: int, capacity_kwh: float, one_way: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of quarters that begin at 10 %, are filled to 95 % in steps of any size, rest, and are emptied again."""
    soc, there, back = [], [], []
    for _ in range(count):
        up, down = RNG.dirichlet(np.ones(12)) * 85, RNG.dirichlet(np.ones(8)) * 85
        moved = np.concatenate([np.zeros(30), up, np.zeros(16), -down, np.zeros(30)])
        level = 10 + np.cumsum(moved)
        soc.append(level - moved / 2)  # the mean of a step in which it moves evenly
        there.append(np.maximum(moved, 0) / 100 * capacity_kwh / one_way)
        back.append(np.maximum(-moved, 0) / 100 * capacity_kwh * one_way)
    return np.concatenate(soc), np.concatenate(there), np.concatenate(back)


def test_the_examples_of_each_figure_hold() -> None:
    ran = doctest.testmod(battery)
    assert ran.attempted >= 12
    assert ran.failed == 0


@pytest.mark.parametrize("around", [1, 4])
def test_efficiency_and_capacity_of_a_battery_are_found_from_its_meters_alone(around: int) -> None:
    soc, there, back = _days(6, 13.5, 0.95)
    assert battery.round_trip(soc, there, back, around).efficiency == pytest.approx(0.9025, abs=0.002)
    held = battery.capacity(soc, there, back, around)
    assert held.kwh == pytest.approx(13.5, rel=0.01)
    assert (held.charges, held.discharges) == (6, 6)
    assert held.low_kwh <= held.kwh <= held.high_kwh


def test_a_gap_in_the_meters_is_never_counted_over() -> None:
    soc, there, back = _days(6, 10, 1.0)
    gap = slice(len(soc) // 2 - 20, len(soc) // 2 + 20)
    there[gap], back[gap] = NAN, NAN
    told = battery.round_trip(soc, there, back)
    assert told.efficiency == pytest.approx(1, abs=0.005)
    assert len(told.spans) == 2
    assert all(last <= gap.start or first >= gap.stop for first, last in told.spans)


def test_nothing_is_told_of_what_was_too_little() -> None:
    soc, there, back = _days(1, 10, 0.9)
    assert np.isnan(battery.round_trip(soc, there, back).efficiency)  # 85 points came in
    assert np.isnan(battery.capacity(soc, there, back).kwh)
    nothing = np.full(3, NAN)
    assert np.isnan(battery.round_trip(nothing, nothing, nothing).efficiency)
    assert battery.cycles_by_depth(nothing).sum() == 0


def test_a_course_of_hours_in_quarters_is_still_only_where_its_hours_are() -> None:
    hours = np.array([10.0, 10, 10, 40, 80, 90, 90, 60, 10, 10, 10])
    at, states = battery._still(np.repeat(hours, 4), 4)
    assert set(np.round(states).tolist()) == {10.0, 90.0}
    assert 24 in at.tolist()


def test_cycles_are_counted_by_their_depth() -> None:
    course = np.array([50.0, 90, 20, 60, 40, 95, 95, 94.5, 95])
    assert battery.cycles_by_depth(course).tolist() == [1.0, 0.5, 0.5, 0.5]  # 40–60 within, halves of 40, 70 and 75
    assert battery.cycles_by_depth(np.repeat(course, 3)).tolist() == [1.0, 0.5, 0.5, 0.5]


def test_charge_is_dear_from_the_grid_and_cheap_from_the_roof() -> None:
    charged, discharged = np.array([[3.0, 1, 0, 0]]), np.array([[0.0, 0, 2, 1.5]])
    imported, exported = np.array([1.0, 0, 0, 0]), np.array([0.0, 4, 0, 1])
    price, export = np.array([0.1, 0.2, 0.5, 0.4]), np.array([0.05, 0.05, 0.05, 0.2])
    told = battery.worth(charged, discharged, imported, exported, price, export)
    net = imported - exported + (discharged - charged)[0]  # of the site without its battery
    without = np.maximum(net, 0) * price - np.maximum(-net, 0) * export
    assert told.earned == pytest.approx((without - imported * price + exported * export).sum())
    assert (told.bought_kwh, told.sold_kwh) == (pytest.approx([1.0]), pytest.approx([1.0]))
    price[2] = NAN
    partly = battery.worth(charged, discharged, imported, exported, price, export)
    assert partly.earned == pytest.approx(told.earned - 2 * 0.5)
    assert partly.priced == pytest.approx([1 - 2 / 7.5])
