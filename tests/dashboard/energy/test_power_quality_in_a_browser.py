"""Power quality in a browser: from a week to a time outside its limits and its chart by keyboard, on a desk and a telephone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.energy.test_power_quality_page import supplied
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, assert_grows, faults, look
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_a_time_outside_the_limits_is_opened_by_keyboard(chromium: Browser, address: str, measured: Measured) -> None:
    week = supplied(measured)
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(week)
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Power quality")
        expect(page.locator("#supply-says")).to_contain_text("Voltage in L2")
        expect(page.locator("#supply-now .tile")).to_have_count(4)
        chart = page.locator("#supply-chart")
        expect(chart.locator(".main-svg").first).to_be_visible()
        expect(page.locator("#supply-title")).to_have_text("Voltage through the week")
        link = page.locator('a[href*="event=voltage_l2_v"]').first
        link.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"event=voltage_l2_v\.\d+"))
        expect(page.locator("#supply-title")).to_contain_text("Voltage in L2, ")
        expect(page.locator("#supply-chart-note")).to_contain_text("Shaded")
        page.get_by_role("button", name="Show as table").click()
        expect(page.locator("#supply-chart-table")).to_contain_text("195")
        expect(page.locator("#supply-chart-table")).to_contain_text("outside the limit")
        page.get_by_role("link", name="Current", exact=True).click()
        expect(page.locator("#supply-title")).to_have_text("Current through the week")
        assert faults(page) == []
        assert_grows(page)


def test_it_fits_and_is_read_on_every_screen_in_light_and_dark(chromium: Browser, address: str, measured: Measured) -> None:
    week = supplied(measured)
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(week)
        drawn(page)
        for width, scheme in ((320, "dark"), (768, "light"), (2560, "dark")):
            look(page, width, scheme)
            assert_fits(page, width)
            assert faults(page) == []
