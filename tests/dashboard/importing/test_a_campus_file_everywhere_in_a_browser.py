"""A campus file that is uploaded by hand is told by every page and road, in numbers that are worked out on its raw cells."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from store.records.plant import declarations, graph
from store.scope import SYSTEM
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.importing.test_import_in_a_browser import JOB_MS
from tests.dashboard.watched import let_in, watched
from tests.dashboard.world import World

pytestmark = pytest.mark.browser

MARCH, SHORT_DAY = "2025-03", date(2025, 3, 30)  # London's clocks go forward on that day
KWH = {"Wh": 1e-3, "kWh": 1.0, "MWh": 1e3, "GWh": 1e6}


def raw() -> pd.DataFrame:
    """What three buildings took (kWh) in each hour of two months, by London's clock."""
    hours = pd.date_range("2025-02-01", "2025-04-01", freq="h", tz="Europe/London", inclusive="left")
    random = np.random.default_rng(110)
    sizes = {"Building 110": 20.0, "Building 111": 35.0, "Annex / west": 8.0}
    return pd.DataFrame({name: (size * random.uniform(0.6, 1.4, len(hours))).round(3) for name, size in sizes.items()}, hours)


def written(cells: pd.DataFrame) -> str:
    """The table as a campus exports it: a row a building, a column an hour."""
    stamps = cells.index.strftime("%d/%m/%Y %H:%M")
    rows = [",".join([name, "teaching", *map(str, values)]) for name, values in cells.items()]
    return "\n".join([",".join(["Group", "Use", *stamps]), *rows])


def amounts(text: str) -> list[float]:
    """The energies (kWh) that are said in a text, in their order."""
    found = re.findall(r"(\d[\d\u202f.]*)\s([kMG]?Wh)\b", text)
    return [float(number.replace("\u202f", "").rstrip(".")) * KWH[unit] for number, unit in found]


def said(kwh: float) -> object:
    """An energy that is shown with three digits."""
    return pytest.approx(kwh, rel=0.006)


def imported(page: Page, world: World, file: Path) -> None:
    page.goto(f"/site/{world.site}/imports")
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose a file").click()
    choosing.value.set_files(file)
    page.wait_for_url(f"**/site/{world.site}/import/upl_*")
    expect(page.get_by_text("Please say.").first).to_be_visible()
    page.locator("#import-apply").click()
    expect(page.get_by_text("Read so.")).to_be_visible()
    page.get_by_role("button", name="Create the 3 missing meters").click()
    expect(page.get_by_text("3 of 3 have a meter here.")).to_be_visible()
    page.locator("#import-start").click()
    page.wait_for_url(f"**/site/{world.site}/imports/imp_*")
    expect(page.locator("dd .state")).to_have_text("done", timeout=JOB_MS)


def test_it_is_seen_on_the_pages_and_comes_back_by_the_roads(
    at_work: tuple[World, str], chromium: Browser, tmp_path: Path
) -> None:
    world, address = at_work
    graph.create_node(SYSTEM, world.site, name="Main bus", kind="bus", valid_from=declarations.BEGINNING)
    cells, file = raw(), tmp_path / "campus.csv"
    file.write_text(written(cells), encoding="utf-8")
    days, months = cells.groupby(cells.index.date).sum(), cells.groupby(cells.index.strftime("%Y-%m")).sum()
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000})
        let_in(page, "admin@example.org", world.settings, address)
        imported(page, world, file)
        imported_at = page.url
        nodes = {each.name: each.id for each in graph.wiring(SYSTEM, world.site).nodes}
        _pages(page, world, nodes, days, months)
        _report(page, world, months)
        _roads(page, cells, days, months)
        page.goto(imported_at)
        page.get_by_text("Undo", exact=True).click()
        page.get_by_role("button", name="Undo the import").click()
        expect(page.locator("dd .state")).to_have_text("undone", timeout=JOB_MS)
        page.goto(f"/site/{world.site}/calendar?of={nodes['Building 110']}&day={SHORT_DAY}")  # which was looked at a moment ago
        expect(page.locator("#calendar-says")).to_have_text("There is no data of these days.")


