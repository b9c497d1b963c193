"""What the overview's charts and frame do in a browser: nothing flashes, nothing hung looks live, nothing stale is shown."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Error, Page, expect

from dashboard.figures import plan
from dashboard.web import theme
from insight.site_view import site_view
from store.records.jobs import kinds, working
from store.records.people import users
from store.records.plant import graph, sites
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.live_world import PASSWORD
from tests.dashboard.overview.conftest import Opener, Served
from tests.dashboard.overview.test_overview_in_a_browser import ticks, value
from tests.dashboard.web.test_jobs import FORECAST

pytestmark = pytest.mark.browser
DESK = {"width": 1440, "height": 1800}

FAINTEST_BAND = """() => new Promise((resolve) => {
    let faintest = 1;
    const began = window.loadstar.lastTick().at;
    const look = (left) => {
        for (const band of document.querySelectorAll('#overview-sankey .sankey-link'))
            faintest = Math.min(faintest, Number(getComputedStyle(band).opacity));
        if (window.loadstar.lastTick().at > began) left -= 1;
        if (left > 0) requestAnimationFrame(() => look(left)); else resolve(faintest);
    };
    look(40);
})"""


PLACE_OF_A_NODE = """(node) => {
    const plot = document.querySelector('#overview-plan .plot');
    const { x, y, customdata } = plot.data.find((trace) => trace.uid === 'nodes');
    const { left, top, width, height } = plot.querySelector('.nsewdrag').getBoundingClientRect();
    const share = (value, [low, high]) => (value - low) / (high - low);
    const at = customdata.indexOf(node);
    return [left + share(x[at], plot.layout.xaxis.range) * width, top + (1 - share(y[at], plot.layout.yaxis.range)) * height];
}"""


def choose(page: Page, group: str, words: str) -> None:
    page.locator(f"#{group}").get_by_text(words, exact=True).click()


def is_seen(page: Page, selector: str) -> bool:
    return page.evaluate("(it) => getComputedStyle(document.querySelector(it)).visibility === 'visible'", selector)


def test_the_bands_of_the_live_sankey_never_fade_at_a_tick(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    ticks(page, 1)
    world.site.post({("pv", "power_kw"): 71.0})
    eventually(lambda: value(page, "production") == "71.0")
    world.site.post({("pv", "power_kw"): 72.0})
    assert page.evaluate(FAINTEST_BAND) == 1


def test_a_server_that_hangs_is_not_shown_as_live(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(faults="overview-tick|ERR_|aborted|Failed to fetch")
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


def test_the_map_is_read_as_a_table_too(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(viewport=DESK)
    choose(page, "overview-view", "Map")
    page.wait_for_selector("#overview-map[data-drawn]")
    button = page.locator(".panel.place footer button:visible")
    button.click()
    expect(page.locator("#overview-map-table")).to_contain_text("South Works")
    expect(page.locator("#overview-map")).to_be_hidden()
    button.click()
    expect(page.locator("#overview-map")).to_be_visible()
    choose(page, "overview-view", "Plan")
    button.click()
    expect(page.locator("#overview-plan-table")).to_contain_text("Roof array")


def test_a_period_that_cannot_be_shown_leaves_no_older_picture_and_moves_nothing(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    for chart, group in (("overview-sankey", "overview-flow"), ("overview-chart", "overview-range")):
        before = page.locator(f"#{chart}").bounding_box()
        choose(page, group, "Custom")
        expect(page.locator(f"#{chart}-empty")).to_contain_text("Choose a first and a last day.")
        assert not is_seen(page, f"#{chart}")
        page.fill(f"#{group}-first", "2026-05-02")
        page.fill(f"#{group}-last", "2026-05-01")
        expect(page.locator(f"#{chart}-empty")).to_contain_text("The last day is before the first.")
        assert not is_seen(page, f"#{chart}")
        after = page.locator(f"#{chart}").bounding_box()
        assert before and after and before["height"] == after["height"]
        choose(page, group, "24 h")
        expect(page.locator(f"#{chart}-empty")).to_be_hidden()
        assert is_seen(page, f"#{chart}")


def test_a_site_whose_devices_are_all_offline_does_not_advise_another_period(opened: Opener, world: Served) -> None:
    world.site.post_everything(datetime.now(UTC) - timedelta(hours=2))
    page = opened()
    ticks(page, 1)
    expect(page.locator("#overview-sankey-empty")).to_contain_text("Every device of this site is offline")
    symbols = page.evaluate(
        "document.querySelector('#overview-plan .plot').data.find((trace) => trace.uid === 'nodes').marker.symbol"
    )
    assert all("x" in symbol or "open" in symbol for symbol in symbols), symbols


def test_a_choice_of_one_among_several_is_one_stop_of_the_tab_key(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    page.locator("#overview-flow input:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#overview-flow input[value=today]")).to_be_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("!document.querySelector('#overview-flow').contains(document.activeElement)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_site_date_devices_and_alarms(opened: Opener, world: Served, scheme: str) -> None:
    world.site.post_everything()
    page = opened(color_scheme=scheme)
    ticks(page, 1)
    page.emulate_media(media="print", color_scheme=scheme)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    said = page.locator("body").inner_text()
    for words in ("North Campus", str(datetime.now(UTC).year), "Labs device", "Voltage 204 V at Labs", "48 h"):
        assert words in said, said
    assert "Show as table" not in said
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_on_paper_a_chart_is_drawn_for_the_paper_whatever_the_screen(opened: Opener, world: Served, width: int) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport={"width": width, "height": 1200})
    page.wait_for_selector("#overview-sankey[data-drawn]")
    printed = page.evaluate(
        """async () => {
            window.dispatchEvent(new Event('beforeprint'));
            for (let each = 0; each < 500; each++) await null; // what is printed is what stands when nothing but timers is left
            const shown = [...document.querySelectorAll('.chart .main-svg:first-child')].filter((svg) => svg.clientWidth);
            return shown.map((svg) => [svg.getAttribute('width'), svg.getAttribute('viewBox')]);
        }"""
    )
    assert len(printed) >= 3
    assert {tuple(each) for each in printed} == {("720", "0 0 720 380")}
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.chart .plot')].filter((plot) => plot.clientWidth).every((plot) => {
            const svg = plot.querySelector('.main-svg');
            return !svg.getAttribute('viewBox') && Math.abs(svg.getAttribute('width') - plot.clientWidth) < 2;
        })"""
    )


