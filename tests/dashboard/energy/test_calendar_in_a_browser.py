"""The calendar in a browser: days are walked by keyboard, another subject is chosen, on a desk and on a telephone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, assert_grows, faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_days_are_walked_by_keyboard_and_another_meter_is_chosen(chromium: Browser, address: str, measured: Measured) -> None:
    day = measured.day.date()
    path = f"/site/{measured.world.site}/calendar"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"{path}?day={day}")
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Calendar")
        page.locator("#subject").select_option(label="Meters · Hall meter")
        expect(page).to_have_url(re.compile(f"of={measured.meter}"))
        expect(page.locator("#calendar-says")).to_contain_text("kWh in")
        chosen = page.locator(".month-days [aria-current]")
        expect(chosen).to_contain_text(re.compile(r"2\d\.\d kWh"))
        expect(page.locator("#calendar-chart .main-svg").first).to_be_visible()
        chosen.focus()
        page.keyboard.press("Home")
        expect(page.locator(".month-days :focus")).to_have_attribute("aria-label", re.compile(r"\b1 "))
        page.keyboard.press("ArrowRight")
        expect(page.locator(".month-days :focus")).to_have_attribute("aria-label", re.compile(r"\b2 "))
        page.keyboard.press("Enter")
        expect(page.locator("#day-title")).to_contain_text(re.compile(r"\b2 "))
        assert faults(page) == []
        assert_grows(page)
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.get_by_role("link", name="Year", exact=True).click()
        expect(page.locator(".year section")).to_have_count(12)
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
