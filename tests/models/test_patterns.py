"""Patterns and peaks of a load: their examples, and what holds where little is known."""

import doctest

import numpy as np
import pytest

from models import patterns


def test_the_examples_hold() -> None:
    assert doctest.testmod(patterns) == doctest.TestResults(0, 3)


def test_a_group_without_a_known_step_has_no_mean() -> None:
    assert np.isnan(patterns.means([], [], 2)).all()
    assert patterns.means([np.nan, 4], [0, 1], 2) == pytest.approx([np.nan, 4], nan_ok=True)


def test_each_day_has_one_peak_and_the_first_of_equal_ones() -> None:
    values = np.array([3.0, 3.0, np.nan, 8.0, 1.0, 8.0])
    assert patterns.peaks(values, [1, 1, 1, 2, 2, 3], 5).tolist() == [3, 5, 0]
    assert patterns.peaks([np.nan], [1], 5).tolist() == []
