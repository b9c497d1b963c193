"""What is made of the means of a supply: unbalance as three phasors have it, counts within limits, and times outside them."""

import doctest

import numpy as np
import pytest

from config import limits
from models import power_quality
from models.power_quality import Counted, Outside

TURN = np.exp(2j * np.pi / 3)


def test_the_examples_hold() -> None:
    for module in (power_quality, limits):
        ran = doctest.testmod(module)
        assert (ran.attempted > 0, ran.failed) == (True, 0)


def phasors(random: np.random.Generator) -> np.ndarray:
    """Voltages of three phases to neutral, a little off."""
    sizes, angles = 230 + random.normal(0, 6, 3), random.normal(0, 0.03, 3)
    return np.asarray(sizes * TURN ** np.array([0, 2, 1]) * np.exp(1j * angles))


def test_voltages_between_phases_tell_the_negative_sequence_exactly() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        l1, l2, l3 = phasors(random)
        positive, negative = l1 + TURN * l2 + TURN**2 * l3, l1 + TURN**2 * l2 + TURN * l3
        told = power_quality.unbalance_between_phases(abs(l1 - l2), abs(l2 - l3), abs(l3 - l1))
        assert float(told) == pytest.approx(100 * abs(negative) / abs(positive), rel=1e-6)


def test_an_unbalance_is_nothing_without_all_three_voltages_or_where_no_triangle_has_them() -> None:
    nan = float("nan")
    between, phases = power_quality.unbalance_between_phases, power_quality.unbalance_of_phases
    assert between([400.0], [400.0], [400.0]) == pytest.approx([0.0], abs=1e-6)
    assert np.isnan(between([400.0, nan, 0.0], [400.0, 400.0, 0.0], [900.0, 400.0, 0.0])).all()
    assert np.isnan(phases([230.0, 0.0], [nan, 0.0], [230.0, 0.0])).all()
    assert phases(230.0, 225.0, 235.0) == pytest.approx(100 * 5 / 230)


def test_a_value_on_a_limit_is_within_it_and_what_is_not_known_counts_nowhere() -> None:
    assert power_quality.counted([207.0, 253.0, 206.9, np.nan], 207.0, 253.0) == Counted(3, 2)
    assert power_quality.counted([0.96, 0.94], 0.95, None) == Counted(2, 1)
    assert power_quality.counted([], None, 2.0) == Counted(0, 0)
    assert np.isnan(Counted(0, 0).share)


def test_times_outside_end_where_nothing_is_known_and_name_the_value_furthest_out() -> None:
    values = [200.0, 195.0, np.nan, 206.0, 230.0, 260.0, 270.0, 255.0]
    assert [*power_quality.excursions(values, 207.0, 253.0)] == [Outside(0, 2, 1), Outside(3, 4, 3), Outside(5, 8, 6)]
    assert [*power_quality.excursions([np.nan], 207.0, 253.0)] == []


def test_a_mean_of_too_few_readings_is_none() -> None:
    known, usual = power_quality.means([230.0, 231.0, 229.0, 232.0], [60, 60, 29, 30])
    assert usual == 45
    assert np.isfinite(known).tolist() == [True, True, True, True]
    known, usual = power_quality.means([230.0, 231.0, 229.0, 232.0, 1.0], [60, 60, 29, 60, 0])
    assert usual == 60
    assert np.isfinite(known).tolist() == [True, True, False, True, False]
    assert power_quality.means([np.nan], [0])[1] == 0
