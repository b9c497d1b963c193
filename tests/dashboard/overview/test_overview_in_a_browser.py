"""What a person sees of a live site: numbers before scripts, charts that follow, nothing from elsewhere, nothing that jumps."""

import re
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from config import settings as configuration
from tests.conftest import eventually
from tests.dashboard.overview.conftest import Opener, Served
from tests.dashboard.readable import assert_fits, assert_readable

pytestmark = pytest.mark.browser


def value(page: Page, key: str) -> str:
    return page.locator(f'#overview-tiles [data-tile="{key}"] [data-part="value"]').inner_text()


def sankey_says(page: Page) -> str:
    return " ".join(page.locator("#overview-sankey .node-label").all_text_contents())


def now_marks(page: Page) -> list[float]:
    found = page.evaluate("document.querySelector('#overview-chart .plot').data.find((trace) => trace.uid === 'now').y")
    return [float(each) for each in found]


def ticks(page: Page, count: int) -> None:
    """Wait for that many further ticks."""
    start = page.evaluate("window.loadstar.lastTick()?.at ?? 0")
    for _ in range(count):
        page.wait_for_function("(before) => (window.loadstar.lastTick()?.at ?? 0) > before", arg=start)
        start = page.evaluate("window.loadstar.lastTick().at")


def test_the_numbers_are_there_before_any_script(opened: Opener, world: Served, chromium: Browser, address: str) -> None:
    world.site.post_everything()
    page = opened()
    state = page.context.storage_state()
    bare = chromium.new_context(base_url=address, java_script_enabled=False, storage_state=state).new_page()
    bare.goto(f"/site/{world.site.site}/overview")
    expect(bare.locator('.first-paint [data-tile="production"]')).to_contain_text("60.0")
    expect(bare.locator('.first-paint [data-tile="demand"]')).to_contain_text("110")
    bare.context.close()


def test_a_posted_number_is_in_tile_sankey_and_chart_within_six_seconds(opened: Opener, world: Served) -> None:
    configuration.use(world.site.settings)  # the real rhythm: every five seconds
    world.site.post_everything()
    page = opened()
    expect(page.locator('[data-tile="production"] [data-part="value"]').last).to_have_text("60.0")
    ticks(page, 1)
    keep_up = dict.fromkeys([("grid", "power_kw")], 22.3)
    world.site.history({("pv", "power_kw"): [77.7], **{key: [kw] for key, kw in keep_up.items()}}, [datetime.now(UTC)])
    posted = time.monotonic()
    eventually(lambda: value(page, "production") == "77.7")
    eventually(lambda: "77.7 kW" in sankey_says(page))
    eventually(lambda: now_marks(page)[0] == 77.7)
    within = time.monotonic() - posted
    assert within <= 6 or _machine_is_busy(), f"took {within:.1f} s"


def _machine_is_busy() -> bool:
    import os

    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def test_nothing_is_asked_for_but_ticks_and_the_full_plotly_never(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
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


QUARTER_LATER = """() => {
    const { xaxis } = window.loadstar.drawnFigure('overview-chart').layout;
    const range = xaxis.range.map((text) => new Date(window.loadstar.moment(text) + 900_000).toISOString());
    window.loadstar.amend('overview-chart', {}, { xaxis: { ...xaxis, range } });
}"""


def test_the_zoom_survives_ticks(opened: Opener, world: Served) -> None:
    world.site.post_hours(3, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport={"width": 1440, "height": 1800})
    ticks(page, 1)
    chart = page.locator("#overview-chart .nsewdrag").first
    range_now = "document.querySelector('#overview-chart .plot').layout.xaxis.range"
    own = "window.loadstar.drawnFigure('overview-chart').layout.xaxis.range"

    def is_whole() -> bool:
        return bool(page.evaluate(range_now) == page.evaluate(own))

    def zoomed() -> bool:
        box = eventually(chart.bounding_box)  # none while it is drawn anew
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=5)
        page.mouse.up()
        return not is_whole()

    eventually(zoomed)
    shown = page.evaluate(range_now)
    world.site.post({("pv", "power_kw"): 61.0})
    eventually(lambda: value(page, "production") == "61.0")
    ticks(page, 2)
    assert page.evaluate(range_now) == shown
    page.evaluate(QUARTER_LATER)  # as the chart of the last 48 hours does
    ticks(page, 2)
    assert page.evaluate(range_now) == shown
    box = eventually(chart.bounding_box)

    def whole() -> bool:
        page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        return is_whole()

    eventually(whole, every_s=0.6)  # slower clicks than a double one


