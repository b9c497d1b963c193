"""The history in a browser: another meter, days of one's own, the period before; as a table, on a desk and on a telephone."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.overview.test_charts_kept_in_a_browser import kept
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_days_of_ones_own_are_chosen_and_read_as_a_picture_and_as_a_table(
    chromium: Browser, address: str, measured: Measured, tmp_path: Path
) -> None:
    day = measured.day.date()
    path = f"/site/{measured.world.site}/history"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"{path}?days=7")
        drawn(page)
        expect(page.locator("main h1")).to_have_text("History")
        page.locator("#subject").select_option(label="Meters · Hall meter")
        expect(page).to_have_url(re.compile(f"of={measured.meter}&days=7"))
        expect(page.locator("#history-says")).to_contain_text(re.compile(r"Hall meter: .* kWh in 7 days"))
        for chart in ("history-chart", "history-duration", "history-hours"):
            expect(page.locator(f"#{chart} .main-svg").first).to_be_visible()
        page.locator("[data-table-of=history-chart]").click()
        expect(page.locator("#history-chart-table tbody tr").first).to_be_visible()
        page.locator("[data-table-of=history-hours]").click()
        expect(page.locator("#history-hours-table tbody tr")).to_have_count(24)
        expect(page.locator("#history-hours-table tbody tr").nth(9).locator("td").first).to_have_text("09:00–10:00")
        page.locator("[data-table-of=history-duration]").click()
        expect(page.locator("#history-duration-table tbody tr").last.locator("td").first).to_have_text("100")
        heads, *rows = kept(page, "history-duration", tmp_path)
        assert heads == ["% of the time", "At least, kW"]
        assert [float(kw) for _, kw in rows] == sorted((float(kw) for _, kw in rows), reverse=True)
        heads, *rows = kept(page, "history-hours", tmp_path)
        assert heads[0] == "Hour"
        assert {*heads[1:]} & {"Working days, kW", "Free days, kW"}
        assert [row[0] for row in rows][:2] == ["00:00–01:00", "01:00–02:00"]
        assert faults(page) == []
        page.locator("input[name=first]").fill(f"{day}")
        page.locator("input[name=last]").fill(f"{day}")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page).to_have_url(re.compile(f"of={measured.meter}&first={day}&last={day}"))
        expect(page.locator("#history-says")).to_contain_text("kWh in 1 day")
        page.get_by_role("link", name="Days before").click()
        expect(page).to_have_url(re.compile(f"first={day - timedelta(days=1)}"))
        page.get_by_role("link", name="Now", exact=True).click()
        expect(page.get_by_role("link", name="Days after")).to_have_count(0)
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
