"""What people write for a day or a moment is what their site's clocks show, and never another moment than they meant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.parts import moments, written
from store.errors import Refused


def read(text: str, zone: str, *, end_of_day: bool = False) -> str:
    found = written.moment(text, ZoneInfo(zone), end_of_day=end_of_day)
    assert found
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("2026-10-25", "Europe/Berlin", "2026-10-24 22:00", "2026-10-25 23:00"),
        ("2026-03-08", "America/Havana", "2026-03-08 05:00", "2026-03-09 04:00"),  # it begins at 01:00
        ("2026-11-01", "America/Havana", "2026-11-01 04:00", "2026-11-02 05:00"),  # midnight comes twice
        ("2026-10-04", "Australia/Lord_Howe", "2026-10-03 13:30", "2026-10-04 13:00"),
        ("2011-12-29", "Pacific/Apia", "2011-12-29 10:00", "2011-12-30 10:00"),  # the 30th never was
        ("2026-11-24", "Asia/Kathmandu", "2026-11-23 18:15", "2026-11-24 18:15"),
    ],
)
def test_a_day_is_the_local_day(text: str, zone: str, start: str, end: str) -> None:
    assert (read(text, zone), read(text, zone, end_of_day=True)) == (start, end)


def test_a_moment_is_what_the_clocks_show_or_what_its_offset_says() -> None:
    assert read("2026-10-25 03:00", "Europe/Berlin") == "2026-10-25 02:00"
    assert read("2026-10-25 02:30+02:00", "Europe/Berlin") == "2026-10-25 00:30"
    assert read("2026-10-25 02:30+01:00", "Europe/Berlin") == "2026-10-25 01:30"
    assert read("2026-11-24 12:00", "America/St_Johns") == "2026-11-24 15:30"


@pytest.mark.parametrize(
    ("text", "zone", "says"),
    [
        ("2026-03-29 02:30", "Europe/Berlin", "left out"),
        ("2026-10-04 02:15", "Australia/Lord_Howe", "left out"),
        ("2011-12-30", "Pacific/Apia", "left out by the calendar"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 02:30+02:00 or 2026-10-25 02:30+01:00"),
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-05 01:45+11:00 or 2026-04-05 01:45+10:30"),
        ("2026-11-01 00:00", "America/Havana", "twice"),
    ],
)
def test_a_time_that_is_no_moment_or_two_is_refused_and_says_what_to_write(text: str, zone: str, says: str) -> None:
    with pytest.raises(Refused, match=r"comes twice|left out") as refused:
        written.moment(text, ZoneInfo(zone))
    assert says in str(refused.value)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"])
def test_what_a_form_shows_is_read_as_the_same_moment(zone: str) -> None:
    for month, day in ((3, 8), (4, 5), (10, 25), (11, 1), (7, 1)):
        for minute in range(0, 24 * 60, 15):
            moment = datetime(2026, month, day, minute // 60, minute % 60, tzinfo=UTC)
            assert written.moment(moments.written(moment, ZoneInfo(zone)), ZoneInfo(zone)) == moment
            assert len(moments.written(moment, ZoneInfo(zone))) <= written.LONGEST
