"""Days are what the site's calendar makes of them, and a site is open by its own clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from config.language import speaking
from models import calendars, official_holidays
from models.calendars import Period, day_kinds, open_hours
from models.official_holidays import official

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
JULY = (date(2026, 7, 1), date(2026, 7, 7))


def test_a_holiday_on_a_saturday_is_observed_on_the_day_that_the_law_says() -> None:
    assert list(official("US", "", *JULY)) == [date(2026, 7, 3), date(2026, 7, 4)]
    # Christmas Day and Boxing Day of 2027 fall on a weekend: Monday and Tuesday are bank holidays instead.
    late = official("GB", "ENG", date(2027, 12, 24), date(2027, 12, 31))
    assert {date(2027, 12, 27), date(2027, 12, 28)} <= late.keys()


def test_new_year_is_observed_in_the_year_before_too() -> None:
    assert date(2021, 12, 31) in official("US", "", date(2021, 12, 1), date(2021, 12, 31))


def test_each_part_of_a_country_has_its_own_holidays() -> None:
    epiphany = date(2026, 1, 6)
    assert epiphany in official("DE", "BY", epiphany, epiphany)
    assert epiphany not in official("DE", "BE", epiphany, epiphany)
    assert official("", "", *JULY) == {}


def test_holidays_are_named_in_the_readers_language() -> None:
    day = date(2026, 10, 3)
    assert official("DE", "", day, day) == {day: "German Unity Day"}
    with speaking("de"):
        assert official("DE", "", day, day) == {day: "Tag der Deutschen Einheit"}


def test_a_weekend_is_of_the_country() -> None:
    assert official_holidays.weekend("SA", 2026) == {4, 5}
    assert official_holidays.weekend("", 2026) == official_holidays.weekend("DE", 2026) == {5, 6}


def test_every_country_has_holidays_and_names_for_its_parts() -> None:
    parts = official_holidays.part_names("DE")
    assert (parts["BY"], len(parts)) == ("Bayern", 17)
    assert official_holidays.part_names("IS") == {}
    assert len(official_holidays.countries()) > 200


def test_days_are_shutdowns_before_holidays_before_weekends_before_school_holidays() -> None:
    periods = [
        Period("school", date(2026, 7, 1), date(2026, 7, 5), "Summer"),
        Period("shutdown", date(2026, 7, 3), date(2026, 7, 4), "Works"),
        Period("holiday", date(2026, 7, 2), date(2026, 7, 2), "Founders' day"),
    ]
    kinds = day_kinds(*JULY, {date(2026, 7, 2), date(2026, 7, 3)}, periods)
    assert kinds == ["school", "holiday", "shutdown", "shutdown", "weekend", "weekday", "weekday"]


def test_a_range_of_no_days_has_no_kinds() -> None:
    assert day_kinds(date(2026, 7, 2), date(2026, 7, 1)) == []
    assert calendars.own_days([Period("school", date(2026, 1, 1), date(2026, 1, 2))], "school", *JULY) == {}


def opened(first: date, kinds: list[str], hours: list[tuple[int, int]], zone: ZoneInfo) -> list[tuple[str, str]]:
    found = open_hours(first, kinds, [tuple(hours)] * 7, zone)
    return [(f"{start:%d %H:%M}", f"{end:%d %H:%M}") for start, end in found]


def test_hours_are_of_the_local_clock_and_closed_days_have_none() -> None:
    kinds = ["weekday", "holiday", "shutdown", "school"]
    assert opened(date(2026, 7, 1), kinds, [(8 * 60, 17 * 60)], BERLIN) == [
        ("01 06:00", "01 15:00"),
        ("04 06:00", "04 15:00"),
    ]


def test_hours_over_midnight_join_those_of_the_next_day() -> None:
    hours = [(0, 120), (22 * 60, 0)]  # to midnight, and on
    assert opened(date(2026, 1, 5), ["weekday"] * 2, hours, LONDON) == [
        ("05 00:00", "05 02:00"),
        ("05 22:00", "06 02:00"),
        ("06 22:00", "07 00:00"),
    ]
    around = open_hours(date(2026, 1, 5), ["weekday"] * 7, [((0, 1440),)] * 7, LONDON)
    assert around == [(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("day", "hours", "is_open"),
    [
        (date(2026, 3, 29), (150, 1020), ("29 01:00", "29 15:00")),  # 02:30 is left out: from when the clock goes on
        (date(2026, 3, 28), (1320, 150), ("28 21:00", "29 01:00")),
        (date(2026, 10, 25), (150, 1020), ("25 00:30", "25 16:00")),  # 02:30 comes twice: from the first
        (date(2026, 10, 24), (1320, 150), ("24 20:00", "25 01:30")),  # to the last
    ],
)
def test_hours_on_days_when_the_clocks_change(day: date, hours: tuple[int, int], is_open: tuple[str, str]) -> None:
    assert opened(day, ["weekday"], [hours], BERLIN) == [is_open]
