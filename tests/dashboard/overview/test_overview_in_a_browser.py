"""What a person sees of a live site: numbers before scripts, nothing from elsewhere, nothing hung that looks live."""

import contextlib
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.conftest import eventually
from tests.dashboard.overview.conftest import Lasting, Opener
from tests.dashboard.overview.seen import DESK, choose, sankey_says, ticks
from tests.dashboard.readable import assert_fits, assert_readable

pytestmark = pytest.mark.browser


def test_the_numbers_are_there_before_any_script(looked: Opener, lasting: Lasting, chromium: Browser) -> None:
    page = looked()
    state = page.context.storage_state()
    bare = chromium.new_context(base_url=lasting.address, java_script_enabled=False, storage_state=state).new_page()
    bare.goto(f"/site/{lasting.site.site}/overview")
    expect(bare.locator('.first-paint [data-tile="production"]')).to_contain_text("60.0")
    expect(bare.locator('.first-paint [data-tile="demand"]')).to_contain_text("110")
    bare.context.close()


def test_nothing_is_asked_for_but_ticks_and_the_full_plotly_never(looked: Opener) -> None:
    page = looked()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(urlsplit(sent.url).path))
    page.reload()
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    assert not [path for path in asked if "plotly" in path and not path.endswith("/plotly/plotly.min.js")]
    assert not {"/_dash-layout", "/_dash-dependencies"} & set(asked)
    assert page.evaluate("window.Plotly.version") == _plotly_of_python()
    ticks(page, 2)


def _plotly_of_python() -> str:
    from plotly.offline import get_plotlyjs_version

    return str(get_plotlyjs_version())


