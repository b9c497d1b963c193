"""Power quality says whether a week of the supply was as it should be, and leads to each time that it was not."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import clock
from config.limits import Limit
from dashboard.energy import supply_asked
from insight.power_quality import Excursion
from insight.shared import shared
from store.records.plant import last_values, limits
from store.records.plant.last_values import Last
from store.scope import SYSTEM
from tests.dashboard.pages import call, opened, shown
from tests.dashboard.quality.conftest import Measured
from tests.store.series.conftest import every

TODAY = date(2026, 3, 31)
SAG = timedelta(hours=2)


def supplied(measured: Measured) -> str:
    """The address of a week in which the second phase sags for half an hour."""
    moments = every(measured.day, 60, 1440)
    sags = measured.day + SAG
    low = [195.0 if sags <= at < sags + timedelta(minutes=30) else 231.0 for at in moments]
    with measured.site.at_once():
        for phase, volts in (("l1", [230.0] * 1440), ("l2", low), ("l3", [232.0] * 1440)):
            measured.site.samples(measured.meter, f"voltage_{phase}_v", moments, volts)
        measured.site.samples(measured.meter, "current_l1_a", moments, [10.0 + (at.hour == 5) for at in moments])
        measured.site.samples(measured.meter, "voltage_l1_v", [clock.now() - timedelta(seconds=20)], [229.4])
    shared.clear()
    return f"/site/{measured.world.site}/power-quality?week={measured.day.date()}"


def test_a_week_says_what_was_not_met_and_how_sure_that_is(measured: Measured) -> None:
    address = supplied(measured)
    page = shown(measured.world.client("operator"), address)
    assert re.search(r"(1|2) of 7 limits (was|were|is|are) not met\. Voltage in L2", page)
    assert "Some of it is only indicative." in page
    assert "indicative: read every 60 s, too few means" in page
    assert "195.5 to 253 V" in page
    assert "no angles between phases" in page
    assert "195 V" in page
    assert "outside the outer limit" in page
    assert "11 A" in page
    assert "Not covered, as no meter posts it: flicker, harmonics" in page
    assert "229.4" in page, "what the meter tells now"


def test_a_time_outside_the_limits_opens_its_chart(measured: Measured) -> None:
    address, browser = supplied(measured), measured.world.client("operator")
    begin = measured.day + SAG
    event = f"voltage_l2_v.{round(begin.timestamp())}"
    assert f"event={event}" in shown(browser, address)
    page = shown(browser, f"{address}&event={event}")
    assert f"Voltage in L2, {begin.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M %Z}" in page
    assert "Mean, least and greatest value of each step" in page
    soon = f"voltage_l2_v.{round(begin.timestamp()) + 300}"
    assert f"Voltage in L2, {begin.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M %Z}" in shown(
        browser, f"{address}&event={soon}"
    ), "what an alarm of single readings calls its begin"
    for other in ("voltage_l2_v.1", "nothing", "<script>"):
        assert "Voltage through the week" in shown(browser, f"{address}&event={other}")


def test_limits_of_the_site_are_those_that_are_counted(measured: Measured) -> None:
    address = supplied(measured)
    limits.set_limit(SYSTEM, measured.world.site, Limit("voltage_v", 190.0, 240.0, 180.0, 250.0, "the contract of 2026"))
    shared.clear()
    page = shown(measured.world.client("operator"), address)
    assert "190 to 240 V" in page
    assert "event=voltage_l2_v" not in page


def test_the_values_of_this_moment_are_asked_for_again(measured: Measured) -> None:
    supplied(measured)
    browser = opened(measured.world, "operator")
    given = {"supply-site": measured.world.site, "supply-of": measured.meter}
    assert "229.4" in call(measured.world, browser, "supply-now.children", given)
    stranger = opened(measured.world, "stranger")
    assert "229.4" not in call(measured.world, stranger, "supply-now.children", given)


def test_the_page_is_offered_where_a_meter_tells_of_its_supply_to_whoever_sees_it(measured: Measured) -> None:
    world, path = measured.world, f"/site/{measured.world.site}/power-quality"
    browser = world.client("operator")
    assert "No meter of this site tells of its supply yet" in shown(browser, path)
    assert f'href="{path}"' not in browser.get(f"/site/{world.site}/calendar").text
    supplied(measured)
    last_values.keep(SYSTEM, [Last(measured.meter, "voltage_l1_v", clock.now(), 229.4)])
    assert path in shown(browser, path)
    assert f'href="{path}"' in browser.get(f"/site/{world.site}/calendar").text
    assert world.client("stranger").get(path).status_code == 404
    for of in (world.site, "mtr_nothing", "<script>"):
        assert browser.get(f"{path}?of={of}").status_code == 404


@pytest.mark.parametrize(
    ("week", "monday", "before", "after"),
    [
        ("", date(2026, 3, 30), date(2026, 3, 23), None),
        ("2026-03-29", date(2026, 3, 23), date(2026, 3, 16), date(2026, 3, 30)),
        ("2999-01-01", date(2026, 3, 30), date(2026, 3, 23), None),
        ("0001-01-01", date(1970, 1, 5), None, date(1970, 1, 12)),
        ("no day", date(2026, 3, 30), date(2026, 3, 23), None),
    ],
)
def test_whatever_an_address_says_some_week_is_shown(week: str, monday: date, before: date | None, after: date | None) -> None:
    asked = supply_asked.of_address("sit_a", "", week, "anything", "", TODAY)
    assert (asked.monday, asked.before, asked.after, asked.group) == (monday, before, after, "voltage")


def test_an_address_keeps_what_it_shows_and_another_week_forgets_the_event() -> None:
    asked = supply_asked.of_address("sit_a", "mtr_a", "2026-03-25", "current", "voltage_v.1", TODAY)
    assert asked.href() == "/site/sit_a/power-quality?of=mtr_a&week=2026-03-23&show=current&event=voltage_v.1"
    assert asked.href(monday=date(2026, 3, 30)) == "/site/sit_a/power-quality?of=mtr_a&show=current"
    assert supply_asked.of_address("sit_a", "", "", "", "frequency_hz.1", TODAY).group == "frequency"


def _excursion(begin_s: int, minutes: int, quantity: str = "voltage_v") -> Excursion:
    begin = datetime.fromtimestamp(begin_s, UTC)
    return Excursion(quantity, begin, begin + timedelta(minutes=minutes), 190.0, False, False)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("voltage_v.36000", "voltage_v.36000"),
        ("voltage_v.37200", "voltage_v.37200"),
        ("voltage_v.36100", "voltage_v.36000"),
        ("voltage_v.38900", "voltage_v.37200"),
        ("voltage_v.39100", "voltage_v.39100"),
        ("frequency_hz.36000", "frequency_hz.36000"),
        ("voltage_v.", "voltage_v."),
        ("voltage_v.9" + 5000 * "9", "voltage_v.9" + 5000 * "9"),
    ],
)
def test_an_event_is_that_which_an_address_names_or_whose_time_it_is(event: str, name: str) -> None:
    both = [_excursion(37200, 10), _excursion(36000, 20)]
    asked = supply_asked.of_address("sit_a", "", "", "", event, TODAY)
    assert supply_asked.at_its_event(asked, both).excursion == name
