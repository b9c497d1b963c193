"""Which days a report is of, what they are compared with, and when one is due."""

import doctest
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from models import report_periods
from models.report_periods import (
    CUSTOM,
    MONTH,
    QUARTER,
    WEEK,
    YEAR,
    Span,
    as_many,
    before,
    ended,
    holding,
    next_due,
    over,
    year_before,
)

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_examples_hold() -> None:
    ran = doctest.testmod(report_periods)
    assert ran.attempted >= 5
    assert ran.failed == 0


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (WEEK, date(2025, 12, 29), date(2026, 1, 4)),
        (MONTH, date(2026, 1, 1), date(2026, 1, 31)),
        (QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        (YEAR, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_holds_its_day_and_follows_the_one_before_it(kind: str, first: date, last: date) -> None:
    span = holding(kind, date(2026, 1, 2))
    assert span == Span(first, last)
    assert (first - before(kind, span).last).days == 1
    assert holding(kind, before(kind, span).first) == before(kind, span)


def test_other_days_are_compared_with_as_many_before_them() -> None:
    span = Span(date(2026, 3, 10), date(2026, 3, 12))
    assert before(CUSTOM, span) == Span(date(2026, 3, 7), date(2026, 3, 9))
    assert year_before(CUSTOM, span) == Span(date(2025, 3, 10), date(2025, 3, 12))


def test_a_week_faces_the_same_days_of_the_week_a_year_before_and_a_leap_day_the_28th() -> None:
    week = holding(WEEK, date(2026, 3, 11))
    assert [day.weekday() for day in year_before(WEEK, week)] == [0, 6]
    assert year_before(CUSTOM, Span(date(2028, 2, 29), date(2028, 2, 29))) == Span(date(2027, 2, 28), date(2027, 2, 28))
    assert year_before(QUARTER, holding(QUARTER, date(2028, 2, 29))) == Span(date(2027, 1, 1), date(2027, 3, 31))


def test_of_a_period_that_is_not_over_only_whole_days_count_and_face_as_many() -> None:
    month = holding(MONTH, date(2026, 3, 31))
    assert over(month, date(2026, 3, 1)) is None
    told = over(month, date(2026, 3, 31))
    assert told == Span(date(2026, 3, 1), date(2026, 3, 30))
    assert as_many(before(MONTH, month), told.days) == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert over(month, date(2026, 6, 1)) == month


def test_the_last_period_that_is_over_ends_before_the_one_of_today() -> None:
    assert ended(MONTH, date(2026, 1, 1)) == Span(date(2025, 12, 1), date(2025, 12, 31))
    assert ended(WEEK, date(2026, 3, 29)) == Span(date(2026, 3, 16), date(2026, 3, 22))


def test_a_report_is_due_at_six_by_the_sites_clock_on_the_first_day_after_its_period() -> None:
    sunday = datetime(2026, 3, 29, 12, tzinfo=UTC)  # on which the clocks are set forward
    assert next_due(WEEK, sunday, BERLIN) == datetime(2026, 3, 30, 4, tzinfo=UTC)
    assert next_due(MONTH, sunday, BERLIN) == datetime(2026, 4, 1, 4, tzinfo=UTC)
    early = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # half past midnight on 1 March
    assert next_due(MONTH, early, BERLIN) == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert next_due(MONTH, datetime(2026, 3, 1, 5, tzinfo=UTC), BERLIN) == datetime(2026, 4, 1, 4, tzinfo=UTC)