THIN_FLOWS = """async (width) => {
    const many = Array.from({ length: 14 }, (_, at) => at);
    const names = ['PV array', 'Battery, discharge', 'Grid, import', 'Board', ...many.map((at) => `Building ${at}`)];
    const node = { label: names, thickness: 12, line: { width: 0 }, customdata: names.map((name) => [-1, name, '1.13 MW']) };
    const link = {
        source: [0, 1, 2, ...many.map(() => 3)], target: [3, 3, 3, ...many.map((at) => at + 4)],
        value: [1, 1, 1000, ...many.map((at) => (at === 5 ? 989 : 1))],
    };
    const chart = Object.assign(document.createElement('div'), { id: 'thin', className: 'chart' });
    Object.assign(chart.style, { width: `${width}px`, height: '400px' });
    document.querySelector('main').append(chart);
    await window.loadstar.draw('thin', { data: [{ type: 'sankey', arrangement: 'fixed', node, link }], layout: {} });
    const boxes = [...chart.querySelectorAll('.node-label')]
        .filter(({ __data__: { node } }) => !node.targetLinks.length || !node.sourceLinks.length)
        .map((label) => [label.textContent, label.getBoundingClientRect()]);
    const lies = (one, other) => one.left < other.right && other.left < one.right
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
    const { top, bottom } = chart.getBoundingClientRect();
    const after = (at, box) => boxes.slice(at + 1).filter(([, other]) => lies(box, other));
    const over = boxes.flatMap(([name, box], at) => after(at, box).map(([other]) => [name, other]));
    const outside = boxes.filter(([, box]) => box.top < top - 2 || box.bottom > bottom + 2).map(([name]) => name);
    return [boxes.length, over, outside];
}"""


