"""Whoever administers all sites of a region imports its prices in the browser, shown before they are written."""

import base64

import pytest

from config.settings import Settings
from store.records import regions
from store.records.engine import session
from store.records.schema import Site
from store.scope import SYSTEM
from store.series import region_series
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import ask, said
from tests.dashboard.world import World

TEXT = "start,price_per_kwh\n2026-05-01T00:00:00Z,0.25\n2026-05-01T00:30:00Z,0.31\n"


@pytest.fixture
def region(world: World, questdb_tables: Settings) -> str:
    made = regions.create_region(SYSTEM, name="Market").id
    with session() as records:
        found = records.get(Site, world.site)
        assert found
        found.region_id = made
    return made


def _asked(world: World, browser, region: str, text: str, length: str | None, *, go: bool = False):
    contents = f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()}"
    if go:
        pressed = {"series-import.n_clicks": 1, "series-drop.n_clicks": None}
        told = {"series-upload.contents": contents, "series-length.value": length, "series-region.data": region}
        return ask(world, browser, "series-said.children", pressed, told)
    chosen = {"series-upload.contents": contents, "series-length.value": length}
    told = {"series-upload.filename": "prices.csv", "series-region.data": region}
    return ask(world, browser, "series-report.children", chosen, told)


def test_prices_are_shown_before_they_are_written(world: World, region: str) -> None:
    browser = world.client("admin")
    assert "Nothing yet" in shown(browser, f"/admin/regions/{region}")
    assert f"/admin/regions/{region}" in shown(browser, f"/site/{world.site}/tariffs")
    assert "Choose how long" in said(_asked(world, browser, region, TEXT, None))
    report = said(_asked(world, browser, region, TEXT, "1800"))
    assert "prices.csv would do this: 2 new" in report
    assert region_series.known(SYSTEM, region) == []
    assert "overlaps" in said(_asked(world, browser, region, TEXT, "3600"))
    assert "nothing was imported" in said(_asked(world, browser, region, TEXT, "3600", go=True)).casefold()
    done = said(_asked(world, browser, region, TEXT, "1800", go=True))
    assert "Imported: 2 new" in done
    assert "30 minutes" in shown(browser, f"/admin/regions/{region}")


@pytest.mark.parametrize("who", ["operator", "chief", "resident", "stranger"])
def test_others_find_no_region(world: World, region: str, who: str) -> None:
    browser = world.client(who)
    assert browser.get(f"/admin/regions/{region}").status_code == 404
    for go in (False, True):
        assert _asked(world, browser, region, TEXT, "1800", go=go).status_code == 404
    assert region_series.known(SYSTEM, region) == []
