"""The solar home in a browser: a window and a step are chosen, what is zoomed to is zoomed to in both charts, on any screen."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, assert_grows, faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_a_window_and_a_step_are_chosen_and_both_charts_follow(chromium: Browser, address: str, measured: Measured) -> None:
    day = f"{measured.day:%Y-%m-%d}"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/site/{measured.world.site}/solar")
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Solar home")
        page.get_by_label("From").fill(f"{day}T01:00")
        page.get_by_label("To", exact=True).fill(f"{day}T05:00")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page).to_have_url(re.compile("from="))
        expect(page.locator("#solar-says")).to_contain_text("01:00 – 05:00")
        for chart in ("production", "demand"):
            expect(page.locator(f"#solar-{chart} .main-svg").first).to_be_visible()
        page.get_by_role("link", name="30 min", exact=True).click()
        expect(page.locator("#solar-demand-note")).to_contain_text("each 30 min, times in GMT")
        page.get_by_role("link", name="The time before").click()
        expect(page).to_have_url(re.compile("step=30"))
        assert faults(page) == []
        assert_grows(page)
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
