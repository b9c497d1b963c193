"""The heat map shows when and where energy was used, of whatever its address names; to whoever sees the site."""

import doctest
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from dashboard.energy import heat_asked, heat_buildings, heat_hours
from dashboard.energy.heat_asked import AREA, BUILDINGS, KWH, USUAL
from dashboard.figures import shades
from dashboard.parts.reading import Reader
from insight.heat_map import Built, BuiltByDay, HoursByDay
from insight.subjects import Subject
from models.graph import Node
from store.records.plant.buildings import Facts
from tests.dashboard.pages import call, opened, shown
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.world import csrf

TODAY = date(2026, 3, 31)
DATES = [date(2026, 3, 25) + timedelta(days=n) for n in range(7)]
NAN = float("nan")


def asked(query: str) -> heat_asked.Asked:
    return heat_asked.of_address("sit_a", dict(parse_qsl(urlsplit(query).query)), TODAY)


def built(name: str, kwh: list[float], usual: list[float], **facts: Any) -> Built:
    node = Node(f"nod_{name.lower()}", name, "sink")
    return Built(node, Facts(**facts), None, np.array(kwh), np.array(usual), np.ones(7))


CAMPUS = BuiltByDay(
    DATES,
    [
        built(
            "Hall", [100.0, 200, 300, 400, 500, 600, 700], [400.0] * 7, number="110", floor_area_m2=50, latitude=52, longitude=0
        ),
        built("Lab", [700.0, 700, 700, 700, 700, 700, NAN], [NAN] * 7, latitude=52.001, longitude=0.004),
        built("Shed", [10.0] * 7, [20.0] * 7),
    ],
    np.array([False] * 6 + [True]),
    np.zeros(7, bool),
)


def test_the_examples_of_the_shades_hold() -> None:
    assert doctest.testmod(shades) == doctest.TestResults(0, 2)


def test_shades_of_what_is_all_the_same_or_not_known_are_the_middle_and_none() -> None:
    assert shades.between(np.array([[5.0, NAN], [5.0, 5.0]])) == [4, None, 4, 4]
    assert shades.between(np.full(2, NAN)) == [None, None]
    assert shades.around_nothing(np.array([0.01, -0.01, NAN])) == [4, 4, None]  # what is nearly usual has hardly a colour


def test_hours_and_buildings_of_a_site_are_shown(measured: Measured) -> None:
    browser, site = measured.world.client("operator"), measured.world.site
    day = measured.day.date()
    page = shown(browser, f"/site/{site}/heat-map?of={measured.meter}&days=7")
    assert "used most on" in page
    assert f"/site/{site}/calendar?day={day}&of={measured.meter}" in page
    assert "no data" in page
    assert '"data-scale": "heat"' in page
    for at, kept in (("?view=buildings", "heat"), ("?view=buildings&scale=safe", "safe")):
        page = shown(browser, f"/site/{site}/heat-map{at}")
        assert "Leave out: Hall" in page
        assert f'"data-scale": "{kept}"' in page


def test_the_colours_that_a_person_chose_are_theirs_in_every_browser(measured: Measured) -> None:
    world, path = measured.world, f"/site/{measured.world.site}/heat-map"
    browser = world.client("operator")
    assert '"data-scale": "heat"' in shown(browser, path)
    assert browser.post("/colours", data={"colours": "neutral"}, headers=csrf(browser)).status_code == 204
    assert '"data-scale": "neutral"' in shown(world.client("operator"), path)
    assert '"data-scale": "safe"' in shown(browser, f"{path}?scale=safe"), "what an address says is shown"
    assert '"data-scale": "neutral"' in shown(browser, path), "and not kept"
    assert '"data-scale": "heat"' in shown(world.client("root"), path)
    assert browser.post("/colours", data={"colours": "pink"}, headers=csrf(browser)).status_code >= 400
    assert '"data-scale": "neutral"' in shown(browser, path)


def test_another_day_is_told_of_to_whoever_sees_the_site_alone(measured: Measured) -> None:
    world = measured.world
    dates = [f"{measured.day.date() - timedelta(days=1)}", f"{measured.day.date()}"]
    given = {"heat-day": "30", "heat-asked": {"query": {"view": BUILDINGS}, "dates": dates}, "heat-site": world.site}
    operator, stranger = (opened(world, who) for who in ("operator", "stranger"))
    assert "Leave out" in call(world, operator, "heat-shown.children", given)
    assert "not_found" in call(world, stranger, "heat-shown.children", given)
    for wrong in ("31", "-1", "x", None, 9**9):
        assert "Leave out" in call(world, operator, "heat-shown.children", given | {"heat-day": wrong})


