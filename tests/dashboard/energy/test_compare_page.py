"""The page that compares says what its address names, and leads on from there; to whoever sees the site, of what they see."""

import json
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

import pytest

from dashboard.energy import compare_asked
from dashboard.energy.compare_asked import AVERAGE, TOTAL, Asked
from insight.building_facts import AREA
from insight.comparison import Dataset
from models.comparison import HOURS, WEEKDAY
from tests.dashboard.pages import call, opened, shown
from tests.dashboard.quality.conftest import Measured

TODAY = date(2026, 3, 31)
MARCH, FEBRUARY = Dataset((), date(2026, 3, 1), date(2026, 3, 31)), Dataset((), date(2026, 2, 1), date(2026, 2, 28))


def asked(query: str) -> Asked:
    return compare_asked.of_address("sit_a", dict(parse_qsl(query, keep_blank_values=True)), TODAY)


def test_datasets_are_told_with_what_leads_on_from_them(measured: Measured) -> None:
    browser, site, meter = measured.world.client("operator"), measured.world.site, measured.meter
    day = measured.day.date()
    page = shown(browser, f"/site/{site}/compare?of={meter}~{day}~{day},~{day}~{day}&step=hour&show=average")
    assert "Which took more, when, and by how much?" in page
    assert f"{measured.kwh:.1f} kWh" in page
    assert "Remove Hall meter" in page
    assert "Predict the days after Hall meter" in page
    assert "A year before" in page
    assert "Average" in page
    assert f"/site/{site}/calendar" not in page
    assert "The floor area of Hall meter is not known" in shown(browser, f"/site/{site}/compare?of={meter}~{day}~{day}&per=area")
    assert "no outdoor temperature" in shown(browser, f"/site/{site}/compare?of={meter}~{day}~{day}&per=degree_days")


def test_nobody_compares_what_they_do_not_see(measured: Measured) -> None:
    world = measured.world
    assert world.client("stranger").get(f"/site/{world.site}/compare").status_code == 404
    for what in (measured.meter, world.site, "nod_nothing", "<script>"):
        answer = world.client("chief").get(f"/site/{world.foreign_site}/compare?of={what}~2026-03")
        assert measured.meter not in answer.text.replace(f"of={what}", "")
    assert world.client("operator").get(f"/site/{world.site}/compare?of=mtr_nothing~2026-03").status_code == 404
    assert world.client("operator").get(f"/site/{world.site}/compare?of={world.foreign_site}~2026-03").status_code == 404


def test_a_site_without_meters_says_what_will_be_here(measured: Measured) -> None:
    assert "No meter yet" in shown(measured.world.client("chief"), f"/site/{measured.world.foreign_site}/compare")


def test_what_was_predicted_is_drawn_with_its_band_after_the_dataset(measured: Measured) -> None:
    world = measured.world
    last_month = compare_asked.of_address(world.site, {}, measured.day.date().replace(day=1)).datasets[0]
    page = compare_asked.of_address(world.site, {}, measured.day.date()).having(last_month).predicting(0)
    ahead = page.wanted().ahead
    assert ahead is not None
    days = (ahead.last - ahead.first).days + 1
    given = {
        "compare-predicted": {"mean": [5.0] * days, "low": [4.0] * days, "high": [6.5] * days},
        "compare-query": page.href().partition("?")[2],
        "compare-site": world.site,
    }
    answer = json.loads(call(world, opened(world, "operator"), "compare-figure-ahead.data", given))
    drawn = json.loads(answer["response"]["compare-figure-ahead"]["data"])["figure"]["data"]
    predicted = next(trace for trace in drawn if trace["name"].endswith("predicted"))
    assert [kwh for kwh in predicted["y"] if kwh is not None] == [5.0] * days
    assert max(kwh for kwh in predicted["meta"]["high"] if kwh is not None) == 6.5
    assert predicted["line"]["color"] == drawn[0]["line"]["color"]


