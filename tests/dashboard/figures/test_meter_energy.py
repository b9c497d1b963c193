"""The bars of a meter's energy: a gap is no zero, what is incomplete is paler, and each direction has its name."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.figures.meter_energy import Bars, figure, summary
from models import local_time

DAYS = [datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=n) for n in range(4)]
HERE = ZoneInfo("UTC")


def bars(forward: list[float], backward: list[float], coverage: list[float]) -> Bars:
    return Bars(DAYS, np.array(forward), np.array(backward), np.array(coverage), ("produced", "drawn"))


def test_a_day_without_readings_has_no_bar_and_one_with_few_is_paler() -> None:
    drawn = figure(bars([12, 0, 5], [0, 0, 0], [1, 0, 0.4]), "day", HERE)
    (only,) = drawn["data"]
    assert only["y"] == [12, None, 5]
    assert only["marker"]["color"] == ["@demand", "@demand/0.5", "@demand/0.5"]
    assert only["width"] == [0.8 * 86_400_000] * 3


def test_what_went_the_other_way_is_below_zero_and_named() -> None:
    drawn = figure(bars([12, 3, 5], [0, 2, 1], [1, 1, 1]), "day", HERE)
    assert [each["name"] for each in drawn["data"]] == ["Produced", "Drawn"]
    assert drawn["data"][1]["y"] == [0, -2, -1]
    assert summary(bars([12, 3, 5], [0, 2, 1], [1, 1, 1])) == "20.0 kWh produced, 3.00 kWh drawn."


def test_the_sentence_tells_what_is_missing() -> None:
    assert summary(bars([0, 0, 0], [0, 0, 0], [0, 0, 0])) == "No values in this period."
    assert "2 of 3 bars are of incomplete data" in summary(bars([12, 0, 5], [0, 0, 0], [1, 0, 0.4]))


def test_energy_that_a_counter_told_afterwards_is_drawn_pale_though_no_reading_came_then() -> None:
    drawn = figure(bars([12, 4, 0], [0, 0, 0], [1, 0, 0]), "day", HERE)
    assert drawn["data"][0]["y"] == [12, 4, None]
    assert drawn["data"][0]["marker"]["color"][1] == "@demand/0.5"
    assert summary(bars([12, 4, 0], [0, 0, 0], [1, 0, 0])).startswith("16.0 kWh produced")


@pytest.mark.parametrize(
    ("zone", "day", "count", "alike"),
    [
        ("America/New_York", "2026-11-01", 25, ["2026-11-01 01:00 EDT", "2026-11-01 01:00 EST"]),
        ("America/Havana", "2026-11-01", 25, ["2026-11-01 00:00 CDT", "2026-11-01 00:00 CST"]),
        ("Australia/Lord_Howe", "2026-10-04", 24, ["2026-10-04 02:30"]),
        ("Asia/Kathmandu", "2026-11-24", 24, []),
    ],
)
def test_each_hour_of_a_day_has_a_bar_of_its_own_as_wide_as_it_lasts(zone: str, day: str, count: int, alike: list[str]) -> None:
    here = ZoneInfo(zone)
    edges = local_time.edges(*local_time.days(date.fromisoformat(day), date.fromisoformat(day), here), "hour", here)
    known = np.ones(len(edges) - 1)
    drawn = figure(Bars(edges, known, known * 0, known, ("taken", "fed in")), "hour", here)
    (only,) = drawn["data"]
    assert len({*only["x"]}) == len(only["x"]) == count
    assert {*alike} <= {*drawn["layout"]["meta"]["labels"]}
    assert len({*drawn["layout"]["meta"]["labels"]}) == count
    lasting = [(b - a).total_seconds() for a, b in pairwise(edges)]
    assert only["width"] == [round(800 * seconds) for seconds in lasting]
