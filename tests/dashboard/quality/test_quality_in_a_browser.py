"""Data quality in a browser: read on a desk and on a telephone, a cell leads to its readings, what is held is decided."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.quality.conftest import DAY, Measured
from tests.dashboard.readable import faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_an_operator_finds_what_is_missing_and_decides_what_is_held(chromium: Browser, address: str, measured: Measured) -> None:
    today = measured.day + 2 * DAY
    path = f"/site/{measured.world.site}/quality"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(path)
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Data quality")
        assert faults(page) == []
        page.get_by_role("link", name="Hall meter", exact=True).first.focus()
        for key, day in (("End", today), ("ArrowLeft", today - DAY), ("ArrowLeft", measured.day), ("ArrowUp", measured.day)):
            page.keyboard.press(key)
            expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile(f"Hall meter, {day:%Y-%m-%d}"))
        page.keyboard.press("Tab")
        expect(page.locator(".heat-map :focus")).to_have_count(0)  # past all its days
        page.get_by_role("button", name="Accept Hall meter", exact=True).click()
        expect(page.locator("#suspects-body .question")).to_contain_text("Its energy then changes by")
        page.locator("#suspects-body .question textarea, #suspects-body .question input").first.fill("it was so")
        page.get_by_role("button", name="Accept Hall meter now").click()
        question = page.locator("#suspects-body .question")
        expect(question.locator(".problem")).to_contain_text("this restates")
        expect(question.locator("td.num").first).to_contain_text("kWh")
        assert faults(page) == []
        sure = question.get_by_label("Restate past months")
        expect(sure).to_be_focused()
        sure.check()
        page.get_by_role("button", name="Accept Hall meter now").click()
        expect(page.locator("#suspects-notice")).to_contain_text("Accepted")
        expect(page.locator("#suspects-body .table-empty")).to_be_focused()  # for its row is gone
        expect(page.locator("#suspects-body")).to_contain_text("Nothing is held")
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("link", name=f"Hall meter, {measured.day:%Y-%m-%d}").click()
        expect(page.locator("main h1")).to_have_text("Readings of Hall meter")
        expect(page.locator("#readings-search")).to_have_value(f"{measured.day:%Y-%m-%d}")
        assert f"{measured.day + DAY:%Y-%m-%d}" not in page.locator("#readings-body").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert faults(page) == []
