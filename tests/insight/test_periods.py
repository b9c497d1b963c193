"""What the offered periods and steps promise."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from insight import periods

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)  # the day the clocks go forward


def test_today_starts_at_local_midnight() -> None:
    assert periods.period("today", LONDON, NOW).start == datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert periods.period("today", LONDON, NOW + timedelta(days=1)).start == datetime(2026, 3, 29, 23, 0, tzinfo=UTC)


def test_a_custom_period_holds_both_its_days_whole_even_a_short_one() -> None:
    chosen = periods.period("custom", LONDON, NOW + timedelta(days=9), "2026-03-29", "2026-03-29")
    assert chosen.length == timedelta(hours=23)
    assert not chosen.live


def test_a_custom_period_that_holds_today_ends_now() -> None:
    chosen = periods.period("custom", LONDON, NOW, "2026-03-28", "2026-03-29")
    assert chosen.end == NOW
    assert chosen.live


def test_today_starts_in_the_first_of_two_midnight_hours() -> None:
    second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 00:30 in Havana, for the second time
    assert periods.period("today", ZoneInfo("America/Havana"), second).start == datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("0001-01-01", "0001-01-02", "from 1970 on"),
        ("2026-03-01", "9999-12-31", "eight years"),
        ("2026-03-28T12:00+02:00", "2026-03-28", "first and a last day"),
        (None, "2026-03-01", "first and a last day"),
        ("x", "2026-03-01", "first and a last day"),
        ("2026-03-02", "2026-03-01", "before the first"),
        ("1990-01-01", "2026-03-01", "eight years"),
        ("2027-01-01", "2027-02-01", "in the future"),
    ],
)
def test_an_impossible_period_says_what_to_do(first: str | None, last: str, says: str) -> None:
    with pytest.raises(periods.Impossible, match=says):
        periods.period("custom", LONDON, NOW, first, last)


def test_a_day_that_the_calendar_left_out_is_told() -> None:
    with pytest.raises(periods.Impossible, match="2011-12-30 does not exist"):
        periods.period("custom", ZoneInfo("Pacific/Apia"), NOW, "2011-12-30", "2011-12-30")


@pytest.mark.parametrize("name", periods.RANGES)
def test_every_range_offers_its_own_step_and_stays_below_the_most_points(name: str) -> None:
    _, length, step = periods.RANGES[name]
    assert step in periods.steps(length)
    assert all(length / timedelta(minutes=each) <= periods.MOST_POINTS for each in periods.steps(length))


def test_a_year_cannot_be_drawn_in_five_minutes() -> None:
    year = timedelta(days=365)
    assert periods.steps(year) == [180, 360, 1440]
    assert periods.chosen_step("year", year, 5) == 1440
    assert periods.chosen_step("year", year, "180") == 180
    assert periods.chosen_step("year", year, "<script>") == 1440


def test_an_hour_is_drawn_as_finely_as_its_meters_report() -> None:
    hour = timedelta(hours=1)
    assert [periods.chosen_step("1h", hour, "auto", reported) for reported in (1, 5, 15, 60)] == [1, 5, 5, 5]
    assert periods.chosen_step("1h", hour, "1", 15) == 1
    assert periods.chosen_step("24h", timedelta(hours=24), "auto", 1) == 15
    assert periods.chosen_step("custom", timedelta(hours=3), "auto", 15) == 5


def test_a_custom_range_gets_a_step_by_its_length() -> None:
    assert periods.sensible_step("custom", timedelta(days=1)) == 5
    assert periods.sensible_step("custom", timedelta(days=3)) == 10
    assert periods.sensible_step("custom", timedelta(days=90)) == 360


def test_many_years_are_drawn_by_the_day() -> None:
    assert periods.steps(timedelta(days=5 * 365)) == [1440]


def test_steps_are_counted_in_utc() -> None:
    assert periods.on_step(datetime(2026, 3, 29, 12, 7, 31, tzinfo=UTC), 900) == datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
