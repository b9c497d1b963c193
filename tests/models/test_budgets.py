"""A month's projection is what was measured and what is usual of the rest; a budget fares by both."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from models import usual_day
from models.budgets import EXCEEDED, LIKELY, UNKNOWN, WITHIN, Projection, project, state
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


def test_the_rest_of_a_month_is_what_days_of_its_kinds_usually_take() -> None:
    found = project(*days(date(2026, 6, 15)), JUNE)
    # June 2026: 22 weekdays, 4 Saturdays, 4 Sundays; by the 14th 10, 2 and 2 of them.
    assert found == Projection(10 * 100 + 2 * 60 + 2 * 40, 22 * 100 + 4 * 60 + 4 * 40, 16)


def test_today_counts_by_what_was_measured_and_the_share_that_is_left() -> None:
    totals, kinds = days(date(2026, 6, 15))
    totals[JUNE_AT + 14] = 30.0
    found = project(totals, kinds, JUNE, today_left=0.75, today=14)
    assert found.so_far == 1230
    assert found.projected == pytest.approx(1200 + 30 + 75 + 11 * 100 + 2 * 60 + 2 * 40)


def test_a_part_of_today_changes_nothing_of_what_is_usual() -> None:
    totals, kinds = days(date(2026, 6, 15))
    totals[JUNE_AT + 14] = 0.001
    assert project(totals, kinds, JUNE, today_left=1.0, today=14).projected == pytest.approx(2600.001)


def test_a_holiday_to_come_is_expected_as_a_free_day() -> None:
    totals, kinds = days(date(2026, 6, 15))
    kinds[JUNE_AT + 17] = usual_day.FREE  # a Thursday
    assert project(totals, kinds, JUNE).projected == 2600 - 60


def test_a_day_that_is_missing_counts_by_what_is_usual() -> None:
    totals, kinds = days(date(2026, 6, 15))
    totals[JUNE_AT + 1] = math.nan
    assert project(totals, kinds, JUNE) == Projection(1100, 2600, 17)


def test_with_few_days_known_the_mean_of_the_last_weeks_stands_for_the_usual() -> None:
    found = project([10.0, 20.0, *[math.nan] * 28], [0, 1, *[2] * 28], 30, 0.0, 2)
    assert found == Projection(30, 30 + 28 * 15, 28)


def test_of_nothing_known_nothing_is_projected() -> None:
    found = project([math.nan] * 30, [0] * 30, 30)
    assert (found.so_far, math.isnan(found.projected)) == (0, True)
    assert state(1, found) == UNKNOWN


def test_a_month_that_is_over_is_what_was_measured() -> None:
    assert project([5.0] * 30, [0] * 30, 30) == Projection(150, 150, 0)


@pytest.mark.parametrize(
    ("so_far", "projected", "says"),
    [(50, 90, WITHIN), (50, 100, WITHIN), (50, 101, LIKELY), (101, 150, EXCEEDED), (101, math.nan, EXCEEDED)],
)
def test_a_budget_is_within_likely_to_be_exceeded_or_exceeded(so_far: float, projected: float, says: str) -> None:
    assert state(100, Projection(so_far, projected, 1)) == says


def test_days_are_compared_by_their_weekday_and_free_ones_apart() -> None:
    kinds = usual_kinds(date(2026, 6, 1), ["weekday", "school", "holiday", "shutdown", "weekday", "weekend", "weekend"])
    assert np.array_equal(kinds, [0, 1, usual_day.FREE, usual_day.CLOSED, 4, 5, 6])
