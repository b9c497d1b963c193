"""The first page of a solar home: its window is its address, and what it shows is told by cards, in words and by two charts."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.energy import solar_asked
from dashboard.energy.solar_asked import STEPS_MIN, WINDOWS
from dashboard.figures import lines, solar_home
from dashboard.figures.production_demand import Ahead, Outlook
from insight.course import Course
from insight.periods import Period
from tests.dashboard.pages import call, shown
from tests.dashboard.quality.conftest import Measured

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def of(**query: str) -> solar_asked.Asked:
    return solar_asked.of_address("sit_1", query, BERLIN, NOW)


@pytest.mark.parametrize("name", WINDOWS)
def test_each_window_ends_now_and_can_be_drawn(name: str) -> None:
    asked = of(window=name)
    assert (asked.end, asked.end - asked.start) == (NOW, WINDOWS[name][1])
    assert asked.period.live
    assert asked.step_min in asked.steps
    assert set(asked.steps) <= set(STEPS_MIN)
    assert asked.after() is None
    assert asked.newest() == asked.href()


def test_a_window_of_ones_own_is_by_the_clock_of_the_site_and_goes_back_and_on() -> None:
    asked = of(**{"from": "2026-06-30T10:00", "to": "2026-06-30T10:15"})
    assert asked.start == datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
    assert asked.steps == [5]
    assert "from=2026-06-30T09%3A45&to=2026-06-30T10%3A00" in (asked.before() or "")
    assert "from=2026-06-30T10%3A15&to=2026-06-30T10%3A30" in (asked.after() or "")
    assert asked.newest() == "/site/sit_1/solar?window=15m"
    assert of(step="30").href(window="7d") == "/site/sit_1/solar?window=7d&step=30"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "nonsense", "to": "2026-06-30T10:15"},
        {"from": "2026-06-30T10:15", "to": "2026-06-30T10:20"},
        {"from": "2027-01-01T00:00", "to": "2027-01-02T00:00"},
        {"from": "0001-01-01T00:00", "to": "2026-01-02T00:00"},
        {"window": "decade", "step": "7", "ahead": ""},
    ],
)
def test_an_address_that_means_nothing_shows_the_last_day(query: dict[str, str]) -> None:
    assert of(**query).href() == "/site/sit_1/solar"


def _course(inverters: int, steps: int = 96) -> Course:
    edges = lines.regular(NOW - timedelta(seconds=900 * steps), 900, steps)
    one = np.linspace(0, 5, steps)
    return Course(edges, one * inverters, one, one, None, {f"Inverter {n}": one for n in range(inverters)})


def test_few_inverters_stand_on_each_other_and_many_are_names_that_are_clicked() -> None:
    period = Period(NOW - timedelta(hours=24), NOW, live=True)
    few = solar_home.production(_course(3), period, NOW, BERLIN, None)["data"]
    assert [trace["meta"]["stack"] for trace in few] == ["Production"] * 3
    many = solar_home.production(_course(17), period, NOW, BERLIN, None)["data"]
    assert [trace["visible"] for trace in many] == [True] + ["legendonly"] * 17
    assert len(solar_home.production(_course(17, 2976), period, NOW, BERLIN, None)["data"]) == 1


def test_both_charts_are_over_the_same_time_with_a_forecast_too() -> None:
    period = Period(NOW - timedelta(hours=24), NOW, live=True)
    hours = [1.0] * 24
    ahead = Outlook(demand=Ahead(NOW, 3600, hours, hours, hours))
    over = [draw(_course(2), period, NOW, BERLIN, ahead) for draw in (solar_home.production, solar_home.demand)]
    assert over[0]["layout"]["xaxis"] == over[1]["layout"]["xaxis"]
    assert over[0]["layout"]["xaxis"]["range"][1] == "2026-07-02T12:00:00Z"
    assert [[trace["uid"] for trace in each["data"] if trace["uid"].startswith("forecast")] for each in over] == [
        [],
        ["forecast-demand"],
    ]


def test_the_page_says_what_was_used_and_goes_on_by_itself(measured: Measured) -> None:
    world = measured.world
    day = f"{measured.day:%Y-%m-%d}"
    path = f"/site/{world.site}/solar?from={day}T00:00&to={day}T06:00"
    operator = world.client("operator")
    page = shown(operator, path)
    assert "Solar home" in page
    assert "Demand, total" in page
    assert "Production, peak" in page
    given = {"solar-site": world.site, "solar-query": path.partition("?")[2]}
    answer = json.loads(call(world, operator, "solar-says.children", given))["response"]
    assert answer["solar-says"]["children"] in page
    assert "solar-demand-again" in answer
    assert world.client("stranger").get(path).status_code == 404
    assert "No meter on this site yet" in shown(world.client("chief"), f"/site/{world.foreign_site}/solar")
