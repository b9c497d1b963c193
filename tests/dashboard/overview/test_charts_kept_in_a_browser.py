"""What is done with a chart besides looking: its numbers as a file, the whole screen, and one stretch of time for all charts."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import eventually
from tests.dashboard.overview.conftest import Opener
from tests.dashboard.overview.seen import DESK

pytestmark = pytest.mark.browser

DRAWN = "(id) => window.loadstar.drawnFigure(id)"
RANGE = "(id) => document.querySelector(`#${id} .plot`).layout.xaxis.range.map((each) => window.loadstar.moment(String(each)))"

# The server tells of this site, at each tick, that nothing happened: it is not listened to.
HAPPENED = """(told) => {
    const set = window.loadstar.setHappened;
    window.loadstar.setHappened = () => {};
    set('overview-chart', [told]);
}"""


def kept(page: Page, chart_id: str, folder: Path) -> list[list[str]]:
    with page.expect_download() as saved:
        page.locator(f"[data-numbers-of={chart_id}]").click()
    assert saved.value.suggested_filename.endswith(".csv")
    file = folder / "kept.csv"
    saved.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


def figure(page: Page, chart_id: str) -> dict[str, Any]:
    found: dict[str, Any] = eventually(lambda: page.evaluate(DRAWN, chart_id))
    return found


def test_the_numbers_of_a_chart_over_time_are_kept_with_unit_and_moment(looked: Opener, tmp_path: Path) -> None:
    page = looked(viewport=DESK)
    drawn = figure(page, "overview-chart")
    heads, *rows = kept(page, "overview-chart", tmp_path)
    moments = [datetime.fromisoformat(row[0]) for row in rows]
    assert moments == sorted(moments)
    assert all(moment.tzinfo for moment in moments)
    lines = [each for each in drawn["data"] if each.get("name") and each.get("visible", True) is True and each.get("dx")]
    assert lines
    for line in lines:
        column = next(at for at, head in enumerate(heads) if head == f"{line['name']}, {line['meta']['unit']}")
        first = datetime.fromisoformat(line["x0"]).timestamp() - line["dx"] / 2000
        told = {first + at * line["dx"] / 1000: value for at, value in enumerate(line["y"]) if value is not None}
        written = {moment.timestamp(): float(row[column]) for moment, row in zip(moments, rows, strict=True) if row[column]}
        assert told.items() <= written.items()


def test_the_numbers_of_an_energy_flow_are_kept(looked: Opener, tmp_path: Path) -> None:
    page = looked(viewport=DESK)
    link = figure(page, "overview-sankey")["data"][0]["link"]
    heads, *rows = kept(page, "overview-sankey", tmp_path)
    assert heads[:2] == ["From", "To"]
    assert heads[2].startswith("Flow, ")
    assert sum(float(row[2]) for row in rows) == pytest.approx(sum(link["value"]))


def test_a_chart_is_given_the_whole_screen_and_gives_it_back(looked: Opener) -> None:
    page = looked(viewport=DESK)
    button = page.locator("[data-full-of=overview-chart]")
    before = page.locator("#overview-chart").bounding_box()
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert before
    eventually(lambda: (page.locator("#overview-chart .plot").bounding_box() or before)["height"] > before["height"] * 1.5)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    eventually(lambda: (page.locator("#overview-chart").bounding_box() or {})["height"] == before["height"])


def test_charts_of_the_same_period_show_the_same_stretch_of_it(looked: Opener) -> None:
    page = looked(viewport=DESK)
    figure(page, "overview-chart")
    page.evaluate("""() => {
        const twin = Object.assign(document.createElement("div"), { id: "twin", className: "chart" });
        document.getElementById("overview-chart").closest(".panel").append(twin);
        twin.style.height = "200px";
        window.loadstar.draw("twin", structuredClone(window.loadstar.drawnFigure("overview-chart")));
    }""")
    page.wait_for_selector("#twin[data-drawn]")
    whole = page.evaluate(RANGE, "twin")
    first, last = whole[0] + (whole[1] - whole[0]) * 0.25, whole[0] + (whole[1] - whole[0]) * 0.75
    page.evaluate(
        """([first, last]) => window.Plotly.relayout(document.querySelector("#overview-chart .plot"), {
            "xaxis.range": [new Date(first).toISOString(), new Date(last).toISOString()] })""",
        [first, last],
    )
    eventually(lambda: page.evaluate(RANGE, "twin") == pytest.approx([first, last], abs=2))
    page.locator("#overview-chart").hover()
    page.locator("#overview-chart .modebar-btn").last.click()
    eventually(lambda: page.evaluate(RANGE, "twin") == pytest.approx(whole, abs=2))


def test_what_happened_is_a_band_behind_the_lines_and_is_told_under_the_pointer_and_in_the_table(
    looked: Opener, tmp_path: Path
) -> None:
    page = looked(viewport=DESK)
    drawn = figure(page, "overview-chart")
    start, end = (datetime.fromisoformat(each) for each in drawn["layout"]["xaxis"]["range"])
    middle = start + (end - start) / 2
    page.evaluate(HAPPENED, [str(middle), str(end), "Labs device was silent"])

    def seen(share: float) -> list[str]:
        """What is told under the pointer there."""
        place = page.locator("#overview-chart .nsewdrag").first.bounding_box()
        if place is None:  # it is just being drawn
            return ["?"]
        page.mouse.move(place["x"] + place["width"] * share, place["y"] + 20, steps=2)
        return page.locator("#overview-chart .readout li").all_text_contents()

    eventually(lambda: seen(0.75) == ["Labs device was silent"])
    eventually(lambda: seen(0.25) == [])
    shapes = (
        "document.querySelector('#overview-chart .plot').layout.shapes.map((each) => [Date.parse(each.x0), Date.parse(each.x1)])"
    )
    eventually(lambda: [middle.timestamp() * 1000, end.timestamp() * 1000] in page.evaluate(shapes))
    heads, *rows = kept(page, "overview-chart", tmp_path)
    told = [datetime.fromisoformat(row[0]) >= middle for row in rows if row[heads.index("Events")]]
    assert told
    assert sum(not each for each in told) <= 1
