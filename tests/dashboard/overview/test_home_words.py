"""What a resident reads of their home: the numbers in words, and nothing that is not known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.my_meters import home
from dashboard.parts.reading import Reader
from insight.own_home import OwnHome, Trend, Usual
from models.home import HomeEnergy

ZONE = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 11, 10, tzinfo=UTC)  # 12:00 in Berlin, a Thursday


PLAIN = HomeEnergy(5, 0, 0, 5, None)


def _home(*, usual: float | None = 4.0, today: HomeEnergy = PLAIN, change: float | None = None) -> OwnHome:
    edges = [NOON.replace(hour=22) + timedelta(days=day - 15) for day in range(15)] + [NOON]
    trend = Trend(edges, np.array([np.nan, *[8.0] * 13, 5.0]), np.array([0.0, *[1.0] * 14]), change)
    told = None if usual is None else Usual(NOON, usual, today.used or 0.0, 4)
    return OwnHome("North", ZONE, "EUR", 0.42, None, today, 1.25, 1.0, told, trend)


@pytest.mark.parametrize(
    ("usual", "says"),
    [
        (4.0, "25 % more than usual by 12:00 on a Thursday: 4.00 kWh"),
        (10.0, "50 % less than usual by 12:00 on a Thursday"),
        (5.1, "as usual by 12:00 on a Thursday"),
        (0.0, "usually by 12:00 on a Thursday: 0 kWh"),
        (None, "shown once two of your own weeks are measured"),
    ],
)
def test_today_is_told_against_the_same_weekday_by_the_same_time(usual: float | None, says: str) -> None:
    one = _home(usual=usual)
    assert says in home.usual(one.usual, one, Reader()).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("change", "says"), [(0.123, "12 % more"), (-0.4, "40 % less"), (0.01, "about the same"), (None, "once they are measured")]
)
def test_the_week_is_told_against_the_week_before(change: float | None, says: str) -> None:
    assert says in home.change(_home(change=change).trend)


def _said(one: OwnHome) -> dict[str, str]:
    [numbers] = home.facts([one], Reader())
    return {each.children[0].children: each.children[1].children[0].children for each in numbers.children}


def test_what_a_home_does_not_measure_is_not_told() -> None:
    assert list(_said(_home())) == ["Using now", "Used today", "Cost today"]
    roof_only = _said(_home(today=HomeEnergy(0, 0, 8, None, None)))
    assert "Used today" not in roof_only
    assert "Using now" not in roof_only
    both = _said(_home(today=HomeEnergy(5, 2, 8, 11, 0.75)))
    assert both["Own use"].replace("\N{NO-BREAK SPACE}", " ") == "75 %"
    assert both["Fed in today"] == "2.00 kWh"


@pytest.mark.parametrize("hour", [0, 10, 21])
def test_today_has_a_bar_as_wide_as_any_other_from_its_first_moment_on(hour: int) -> None:
    midnight = datetime(2026, 6, 10, 22, tzinfo=UTC)
    one = _home()
    trend = Trend([*one.trend.edges[:-2], midnight, midnight + timedelta(hours=hour)], one.trend.used, one.trend.coverage, None)
    figure = json.loads(home.chart([replace(one, trend=trend)]) or "")["figure"]
    assert len({*figure["data"][0]["width"]}) == 1
    assert figure["layout"]["meta"]["labels"][-1] == "2026-06-11"


def test_the_days_are_bars_and_a_day_of_which_nothing_is_known_has_none() -> None:
    told = json.loads(home.chart([_home()]) or "")
    assert told["figure"]["data"][0]["y"][0] is None
    assert told["figure"]["data"][0]["y"][-1] == 5
    assert home.chart([]) is None
    assert home.panel([], Reader()) is None
