"""What readings that come do to the overview: charts follow, nothing flashes, nothing jumps, nothing piles up."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from config import settings as configuration
from dashboard.figures import plan
from insight.site_view import site_view
from store.records.jobs import kinds, working
from store.records.people import users
from store.records.plant import graph, sites
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.live_world import PASSWORD
from tests.dashboard.overview.conftest import Opener, Served
from tests.dashboard.overview.seen import DESK, now_marks, sankey_says, ticks, value
from tests.dashboard.watched import machine_is_busy
from tests.dashboard.web.test_jobs import FORECAST

pytestmark = pytest.mark.browser


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
    assert within <= 6 or machine_is_busy(), f"took {within:.1f} s"


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


def test_the_bands_of_the_live_sankey_never_fade_at_a_tick(opened: Opener, world: Served) -> None:
    world.site.post_everything()
    page = opened()
    ticks(page, 1)
    world.site.post({("pv", "power_kw"): 71.0})
    eventually(lambda: value(page, "production") == "71.0")
    world.site.post({("pv", "power_kw"): 72.0})
    assert page.evaluate(FAINTEST_BAND) == 1


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
        ticks(page, 2)
        counts.append(counted())
    # What is about to be collected comes and goes; what is left behind only grows.
    for kept in zip(*counts, strict=True):
        assert min(kept[6:]) <= 1.05 * max(kept[:3])


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


def test_a_site_whose_devices_are_all_offline_does_not_advise_another_period(opened: Opener, world: Served) -> None:
    world.site.post_everything(datetime.now(UTC) - timedelta(hours=2))
    page = opened()
    ticks(page, 1)
    expect(page.locator("#overview-sankey-empty")).to_contain_text("Every device of this site is offline")
    symbols = page.evaluate(
        "document.querySelector('#overview-plan .plot').data.find((trace) => trace.uid === 'nodes').marker.symbol"
    )
    assert all("x" in symbol or "open" in symbol for symbol in symbols), symbols


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


PLACE_OF_A_NODE = """(node) => {
    const plot = document.querySelector('#overview-plan .plot');
    const { x, y, customdata } = plot.data.find((trace) => trace.uid === 'nodes');
    const { left, top, width, height } = plot.querySelector('.nsewdrag').getBoundingClientRect();
    const share = (value, [low, high]) => (value - low) / (high - low);
    const at = customdata.indexOf(node);
    return [left + share(x[at], plot.layout.xaxis.range) * width, top + (1 - share(y[at], plot.layout.yaxis.range)) * height];
}"""


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
