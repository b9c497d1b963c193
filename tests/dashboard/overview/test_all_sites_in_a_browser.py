"""All sites are read on a telephone and on a desk, in light and dark, and each is opened from its row."""

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.overview.conftest import Served
from tests.dashboard.readable import assert_grows, assert_readable
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def test_sites_are_ranked_and_opened(chromium: Browser, address: str, world: Served) -> None:
    world.site.post_everything()
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        for path in ("/dashboards", "/sites"):
            page.goto(path)
            drawn(page)
            assert_readable(page)
            assert_grows(page)
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.get_by_role("link", name="Power now").click()
        expect(page.locator("tbody tr").first).to_contain_text("110 kW")
        expect(page.locator("#sites-map .main-svg").first).to_be_visible()
        page.get_by_role("link", name="North Campus", exact=True).first.click()
        page.wait_for_url("**/overview")