def test_an_address_says_all_that_is_shown() -> None:
    for query in (
        "of=nod_a.nod_b~2026-03,~2026-02-03~2026-02-09~usual&by=weekday&show=average.total",
        "of=~2026-03,~2026-02&by=hours&step=hour&per=area",
        "of=~2024,sit_b~2024-01-01~2025-12-31&step=month&per=people",
        "of=~2026-02,~2026-03&predict=2",
    ):
        page = asked(query)
        assert asked(page.href().partition("?")[2]) == page
    page = asked("of=nod_a.nod_b~2026-03,~2026-02-03~2026-02-09~usual&by=weekday&per=area&show=total")
    assert page.datasets[0] == Dataset(("nod_a", "nod_b"), MARCH.first, MARCH.last)
    assert page.datasets[1] == Dataset((), date(2026, 2, 3), date(2026, 2, 9), usual=True)
    assert (page.alignment, page.step, page.per, page.extras) == (WEEKDAY, "day", AREA, (TOTAL,))


def test_without_any_datasets_this_month_lies_beside_the_one_before() -> None:
    assert asked("").datasets == (MARCH, FEBRUARY)


def test_datasets_are_added_removed_and_led_by_another() -> None:
    page = asked("of=~2026-03,~2026-02&predict=2")
    assert page.led_by(1).datasets == (FEBRUARY, MARCH)
    assert page.led_by(1).predicted == 0
    assert page.without(1).datasets == (MARCH,)
    assert page.without(1).predicted is None
    assert page.adding(MARCH) == page
    assert page.showing(AVERAGE).showing(TOTAL).showing(AVERAGE).extras == (TOTAL,)
    january = Dataset(("nod_b",), date(2026, 1, 1), date(2026, 1, 31))
    assert asked("of=~2026-03&add=nod_b&first=2026-01-01&last=2026-01-31&to=").datasets == (MARCH, january)
    assert asked("of=~2026-03&add=nod_b&first=2026-01-31&last=2026-01-01").datasets == (MARCH, january)
    together = asked("of=nod_a~2026-03&add=nod_b&first=2026-01-01&last=2026-01-31&to=1")
    assert together.datasets == (replace(MARCH, ids=("nod_a", "nod_b")),)
    apart = asked("of=nod_a~2026-03&add=sit_b&first=2026-03-01&last=2026-03-31&to=1")
    assert apart.datasets == (replace(MARCH, ids=("nod_a",)), replace(MARCH, ids=("sit_b",)))


@pytest.mark.parametrize(
    "query",
    [
        "of=~2026-13,x~y~z~q,~~,~2999-01&by=moon&step=zzz&per=joy&show=all&predict=99",
        "of=&add=&first=no+day&last=9999-99-99&to=7",
        "of=~0001-01-01~9999-12-31&predict=1",
        "of=" + ",".join(f"~2025-{month:02}" for month in range(1, 13)),
        "of=" + ".".join(f"nod_{n}" for n in range(500)) + "~2026-03&step=quarter",
        "of=~2026-03~usual&predict=1",
    ],
)
def test_whatever_an_address_says_some_of_it_is_shown(query: str) -> None:
    page = asked(query)
    assert len(page.datasets) <= compare_asked.MOST
    assert all(each.first <= each.last and len(each.ids) <= compare_asked.MOST_MEMBERS for each in page.datasets)
    assert page.predicted is None
    assert page.step in compare_asked.steps(page.datasets)


def test_months_are_of_whole_ones_and_have_neither_hours_nor_weekdays() -> None:
    assert asked("of=~2024-01-01~2025-12-31&step=month&by=hours").step == "day"
    assert asked("of=~2024-01-01~2025-12-31&by=hours").alignment == HOURS
    assert asked("of=~2024-01-01~2025-12-31").step == "month"
    assert asked("of=~2024-01-02~2025-12-31").step == "day"  # whose first month is no whole one
