"""Administrators of a site set budgets of months for it and its buildings; others do not find the page."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from config import clock
from insight.shared import shared
from store.records.plant import budgets, buildings, declarations, graph, meters
from store.records.plant.buildings import Facts
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, said, upload
from tests.dashboard.pressing import fill
from tests.dashboard.quality.conftest import DAY, Measured, measured, sender
from tests.dashboard.world import World
from tests.store.series.conftest import LONG_AGO, every

__all__ = ["measured", "sender"]

GIVEN = {"subject": "site", "measure": "cost", "first": "2026-01", "last": "2026-03", "amount": "1200.5"}


def test_budgets_are_set_for_months_changed_and_deleted_in_the_browser(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    buildings.describe_building(SYSTEM, world.site, ids["Hall"], Facts("110"))
    assert "No budget yet" in shown(browser, f"/site/{world.site}/budgets")
    assert "Budgets of 3 months are set" in said(fill(world, browser, "budget", world.site, **GIVEN))
    one = GIVEN | {"subject": ids["Hall"], "measure": "energy", "last": "", "amount": "50.5"}
    assert "The budget is set" in said(fill(world, browser, "budget", world.site, **one))
    page = shown(browser, f"/site/{world.site}/budgets")
    for words in ("The whole site", "2026-03", "1\u202f200.5 GBP", "Hall", "50.5 kWh"):
        assert words in page
    [kept] = [each for each in budgets.budgets(SYSTEM, world.site) if each.month == date(2026, 2, 1)]
    assert "more than 0" in act(browser, "budgets", world.site, "edit", kept.id, amount="0")
    assert "Saved" in act(browser, "budgets", world.site, "edit", kept.id, amount="900")
    assert "Deleted" in act(browser, "budgets", world.site, "delete", kept.id)
    assert len(budgets.budgets(SYSTEM, world.site)) == 3


def test_a_budget_of_the_month_says_what_is_used_expected_and_left(measured: Measured) -> None:
    world = measured.world
    month = clock.now().astimezone(ZoneInfo("Europe/London")).date().replace(day=1)
    budgets.set_budget(SYSTEM, world.site, None, "energy", month, month, 1_000_000)
    page = shown(world.client("admin"), f"/site/{world.site}/budgets")
    for words in ("Used", "Expected", "Left", "1.00 GWh"):
        assert words in page


def test_a_budget_of_a_month_that_is_over_says_what_was_used_of_how_many_readings_and_left(measured: Measured) -> None:
    world, site, before = measured.world, measured.site, measured.day - 40 * DAY
    supply, shop = (
        graph.create_node(SYSTEM, world.site, name=name, kind=kind, technology=technology, valid_from=LONG_AGO).id
        for name, kind, technology in (("Supply", "source", "grid"), ("Shop", "sink", "load"))
    )
    edge = graph.create_edge(SYSTEM, world.site, from_node_id=supply, to_node_id=shop, valid_from=LONG_AGO).id
    meter = meters.create_meter(SYSTEM, world.site, name="Shop", edge_id=edge).id
    declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=900, valid_from=LONG_AGO)
    buildings.describe_building(SYSTEM, world.site, shop, Facts("7"))
    with site.at_once():
        site.intervals(meter, "energy_kwh", 900, every(before, 900, 96), [0.5] * 96)
    shared.clear()
    month = before.astimezone(ZoneInfo("Europe/London")).date().replace(day=1)
    for first, amount in ((month, 40), (date(2020, 1, 1), 50)):
        budgets.set_budget(SYSTEM, world.site, shop, "energy", first, first, amount)
    page = shown(world.client("admin"), f"/site/{world.site}/budgets")
    for words in ("48.0 kWh, 3 % of the readings", "8.00 kWh over"):
        assert words in page
    assert page.count("50 kWh") == 1, "nothing is known of that month, and none of it is said to be left"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"first": ""}, "Fill this in"),
        ({"first": "January"}, "is not a month"),
        ({"last": "2025-12"}, "before the first"),
        ({"amount": ""}, "Fill this in"),
        ({"amount": "-5"}, "more than 0"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(world: World, given: dict[str, str], says: str) -> None:
    assert says in said(fill(world, world.client("admin"), "budget", world.site, **(GIVEN | given)))
    assert budgets.budgets(SYSTEM, world.site) == []


def test_budgets_of_another_site_are_not_there(world: World) -> None:
    [kept] = budgets.set_budget(SYSTEM, world.foreign_site, None, "energy", date(2026, 1, 1), date(2026, 1, 1), 5)
    for what in ("edit", "delete"):
        assert "no longer exists" in act(world.client("root"), "budgets", world.site, what, kept.id, amount="7")


def test_budgets_are_exported_and_imported_as_a_file_that_is_shown_first(world: World) -> None:
    browser = world.client("admin")
    budgets.set_budget(SYSTEM, world.site, None, "energy", date(2026, 1, 1), date(2026, 1, 1), 500)
    text = browser.get(f"/site/{world.site}/budgets.csv?search=2026").get_data(as_text=True)
    tried, done = upload(world, browser, "budgets", world.site, text.replace("500", "600") + ",co2,2026-02,80\n")
    assert "500.0 → 600.0" in tried
    assert "Imported: 1 new, 1 changed" in done
    assert world.client("chief").get(f"/site/{world.site}/budgets.csv").status_code == 404


@pytest.mark.parametrize("who", ["operator", "chief", "resident", None])
def test_only_administrators_of_the_site_find_the_page(world: World, who: str | None) -> None:
    assert world.client(who).get(f"/site/{world.site}/budgets").status_code == (404 if who else 302)