def test_ticks_leave_nothing_behind(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    ticks(page, 3)
    session = page.context.new_cdp_session(page)

    def counted() -> tuple[int, int]:
        session.send("HeapProfiler.collectGarbage")
        found = session.send("Memory.getDOMCounters")
        return found["nodes"], found["jsEventListeners"]

    counts = []
    for step in range(9):
        world.site.post({("pv", "power_kw"): 50.0 + step})
        ticks(page, 3)
        counts.append(counted())
    # What is about to be collected comes and goes; what is left behind only grows.
    for kept in zip(*counts, strict=True):
        assert min(kept[6:]) <= 1.05 * max(kept[:3])


def test_no_ticks_while_nobody_looks_and_one_at_once_afterwards(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    ticks(page, 1)
    hide = """(hidden) => {
        Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(1500)  # one that was under way may still arrive
    before = page.evaluate("window.loadstar.lastTick().at")
    page.wait_for_timeout(3000)
    assert page.evaluate("window.loadstar.lastTick().at") == before
    page.evaluate(hide, False)
    ticks(page, 1)


def test_a_click_opens_what_was_clicked(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(viewport={"width": 1440, "height": 2400})
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
    page.evaluate(f"window.loadstar.open('site:{world.site.empty_site}')")
    expect(page.locator("main")).to_contain_text("No meter on this site yet")


def test_every_chart_can_be_read_as_a_table_and_as_a_sentence(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport={"width": 1440, "height": 2400})
    for chart, words in (("overview-sankey", "Roof array"), ("overview-plan", "Main bus"), ("overview-chart", "Demand, kW")):
        button = page.locator(f'[data-table-of="{chart}"]')
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{chart}-table")).to_contain_text(words)
        expect(page.locator(f"#{chart}")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{chart}")).to_be_visible()
    assert "Roof array 60.0 kW" in page.locator("#overview-sankey-says").inner_text()


def test_the_table_of_live_power_lists_every_home_that_the_picture_draws_as_one(opened: Opener, world: Served) -> None:
    homes = world.site.crowd(24)
    world.site.post({("grid", "power_kw"): 60.0} | {(home, "power_kw"): 2.0 + at / 10 for at, home in enumerate(homes)})
    page = opened()
    eventually(lambda: "Homes (24)" in sankey_says(page))
    button, table = page.locator('[data-table-of="overview-sankey"]'), page.locator("#overview-sankey-table")
    button.click()
    expect(table).not_to_contain_text("Homes (24)")
    for at in range(24):
        expect(table.locator("tr", has=page.get_by_text(f"Home {at + 1}", exact=True))).to_have_text(
            f"Main busHome {at + 1}{2 + at / 10:.3g}"
        )
    world.site.post({("home 1", "power_kw"): 7.654})
    expect(table).to_contain_text("Home 17.654")
    button.click()
    eventually(lambda: "Homes (24)" in sankey_says(page))
    page.wait_for_function("() => !window.loadstar.lastTick().sankey[0].meta.each")


def test_names_cannot_write_into_the_page(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    assert "Labs <b>east</b>" in sankey_says(page)


def test_periods_show_energy_and_come_back_to_live(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport={"width": 1440, "height": 1800})
    page.get_by_text("24 h", exact=True).first.click()
    eventually(lambda: "kWh" in sankey_says(page))
    expect(page.locator("#overview-flow-note")).to_contain_text("of the expected readings")
    page.get_by_text("Live", exact=True).click()
    eventually(lambda: "kWh" not in sankey_says(page) and "60.0 kW" in sankey_says(page))
    page.select_option("#overview-step", "30")
    eventually(lambda: "30 min" in page.locator("#overview-chart-note").inner_text())
    page.locator(".panel.course").get_by_text("Custom", exact=True).click()
    expect(page.locator("#overview-chart-empty")).to_contain_text("Choose a first and a last day")
    day = f"{datetime.now(ZoneInfo('Europe/London')):%Y-%m-%d}"
    page.fill("#overview-range-first", day)
    page.fill("#overview-range-last", day)  # and the field is not left
    expect(page.locator("#overview-chart-note")).to_contain_text("Mean power")


def test_the_overview_is_accessible_in_either_theme_and_nothing_is_wider_than_the_screen(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(color_scheme="dark", viewport={"width": 390, "height": 844})
    ticks(page, 1)
    assert_readable(page)
    for width in (390, 1440, 2560):
        assert_fits(page, width)
        for tile in page.locator("#overview-tiles .reading").all():
            assert tile.evaluate("(element) => element.scrollWidth <= element.clientWidth")


def test_an_empty_site_says_how_to_fill_it(opened: Opener, world: Served) -> None:
    page = opened(site_id=world.site.empty_site, drawn=False)
    expect(page.locator("main")).to_contain_text("No meter on this site yet")


def test_a_resident_sees_their_part_alone(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened("resident", site_id=world.site.site)
    expect(page.locator("#overview-tiles")).to_contain_text("30.0")
    content = page.content()
    assert "Labs" not in content
    assert re.search(re.escape(world.site.meters["labs"]), content) is None


def test_the_page_says_when_the_connection_is_lost_and_goes_on_when_it_is_back(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(faults="503|overview-tick")
    ticks(page, 1)
    page.route("**/_dash-update-component**", lambda route: route.fulfill(status=503, body="{}"))
    page.route("**/readyz", lambda route: route.fulfill(status=503, body="{}"))
    expect(page.locator("#lost")).to_be_visible()
    page.unroute("**/_dash-update-component**")
    page.unroute("**/readyz")
    expect(page.locator("#lost")).to_be_hidden()
    ticks(page, 1)


INTO_THE_NEXT = """(width) => {
    const middle = ["Substation", "Transformer<br>1", "Low-voltage<br>board 1", "Distribution<br>cabinet in"];
    const names = ["Grid", ...middle.map((words) => words.replace("<br>", " ")), "Homes at the end of a long street"];
    const ends = [0, 1, 2, 3, 4];
    const { data: [trace], layout: { margin } } = window.loadstar.fittedSankey({ layout: {}, data: [{
        node: { thickness: 12, label: ["Grid", ...middle, "Homes"], customdata: names.map((name) => [-1, name, "1.49 MW"]) },
        link: { source: ends, target: ends.map((at) => at + 1), value: ends.map(() => 1490) } }] }, width, 400);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `400 ${trace.textfont.size * window.loadstar.textScale()}px Inter, sans-serif`;
    const column = (width - margin.l - margin.r - 12) / 5;
    const lines = trace.node.label.slice(1, 5).flatMap((words) => words.split("<br>"));
    return lines.map((line) => [line, pen.measureText(line).width - column]);
}"""


@pytest.mark.parametrize("width", [560, 640, 900, 1400])
def test_what_stands_in_the_middle_of_the_flow_is_named_above_it_without_running_into_the_next_name(
    width: int, opened: Opener
) -> None:
    found = opened().evaluate(INTO_THE_NEXT, width)
    assert len(found) >= 4, "each in one line or in two"
    assert [each for each in found if each[1] > 0] == []
    if width > 800:
        assert {"Transformer 1", "Transformer"} & {*dict(found)}, "and no shorter than it has to be"
