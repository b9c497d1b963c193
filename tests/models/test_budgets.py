"""A month's projection is what was measured and what is usual of the rest; a budget fares by both."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from models import usual_day
from models.budgets import EXCEEDED, LIKELY, NOTHING, UNKNOWN, WITHIN, Projection, project, state, together
from models.calendars import usual_kinds

FIRST = date(2026, 1, 1)  # a Thursday
JUNE_AT, JUNE = (date(2026, 6, 1) - FIRST).days, 30


def days(until: date) -> tuple[list[float], list[int]]:
    """Weekdays take 100, Saturdays 60, Sundays and holidays 40, from January to a day; nothing is known of it and the rest."""
    totals, kinds = [], []
    for at in range(JUNE_AT + JUNE):
        day = FIRST + timedelta(days=at)
        kinds.append(day.weekday())
        totals.append({5: 60.0, 6: 40.0}.get(day.weekday(), 100.0) if day < until else math.nan)
    return totals, kinds


def lacking(totals: list[float]) -> np.ndarray:
    """All of a day that nothing is known of, nothing of the others."""
    return np.isnan(totals).astype(float)


def exactly(so_far: float, projected: float, expected_days: int) -> Projection:
    """Of days that never differ."""
    return Projection(so_far, projected, projected, projected, expected_days)


def test_the_rest_of_a_month_is_what_days_of_its_kinds_usually_take() -> None:
    totals, kinds = days(date(2026, 6, 15))
    # June 2026: 22 weekdays, 4 Saturdays, 4 Sundays; by the 14th 10, 2 and 2 of them.
    expected = exactly(10 * 100 + 2 * 60 + 2 * 40, 22 * 100 + 4 * 60 + 4 * 40, 16)
    assert project(totals, lacking(totals), kinds, JUNE) == expected


def test_today_counts_by_what_was_measured_and_the_share_that_is_left_of_its_usual() -> None:
    totals, kinds = days(date(2026, 6, 15))
    missing = lacking(totals)
    totals[JUNE_AT + 14], missing[JUNE_AT + 14] = 30.0, 0.75
    found = project(totals, missing, kinds, JUNE)
    assert found.so_far == 1230
    assert found.projected == pytest.approx(1200 + 30 + 75 + 11 * 100 + 2 * 60 + 2 * 40)


def test_a_part_of_a_day_changes_nothing_of_what_is_usual() -> None:
    totals, kinds = days(date(2026, 6, 15))
    missing = lacking(totals)
    totals[JUNE_AT + 14] = 0.001
    assert project(totals, missing, kinds, JUNE).projected == pytest.approx(2600.001)


def test_a_holiday_to_come_is_expected_as_a_free_day() -> None:
    totals, kinds = days(date(2026, 6, 15))
    kinds[JUNE_AT + 17] = usual_day.FREE  # a Thursday
    assert project(totals, lacking(totals), kinds, JUNE).projected == 2600 - 60


def test_a_day_that_is_missing_counts_by_what_is_usual() -> None:
    totals, kinds = days(date(2026, 6, 15))
    totals[JUNE_AT + 1] = math.nan
    assert project(totals, lacking(totals), kinds, JUNE) == exactly(1100, 2600, 17)


def test_with_few_days_known_the_mean_of_the_last_weeks_stands_for_the_usual() -> None:
    totals = [10.0, 20.0, *[math.nan] * 28]
    found = project(totals, lacking(totals), [0, 1, *[2] * 28], 30)
    assert found[:2] == (30, 30 + 28 * 15)
    assert found.expected_days == 28


def test_of_nothing_known_nothing_is_projected() -> None:
    found = project([math.nan] * 30, [1.0] * 30, [0] * 30, 30)
    assert (found.so_far, math.isnan(found.projected), math.isnan(found.high)) == (0, True, True)
    assert state(1, found) == UNKNOWN


def test_a_month_that_is_over_is_what_was_measured() -> None:
    assert project([5.0] * 30, [0.0] * 30, [0] * 30, 30) == exactly(150, 150, 0)


def test_nine_of_ten_months_end_within_their_band() -> None:
    random, held, tries = np.random.default_rng(4), 0, 400
    kinds = [each % 7 for each in range(90)]
    for _ in range(tries):
        truth = random.normal(100, 10, 90)
        known = np.where(np.arange(90) < 70, truth, np.nan)
        found = project(known, lacking(list(known)), kinds, 30)
        held += found.low <= truth[60:].sum() <= found.high
    assert 0.8 < held / tries < 0.97


def test_what_is_due_by_the_month_is_added_and_a_month_is_at_least_its_least() -> None:
    found = Projection(100, 300, 280, 320, 20)
    assert found.beside(10, 30) == Projection(110, 330, 310, 350, 20)
    assert found.beside(10, 30, least=325) == Projection(110, 330, 325, 350, 20)
    assert math.isnan(NOTHING.beside(1, 2, 3).projected)


def test_several_things_scatter_each_by_itself() -> None:
    found = together([Projection(1, 10, 7, 13, 5), Projection(2, 20, 16, 24, 6)])
    assert found == pytest.approx((3, 30, 25, 35, 6))


@pytest.mark.parametrize(
    ("so_far", "projected", "says"),
    [(50, 90, WITHIN), (50, 100, WITHIN), (50, 101, LIKELY), (101, 150, EXCEEDED), (101, math.nan, EXCEEDED)],
)
def test_a_budget_is_within_likely_to_be_exceeded_or_exceeded(so_far: float, projected: float, says: str) -> None:
    assert state(100, Projection(so_far, projected, projected, projected, 1)) == says


def test_days_are_compared_by_their_weekday_and_free_ones_apart() -> None:
    kinds = usual_kinds(date(2026, 6, 1), ["weekday", "school", "holiday", "shutdown", "weekday", "weekend", "weekend"])
    assert np.array_equal(kinds, [0, 1, usual_day.FREE, usual_day.CLOSED, 4, 5, 6])
