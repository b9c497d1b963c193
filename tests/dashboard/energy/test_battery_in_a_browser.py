"""The batteries in a browser: one of several is chosen, its state of charge is drawn, on a desk and on a telephone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.energy.test_battery_page import with_batteries
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_grows, faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_one_of_several_batteries_is_chosen_and_drawn(chromium: Browser, address: str, measured: Measured) -> None:
    ids = with_batteries(measured, ("Cellar", "Attic"))
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/site/{measured.world.site}/consumers")
        page.locator("#nav").get_by_role("link", name="Battery", exact=True).click()
        drawn(page)
        expect(page.locator("#battery-says")).to_contain_text("2 batteries")
        page.locator("#battery-of").select_option(label="Attic")
        expect(page).to_have_url(re.compile(f"of={ids['Attic']}"))
        expect(page.locator("#battery-says")).to_contain_text("Attic: 60.0 kWh went in")
        expect(page.locator("#battery-chart .main-svg").first).to_be_visible()
        page.locator(".panel.charge").get_by_role("button", name="Show as table").click()
        expect(page.locator("#battery-chart-table")).to_contain_text("State of charge, %")
        assert faults(page) == []
        assert_grows(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert faults(page) == []
