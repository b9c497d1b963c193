"""Whoever administers all sites of a region imports its prices in the browser, shown before they are written."""

import base64
from datetime import UTC, datetime

import numpy as np
import pytest

from config.settings import Settings
from store.records.plant import declarations, graph, meters
from store.scope import SYSTEM
from store.series import bulk, prices, region_series, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import ask, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

TEXT = "start,price_per_kwh\n2026-05-01T00:00:00Z,0.25\n2026-05-01T00:30:00Z,0.31\n"


def _asked(world: World, browser, region: str, text: str, length: str | None, *, go: bool = False):
    contents = f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()}"
    if go:
        pressed = {"series-import.n_clicks": 1, "series-drop.n_clicks": None}
        told = {"series-upload.contents": contents, "series-files-of.data": region, "series-length.value": length}
        return ask(world, browser, "series-imported.children", pressed, told)
    chosen = {"series-upload.contents": contents, "series-length.value": length}
    told = {"series-upload.filename": "prices.csv", "series-files-of.data": region}
    return ask(world, browser, "series-report.children", chosen, told)


def test_prices_are_shown_before_they_are_written(world: World, region: str) -> None:
    browser = world.client("admin")
    assert "No prices or CO₂ yet" in shown(browser, f"/admin/regions/{region}")
    assert f"/admin/regions/{region}" in shown(browser, f"/site/{world.site}/tariffs")
    assert "Choose how long" in said(_asked(world, browser, region, TEXT, None))
    report = said(_asked(world, browser, region, TEXT, "1800"))
    assert "prices.csv can be imported: 2 new" in report
    assert region_series.known(SYSTEM, region) == []
    assert "overlaps" in said(_asked(world, browser, region, TEXT, "3600"))
    assert "nothing was imported" in said(_asked(world, browser, region, TEXT, "3600", go=True)).casefold()
    done = said(_asked(world, browser, region, TEXT, "1800", go=True))
    assert "Imported: 2 new" in done
    assert "30 minutes" in shown(browser, f"/admin/regions/{region}")


def test_lines_are_counted_as_lines_and_values_as_values(world: World, region: str) -> None:
    browser = world.client("admin")
    head = "start,price_per_kwh,co2_g_per_kwh\n"
    both = head + "2026-05-01T00:00:00Z,0.25,200\n2026-05-01T01:00:00Z,0.31,210\n"
    tried = said(_asked(world, browser, region, both, "3600"))
    assert "4 new" in tried
    assert "Import 4 values" in tried
    wrong = said(_asked(world, browser, region, head + "2026-05-01T00:10:00Z,0.25,200\n2026-05-01T01:00:00Z,0.31,210\n", "3600"))
    assert "1 of 2 lines cannot be imported" in wrong
    assert "price_per_kwh 'x' is not a number" in said(_asked(world, browser, region, head + "2026-05-01T00:00:00Z,x,\n", "3600"))


@pytest.mark.parametrize("who", ["operator", "chief", "resident", "stranger"])
def test_others_find_no_region(world: World, region: str, who: str) -> None:
    browser = world.client(who)
    assert browser.get(f"/admin/regions/{region}").status_code == 404
    for go in (False, True):
        assert _asked(world, browser, region, TEXT, "1800", go=go).status_code == 404
    assert _withdrawn(world, browser, region, "price_per_kwh", "2026-05-01", "2026-05-01").status_code == 404
    assert region_series.known(SYSTEM, region) == []


def _withdrawn(world: World, browser, region: str, quantity: str, start: str, end: str):
    return fill(world, browser, "withdraw", region, quantity=quantity, to=end, **{"from": start})