@pytest.mark.parametrize("width", [330, 632, 1000])
def test_no_name_at_an_end_of_the_flow_lies_over_another_however_thin_their_bands(
    opened: Opener, world: Served, width: int
) -> None:
    world.site.post_everything()
    assert opened(viewport=DESK).evaluate(THIN_FLOWS, width) == [17, [], []]


def test_names_that_end_alike_lose_that_end_before_they_are_cut(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    labels = page.evaluate(
        """() => {
            const label = ['Grid', ...[1, 2, 11].map((each) => `Home ${each} consumption`)];
            const node = { label, thickness: 12, customdata: label.map((name) => [0, name, '1 kW']) };
            const link = { source: [0, 0, 0], target: [1, 2, 3], value: [1, 1, 1] };
            const fitted = (width) => window.loadstar.fittedSankey({ layout: {}, data: [{ node, link }] }, width, 400);
            return [320, 1200].map((width) => fitted(width).data[0].node.label.slice(1).map((each) => each.split('  ')[0]));
        }"""
    )
    assert labels == [["Home 1", "Home 2", "Home 11"], [f"Home {each} consumption" for each in (1, 2, 11)]]


def test_a_reload_and_a_link_show_what_was_chosen(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    choose(page, "overview-flow", "24 h")
    choose(page, "overview-range", "7 d")
    choose(page, "overview-view", "Map")
    page.select_option("#overview-step", "120")
    expect(page.locator("#overview-chart-note")).to_contain_text("each 2 h")
    page.wait_for_url(lambda url: all(part in url for part in ("flow=24h", "range=7d", "step=120", "view=map")))
    page.reload()
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    for group, name in (("flow", "24h"), ("range", "7d"), ("view", "map")):
        expect(page.locator(f"#overview-{group} input[value='{name}']")).to_be_checked()
    expect(page.locator("#overview-chart-note")).to_contain_text("each 2 h")
    expect(page.locator("#overview-flow-note")).to_contain_text("of the expected readings")
    expect(page.locator("#overview-map")).to_be_visible()
    choose(page, "overview-flow", "Live")
    page.wait_for_url(lambda url: "flow" not in url)
    page.goto(f"/site/{world.site.site}/overview?range=nonsense&step=7&view=<b>&flow=1&site_id=other")
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    expect(page.locator("#overview-range input[value='48h']")).to_be_checked()


def test_the_way_back_shows_the_map_that_was_left(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(viewport=DESK)
    choose(page, "overview-view", "Map")
    page.wait_for_selector("#overview-map[data-drawn]")
    page.click("[data-screen]:not([aria-current])")
    page.wait_for_selector("#overview-map", state="detached")
    page.go_back()
    page.wait_for_selector("#overview-map[data-drawn]")
    expect(page.locator("#overview-view input[value=map]")).to_be_checked()


def test_a_saved_picture_says_site_chart_period_and_zone(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    page.evaluate(
        """() => {
            const real = window.Plotly.downloadImage;
            window.Plotly.downloadImage = (figure, options) => {
                window.saved = figure.layout.title.text;
                return real(figure, options);
            };
        }"""
    )
    page.locator("#overview-chart").hover()
    with page.expect_download() as saved:
        page.locator("#overview-chart .modebar-btn").first.click()
    name = saved.value.suggested_filename
    assert name.startswith("North-Campus-Production-and-demand-48-h-")
    assert name.endswith(".png")
    said = page.evaluate("window.saved")
    for words in ("North Campus", "Production and demand", "48 h", "Mean power of each 15 min", "As of"):
        assert words in said
    assert any(zone in said for zone in ("GMT", "BST"))


def test_an_alarm_opens_its_own_chart_and_a_chart_of_many_names_keeps_its_height(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    page.locator("#attention-list .link", has_text="Voltage").click()
    expect(page.locator("#overview-details-title")).to_have_text("Voltage at Labs")
    expect(page.locator("#overview-details-chart")).to_have_attribute("data-drawn", "yes")
    expect(page.locator("#overview-details-chart")).to_have_attribute("aria-label", "Voltage at Labs over the last 48 hours")
    page.keyboard.press("Escape")
    expect(page.locator("#overview-details")).to_be_hidden()
    page.evaluate(f"window.loadstar.open('node:{world.site.nodes['bus']}')")
    expect(page.locator("#overview-details-title")).to_have_text("Main bus")
    expect(page.locator("#overview-details-chart")).to_have_attribute("data-drawn", "yes")
    plane, legend = (page.locator(f"#overview-details-chart {part}").bounding_box() for part in (".nsewdrag", ".legend .bg"))
    assert plane and legend
    assert plane["height"] >= 140
    assert legend["y"] + legend["height"] <= plane["y"] + 1, "no name lies over the lines"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charts_tools_and_the_pointers_line_are_drawn_in_the_themes_colours(
    opened: Opener, world: Served, scheme: str
) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(color_scheme=scheme, viewport=DESK)
    page.locator("#overview-chart").hover()
    looks = page.evaluate(
        """() => [...document.querySelectorAll('#overview-chart .modebar-btn .icon')].map((icon) => {
            const { backgroundColor, maskImage } = getComputedStyle(icon);
            return [backgroundColor, maskImage, getComputedStyle(icon.querySelector('path')).fill];
        })"""
    )
    named = [theme.tokens()[scheme][name] for name in ("accent", "muted")]  # the tool in use, and the others
    used, others = (f"rgb({', '.join(str(int(each[at : at + 2], 16)) for at in (1, 3, 5))})" for each in named)
    assert [(ground, mask) for ground, mask, _ in looks] == [("rgba(0, 0, 0, 0)", "none")] * 4
    assert sorted(fill for *_, fill in looks) == sorted([used, others, others, others])
    cross = page.locator("#overview-chart .readout .cross").bounding_box()
    assert cross
    assert cross["width"] <= 1


def test_names_that_differ_at_their_ends_stay_apart_where_they_are_shortened(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    labels = page.evaluate(
        """(names) => {
            const label = ['Grid', ...names];
            const node = { label, thickness: 12, customdata: label.map((name) => [0, name, '1 kW']) };
            const link = { source: names.map(() => 0), target: names.map((_, at) => at + 1), value: names.map(() => 1) };
            const fitted = (width) => window.loadstar.fittedSankey({ layout: {}, data: [{ node, link }] }, width, 400);
            return [320, 480, 760].map((width) => fitted(width).data[0].node.label);
        }""",
        [f"{name} {number}" for name in ("Distribution cabinet in the north", "Transformer") for number in (1, 2)],
    )
    for shown in labels:
        assert len({*shown}) == len(shown), shown


def test_what_a_tile_says_stays_within_it_while_meters_are_silent(opened: Opener, world: Served) -> None:
    world.site.post_everything(datetime.now(UTC) - timedelta(hours=2))
    world.site.post({("grid", "power_kw"): 40.0, ("pv", "power_kw"): 60.0})
    page = opened(viewport={"width": 1440, "height": 900})
    ticks(page, 1)
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('#overview-tiles .tile')].flatMap((tile) => {
            const right = tile.getBoundingClientRect().right;
            const texts = [...tile.querySelectorAll('h2,.reading,.note,.state')];
            return texts.filter((each) => each.getBoundingClientRect().right > right + 1).map((each) => each.textContent);
        })"""
    )
    assert beyond == []


def test_arrows_step_through_time_by_what_is_shown(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    today = datetime.now(ZoneInfo("Europe/London")).date()
    choose(page, "overview-range", "7 d")
    page.click("#overview-range-earlier")
    expect(page.locator("#overview-range input[value='custom']")).to_be_checked()
    expect(page.locator("#overview-range-first")).to_have_value(f"{today - timedelta(days=13)}")
    expect(page.locator("#overview-range-last")).to_have_value(f"{today - timedelta(days=7)}")
    page.click("#overview-range-later")
    expect(page.locator("#overview-range-last")).to_have_value(f"{today}")
    page.click("#overview-range-later")  # nothing lies beyond today
    expect(page.locator("#overview-range-first")).to_have_value(f"{today - timedelta(days=6)}")
    page.wait_for_url(lambda url: f"last={today}" in url)


def test_the_map_is_zoomed_by_buttons_and_shows_all_sites_by_one(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened(viewport=DESK)
    choose(page, "overview-view", "Map")
    page.wait_for_selector("#overview-map[data-drawn]")
    width = "(() => { const [a, b] = document.querySelector('#overview-map .plot').layout.xaxis.range; return b - a; })()"
    before = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    eventually(lambda: page.evaluate(width) < 0.7 * before)
    for _ in range(14):
        page.get_by_role("button", name="Zoom out").click()
    eventually(lambda: page.evaluate(width) <= 360.5)
    page.get_by_role("button", name="Show all sites").click()
    eventually(lambda: page.evaluate(width) < 60)


def test_who_may_change_the_graph_moves_its_nodes_on_the_plan_and_nobody_else(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    assert opened().locator("#overview-arrange").count() == 0
    before = plan.positions(site_view(SYSTEM, world.site.site).graph)
    owner = sites.site(SYSTEM, world.site.site).organisation_id
    users.create_user(SYSTEM, email="planner@example.org", name="Planner", password=PASSWORD, organisation_id=owner, role="admin")
    page = opened("planner", world.site.site)
    ticks(page, 1)
    page.wait_for_selector("#overview-plan[data-drawn]")
    page.click("#overview-arrange")
    at = page.evaluate(PLACE_OF_A_NODE, f"node:{world.site.nodes['labs']}")
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] - 60, at[1] + 10, steps=4)
    page.mouse.up()
    expect(page.locator("#overview-plan-note")).to_have_text("Saved.")
    put = {node.id: (node.plan_x, node.plan_y) for node in graph.wiring(SYSTEM, world.site.site).nodes}
    for node_id, (x, y) in put.items():
        assert x is not None
        assert y is not None
        if node_id != world.site.nodes["labs"]:
            assert (x, y) == pytest.approx(before[node_id], abs=1e-4), "the others stay where they stood"
    x, _ = put[world.site.nodes["labs"]]
    assert x is not None
    assert x < before[world.site.nodes["labs"]][0] - 0.05
    ends = page.evaluate(
        "document.querySelector('#overview-plan .plot').data.flatMap(({ uid, x }) => (uid.startsWith('edges') ? x : []))"
    )
    assert any(end == pytest.approx(x, abs=1e-4) for end in ends if end is not None), "its lines come along"


def test_a_tick_asks_for_a_forecast_which_is_drawn_when_it_is_there(opened: Opener, world: Served) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    page = opened(viewport=DESK)
    drawn = "document.querySelector('#overview-chart .plot').data.map(({ uid }) => uid)"
    wanted = page.locator("#overview-chart-shows input[value=forecast]")
    wanted.check()
    expect(page.locator("#overview-forecast-progress")).to_have_text("Waiting for its turn")
    job = eventually(lambda: working.claim(SYSTEM, "a worker", ["forecast"], kinds.KINDS))
    working.finish(SYSTEM, job.claim, FORECAST)
    eventually(lambda: "forecast-demand" in page.evaluate(drawn))
    expect(page.locator("#overview-forecast-says")).to_contain_text("Error over the last week")
    wanted.uncheck()
    eventually(lambda: "forecast-demand" not in page.evaluate(drawn))
    wanted.check()
    page.get_by_role("button", name="Cancel").click()
    expect(wanted).not_to_be_checked()
