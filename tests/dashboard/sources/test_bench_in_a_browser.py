"""Somebody watches a key on the ingest bench in a browser: what comes appears, and what they opened stays open."""

import pytest
from playwright.sync_api import Page, expect

from store.records.plant import keys, received
from store.scope import SYSTEM
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.plant.asking import plant
from tests.dashboard.plant.conftest import page as page  # an administrator's
from tests.dashboard.readable import faults
from tests.dashboard.sources.test_bench_page import BODY, request
from tests.dashboard.world import World

pytestmark = pytest.mark.browser


def test_what_comes_appears_by_itself_and_what_was_opened_stays_open(page: Page, world: World) -> None:
    ids = plant(world)
    key = keys.create_key(SYSTEM, device_id=ids["device"], name="gate").partition(".")[0]
    refused = {"kind": "refused", "code": "not_a_number", "message": "it is a string", "field": "energy_consumed"}
    page.goto(f"/site/{world.site}/bench")
    drawn(page)
    expect(page.locator("#bench-requests")).to_contain_text("Nothing has come in")
    received.keep(SYSTEM, [request(world, key, "hardware", BODY, refused, status=422, refused=1)])
    first = page.locator("#bench-requests details").last
    first.locator("summary").click()
    expect(first.locator("table")).to_contain_text("energy_consumed much")
    received.keep(SYSTEM, [request(world, key, "hardware", "{}", status=200, accepted=3)])
    expect(page.locator("#bench-requests details")).to_have_count(2)
    expect(first.locator("table")).to_be_visible()
    page.locator("summary", has_text="Node-RED").click()
    page.locator("#bench-try").press("Enter")
    expect(page.locator("#bench-answer")).to_contain_text("does not answer")
    expect(page.locator("#bench-try")).to_be_focused()  # although it was disabled meanwhile
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    first.locator("summary").focus()
    bar, focused = (each.bounding_box() for each in (page.locator(".bar"), first.locator("summary")))
    assert focused["y"] >= bar["y"] + bar["height"], "what has the focus is not beneath the bar"
