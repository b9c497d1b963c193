"""A report in a browser: created with its progress, read on a desk and on a telephone, taken along, and found again."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.conftest import working
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import Measured, measured, sender
from tests.dashboard.readable import assert_fits, assert_grows, faults
from tests.dashboard.watched import watched

__all__ = ["measured", "sender"]
pytestmark = pytest.mark.browser


def test_a_report_is_created_read_and_taken_along(chromium: Browser, address: str, measured: Measured) -> None:
    site, day = measured.world.site, measured.day.date()
    with contextmanager(working)(measured.site.settings), watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/site/{site}/reports?period=custom&from={day}&to={day}&of={measured.meter}")
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Reports")
        expect(page.locator("#report-kind")).to_have_value("custom")
        assert faults(page) == []
        assert_grows(page)
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.locator("#report-make").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"/site/{site}/report/rep_"))
        drawn(page)
        expect(page.locator("#report-says")).to_contain_text("was used in 1 day")
        expect(page.locator("#report-chart .main-svg").first).to_be_visible()
        assert faults(page) == []
        with page.expect_download() as file:
            page.get_by_role("link", name="PDF").click()
        with file.value.path().open("rb") as content:
            assert content.read(5) == b"%PDF-"
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
        page.get_by_role("link", name="All reports").click()
        expect(page.locator("main h1")).to_have_text("Reports")
        expect(page.locator(f'a[href*="/site/{site}/report/rep_"]').first).to_be_visible()


def test_a_period_that_has_not_begun_is_refused_at_the_top_and_the_button_stays(
    chromium: Browser, address: str, measured: Measured
) -> None:
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000})
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/site/{measured.world.site}/reports?period=month&from=2199-01-05")
        drawn(page)
        page.locator("#report-make").click()
        expect(page.get_by_text("No day of this period is over yet")).to_be_visible()
        expect(page.locator("#report-make")).to_be_enabled()
