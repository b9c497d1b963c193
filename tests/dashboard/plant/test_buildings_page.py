"""Administrators of a site say which nodes are buildings; others do not find the page."""

import pytest

from store.records.plant import buildings
from store.records.plant.buildings import Facts
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, said, upload
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

GIVEN = {
    "number": "110",
    "use": "laboratory",
    "area": "1250.5",
    "people": "40",
    "x": "0.25",
    "y": "0.5",
    "latitude": "54.01",
    "longitude": "-2.78",
}
FACTS = Facts("110", "laboratory", 1250.5, 40, 0.25, 0.5, 54.01, -2.78)


def test_a_node_becomes_a_building_is_changed_and_removed_in_the_browser(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "No building yet" in shown(browser, f"/site/{world.site}/buildings")
    assert "Hall is a building now" in said(fill(world, browser, "building", world.site, node=ids["Hall"], **GIVEN))
    [known] = buildings.buildings(SYSTEM, world.site)
    assert (known.node.id, known.facts) == (ids["Hall"], FACTS)
    page = shown(browser, f"/site/{world.site}/buildings")
    for words in ("Hall", "110", "laboratory", "1\u202f250.5", "54.01, -2.78"):
        assert words in page
    assert "more than 0" in act(browser, "buildings", world.site, "edit", ids["Hall"], **(GIVEN | {"area": "-3"}))
    assert "Saved" in act(browser, "buildings", world.site, "edit", ids["Hall"], **(GIVEN | {"area": "", "use": "office"}))
    [known] = buildings.buildings(SYSTEM, world.site)
    assert known.facts == FACTS._replace(floor_area_m2=None, use="office")
    assert "still there" in act(browser, "buildings", world.site, "forget", ids["Hall"])
    assert buildings.buildings(SYSTEM, world.site) == []


def test_what_is_missing_or_no_number_is_said_beside_its_field(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "Choose one" in said(fill(world, browser, "building", world.site, **GIVEN))
    assert "not a whole number" in said(
        fill(world, browser, "building", world.site, node=ids["Hall"], **(GIVEN | {"people": "1.5"}))
    )
    assert buildings.buildings(SYSTEM, world.site) == []


def test_a_building_keeps_its_nodes_place_on_the_plan_unless_another_is_said(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    buildings.describe_building(SYSTEM, world.site, ids["Hall"], Facts(plan_x=0.1, plan_y=0.2))
    buildings.forget_building(SYSTEM, world.site, ids["Hall"])
    fill(world, browser, "building", world.site, node=ids["Hall"], use="office")
    [known] = buildings.buildings(SYSTEM, world.site)
    assert known.facts == Facts(use="office", plan_x=0.1, plan_y=0.2)


def test_buildings_are_exported_and_imported_as_a_file_that_is_shown_first(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    buildings.describe_building(SYSTEM, world.site, ids["Hall"], FACTS)
    text = browser.get(f"/site/{world.site}/buildings.csv?search=hall").get_data(as_text=True)
    tried, done = upload(world, browser, "buildings", world.site, text.replace("laboratory", "office") + "Bus,9\n")
    assert "use office" in tried
    assert "number 9" in tried
    assert "Imported: 1 new, 1 changed" in done
    assert {each.facts.use for each in buildings.buildings(SYSTEM, world.site)} == {"office", "other"}
    assert world.client("chief").get(f"/site/{world.site}/buildings.csv").status_code == 404


@pytest.mark.parametrize("who", ["operator", "chief", "resident", None])
def test_only_administrators_of_the_site_find_the_page(world: World, who: str | None) -> None:
    assert world.client(who).get(f"/site/{world.site}/buildings").status_code == (404 if who else 302)
