"""The heat map in a browser: colours are chosen and kept, days are walked and played, buildings left out; on a telephone too."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_colours_are_kept_days_are_walked_and_a_building_is_left_out(chromium: Browser, address: str, measured: Measured) -> None:
    path = f"/site/{measured.world.site}/heat-map"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(path)
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Heat map")
        expect(page.locator(".shaded tbody tr")).to_have_count(24)
        page.get_by_role("link", name="Blue to orange").click()
        expect(page).to_have_url(re.compile("scale=safe"))
        assert faults(page) == []
        page.goto(f"{path}?view=buildings")
        drawn(page)
        expect(page.locator("#heat-shown")).to_have_attribute("data-scale", "safe")
        slider = page.locator("#heat-day")
        slider.focus()
        page.keyboard.press("Home")
        expect(page).to_have_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
        first = re.search(r"day=([\d-]+)", page.url)
        assert first is not None
        page.get_by_role("button", name="Play", exact=True).click()
        expect(slider).to_have_value("2")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page).not_to_have_url(re.compile(first[0]))
        day = re.search(r"day=[\d-]+", page.url)
        assert day is not None
        leave_out = page.get_by_role("link", name="Leave out: Hall")
        expect(leave_out).to_have_attribute("href", re.compile(f"{day[0]}&off=nod_"))
        leave_out.click()
        expect(page.get_by_role("link", name="Take in: Hall")).to_be_visible()
        expect(page).to_have_url(re.compile(f"{day[0]}&off=nod_"))
        assert faults(page) == []
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
