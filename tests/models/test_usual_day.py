"""What a day usually takes: unusual days are found, and seasons, weekends, holidays and weather are no alarm."""

from datetime import date, timedelta

import numpy as np
import pytest

from models.usual_day import CLOSED, FREE, usual, warmth

FIRST = date(2025, 1, 6)  # a Monday


def _kinds(count: int, first: date = FIRST) -> np.ndarray:
    return np.array([(first + timedelta(days=n)).weekday() for n in range(count)])


def _week(kinds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A works: 400 kWh on working days, 120 at weekends."""
    return np.where(kinds < 5, 400.0, 120.0) * random.normal(1, 0.02, len(kinds))


def test_a_day_that_takes_half_as_much_again_is_high_and_one_that_takes_half_is_low() -> None:
    kinds = _kinds(120)
    totals = _week(kinds, np.random.default_rng(1))
    totals[100] *= 1.5
    totals[110] *= 0.5
    found = usual(totals, kinds)
    assert np.flatnonzero(found.verdict > 0).tolist() == [100]
    assert np.flatnonzero(found.verdict < 0).tolist() == [110]
    assert found.middle[100] == pytest.approx(np.median(totals[[44, 51, 58, 65, 72, 79, 86, 93]]))
    assert (found.days[:28] < 4).all()
    assert np.isnan(found.middle[:28]).all()


def test_what_comes_later_changes_no_verdict() -> None:
    kinds = _kinds(140)
    totals = _week(kinds, np.random.default_rng(2))
    before = usual(totals[:100], kinds[:100])
    totals[100:] *= 3
    after = usual(totals, kinds)
    for early, late in zip(before, after, strict=True):
        np.testing.assert_array_equal(early, late[:100])


def test_a_holiday_is_compared_with_sundays_and_a_shutdown_with_shutdowns() -> None:
    kinds = _kinds(400)
    totals = _week(kinds, np.random.default_rng(3))
    totals[200], totals[201:206] = 121.0, 50.0
    plain = usual(totals, kinds)
    assert plain.verdict[200:205].tolist() == [-1] * 5
    kinds[200], kinds[201:206] = FREE, CLOSED
    told = usual(totals, kinds)
    assert told.verdict[200] == 0
    assert not told.verdict[201:206].any()
    assert told.days[201:206].tolist() == [0, 1, 2, 3, 4]


def test_a_cold_day_is_no_alarm_where_heating_explains_it_and_is_one_where_it_does_not() -> None:
    random = np.random.default_rng(4)
    kinds = _kinds(150)
    outdoors = random.normal(8, 3, 150)
    outdoors[140] = -12.0
    heated = _week(kinds, random) + 30 * np.maximum(15 - outdoors, 0)
    assert usual(heated, kinds).verdict[140] == 1
    explained = usual(heated, kinds, outdoors)
    assert explained.verdict[140] == 0
    assert explained.middle[140] == pytest.approx(heated[140], rel=0.05)
    heated[140] += 500
    assert usual(heated, kinds, outdoors).verdict[140] == 1


def test_a_course_follows_the_temperature_as_its_day_does_and_stays_where_nothing_is_known() -> None:
    random = np.random.default_rng(3)
    warm = random.uniform(0, 14, 60)
    warm[-1] = -10.0
    totals = 100 + 8 * (15 - warm)
    kinds = np.arange(60) % 7
    factor = warmth(totals, kinds, warm, 59)
    assert factor[59] == pytest.approx(totals[59] / np.median(totals[[59 - 7 * week for week in range(1, 9)]]), rel=0.01)
    assert (warmth(totals, kinds, None) == 1).all()
    assert warmth(totals, kinds, np.full(60, np.nan), 59)[59] == 1
    assert warmth(np.zeros(60), kinds, warm, 59)[59] == 1, "of nothing there is no more"


def test_what_differs_for_another_reason_is_not_put_down_to_the_temperature() -> None:
    kinds = [each % 7 for each in range(98)]
    warmth = np.random.default_rng(5).uniform(0, 14, 98)
    totals = np.where(np.arange(98) < 70, 100.0, 140.0)  # a term begins, in the cold as in the warmth
    told, plainly = usual(totals, kinds, warmth), usual(totals, kinds)
    np.testing.assert_array_equal(told.middle, plainly.middle)
    np.testing.assert_array_equal(told.verdict, plainly.verdict)


def test_days_that_are_not_known_are_neither_compared_with_nor_judged() -> None:
    kinds = _kinds(80)
    totals = _week(kinds, np.random.default_rng(5))
    totals[60:70] = np.nan
    found = usual(totals, kinds)
    assert not found.verdict[60:70].any()
    assert found.days[75] == 8
    assert np.isfinite(found.middle[60:]).all()


def test_days_that_nobody_asks_about_are_compared_with_all_the_same() -> None:
    values, kinds = np.random.default_rng(6).uniform(50, 100, 60), np.arange(60) % 7
    every, newest = usual(values, kinds), usual(values, kinds, since=50)
    for whole, part in zip(every.of(slice(50, None)), newest.of(slice(50, None)), strict=True):
        assert np.array_equal(whole, part)
    assert np.isnan(newest.middle[:50]).all()
