"""What a local clock promises: every moment is in one period of the wall clock, and no two are called alike."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

import pytest

from models import local_time
from models.local_time import LENGTHS_S, STEPS, begin, clock, days, edges, labels, names

# A day on which each zone changes its clocks, or that is odd in another way.
CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/St_Johns": ("2026-11-01", "2010-11-07"),  # until 2011 at one minute past midnight
    "America/Havana": ("2026-03-08", "2026-11-01"),
    "Atlantic/Azores": ("2026-03-29", "2026-10-25"),
    "Africa/Cairo": ("2026-04-24", "2026-10-29"),
    "America/Asuncion": ("2023-03-25", "2023-10-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Antarctica/Troll": ("2026-03-29", "2026-10-25"),
    "Pacific/Chatham": ("2026-04-05", "2026-09-27"),
    "Asia/Kathmandu": ("2026-11-24",),
    "Pacific/Apia": ("2011-12-31", "2011-09-24"),
    "America/Caracas": ("2016-05-01",),
    "UTC": ("2026-06-01",),
}
CASES = [(zone, day, step) for zone, changed in CHANGES.items() for day in changed for step in STEPS]
LONG = [(zone, day, hours * 3600) for zone, changed in CHANGES.items() for day in changed for hours in (2, 3, 6)]
MINUTE = timedelta(minutes=1)


def hours(day: str, zone: str) -> list[tuple[str, float]]:
    """The rows of a day by hour: what they are called, and how long they last (h)."""
    start, end = days(date.fromisoformat(day), date.fromisoformat(day), ZoneInfo(zone))
    found = edges(start, end, "hour", ZoneInfo(zone))
    called = labels(found, "hour", ZoneInfo(zone))
    return [(called[at][11:], (b - a).total_seconds() / 3600) for at, (a, b) in enumerate(pairwise(found))]


@pytest.mark.parametrize(("zone", "day", "step"), [*CASES, *LONG])
def test_every_minute_is_in_the_one_period_that_its_wall_clock_says(zone: str, day: str, step: str | int) -> None:
    """Walked minute by minute, which knows nothing of grids and changes."""
    here = ZoneInfo(zone)
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=2)
    end = start + timedelta(days=4)
    found = edges(start, end, step, here)
    assert found[0] <= start
    assert found[-1] >= end
    assert len(found) == 2 or found[1] > start
    assert found[-2] < end
    minutes = [found[0] + n * MINUTE for n in range(int((found[-1] - found[0]) / MINUTE))]
    walls = [minute.astimezone(here).replace(tzinfo=None) for minute in minutes]

    def kind(wall: datetime) -> tuple[int, int]:
        if step == "month":
            return wall.year, wall.month
        return wall.toordinal(), (wall.hour * 60 + wall.minute) * 60 // step if isinstance(step, int) else 0

    expected = []
    newest = (0, 0)
    for at, wall in enumerate(walls):
        if step in ("day", "month") or isinstance(step, int):
            is_edge = kind(wall) > newest  # once begun, a day goes on though the clock is set back into the one before
            newest = max(newest, kind(wall))
        else:
            # By the clock before the minute or by the one after it: they differ where the clocks are changed.
            either = (wall, walls[at - 1] + MINUTE) if at else (wall,)
            is_edge = any(each.minute * 60 % LENGTHS_S[step] == 0 for each in either)
        if is_edge:
            expected.append(minutes[at])
    assert found[:-1] == expected


@pytest.mark.parametrize(("zone", "day", "step"), CASES)
def test_no_two_periods_are_called_the_same(zone: str, day: str, step: str) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=2)
    called = labels(edges(start, start + timedelta(days=4), step, ZoneInfo(zone)), step, ZoneInfo(zone))
    assert len({*called}) == len(called)


def test_a_change_by_half_an_hour_gives_one_short_row_and_then_rows_on_the_hour() -> None:
    spring = hours("2026-10-04", "Australia/Lord_Howe")
    assert spring[:4] == [("00:00", 1), ("01:00", 1), ("02:30", 0.5), ("03:00", 1)]
    assert spring[-1] == ("23:00", 1.0)
    assert sum(lasting for _, lasting in spring) == 23.5
    autumn = hours("2026-04-05", "Australia/Lord_Howe")
    assert autumn[1:4] == [("01:00", 1), ("01:30 UTC+10:30", 0.5), ("02:00", 1)]
    assert sum(lasting for _, lasting in autumn) == 24.5


@pytest.mark.parametrize(
    ("zone", "day", "count", "first"),
    [
        ("America/New_York", "2026-11-01", 25, ["00:00", "01:00 EDT", "01:00 EST", "02:00"]),
        ("America/Havana", "2026-11-01", 25, ["00:00 CDT", "00:00 CST", "01:00"]),
        ("America/Havana", "2026-03-08", 23, ["01:00", "02:00"]),
        ("Atlantic/Azores", "2026-10-25", 25, ["00:00 UTC", "00:00 UTC-01:00", "01:00"]),
        (
            "Antarctica/Troll",
            "2026-10-25",
            26,
            ["00:00", "01:00 UTC+02:00", "02:00 UTC+02:00", "01:00 UTC", "02:00 UTC", "03:00"],
        ),
        ("Asia/Kathmandu", "2026-11-24", 24, ["00:00", "01:00"]),
    ],
)
def test_a_day_has_the_hours_that_its_clock_shows(zone: str, day: str, count: int, first: list[str]) -> None:
    rows = hours(day, zone)
    assert [called for called, _ in rows][: len(first)] == first
    assert len(rows) == count
    assert {lasting for _, lasting in rows} == {1}


def test_kathmandus_hours_begin_at_a_quarter_past_in_utc() -> None:
    start, end = days(date(2026, 11, 24), date(2026, 11, 24), ZoneInfo("Asia/Kathmandu"))
    assert (start, end) == (datetime(2026, 11, 23, 18, 15, tzinfo=UTC), datetime(2026, 11, 24, 18, 15, tzinfo=UTC))


def test_a_day_that_the_calendar_left_out_has_no_row() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start, end = days(date(2011, 12, 28), date(2012, 1, 1), apia)
    assert labels(edges(start, end, "day", apia), "day", apia) == [
        *("2011-12-28", "2011-12-29", "2011-12-31"),
        *("2012-01-01", "2012-01-02"),
    ]
    none, same = days(date(2011, 12, 30), date(2011, 12, 30), apia)
    assert none == same


def test_a_day_begins_in_the_first_of_two_midnight_hours() -> None:
    havana = ZoneInfo("America/Havana")
    second_midnight = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 00:30 for the second time
    assert begin(second_midnight, "day", havana) == datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


def test_a_range_that_begins_where_a_period_does_begins_with_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = datetime(2026, 7, 1, 22, 0, tzinfo=UTC)
    assert edges(midnight, midnight + timedelta(hours=2), "hour", berlin) == [midnight + timedelta(hours=n) for n in range(3)]
    assert edges(midnight, midnight + timedelta(minutes=1), "hour", berlin) == [midnight, midnight + timedelta(hours=1)]
    assert begin(midnight, "day", berlin) == midnight
    assert begin(midnight - timedelta(microseconds=1), "day", berlin) == midnight - timedelta(days=1)


def test_a_clock_is_told_as_the_stretches_in_which_it_is_not_changed() -> None:
    start = datetime(2025, 11, 26, tzinfo=UTC)
    told = clock(ZoneInfo("Europe/London"), start, datetime(2026, 11, 26, tzinfo=UTC))
    assert told == [
        local_time.Stretch(start, 0, "GMT"),
        local_time.Stretch(datetime(2026, 3, 29, 1, tzinfo=UTC), 3600, "BST"),
        local_time.Stretch(datetime(2026, 10, 25, 1, tzinfo=UTC), 0, "GMT"),
    ]


@pytest.mark.parametrize("zone", CHANGES)
def test_the_stretches_of_a_clock_say_what_the_zone_says_all_the_time(zone: str) -> None:
    here, start = ZoneInfo(zone), datetime(2009, 1, 1, tzinfo=UTC)
    told = clock(here, start, datetime(2027, 1, 1, tzinfo=UTC))
    for stretch, after in pairwise([*told, local_time.Stretch(datetime(2027, 1, 1, tzinfo=UTC), 0, "")]):
        for moment in (stretch.since, after.since - timedelta(seconds=1)):
            assert moment.astimezone(here).utcoffset() == timedelta(seconds=stretch.offset_s)
    every = [(start + timedelta(hours=6 * n)).astimezone(here).utcoffset() for n in range(18 * 1461)]
    assert len([each for each, _ in groupby(every)]) == len([each for each, _ in groupby(told, lambda one: one.offset_s)])


def test_a_period_names_each_clock_that_it_was_told_by() -> None:
    new_york = ZoneInfo("America/New_York")
    assert names(new_york, *days(date(2026, 10, 31), date(2026, 11, 2), new_york)) == "EDT, then EST"
    assert names(new_york, *days(date(2026, 7, 1), date(2026, 7, 1), new_york)) == "EDT"
