"""Periods of the overview: chosen, stepped through, kept by the address; nothing stale is shown meanwhile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.conftest import eventually
from tests.dashboard.overview.conftest import Lasting, Opener
from tests.dashboard.overview.seen import DESK, choose, is_seen, sankey_says

pytestmark = pytest.mark.browser


def test_periods_show_energy_and_come_back_to_live(looked: Opener) -> None:
    page = looked(viewport={"width": 1440, "height": 1800})
    page.get_by_text("24 h", exact=True).first.click()
    eventually(lambda: "kWh" in sankey_says(page))
    expect(page.locator("#overview-flow-note")).to_contain_text("of the expected readings")
    page.get_by_text("Live", exact=True).click()
    eventually(lambda: "kWh" not in sankey_says(page) and "60.0 kW" in sankey_says(page))
    page.select_option("#overview-step", "30")
    eventually(lambda: "30 min" in page.locator("#overview-chart-note").inner_text())
    page.locator(".panel.course").get_by_text("Custom", exact=True).click()
    expect(page.locator("#overview-chart-empty")).to_contain_text("Choose a first and a last day")
    day = f"{datetime.now(ZoneInfo('Europe/London')):%Y-%m-%d}"
    page.fill("#overview-range-first", day)
    page.fill("#overview-range-last", day)  # and the field is not left
    expect(page.locator("#overview-chart-note")).to_contain_text("Mean power")


def test_a_period_that_cannot_be_shown_leaves_no_older_picture_and_moves_nothing(looked: Opener) -> None:
    page = looked(viewport=DESK)
    for chart, group in (("overview-sankey", "overview-flow"), ("overview-chart", "overview-range")):
        before = page.locator(f"#{chart}").bounding_box()
        choose(page, group, "Custom")
        expect(page.locator(f"#{chart}-empty")).to_contain_text("Choose a first and a last day.")
        assert not is_seen(page, f"#{chart}")
        page.fill(f"#{group}-first", "2026-05-02")
        page.fill(f"#{group}-last", "2026-05-01")
        expect(page.locator(f"#{chart}-empty")).to_contain_text("The last day is before the first.")
        assert not is_seen(page, f"#{chart}")
        after = page.locator(f"#{chart}").bounding_box()
        assert before and after and before["height"] == after["height"]
        choose(page, group, "24 h")
        expect(page.locator(f"#{chart}-empty")).to_be_hidden()
        assert is_seen(page, f"#{chart}")


def test_a_reload_and_a_link_show_what_was_chosen(looked: Opener, lasting: Lasting) -> None:
    page = looked(viewport=DESK)
    choose(page, "overview-flow", "24 h")
    choose(page, "overview-range", "7 d")
    choose(page, "overview-view", "Map")
    page.select_option("#overview-step", "120")
    expect(page.locator("#overview-chart-note")).to_contain_text("each 2 h")
    page.wait_for_url(lambda url: all(part in url for part in ("flow=24h", "range=7d", "step=120", "view=map")))
    page.reload()
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    for group, name in (("flow", "24h"), ("range", "7d"), ("view", "map")):
        expect(page.locator(f"#overview-{group} input[value='{name}']")).to_be_checked()
    expect(page.locator("#overview-chart-note")).to_contain_text("each 2 h")
    expect(page.locator("#overview-flow-note")).to_contain_text("of the expected readings")
    expect(page.locator("#overview-map")).to_be_visible()
    choose(page, "overview-flow", "Live")
    page.wait_for_url(lambda url: "flow" not in url)
    page.goto(f"/site/{lasting.site.site}/overview?range=nonsense&step=7&view=<b>&flow=1&site_id=other")
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    expect(page.locator("#overview-range input[value='48h']")).to_be_checked()


def test_arrows_step_through_time_by_what_is_shown(looked: Opener) -> None:
    page = looked(viewport=DESK)
    today = datetime.now(ZoneInfo("Europe/London")).date()
    choose(page, "overview-range", "7 d")
    page.click("#overview-range-earlier")
    expect(page.locator("#overview-range input[value='custom']")).to_be_checked()
    expect(page.locator("#overview-range-first")).to_have_value(f"{today - timedelta(days=13)}")
    expect(page.locator("#overview-range-last")).to_have_value(f"{today - timedelta(days=7)}")
    page.click("#overview-range-later")
    expect(page.locator("#overview-range-last")).to_have_value(f"{today}")
    page.click("#overview-range-later")  # nothing lies beyond today
    expect(page.locator("#overview-range-first")).to_have_value(f"{today - timedelta(days=6)}")
    page.wait_for_url(lambda url: f"last={today}" in url)