def test_values_are_taken_back_and_written_anew(world: World, region: str) -> None:
    browser = world.client("admin")
    _asked(world, browser, region, TEXT, "1800", go=True)
    for start, end, says in (
        ("", "2026-05-01", "fill this in"),
        ("2026-04-01", "2026-04-02", "no such value"),
        ("2026-05-01 00:30", "soon", "not a date"),
    ):
        assert says in said(_withdrawn(world, browser, region, "price_per_kwh", start, end)).casefold()
    assert "no such value" in said(_withdrawn(world, browser, region, "co2_g_per_kwh", "2026-05-01", "2026-05-01"))
    assert "Taken back: 1 value" in said(_withdrawn(world, browser, region, "price_per_kwh", "2026-05-01 00:30", "2026-05-01"))
    [known] = region_series.known(SYSTEM, region)
    assert (known.values, known.last) == (1, known.first)
    start, end = (datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (0, 1))
    told = prices.prices(SYSTEM, world.site, start, end).prices.importing
    assert told.tolist() == pytest.approx([0.25, 0.25, float("nan"), float("nan")], nan_ok=True)
    assert "1 new" in said(_asked(world, browser, region, TEXT, "1800", go=True))
    assert [each.values for each in region_series.known(SYSTEM, region)] == [2]


def _measured(world: World, region: str, settings: Settings) -> None:
    """A day of 2 kWh an hour from the grid, at 0.1 and 100 g a kWh."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    ends = [
        graph.create_node(SYSTEM, world.site, name=kind, kind=kind, technology=technology, valid_from=since).id
        for kind, technology in (("source", "grid"), ("bus", ""))
    ]
    edge = graph.create_edge(SYSTEM, world.site, from_node_id=ends[0], to_node_id=ends[1], two_way=True, valid_from=since).id
    grid = meters.create_meter(SYSTEM, world.site, name="Grid meter", edge_id=edge).id
    declarations.declare_energy(SYSTEM, grid, method="interval", interval_s=3600, valid_from=declarations.BEGINNING)
    moments = np.array([round(datetime(2026, 5, 4, hour, tzinfo=UTC).timestamp() * 1e6) for hour in range(24)])
    told = ((grid, "energy_kwh", 2.0), (region, "price_per_kwh", 0.1), (region, "co2_g_per_kwh", 100.0))
    with bulk.writer(settings) as sender:
        for series, quantity, value in told:
            texts = [np.full(24, text, object) for text in (series, quantity)]
            frame = bulk.intervals(moments, *texts, np.full(24, value), "test", interval_s=3600)
            bulk.write(SYSTEM, sender, "intervals", frame)
    assert rollup.await_applied(["intervals"], PATIENT_S)


def test_a_file_says_what_it_restates_on_each_site_before_it_is_imported(
    world: World, region: str, questdb_tables: Settings
) -> None:
    _measured(world, region, questdb_tables)
    browser = world.client("admin")
    text = "start,price_per_kwh,co2_g_per_kwh\n2026-05-04T10:00:00Z,0.6,600\n"
    report = said(_asked(world, browser, region, text, "3600"))
    assert "this restates 1 month by +£1.00." in report
    assert "this restates 1 month by +1 kg." in report
    for cell in ("2026-05", "£4.80", "£5.80", "4.8 kg", "5.8 kg"):
        assert f'"{cell}"' in report
    assert "this restates" not in said(_asked(world, browser, region, text.replace("0.6,600", "0.1,100"), "3600"))
    assert "this restates" not in said(_asked(world, browser, region, text.replace("0.6", "cheap"), "3600"))
    assert "Imported" in said(_asked(world, browser, region, text, "3600", go=True))


def test_values_that_are_taken_back_say_what_that_restates_and_ask_for_a_tick(
    world: World, region: str, questdb_tables: Settings
) -> None:
    _measured(world, region, questdb_tables)
    browser = world.client("admin")
    asked = said(_withdrawn(world, browser, region, "co2_g_per_kwh", "2026-05-04", "2026-05-04"))
    assert "this restates 1 month by −4.8 kg." in asked
    assert "Tick to save it" in asked
    assert {each.quantity: each.values for each in region_series.known(SYSTEM, region)}["co2_g_per_kwh"] == 24
    given = {"quantity": "co2_g_per_kwh", "from": "2026-05-04", "to": "2026-05-04", "sure": "yes"}
    assert "Taken back: 24 values" in said(fill(world, browser, "withdraw", region, **given))
