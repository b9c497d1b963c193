"""The history says what some days were like, of whatever its address names; to whoever sees the site, of what they see."""

from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dashboard.energy import history_asked
from dashboard.figures import daily_pattern, history_course, load_duration
from models import statistics
from store.records.plant import buildings, graph
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.quality.conftest import Measured
from tests.store.series.conftest import LONG_AGO

TODAY = date(2026, 3, 31)
NAN = float("nan")


def asked(query: str) -> history_asked.Asked:
    return history_asked.of_address("sit_a", dict(parse_qsl(urlsplit(query).query)), TODAY)


def test_some_days_of_a_meter_are_told_and_lead_to_others(measured: Measured) -> None:
    browser, site = measured.world.client("operator"), measured.world.site
    day = measured.day.date()
    page = shown(browser, f"/site/{site}/history?of={measured.meter}&days=7")
    assert f"{measured.kwh:.1f} kWh in 7 days" in page
    assert "Three weeks of whole days or more" in page
    assert "% of the expected readings are there" in page
    for part in ("Load duration", "Peaks", "By hour of the day", "By weekday", "What do these figures mean?"):
        assert part in page
    assert f"/site/{site}/calendar?day={day}&of={measured.meter}" in page
    assert "history-chart-figure" in page
    empty = shown(browser, f"/site/{site}/history?of={measured.meter}&first=2001-01-01&last=2001-01-05")
    assert "There is no data of these days." in empty


def test_nobody_is_shown_the_history_of_what_they_do_not_see(measured: Measured) -> None:
    world = measured.world
    assert world.client("stranger").get(f"/site/{world.site}/history").status_code == 404
    assert world.client("chief").get(f"/site/{world.foreign_site}/history?of=nod_nothing").status_code in (200, 404)
    assert measured.meter not in world.client("chief").get(f"/site/{world.foreign_site}/history?of={measured.meter}").text
    assert world.client("operator").get(f"/site/{world.site}/history?of=mtr_nothing").status_code == 404


def test_a_site_without_meters_says_what_will_be_here(measured: Measured) -> None:
    assert "No meter yet" in shown(measured.world.client("chief"), f"/site/{measured.world.foreign_site}/history")


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("?", date(2026, 3, 2), TODAY),
        ("?days=7&until=2024-02-29", date(2024, 2, 23), date(2024, 2, 29)),
        ("?days=8&until=2999-01-01", date(2026, 3, 2), TODAY),
        ("?first=2024-02-01&last=2024-02-03", date(2024, 2, 1), date(2024, 2, 3)),
        ("?first=2026-03-30&last=2027-01-01", date(2026, 3, 30), TODAY),
        ("?first=2020-01-01&last=2026-03-31", date(2025, 3, 31), TODAY),
        ("?first=2026-03-30&last=2026-03-01", date(2026, 3, 2), TODAY),
        ("?first=2026-05-01&last=2026-06-01", date(2026, 3, 2), TODAY),
        ("?days=-7&until=no+day&first=0001-01-01&last=0001-01-02", date(2026, 3, 2), TODAY),
        ("?days=90&until=0001-01-01", date(1970, 4, 2), date(1970, 6, 30)),
    ],
)
def test_whatever_an_address_says_some_days_are_shown(query: str, first: date, last: date) -> None:
    told = asked(query)
    assert (told.first, told.last) == (first, last)


@pytest.mark.parametrize(
    "query", ["?", "?days=7", "?of=mtr_1&show=load&days=90&until=2025-06-01", "?first=2025-01-01&last=2025-01-10"]
)
def test_an_address_leads_to_itself_and_to_as_many_days_before_and_after(query: str) -> None:
    told = asked(query)
    assert asked(told.href()) == told
    before = told.before()
    assert before is not None
    earlier = asked(before)
    assert (earlier.last, earlier.days) == (told.first - timedelta(days=1), told.days)
    assert (earlier.subject_id, earlier.show, earlier.count) == (told.subject_id, told.show, told.count)
    after = earlier.after()
    assert after is not None
    assert asked(after) == told
    assert asked(told.newest()).last == TODAY
    assert asked(told.of_days(7)).days == 7


def test_one_cannot_leave_the_time_in_which_there_are_days() -> None:
    assert asked("?").after() is None
    assert asked("?days=90&until=0001-01-01").before() is None


def test_a_board_that_is_a_building_is_looked_at_like_any_other(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    block = graph.create_node(SYSTEM, world.site, name="North block", kind="bus", valid_from=LONG_AGO).id
    pages = [f"/site/{world.site}/{page}" for page in ("history", "calendar", "heat-map")]
    assert [browser.get(f"{page}?of={block}").status_code for page in pages] == [404] * 3, "a board is no subject"
    buildings.describe_building(SYSTEM, world.site, block, buildings.Facts(number="9"))
    for page in (*(f"{page}?of={block}" for page in pages), f"/site/{world.site}/compare"):
        told = shown(browser, page)
        assert "Buildings and plant \u00b7 North block" in told, page


def test_the_ghost_is_drawn_below_and_only_where_there_is_one() -> None:
    edges = pd.date_range("2026-03-01", periods=25, freq="h", tz="UTC")
    values, nothing = np.arange(24.0), np.full(24, NAN)
    drawn = history_course.figure(edges, values, values / 2, "kW", 7, ZoneInfo("Europe/Berlin"))
    assert [(trace["uid"], trace["name"]) for trace in drawn["data"]] == [("before", "7 days before"), ("shown", "These days")]
    alone = history_course.figure(edges, values, nothing, "%", 7, ZoneInfo("Europe/Berlin"))
    assert [trace["uid"] for trace in alone["data"]] == ["shown"]
    assert "rangemode" not in alone["layout"]["yaxis"]
    said = history_course.summary(edges, values, values / 2, "kW", ZoneInfo("Europe/Berlin"))
    assert said == "11.5 kW on average, at most 23.0 kW on Mon 2 Mar 2026 00:00; the days before 5.75 kW on average."


def test_a_duration_curve_says_in_words_and_numbers_what_it_draws() -> None:
    curve = statistics.load_duration(np.arange(1.0, 101.0))
    assert (
        load_duration.summary(curve) == "A tenth of the time 90.1 kW or more, half of the time 50.5 kW or more, always 1.00 kW."
    )
    [drawn] = load_duration.figure(curve)["data"]
    assert (drawn["x"][0], drawn["y"][0]) == (0, 100)
    assert (drawn["x"][-1], drawn["y"][-1]) == (100, 1)
    assert load_duration.summary(statistics.load_duration([])) == "No values in this period."


def test_a_pattern_names_its_highest_and_lowest_hours_and_leaves_out_days_that_were_not() -> None:
    hours = np.array([np.arange(24.0) + 1, np.full(24, NAN)])
    assert daily_pattern.summary(hours) == ("Working days: most from 23:00–24:00 (24.0 kW), least from 00:00–01:00 (1.00 kW).")
    assert [trace["uid"] for trace in daily_pattern.figure(hours)["data"]] == ["Working days"]
    assert daily_pattern.summary(np.full((2, 24), NAN)) == "No values in this period."