def test_nobody_is_shown_what_they_do_not_see(measured: Measured) -> None:
    world = measured.world
    assert world.client("stranger").get(f"/site/{world.site}/heat-map").status_code == 404
    assert world.client("operator").get(f"/site/{world.site}/heat-map?of=mtr_nothing").status_code == 404
    assert "No meter yet" in shown(world.client("chief"), f"/site/{world.foreign_site}/heat-map")


@pytest.mark.parametrize(
    ("query", "first", "last", "day"),
    [
        ("?", date(2026, 3, 1), TODAY, date(2026, 3, 30)),
        ("?days=7&until=2024-02-29", date(2024, 2, 23), date(2024, 2, 29), date(2024, 2, 29)),
        ("?days=7&until=2024-02-29&day=2024-02-25", date(2024, 2, 23), date(2024, 2, 29), date(2024, 2, 25)),
        ("?days=8&until=2999-01-01&day=2001-01-01", date(2026, 3, 1), TODAY, date(2026, 3, 1)),
        ("?until=0001-01-01&day=no+day", date(1970, 2, 2), date(1970, 3, 4), date(1970, 3, 4)),
    ],
)
def test_whatever_an_address_says_some_days_are_shown(query: str, first: date, last: date, day: date) -> None:
    told = asked(query)
    assert (told.first, told.last, told.day) == (first, last, day)


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?of=mtr_1&days=7&scale=safe",
        "?view=buildings&show=usual&place=map&day=2026-03-20&off=nod_a,nod_b&until=2026-03-25",
    ],
)
def test_an_address_leads_to_itself_and_to_the_days_before_and_after(query: str) -> None:
    told = asked(query)
    assert asked(told.href()) == told
    before = told.before()
    assert before is not None
    assert asked(before).last == told.first - timedelta(days=1)
    after = asked(before).after()
    assert after is not None
    assert asked(after).last == told.last


def test_a_building_is_left_out_and_taken_in_again() -> None:
    told = asked("?view=buildings")
    without = asked(told.toggled("nod_hall"))
    assert without.off == ("nod_hall",)
    assert asked(without.toggled("nod_hall")).off == ()
    said = heat_buildings.says(without, CAMPUS, CAMPUS.every[1:], 5, Reader())
    assert said == "2 buildings took 710 kWh on Mon 30 Mar 2026. Most: Lab, 700 kWh."


@pytest.mark.parametrize(
    ("measure", "at", "said"),
    [
        (KWH, 0, "3 buildings took 810 kWh on Wed 25 Mar 2026. Most: Lab, 700 kWh."),
        (AREA, 1, "3 buildings took 910 kWh on Thu 26 Mar 2026. Most: Hall, 4.00 kWh/m²."),
        (USUAL, 0, "3 buildings took 810 kWh on Wed 25 Mar 2026. Hall was furthest from usual: −75 %."),
        (KWH, 6, "2 buildings took 710 kWh on Tue 31 Mar 2026. Most: Hall, 700 kWh. The day is not over yet."),
    ],
)
def test_a_day_of_buildings_is_told_in_words(measure: str, at: int, said: str) -> None:
    of = asked(f"?view=buildings&show={measure}&days=7")
    assert heat_buildings.says(of, CAMPUS, CAMPUS.every, at, Reader()) == said


def test_on_the_map_north_is_up_and_what_has_no_coordinates_is_not_there() -> None:
    at = heat_buildings.places(CAMPUS.every, "map")
    assert at.keys() == {"nod_hall", "nod_lab"}
    (hall_x, hall_y), (lab_x, lab_y) = at["nod_hall"], at["nod_lab"]
    assert lab_x > hall_x  # east
    assert lab_y < hall_y  # north
    assert all(0 < each < 1 for each in (hall_x, hall_y, lab_x, lab_y))
    assert heat_buildings.places(CAMPUS.every, "plan") == {}
    assert heat_buildings.places(CAMPUS.every[2:], "map") == {}


def test_hours_are_told_in_words() -> None:
    kw = np.tile(np.arange(24.0)[:, None], (1, 7))
    kw[3] = NAN
    kw[5, 2] = 50.0
    told = HoursByDay(Subject("sit_a", "Campus", "site", "demand", "imported", "exported"), DATES, kw, 0.9, provisional=False)
    assert heat_hours.says(told, Reader()) == (
        "Campus used most on Fri 27 Mar 2026 between 05:00 and 06:00: 50.0 kW. "
        "On average it uses most between 23:00 and 24:00, and least between 00:00 and 01:00. "
        "90 % of the expected readings are there."
    )
    nothing = HoursByDay(told.subject, DATES, np.full((24, 7), NAN), NAN, provisional=False)
    assert heat_hours.says(nothing, Reader()) == "There is no data of these days."