def test_no_ticks_while_nobody_looks_and_one_at_once_afterwards(looked: Opener) -> None:
    page = looked()
    ticks(page, 1)
    hide = """(hidden) => {
        Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.evaluate(hide, True)
    page.wait_for_timeout(1500)  # one that was under way may still be asked for
    before = len(asked)
    page.wait_for_timeout(3000)
    assert asked[before:] == []
    page.evaluate(hide, False)
    ticks(page, 1)


def test_a_server_that_hangs_is_not_shown_as_live(looked: Opener) -> None:
    page = looked(faults="overview-tick|ERR_|aborted|Failed to fetch")
    ticks(page, 1)
    held: list[Any] = []
    for asked in ("**/_dash-update-component**", "**/readyz"):
        page.route(asked, lambda route: held.append(route))
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#clock .state")).to_have_text("not live")
    stands = page.locator("#clock time").inner_text()
    began = page.evaluate("Date.now()")
    eventually(lambda: page.evaluate("Date.now()") > began + 1500)
    assert page.locator("#clock time").inner_text() == stands
    expect(page.locator("#lost")).to_contain_text(f"You see the values of {stands}")
    page.unroute_all()
    for route in held:
        with contextlib.suppress(Error):  # what was asked and given up meanwhile
            route.continue_()
    expect(page.locator("#lost")).to_be_hidden()
    ticks(page, 1)
    expect(page.locator("#clock .state")).not_to_have_text("not live")


def test_the_page_says_when_the_connection_is_lost_and_goes_on_when_it_is_back(looked: Opener) -> None:
    page = looked(faults="503|overview-tick")
    ticks(page, 1)
    page.route("**/_dash-update-component**", lambda route: route.fulfill(status=503, body="{}"))
    page.route("**/readyz", lambda route: route.fulfill(status=503, body="{}"))
    expect(page.locator("#lost")).to_be_visible()
    page.unroute("**/_dash-update-component**")
    page.unroute("**/readyz")
    expect(page.locator("#lost")).to_be_hidden()
    ticks(page, 1)


def test_a_resident_sees_their_part_alone(looked: Opener, lasting: Lasting) -> None:
    page = looked("resident", site_id=lasting.site.site)
    expect(page.locator("#overview-tiles")).to_contain_text("30.0")
    content = page.content()
    assert "Labs" not in content
    assert re.search(re.escape(lasting.site.meters["labs"]), content) is None


def test_an_empty_site_says_how_to_fill_it(looked: Opener, lasting: Lasting) -> None:
    page = looked(site_id=lasting.site.empty_site, drawn=False)
    expect(page.locator("main")).to_contain_text("No meter on this site yet")


def test_a_click_opens_what_was_clicked(looked: Opener, lasting: Lasting) -> None:
    page = looked(viewport={"width": 1440, "height": 2400})
    page.locator("#overview-devices tbody .link", has_text="Labs device").click()
    sheet = page.locator("#overview-details")
    expect(sheet).to_contain_text("Labs device")
    expect(sheet).to_contain_text("204 V")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator("#overview-sankey .node-entity, #overview-sankey .sankey-node rect").first.click(force=True)
    expect(page.locator("#overview-details")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("Map", exact=True).click()
    page.wait_for_selector("#overview-map[data-drawn]")
    assert (
        page.evaluate("document.querySelector('#overview-map .plot').data.find((trace) => trace.uid === 'land').x.length") > 5000
    )
    page.evaluate(f"window.loadstar.open('site:{lasting.site.empty_site}')")
    expect(page.locator("main")).to_contain_text("No meter on this site yet")


def test_an_alarm_opens_its_own_chart_and_a_chart_of_many_names_keeps_its_height(looked: Opener, lasting: Lasting) -> None:
    page = looked(viewport=DESK)
    page.locator("#attention-list .link", has_text="Voltage").click()
    expect(page.locator("#overview-details-title")).to_have_text("Voltage at Labs")
    expect(page.locator("#overview-details-chart")).to_have_attribute("data-drawn", "yes")
    expect(page.locator("#overview-details-chart")).to_have_attribute("aria-label", "Voltage at Labs over the last 48 hours")
    page.keyboard.press("Escape")
    expect(page.locator("#overview-details")).to_be_hidden()
    page.evaluate(f"window.loadstar.open('node:{lasting.site.nodes['bus']}')")
    expect(page.locator("#overview-details-title")).to_have_text("Main bus")
    expect(page.locator("#overview-details-chart")).to_have_attribute("data-drawn", "yes")
    plane, legend = (page.locator(f"#overview-details-chart {part}").bounding_box() for part in (".nsewdrag", ".legend .bg"))
    assert plane and legend
    assert plane["height"] >= 140
    assert legend["y"] + legend["height"] <= plane["y"] + 1, "no name lies over the lines"


def test_since_when_an_alarm_lasts_leads_to_that_time_of_the_supply(looked: Opener, lasting: Lasting) -> None:
    page = looked(viewport=DESK)
    page.locator("#attention-list li", has_text="Voltage").locator(".since a").press("Enter")
    page.wait_for_url(f"**/power-quality?of={lasting.site.meters['labs']}&week=*&event=voltage_v.*")
    expect(page.locator("main h1")).to_have_text("Power quality")
    expect(page.locator("#supply-meter option:checked")).to_have_text("Labs")


def test_every_chart_can_be_read_as_a_table_and_as_a_sentence_and_no_name_in_it_writes_into_the_page(looked: Opener) -> None:
    page = looked(viewport={"width": 1440, "height": 2400})
    for chart, words in (("overview-sankey", "Roof array"), ("overview-plan", "Main bus"), ("overview-chart", "Demand, kW")):
        button = page.locator(f'[data-table-of="{chart}"]')
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{chart}-table")).to_contain_text(words)
        expect(page.locator(f"#{chart}")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{chart}")).to_be_visible()
    assert "Roof array 60.0 kW" in page.locator("#overview-sankey-says").inner_text()
    assert "Labs <b>east</b>" in sankey_says(page)


def test_the_map_is_zoomed_by_buttons_read_as_a_table_and_shown_again_on_the_way_back(looked: Opener) -> None:
    page = looked(viewport=DESK)
    choose(page, "overview-view", "Map")
    page.wait_for_selector("#overview-map[data-drawn]")
    button = page.locator(".panel.place footer .link:visible")
    button.click()
    expect(page.locator("#overview-map-table")).to_contain_text("South Works")
    expect(page.locator("#overview-map")).to_be_hidden()
    button.click()
    expect(page.locator("#overview-map")).to_be_visible()
    choose(page, "overview-view", "Plan")
    button.click()
    expect(page.locator("#overview-plan-table")).to_contain_text("Roof array")
    button.click()
    choose(page, "overview-view", "Map")
    expect(page.locator("#overview-map")).to_be_visible()
    width = "(() => { const [a, b] = document.querySelector('#overview-map .plot').layout.xaxis.range; return b - a; })()"
    before = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    eventually(lambda: page.evaluate(width) < 0.7 * before)
    for _ in range(14):
        page.get_by_role("button", name="Zoom out").click()
    eventually(lambda: page.evaluate(width) <= 360.5)
    page.get_by_role("button", name="Show all sites").click()
    eventually(lambda: page.evaluate(width) < 60)
    page.click("[data-screen]:not([aria-current])")
    page.wait_for_selector("#overview-map", state="detached")
    page.go_back()
    page.wait_for_selector("#overview-map[data-drawn]")
    expect(page.locator("#overview-view input[value=map]")).to_be_checked()


def test_a_choice_of_one_among_several_is_one_stop_of_the_tab_key(looked: Opener) -> None:
    page = looked()
    page.locator("#overview-flow input:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#overview-flow input[value=today]")).to_be_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("!document.querySelector('#overview-flow').contains(document.activeElement)")


def test_the_overview_is_accessible_in_either_theme_and_nothing_is_wider_than_the_screen(looked: Opener) -> None:
    page = looked(color_scheme="dark", viewport={"width": 390, "height": 844})
    ticks(page, 1)
    assert_readable(page)
    for width in (390, 1440, 2560):
        assert_fits(page, width)
        for tile in page.locator("#overview-tiles .reading").all():
            assert tile.evaluate("(element) => element.scrollWidth <= element.clientWidth")
