"""Whoever signs in finds what they click first ready."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from insight import closed_power
from store.scope import SYSTEM
from store.series import checkpoint, rollup
from tests.conftest import eventually
from tests.dashboard.overview.conftest import Opener, Served

pytestmark = [pytest.mark.browser, pytest.mark.makes_ready]


def test_nine_of_ten_first_clicks_find_their_data_ready(opened: Opener, world: Served) -> None:
    site, now = world.site, datetime.now(UTC)
    site.post_hours(60, now)
    rollup.catch_up(SYSTEM, now)
    checkpoint.forget()
    site.post_everything()
    before = closed_power.kept()
    page = opened("operator", site.site, by_form=True)
    eventually(lambda: closed_power.kept().pieces > before.pieces + 8)
    ready = closed_power.kept()
    for name in site.devices:
        page.locator("#overview-devices tbody .link", has_text=f"{name.capitalize()} device").click()
        expect(page.locator("#overview-details-title")).to_have_text(f"{name.capitalize()} device")
        expect(page.locator("#overview-details-chart")).to_have_attribute("data-drawn", "yes")
        page.keyboard.press("Escape")
        expect(page.locator("#overview-details")).to_be_hidden()
    for name in ("24 h", "48 h"):
        page.locator("#overview-range").get_by_text(name, exact=True).click()
        eventually(lambda: closed_power.kept().hits + closed_power.kept().misses > ready.hits + ready.misses)
    after = closed_power.kept()
    hits, misses = after.hits - ready.hits, after.misses - ready.misses
    assert hits + misses >= len(site.devices)
    assert hits / (hits + misses) >= 0.9
