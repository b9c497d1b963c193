"""Time in a browser, wherever it stands: ticks, hover, table and tiles tell the same moment, by the site's clock alone."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.figures import lines, meter_energy, meter_power, production_demand
from insight.course import Course
from models import local_time
from tests.conftest import eventually
from tests.dashboard.charts import hover, table, ticks
from tests.dashboard.overview.conftest import Lasting, Opener, opening
from tests.dashboard.watched import KATHMANDU, LOS_ANGELES

pytestmark = pytest.mark.browser
CHART = "overview-chart"
# A zone and a day that its clocks make odd; and the same zone on a plain day of the other season. From Los Angeles those are seen
# in whose night its own clocks change as well, from Kathmandu, where none ever change, the others.
DAYS = {
    LOS_ANGELES: [
        ("America/New_York", "2026-11-01"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-07-01"),
        ("America/Havana", "2026-11-01"),
        ("America/Havana", "2026-03-08"),
        ("America/St_Johns", "2026-11-01"),
        ("Asia/Kathmandu", "2026-11-24"),
        ("Australia/Lord_Howe", "2026-10-04"),
    ],
    KATHMANDU: [
        ("Europe/Berlin", "2026-10-25"),
        ("Europe/Berlin", "2026-07-01"),
        ("Europe/Berlin", "2026-12-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Atlantic/Azores", "2026-10-25"),
        ("Antarctica/Troll", "2026-10-25"),
        ("America/Havana", "2026-11-01"),
        ("Pacific/Apia", "2011-12-31"),
    ],
}


@pytest.fixture(scope="module", params=[LOS_ANGELES, KATHMANDU])
def place(request: pytest.FixtureRequest) -> str:
    """Where the browser stands."""
    return str(request.param)


@pytest.fixture(scope="module")
def page(chromium: Browser, lasting: Lasting, place: str) -> Iterator[Page]:
    """The overview, whose ticks draw nothing over what a test draws."""
    width = 1440 if place == LOS_ANGELES else 390
    with opening(chromium, lasting.address, lasting.site) as open_page:
        shown = open_page(site_id=lasting.site.site, timezone_id=place, viewport={"width": width, "height": 1800})
        offset = datetime.now(ZoneInfo(place)).utcoffset() or timedelta()
        assert shown.evaluate("-new Date().getTimezoneOffset()") == offset.total_seconds() / 60
        shown.evaluate("window.loadstar.amend = () => {}; window.dash_clientside.live.chart = () => {};")
        yield shown


def draw(page: Page, figure: dict[str, Any]) -> None:
    page.evaluate("(figure) => window.loadstar.draw('overview-chart', figure)", orjson.loads(orjson.dumps(figure)))
    page.wait_for_function(
        "(range) => String(document.querySelector('#overview-chart .plot').layout.xaxis.range) === String(range)",
        arg=figure["layout"]["xaxis"]["range"],
    )


def day_of(day: str, zone: str) -> tuple[datetime, datetime]:
    return local_time.days(date.fromisoformat(day), date.fromisoformat(day), ZoneInfo(zone))


def ticks_agree(page: Page, zone: str, day: str) -> int:
    """Each tick says the local time of the place where it stands, and which of two that are alike; how many there are."""
    drawn = ticks(page)
    for moment, words, below in drawn:
        nearest = datetime.fromtimestamp(round(moment.timestamp() / 300) * 300, UTC)
        time, _, name = local_time.label(nearest, "quarter", ZoneInfo(zone))[11:].partition(" ")
        assert abs((moment - nearest).total_seconds()) < 120, f"{zone}, {day}: {drawn}"
        assert words == time, f"{zone}, {day}: {drawn}"
        assert (name in below) or not name, f"{zone}, {day}: {drawn}"
    boxes = page.locator(f"#{CHART} .xtick text").evaluate_all("texts => texts.map((text) => text.getBoundingClientRect())")
    shown = sorted((box["left"], box["right"]) for box in boxes if box["width"])
    assert all(right <= left for (_, right), (left, _) in pairwise(shown)), f"{zone}, {day}: ticks over each other"
    return len(drawn)


def wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def test_bars_of_hours_ticks_hover_and_table_agree_on_every_odd_day(page: Page, place: str) -> None:
    for zone, day in DAYS[place]:
        bars_agree(page, zone, day)


def bars_agree(page: Page, zone: str, day: str) -> None:
    here = ZoneInfo(zone)
    edges = local_time.edges(*day_of(day, zone), "hour", here)
    kwh = np.arange(1, len(edges), dtype=float)
    bars = meter_energy.Bars(edges, kwh, kwh * 0, np.ones(len(kwh)), ("taken", "fed in"))
    draw(page, meter_energy.figure(bars, "hour", here))
    assert page.locator(f"#{CHART} .bars path").count() == len(kwh)

    heads, rows = table(page)
    labels = local_time.labels(edges[:-1], "hour", here)
    assert rows == [[label, f"{value:.3f}", "100"] for label, value in zip(labels, kwh, strict=True)]
    assert heads == [f"Hour, {local_time.names(here, edges[0], edges[-2])}", "Taken, kWh", "Readings, %"]
    told = hover(page, *(start + (end - start) / 2 for start, end in pairwise(edges)))
    for at, ((start, end), (when, values)) in enumerate(zip(pairwise(edges), told, strict=True)):
        assert values == {"Taken": f"{kwh[at]:.3f} kWh"}
        assert wall(start, zone) in when
        assert wall(end, zone) in when
        assert (local_time.name(start, here) in when) or " " not in labels[at][11:]
    assert ticks_agree(page, zone, day) >= 3


def test_lines_ticks_hover_and_table_agree_on_every_odd_day_before_and_after_zooming(page: Page, place: str) -> None:
    for zone, day in DAYS[place]:
        lines_agree(page, zone, day)


def lines_agree(page: Page, zone: str, day: str) -> None:
    here = ZoneInfo(zone)
    start, end = day_of(day, zone)
    steps = int((end - start).total_seconds()) // 900
    kilowatts = np.arange(steps, dtype=float) + 100
    line = meter_power.Line("power", "Main", lines.regular(start, 900, steps), kilowatts)
    draw(page, meter_power.figure([line], start, end, here))
    _, rows = table(page)
    starts = [start + timedelta(seconds=900 * at) for at in range(steps)]
    assert [row[0] for row in rows] == local_time.labels(starts, "quarter", here)
    assert [row[1] for row in rows] == [f"{kw:.2f}" for kw in kilowatts]

    assert ticks_agree(page, zone, day) >= 3
    for at, (when, values) in enumerate(hover(page, *(each + timedelta(seconds=450) for each in starts))):
        assert values == {"Main": f"{kilowatts[at]:.2f} kW"}
        assert f", {wall(starts[at], zone)}" in when
        assert rows[at][0][11:16] in when
    around = [(start + timedelta(hours=hour)).isoformat().replace("+00:00", "Z") for hour in (0.4, 4.1)]
    page.evaluate("(range) => Plotly.relayout(document.querySelector('#overview-chart .plot'), {'xaxis.range': range})", around)
    expect(page.locator(f"#{CHART} .xtick").nth(2)).to_be_visible()
    assert ticks_agree(page, zone, day) >= 3
    [(when, _)] = hover(page, starts[9] + timedelta(seconds=450))
    assert f", {wall(starts[9], zone)}" in when
    long = local_time.edges(start - timedelta(days=1), end + timedelta(days=1), 6 * 3600, here)
    kilowatts = np.arange(len(long) - 1, dtype=float) + 100
    line = meter_power.Line("power", "Main", pd.DatetimeIndex(long), kilowatts)
    draw(page, meter_power.figure([line], long[0], long[-1], here))
    _, rows = table(page)
    assert [row[0] for row in rows] == local_time.labels(long[:-1], "hour", here)
    assert [row[1] for row in rows] == [f"{kw:.2f}" for kw in kilowatts]


def test_bars_of_days_are_named_below_their_middle(page: Page) -> None:
    for zone, first, days in (("America/New_York", "2026-10-20", 30), ("Pacific/Apia", "2011-12-20", 20)):
        days_agree(page, zone, first, days)


def days_agree(page: Page, zone: str, first: str, days: int) -> None:
    here = ZoneInfo(zone)
    begun = date.fromisoformat(first)
    start, end = local_time.days(begun, begun + timedelta(days=days - 1), here)
    edges = local_time.edges(start, end, "day", here)
    known = np.ones(len(edges) - 1)
    draw(page, meter_energy.figure(meter_energy.Bars(edges, known, known * 0, known, ("taken", "fed in")), "day", here))
    drawn = ticks(page)
    assert len(drawn) >= 2
    for moment, words, _ in drawn:
        local = moment.astimezone(here)
        assert words == f"{local.day} {local:%b}"
        assert 10 <= local.hour <= 13
    _, rows = table(page)
    assert [row[0] for row in rows] == local_time.labels(edges[:-1], "day", here)


def test_a_gap_is_a_gap_a_lone_value_a_dot_and_a_sum_says_what_it_lacks(page: Page) -> None:
    start = datetime(2026, 7, 1, tzinfo=UTC)
    gappy = np.array([1, np.nan, 2, np.nan, np.nan, 3, 3])
    whole = np.array([4.0, 4, 4, 4, np.nan, 4, 4])
    course = Course(lines.regular(start, 900, 7), whole + gappy, whole, whole, None, {"East": whole, "West": gappy})
    draw(page, production_demand.figure(course, start, ZoneInfo("Europe/Berlin"), live=False))
    drawn = page.evaluate("document.querySelector('#overview-chart .plot').data")
    west = next(trace for trace in drawn if trace["uid"] == "production-1")
    assert west["y"] == [5, None, 6, None, None, 7, 7], "on East, and nothing where it has no value"
    assert [size > 0 for size in west["marker"]["size"]] == [True, False, True, False, False, False, False]
    area = next(trace for trace in drawn if trace["uid"] == "production-1-area")
    assert [y for y in area["y"] if y is not None] == [7, 7, 4, 4], "one surface, of the one run of two values"
    _, rows = table(page)
    assert [row[3] for row in rows] == ["5.000", "4.000 partial", "6.000", "4.000 partial", "–", "7.000", "7.000"]
    [(_, values)] = hover(page, start + timedelta(minutes=22))
    assert values["West"] == "no data"
    assert values["Production"] == "4.000 partial kW"
    page.locator(f"#{CHART} .legendtoggle").first.dispatch_event("mousedown")
    page.locator(f"#{CHART} .legendtoggle").first.dispatch_event("mouseup")
    alone = "document.querySelector('#overview-chart .plot').data.find((trace) => trace.uid === 'production-1').y[0]"
    eventually(lambda: page.evaluate(alone) == 1)


def test_the_tiles_the_end_of_the_chart_its_table_and_its_hover_tell_the_same_now(looked: Opener, place: str) -> None:
    now = datetime.now(UTC)
    page = looked(timezone_id=place, viewport={"width": 1440, "height": 1800})
    expect(page.locator('#overview-tiles [data-tile="production"] [data-part="value"]')).to_have_text("60.0")
    zone = "Europe/London"
    mark = "document.querySelector('#overview-chart .plot').data.find((trace) => trace.uid === 'now')"
    eventually(lambda: page.evaluate(f"{mark}.y") == [60, 110])
    at = page.evaluate(f"window.loadstar.moment({mark}.x[0])") / 1000
    assert abs(at - datetime.now(UTC).timestamp()) < 60
    line = page.evaluate("document.querySelector('#overview-chart .plot').layout.shapes[0].x0")
    assert now.timestamp() - 60 < page.evaluate("window.loadstar.moment", line) / 1000 < datetime.now(UTC).timestamp()
    closed = local_time.begin(now, "quarter", ZoneInfo(zone)) - timedelta(minutes=30)
    [(when, values)] = hover(page, closed + timedelta(minutes=7))
    assert f"{wall(closed, zone)}–" in when
    assert values["Production"] == "60.000 kW"
    assert values["Demand"] == "110.00 kW"
    _, rows = table(page)
    label = local_time.label(closed, "quarter", ZoneInfo(zone))
    assert [row[1:3] for row in rows if row[0] == label] == [["60.000", "110.00"]]
    clock = page.locator("#clock time").inner_text()
    assert re.match(wall(datetime.now(UTC), zone)[:2], clock)


def test_the_browsers_clock_names_every_moment_as_the_server_does(page: Page, place: str) -> None:
    told: Callable[..., Any] = page.evaluate
    for zone, day in DAYS[place]:
        here = ZoneInfo(zone)
        start, end = day_of(day, zone)
        edges = local_time.edges(start - timedelta(days=1), end + timedelta(days=1), "quarter", here)
        clock = [[int(each.since.timestamp()), each.offset_s, each.name] for each in local_time.clock(here, edges[0], edges[-1])]
        given = {"clock": clock, "moments": [edge.timestamp() * 1000 for edge in edges]}
        labels = told("({ clock, moments }) => moments.map(window.loadstar.localTime(clock).label)", given)
        assert labels == local_time.labels(edges, "quarter", here)
