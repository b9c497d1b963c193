"""A trend of days: what the definition says, found pair by pair, and neither weekends nor one odd day pass for one."""

import doctest
from itertools import combinations
from statistics import median

import numpy as np
import pytest

from models import trend
from models.trend import Trend

NAN = float("nan")
WEEKDAYS = np.arange(91) % 7


def test_the_examples_hold() -> None:
    assert doctest.testmod(trend) == doctest.TestResults(0, 1)


def test_the_slope_is_the_median_over_pairs_of_days_of_one_weekday() -> None:
    random = np.random.default_rng(2)
    values = 100 + 0.3 * np.arange(91) + random.normal(0, 5, 91)
    values[[4, 40]] = NAN
    pairs = [
        (values[later] - values[earlier]) / (later - earlier)
        for earlier, later in combinations(range(91), 2)
        if (later - earlier) % 7 == 0 and np.isfinite(values[[earlier, later]]).all()
    ]
    told = trend.trend(values, WEEKDAYS)
    assert told.slope == pytest.approx(median(pairs))
    assert told.certain


def test_quiet_weekends_and_a_day_out_of_the_ordinary_are_no_trend() -> None:
    values = np.where(WEEKDAYS >= 5, 20.0, 100.0)[:30] + np.random.default_rng(4).normal(0, 1, 30)
    values[29] = 5_000.0
    told = trend.trend(values, WEEKDAYS[:30])
    assert abs(told.slope) < 0.2
    assert not told.certain


def test_scatter_alone_is_rarely_called_a_trend() -> None:
    random = np.random.default_rng(11)
    found = [trend.trend(random.normal(100, 10, 91), WEEKDAYS).certain for _ in range(400)]
    assert np.mean(found) < 0.08


def test_days_that_are_all_the_same_have_no_trend_and_one_week_tells_of_none() -> None:
    assert trend.trend(np.full(28, 7.0), WEEKDAYS[:28]) == Trend(0.0, certain=False)
    for days in ([], [NAN] * 28, [1.0, 2, 3, 4, 5, 6, 7]):
        told = trend.trend(days, WEEKDAYS[: len(days)])
        assert np.isnan(told.slope)
        assert not told.certain