def _pages(page: Page, world: World, nodes: dict[str, str], days: pd.DataFrame, months: pd.DataFrame) -> None:
    one, other = "Building 110", "Building 111"
    site = f"/site/{world.site}"
    page.goto(f"{site}/compare?of={nodes[one]}~{MARCH},{nodes[other]}~{MARCH}")
    drawn(page)
    compared = page.locator("#compare-says").inner_text()
    took, taken = months.loc[MARCH, one], months.loc[MARCH, other]
    assert amounts(compared) == [said(took)]
    assert f"{100 * (1 - took / taken):.0f} % less than {other}, March 2025" in compared
    for name, kwh in ((one, took), (other, taken)):
        assert amounts(page.get_by_role("row", name=name).inner_text())[0] == said(kwh)

    page.goto(f"{site}/calendar?of={nodes[one]}&day={SHORT_DAY}")
    drawn(page)
    assert amounts(page.locator("#calendar-says").inner_text())[0] == said(took)
    shown = page.locator(".month-days b").all_inner_texts()
    assert [amounts(each) for each in shown] == [[said(kwh)] for kwh in days.loc[days.index >= date(2025, 3, 1), one]]
    assert amounts(page.locator("dl.facts").inner_text())[0] == said(days.loc[SHORT_DAY, one])

    page.goto(f"{site}/heat-map?view=buildings&until=2025-03-31&day={SHORT_DAY}")
    drawn(page)
    of_day = days.loc[SHORT_DAY]
    told = page.locator("#heat-says").inner_text()
    assert amounts(told) == [said(of_day.sum()), said(of_day.max())]
    assert f"Most: {of_day.idxmax()}" in told
    for name in days:
        assert amounts(page.get_by_role("row", name=name).inner_text())[0] == said(of_day[name])


def _report(page: Page, world: World, months: pd.DataFrame) -> None:
    page.goto(f"/site/{world.site}/reports?period=month&from={MARCH}-01")
    drawn(page)
    page.locator("#report-make").click()
    page.wait_for_url(f"**/site/{world.site}/report/rep_*", timeout=JOB_MS)
    drawn(page)
    march, february = months.loc[MARCH], months.loc["2025-02"]
    answer = page.locator("#report-says").inner_text()
    assert amounts(answer) == [said(march.sum()), said(march.sum() / 31)]
    change = (march.sum() / 31) / (february.sum() / 28) - 1
    assert re.search(rf"{abs(100 * change):.2g}\s%\s{'more' if change > 0 else 'less'} a day than in February 2025", answer)
    for name in months:
        [row] = page.get_by_role("row", name=name).all_inner_texts()
        energy, share = re.findall(r"\d[\d\u202f.]*", row.partition(name)[2])[:2]
        assert float(energy.replace("\u202f", "")) == said(march[name])  # a column of kWh
        assert float(share) == pytest.approx(100 * march[name] / march.sum(), abs=0.6)


def _roads(page: Page, cells: pd.DataFrame, days: pd.DataFrame, months: pd.DataFrame) -> None:
    """By the session of whoever is signed in in this browser."""
    there = page.request.get("/get-available-data").json()["buildings"]
    assert {each["name"] for each in there} == {*cells}
    for each in there:
        assert (each["site"], each["from"], each["to"]) == ("North Campus", "2025-02-01", "2025-03-31")
        assert each["years"] == {"2025": [2, 3]}
    for name in cells:
        day = page.request.get(f"/fetch-data/2025/3/30/{quote(name, safe='')}").json()
        hours = cells.loc[cells.index.date == SHORT_DAY, name]
        assert [each["value"] for each in day["values"]] == pytest.approx(hours.tolist())
        assert [pd.Timestamp(each["time"]) for each in day["values"]] == hours.index.tolist()
        assert (len(hours), day["unit"], day["total"]) == (23, "kWh", pytest.approx(hours.sum()))
        of_march = days.loc[days.index >= date(2025, 3, 1), name]
        assert page.request.get(f"/stats/2025/3/{quote(name, safe='')}").json() == {
            "month": "March",
            "date": "2025-03-01",
            "mean": pytest.approx(of_march.mean(), abs=0.005),
            "highest": pytest.approx(of_march.max(), abs=0.005),
            "lowest": pytest.approx(of_march.min(), abs=0.005),
            "median": pytest.approx(of_march.median(), abs=0.005),
            "building": name,
            "highestMonth": "March" if months[name].idxmax() == MARCH else "February",
            "lowestMonth": "March" if months[name].idxmin() == MARCH else "February",
        }
