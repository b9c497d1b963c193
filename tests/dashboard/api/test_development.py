"""What hardware is developed against is there while Loadstar is developed itself, and nowhere else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from config import settings as configuration
from insight import voltage_conditions
from tests.dashboard.plant.asking import call, said
from tests.dashboard.world import World

DEMO, HARDWARE, PAGE = "/api/debug/voltage-demo", "/api/debug/test-hardware", "/development/voltage"
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
# EN 50160 by hand, of 230 V: ±10 % are 207 and 253 V, −15 % are 195.5 V.
CONDITIONS = {
    "normal": (230.0, 230.0, None),
    "high_warning": (240.0, 253.0, None),
    "high_critical": (253.01, 265.0, "critical"),
    "low_warning": (195.5, 206.99, "high"),
    "low_critical": (180.0, 195.49, "critical"),
}


@pytest.fixture
def developing(world: World) -> Iterator[World]:
    configuration.use(world.settings.model_copy(update={"development": True}))
    yield world
    configuration.use(world.settings)


@pytest.mark.parametrize("who", [None, "root", "admin", "resident"])
def test_without_development_there_is_no_such_address_for_anybody(world: World, who: str | None) -> None:
    browser = world.client(who)
    for path in (DEMO, f"{DEMO}?condition=normal", HARDWARE):
        assert browser.get(path).status_code == 404
    if who:
        assert browser.get(PAGE).status_code == 404
        assert PAGE not in browser.get("/account").get_data(as_text=True)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_is_where_the_limits_put_it(developing: World, condition: str) -> None:
    told = developing.client().get(f"{DEMO}?condition={condition}").get_json()
    least, most, severity = CONDITIONS[condition]
    assert least <= told["voltage"] <= most
    assert (told["condition"], told["severity"]) == (condition, severity)
    assert [told["limits"][name] for name in ("critical_low", "low", "high", "critical_high")] == [195.5, 207.0, 253.0, 253.0]


def test_what_fluctuates_passes_all_limits_within_a_minute_and_stays_what_a_meter_can_say() -> None:
    seen = [voltage_conditions.conditions(BEGAN + timedelta(seconds=second))["fluctuating"] for second in range(60)]
    assert {each.severity for each in seen} == {None, "high", "critical"}
    assert min(each.voltage_v for each in seen) < 195.5
    assert 253 < max(each.voltage_v for each in seen) < 270


def test_another_condition_is_refused_with_those_that_there_are(developing: World) -> None:
    answer = developing.client().get(f"{DEMO}?condition=lightning")
    assert answer.status_code == 422
    assert "fluctuating" in answer.get_json()["message"]


def test_a_device_api_that_is_away_is_said_beside_the_post_to_try(developing: World) -> None:
    told = developing.client().get(HARDWARE).get_json()
    assert told["device_api"]["takes_readings"] is False
    assert told["device_api"]["says"]["reason"]
    assert told["post"]["address"].endswith("/api/hardware/data")
    assert set(told["post"]["body"]) == {"energy_produced", "energy_consumed", "current_load"}


def test_the_page_shows_all_six_and_how_each_is_judged(developing: World) -> None:
    browser = developing.client("operator")
    page = browser.get(PAGE).get_data(as_text=True)
    assert PAGE in browser.get("/account").get_data(as_text=True)
    for words in ("Normal", "High, warning", "Low, critical", "Fluctuating", "Outside the limits".lower(), "EN 50160"):
        assert words in page
    again = said(call(browser, ["voltage-conditions.children"], {"voltage-interval.n_intervals": 1}, {}))
    assert "Low, warning" in again
    assert developing.client().get(PAGE).status_code == 302
