"""The outlook of days says what weeks ahead take by days like them, in a band that holds, and which way it was found."""

from datetime import date, timedelta

import numpy as np
import pytest

from models import day_outlook
from models.day_outlook import LEVELLED, USUAL, YEARLY, TooFewDays, outlook
from models.usual_day import CLOSED, FREE

FIRST = date(2024, 1, 1)  # a Monday


def kinds(first: int, count: int) -> np.ndarray:
    return np.array([(FIRST + timedelta(days=first + n)).weekday() for n in range(count)])


def works(count: int, seed: int, scatter: float = 0.05) -> np.ndarray:
    """A works: 400 kWh on working days, 120 at weekends."""
    random = np.random.default_rng(seed)
    return np.where(kinds(0, count) < 5, 400.0, 120.0) * random.normal(1, scatter, count)


def test_a_month_of_days_follows_the_days_of_the_week_and_the_band_holds_what_happens() -> None:
    inside = []
    for seed in range(20):
        days = works(180 + 31, seed)
        told = outlook(days[:180], kinds(0, 180), kinds(180, 31))
        expected = np.where(kinds(180, 31) < 5, 400.0, 120.0)
        assert told.mean == pytest.approx(expected, rel=0.12)
        assert told.wape < 0.08
        assert (told.low <= told.mean).all()
        assert (told.mean <= told.high).all()
        inside.append(np.mean((days[180:] >= told.low) & (days[180:] <= told.high)))
    assert 0.8 < np.mean(inside) < 0.99


def test_holidays_and_shutdowns_that_are_known_ahead_are_counted_as_such() -> None:
    days, of = works(180, 1), kinds(0, 180)
    of[150:157], days[150:157] = CLOSED, 60.0
    ahead = kinds(180, 14)
    ahead[2], ahead[7:14] = FREE, CLOSED
    told = outlook(days, of, ahead)
    assert told.mean[2] == pytest.approx(120, rel=0.15)
    assert told.mean[7:14] == pytest.approx(np.full(7, 60), rel=0.05)


def test_the_way_with_the_smallest_error_is_taken_and_said() -> None:
    steady = works(180, 3)
    assert str(outlook(steady, kinds(0, 180), kinds(180, 28)).model) in (USUAL, LEVELLED)
    rising = steady * np.linspace(1, 3, 180)
    told = outlook(rising, kinds(0, 180), kinds(180, 28))
    assert str(told.model) != USUAL
    assert told.wape <= told.naive
    seasons = works(800, 4, 0.02) * (1.5 + np.cos(np.arange(800) / 365.25 * 2 * np.pi))
    told = outlook(seasons, kinds(0, 800), kinds(800, 60))
    assert str(told.model) == YEARLY
    expected = np.where(kinds(800, 60) < 5, 400, 120) * (1.5 + np.cos(np.arange(800, 860) / 365.25 * 2 * np.pi))
    assert told.mean.sum() == pytest.approx(expected.sum(), rel=0.05)


def test_gaps_and_single_extremes_move_nothing() -> None:
    days = works(180, 5)
    clean = outlook(days, kinds(0, 180), kinds(180, 14)).mean
    hurt = days.copy()
    hurt[[100, 120, 140]] = 9_000
    hurt[160:170] = np.nan
    assert outlook(hurt, kinds(0, 180), kinds(180, 14)).mean == pytest.approx(clean, rel=0.15)


def test_a_short_history_says_what_it_can_and_less_than_a_week_nothing() -> None:
    days = works(10, 6)
    told = outlook(days, kinds(0, 10), kinds(10, 31))
    assert told.tries == 0
    assert np.isnan(told.wape)
    assert np.isfinite(told.mean).all()
    assert told.mean[kinds(10, 31) < 5] == pytest.approx(np.full((kinds(10, 31) < 5).sum(), 400), rel=0.15)
    with pytest.raises(TooFewDays):
        outlook(days[:6], kinds(0, 6), kinds(6, 31))


def test_the_last_week_is_repeated_day_by_day() -> None:
    days = np.arange(15, dtype=float)
    days[12] = np.nan
    told, _ = day_outlook.weekly(days, kinds(0, 15), kinds(15, 9))
    assert told.tolist() == [8, 9, 10, 11, 5, 13, 14, 8, 9]
