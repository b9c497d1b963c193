"""An administrator sets prices in a real browser: a tariff by hours, a meter's declaration, a file of the region."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.settings import Settings
from store.records.plant import declarations, tariffs
from store.scope import SYSTEM
from store.series import region_series
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.plant.asking import plant
from tests.dashboard.readable import faults
from tests.dashboard.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def page(page: Page, questdb_tables: Settings) -> Page:
    """The same, beside a QuestDB."""
    return page


def _open(page: Page, path: str) -> None:
    page.goto(path)
    drawn(page)


def test_a_tariff_is_added_and_ended(page: Page, world: World) -> None:
    _open(page, f"/site/{world.site}/tariffs")
    expect(page.locator("#tariffs-body")).to_contain_text("No tariff yet")
    page.click("text=Add a tariff")
    for name, words in (("name", "Day and night"), ("from", "2026-01-01"), ("import", "0.30"), ("export", "0.08")):
        page.fill(f"#tariffs-{name}", words)
    page.fill("#tariffs-hours", "weekday 07:00-22:00 = 0.35, 0.09\nevery 22:00-06:00 = 0.2")
    assert faults(page) == []
    page.click("#tariffs-add")
    expect(page.locator("#tariffs-said")).to_contain_text("Day and night applies from 2026-01-01 00:00")
    expect(page.locator("#tariffs-body tbody tr")).to_have_count(1)
    page.click("[aria-label='End Day and night']")
    page.locator("[data-given=at] input").fill("2026-06-01")
    page.click("button:has-text('End it')")
    expect(page.locator("#tariffs-gaps")).to_contain_text("No tariff from 2026-06-01 00:00")
    assert faults(page) == []
    [made] = tariffs.tariffs(SYSTEM, world.site)
    assert made.valid_to is not None


def test_why_a_tariff_is_refused_comes_into_sight_each_time_and_what_was_written_stays(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    _open(page, f"/site/{world.site}/tariffs")
    page.click("text=Add a tariff")
    for name, words in (("name", "Flat"), ("from", "2026-01-01"), ("import", "cheap"), ("export", "0.08")):
        page.fill(f"#tariffs-{name}", words)
    told = page.locator("#tariffs-said .notice")
    for _ in range(2):
        page.locator("#tariffs-note").scroll_into_view_if_needed()
        page.click("#tariffs-add")
        expect(page.locator("#tariffs-import-problem")).to_be_in_viewport(ratio=1)
        expect(page.locator("#tariffs-import")).to_be_focused()
    expect(page.locator("#tariffs-import-problem")).to_contain_text("'cheap' is not a number")
    expect(told).to_contain_text("Not saved yet")
    page.fill("#tariffs-import", "0.30")
    page.click("#tariffs-add")
    expect(told).to_contain_text("Flat applies from")
    page.click("[aria-label='Edit Flat']")
    hours = page.locator(".question [data-given=hours]")
    hours.fill("weekday 07:00-22:07 = 0.3")
    page.click(".question button:has-text('Save')")
    expect(page.locator(".question .problem")).to_contain_text("on quarters")
    expect(hours).to_have_value("weekday 07:00-22:07 = 0.3")
    hours.fill("weekday 07:00-22:00 = 0.3")
    page.click(".question button:has-text('Save')")
    expect(page.locator("#tariffs-notice .notice")).to_contain_text("Flat is saved")
    expect(hours).to_have_count(0)


def test_a_meters_energy_is_declared(page: Page, world: World) -> None:
    meter = plant(world)["meter"]
    _open(page, f"/admin/meters/{meter}")
    expect(page.locator("#declared-body")).to_contain_text("Nothing is declared yet")
    page.click("text=Declare its energy")
    page.fill("#declared-rollover", "838860.8")
    assert faults(page) == []
    page.click("#declared-add")
    expect(page.locator("#declared-body tbody tr")).to_have_count(1)
    expect(page.locator("#declared-body")).to_contain_text("838\u202f860.8 kWh")
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    assert declared.rollover_kwh == 838860.8


def test_a_file_of_prices_is_shown_and_then_written(page: Page, world: World, region: str, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("start,price_per_kwh\n2026-05-01T00:00:00Z,0.25\n2026-05-01T00:30:00Z,0.31\n")
    _open(page, f"/site/{world.site}/tariffs")
    page.click("text=Market")
    drawn(page)
    page.locator("#series-upload input").set_input_files(prices)
    expect(page.locator("#series-report")).to_contain_text("Choose how long")
    page.locator("#series-length").select_option("1800")
    expect(page.locator("#series-report")).to_contain_text("2 new")
    page.click("#series-import")
    expect(page.locator("#series-known tbody tr")).to_have_count(1)
    assert faults(page) == []
    [known] = region_series.known(SYSTEM, region)
    assert known.values == 2
