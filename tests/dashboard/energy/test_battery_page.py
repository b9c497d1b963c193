"""The page of batteries says what one did to whoever sees the site, and is among the pages of sites that have one."""

from datetime import timedelta

import numpy as np

from dashboard.energy import battery_words
from dashboard.parts.reading import Reader
from insight.shared import shared
from store.records.plant import declarations, graph, meters
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.quality.conftest import Measured
from tests.store.series.conftest import LONG_AGO, every


def with_batteries(measured: Measured, names: tuple[str, ...] = ("Cellar",)) -> dict[str, str]:
    """A battery of 10 kWh beside the site's meter, filled and emptied in six days; its ids by name."""
    site, found = measured.world.site, {}
    bus = graph.create_node(SYSTEM, site, name="Battery room", kind="bus", valid_from=LONG_AGO)
    moments = every(measured.day - timedelta(days=7), 900, 6 * 96)
    place = np.arange(len(moments)) % 96
    into, out = np.where((place >= 30) & (place < 40), 1.0, 0.0), np.where((place >= 60) & (place < 70), 0.81, 0.0)
    soc = 5 + np.cumsum(into - out / 0.81) * 9
    for name in names:
        node = graph.create_node(SYSTEM, site, name=name, kind="storage", capacity_kwh=10, valid_from=LONG_AGO)
        edge = graph.create_edge(SYSTEM, site, from_node_id=bus.id, to_node_id=node.id, two_way=True, valid_from=LONG_AGO)
        meter = meters.create_meter(SYSTEM, site, name=f"{name} meter", edge_id=edge.id).id
        declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=900, valid_from=LONG_AGO)
        for quantity, values in (("energy_kwh", into), ("energy_export_kwh", out), ("soc_pct", soc)):
            measured.site.intervals(meter, quantity, 900, moments, values)
        found[name] = node.id
    shared.clear()
    return found


def test_a_battery_is_told_in_words_and_figures(measured: Measured) -> None:
    world = measured.world
    with_batteries(measured)
    operator = world.client("operator")
    page = shown(operator, f"/site/{world.site}/battery?days=31")
    assert "Cellar: 60.0 kWh went in and 48.6 kWh came out" in page
    assert "That is 5.43 full cycles" in page
    assert "Of what goes in 81 % comes out again." in page
    assert "100 %: holds 10.0 kWh" in page
    assert "no price known" in page
    assert f"/site/{world.site}/battery?days=92" in page
    assert world.client("stranger").get(f"/site/{world.site}/battery").status_code == 404


def test_of_several_each_is_a_row_that_leads_to_itself_and_days_keep_the_choice(measured: Measured) -> None:
    world = measured.world
    ids = with_batteries(measured, ("Cellar", "Attic"))
    page = shown(world.client("operator"), f"/site/{world.site}/battery")
    assert "2 batteries: 120 kWh went in" in page
    for each in ids.values():
        assert f"/site/{world.site}/battery?of={each}" in page
    one = shown(world.client("operator"), f"/site/{world.site}/battery?of={ids['Attic']}")
    assert "Attic: 60.0 kWh went in" in one
    assert f"/site/{world.site}/battery?days=92&of={ids['Attic']}" in one
    assert world.client("operator").get(f"/site/{world.site}/battery?of=nod_other").status_code == 404


def test_a_site_without_a_battery_says_so_and_does_not_list_the_page(measured: Measured) -> None:
    world = measured.world
    operator = world.client("operator")
    assert "No battery is drawn on this site" in shown(operator, f"/site/{world.site}/battery")
    listed = f'href="/site/{world.site}/battery"'
    assert listed not in operator.get(f"/site/{world.site}/consumers").get_data(as_text=True)
    with_batteries(measured)
    assert listed in operator.get(f"/site/{world.site}/consumers").get_data(as_text=True)


def test_how_the_figures_are_found_is_said_with_their_numbers() -> None:
    assert any("40 points" in each for each in battery_words.meanings())
    assert battery_words.energy(float("nan"), Reader()) == "–"
