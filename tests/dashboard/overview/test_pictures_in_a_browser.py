"""The overview's pictures: their colours, saved and on paper, and names that can be read however little room there is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.web import theme
from tests.conftest import eventually
from tests.dashboard.overview.conftest import Lasting, Opener, opening
from tests.dashboard.overview.seen import DESK, ticks

pytestmark = pytest.mark.browser


TOOLS = """() => [...document.querySelectorAll('#overview-chart .modebar-btn .icon')].map((icon) => {
    const { backgroundColor, maskImage } = getComputedStyle(icon);
    return [backgroundColor, maskImage, getComputedStyle(icon.querySelector('path')).fill];
})"""


def test_the_charts_tools_and_the_pointers_line_are_drawn_in_the_themes_colours(looked: Opener) -> None:
    page = looked(viewport=DESK)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        page.locator("#overview-chart").hover()
        named = [theme.tokens()[scheme][name] for name in ("accent", "muted")]  # the tool in use, and the others
        used, others = (f"rgb({', '.join(str(int(each[at : at + 2], 16)) for at in (1, 3, 5))})" for each in named)
        wanted = sorted([used, others, others, others])
        eventually(lambda wanted=wanted: sorted(fill for *_, fill in page.evaluate(TOOLS)) == wanted)
        assert [(ground, mask) for ground, mask, _ in page.evaluate(TOOLS)] == [("rgba(0, 0, 0, 0)", "none")] * 4
        cross = eventually(page.locator("#overview-chart .readout .cross").bounding_box)
        assert cross["width"] <= 1


def test_a_saved_picture_says_site_chart_period_and_zone(looked: Opener) -> None:
    page = looked(viewport=DESK)
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_site_date_devices_and_alarms(looked: Opener, scheme: str) -> None:
    page = looked(color_scheme=scheme)
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


PRINTED = """async () => {
    window.dispatchEvent(new Event('beforeprint'));
    for (let each = 0; each < 500; each++) await null; // what is printed is what stands when nothing but timers is left
    const shown = [...document.querySelectorAll('.chart .main-svg:first-child')].filter((svg) => svg.clientWidth);
    return shown.map((svg) => [svg.getAttribute('width'), svg.getAttribute('viewBox')]);
}"""
FITS_THE_SCREEN = """() => [...document.querySelectorAll('.chart .plot')].filter((plot) => plot.clientWidth).every((plot) => {
    const svg = plot.querySelector('.main-svg');
    return !svg.getAttribute('viewBox') && Math.abs(svg.getAttribute('width') - plot.clientWidth) < 2;
})"""


def test_on_paper_a_chart_is_drawn_for_the_paper_whatever_the_screen(looked: Opener) -> None:
    page = looked(viewport={"width": 390, "height": 1200})
    page.wait_for_selector("#overview-sankey[data-drawn]")
    for width in (390, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 1200})
        page.wait_for_function(FITS_THE_SCREEN)
        printed = page.evaluate(PRINTED)
        assert len(printed) >= 3
        assert {tuple(each) for each in printed} == {("720", "0 0 720 380")}
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        page.wait_for_function(FITS_THE_SCREEN)


@pytest.fixture(scope="module")
def page(chromium: Browser, lasting: Lasting) -> Iterator[Page]:
    """An overview whose scripts are asked how they would draw something else."""
    with opening(chromium, lasting.address, lasting.site) as open_page:
        yield open_page(site_id=lasting.site.site, viewport=DESK)


THIN_FLOWS = """async (width) => {
    const many = Array.from({ length: 14 }, (_, at) => at);
    const names = ['PV array', 'Battery, discharge', 'Grid, import', 'Board', ...many.map((at) => `Building ${at}`)];
    const node = { label: names, thickness: 12, line: { width: 0 }, customdata: names.map((name) => [-1, name, '1.13 MW']) };
    const link = {
        source: [0, 1, 2, ...many.map(() => 3)], target: [3, 3, 3, ...many.map((at) => at + 4)],
        value: [1, 1, 1000, ...many.map((at) => (at === 5 ? 989 : 1))],
    };
    const chart = Object.assign(document.createElement('div'), { id: `thin-${width}`, className: 'chart' });
    Object.assign(chart.style, { width: `${width}px`, height: '400px' });
    document.querySelector('main').append(chart);
    await window.loadstar.draw(chart.id, { data: [{ type: 'sankey', arrangement: 'fixed', node, link }], layout: {} });
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
def test_no_name_at_an_end_of_the_flow_lies_over_another_however_thin_their_bands(page: Page, width: int) -> None:
    assert page.evaluate(THIN_FLOWS, width) == [17, [], []]


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
    width: int, page: Page
) -> None:
    found = page.evaluate(INTO_THE_NEXT, width)
    assert len(found) >= 4, "each in one line or in two"
    assert [each for each in found if each[1] > 0] == []
    if width > 800:
        assert {"Transformer 1", "Transformer"} & {*dict(found)}, "and no shorter than it has to be"


def test_names_that_end_alike_lose_that_end_before_they_are_cut(page: Page) -> None:
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


def test_names_that_differ_at_their_ends_stay_apart_where_they_are_shortened(page: Page) -> None:
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
