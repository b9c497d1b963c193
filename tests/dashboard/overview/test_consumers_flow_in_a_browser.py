"""The energy of a site's uses is drawn from its sources; many homes are one bar, which opens to the largest of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from insight.shared import shared
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.live_world import POWER
from tests.dashboard.overview.conftest import Served
from tests.dashboard.pages import shown
from tests.dashboard.readable import assert_fits, faults
from tests.dashboard.watched import watched
from tests.dashboard.world import PASSWORD
from tests.dashboard.world import sign_in as let_in

HOMES = 60


def street(world: Served) -> str:
    """The consumers of a site with many homes, of which each uses more than the one before."""
    site = world.site
    homes = site.crowd(HOMES)
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    times = [end - timedelta(minutes=minute) for minute in range(180, 0, -1)]
    kilowatts = POWER | {"grid": 40.0 + HOMES * (HOMES + 1) / 2} | {name: 1.0 + at for at, name in enumerate(homes)}
    site.history({(name, "power_kw"): [kw] * len(times) for name, kw in kilowatts.items()}, times)
    shared.clear()
    return f"/site/{site.site}/consumers?days=7"


def test_many_homes_are_one_bar_and_open_to_the_largest_of_them(world: Served) -> None:
    path = street(world)
    browser = world.server.test_client()
    let_in(browser, "operator@example.org", PASSWORD)
    page = shown(browser, path)
    assert f"Homes ({HOMES})" in page
    assert "others" not in page
    [way] = {*re.findall(r"/consumers\?days=7&open=([\w%]+)", page)}
    opened = shown(browser, f"{path}&open={way}")
    assert "41 others" in opened
    assert "The 19 with the most energy are drawn by themselves, the other 41 as one." in opened
    for home in (42, 60):
        assert f"/history?of={world.site.nodes[f'home {home}']}&first=" in opened
    for nonsense in ("alike:nothing", "node:", f"alike:{world.site.nodes['bus']}", "<script>"):
        assert "others" not in shown(browser, f"{path}&open={nonsense}")
    resident = world.server.test_client()
    let_in(resident, "resident@example.org", PASSWORD)
    assert f"Homes ({HOMES})" not in shown(resident, f"{path}&open={way}")


@pytest.mark.browser
def test_homes_are_opened_by_keyboard_and_by_a_press_and_lead_to_their_history(
    chromium: Browser, address: str, world: Served
) -> None:
    path = street(world)
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1200}, timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(path)
        drawn(page)
        labels = page.locator("#consumers-sankey .node-label")
        expect(labels.filter(has_text=f"Homes ({HOMES})")).to_be_visible()
        page.get_by_role("link", name=f"Homes ({HOMES})").press("Enter")
        expect(labels.filter(has_text="41 others")).to_be_visible()
        expect(labels.filter(has_text="Home 60")).to_be_visible()
        assert faults(page) == []
        page.get_by_role("link", name="All together").click()
        expect(labels.filter(has_text=f"Homes ({HOMES})")).to_be_visible()

        def press(name: str) -> None:
            """A press on the bar of that name."""
            page.locator("#consumers-sankey .sankey-node", has_text=name).locator(".node-rect").click(force=True)

        press(f"Homes ({HOMES})")
        expect(labels.filter(has_text="Home 60")).to_be_visible()
        press("Home 60")
        page.wait_for_url(f"**/history?of={world.site.nodes['home 60']}&first=*")
        page.go_back()
        expect(labels.filter(has_text="41 others")).to_be_visible()
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []
