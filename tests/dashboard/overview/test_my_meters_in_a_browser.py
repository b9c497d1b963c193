"""My meters in a real browser: claim one by its code, see it live, look at its history, give it back."""

import re

import pytest
from playwright.sync_api import expect

from store.records.access import claims, policy
from store.records.people import inbox
from store.scope import SYSTEM
from tests.dashboard.live_world import LiveWorld
from tests.dashboard.overview.conftest import Opener

pytestmark = pytest.mark.browser


def test_a_resident_claims_a_meter_sees_it_live_and_gives_it_back(opened: Opener, site: LiveWorld) -> None:
    site.post_everything()
    page = opened("resident", drawn=False)
    page.goto("/my-meters")
    page.wait_for_selector("html[data-drawn=yes]", state="attached")
    page.fill("#my-meters-code", claims.claim_code(SYSTEM, site.meters["halls"]))
    page.fill("#my-meters-note", "12 High Street")
    page.click("#my-meters-claim")
    expect(page.locator("#my-meters-requests")).to_contain_text("waits for a decision")

    inbox.decide(SYSTEM, claims.my_requests(policy.scope_of(site.people["resident"]))[0].id, approve=True)
    site.post({("halls", "power_kw"): 15.0})  # what was measured before is not theirs
    page.reload()
    expect(page.locator("#my-meters-requests")).to_contain_text("approved")
    halls = page.locator(".meter-card", has_text="Halls")
    expect(halls.locator(".value")).to_have_text("15.0")
    expect(halls.locator(".state")).to_have_attribute("data-state", "live")
    site.post({("halls", "power_kw"): 22.2})
    expect(halls.locator(".value")).to_have_text("22.2")

    expect(page.locator("#my-home-facts")).to_contain_text("Using now")
    page.wait_for_selector("#my-home-chart[data-drawn]", state="attached")  # too little is known yet to show it

    halls.get_by_role("button", name="History of Halls").click()
    expect(page.locator("#my-meters-chosen")).to_have_text("Halls")
    page.wait_for_selector("#my-meters-chart[data-drawn]", state="attached")
    expect(page.locator("#my-meters-chart-note")).to_contain_text("Mean power of each 15 min")
    page.locator(".segmented").get_by_text("Energy", exact=True).click()
    page.locator(".segmented").get_by_text("30 d", exact=True).click()
    expect(page.locator("#my-meters-chart-note")).to_contain_text("Energy by day")

    halls.get_by_role("button", name="Release Halls").click()
    expect(halls).to_contain_text("You will no longer see its values")
    halls.get_by_role("button", name=re.compile("^Release: Halls")).click()
    expect(page.locator("#my-meters-notice")).to_contain_text("Released")
    expect(halls).to_have_count(0)
    expect(page.locator(".meter-card")).to_have_count(1)
