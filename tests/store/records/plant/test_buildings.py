"""Buildings are nodes with a number, an area, people, a use and a position; said one by one or by a file."""

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.plant import building_files, buildings, graph
from store.records.plant.buildings import Facts
from tests.store.records.access.log import newest
from tests.store.records.world import World

FACTS = Facts("12b", "laboratory", 1250.5, 40, 0.25, 0.5, 52.2, 0.12)


def test_a_node_becomes_a_building_and_keeps_its_name(world: World) -> None:
    scope, site, node = world.scope("north admin"), world.sites["north"], world.nodes["north first"]
    assert node in {each.id for each in buildings.candidates(scope, site)}
    buildings.describe_building(scope, site, node, FACTS)
    [known] = buildings.buildings(world.scope("north viewer"), site)
    assert (known.node.name, known.facts) == ("first", FACTS)
    assert node not in {each.id for each in buildings.candidates(scope, site)}
    assert (newest().action, newest().subject_kind, newest().site_id) in {
        ("create", "buildings", site),
        ("change", "nodes", site),
    }
    buildings.describe_building(scope, site, node, Facts("12b"))
    [known] = buildings.buildings(scope, site)
    assert known.facts == Facts("12b")


def test_grids_and_sources_are_no_buildings(world: World) -> None:
    names = {each.name for each in buildings.candidates(world.scope("north admin"), world.sites["north"])}
    assert names == {"bus", "first", "second", "losses"}


def test_a_building_is_forgotten_and_its_node_stays(world: World) -> None:
    scope, site, node = world.scope("north admin"), world.sites["north"], world.nodes["north first"]
    buildings.describe_building(scope, site, node, FACTS)
    buildings.forget_building(scope, site, node)
    assert buildings.buildings(scope, site) == []
    assert node in {each.id for each in graph.wiring(scope, site).nodes}
    assert audit.verify(world.scope("root")).broken_at is None


@pytest.mark.parametrize(
    ("facts", "says", "about"),
    [
        (FACTS._replace(floor_area_m2=0), "more than 0", "floor_area_m2"),
        (FACTS._replace(people=-1), "0 or more", "people"),
        (FACTS._replace(use="castle"), "no use", "use"),
        (FACTS._replace(longitude=None), "give both", "latitude"),
        (FACTS._replace(plan_y=None), "give both", "plan_x"),
        (FACTS._replace(number="1" * 41), "at the most", "number"),
        (FACTS._replace(number="7"), "another building", "number"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(world: World, facts: Facts, says: str, about: str) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    buildings.describe_building(scope, site, world.nodes["north second"], Facts("7"))
    with pytest.raises(Refused, match=says) as refused:
        buildings.describe_building(scope, site, world.nodes["north first"], facts)
    assert refused.value.about == about


def test_buildings_without_a_number_are_several(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    for part in ("first", "second"):
        buildings.describe_building(scope, site, world.nodes[f"north {part}"], Facts())
    assert [each.node.name for each in buildings.buildings(scope, site)] == ["first", "second"]


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_says_what_buildings_are(world: World, who: str, error: type[Exception]) -> None:
    scope, site, node = world.scope(who), world.sites["north"], world.nodes["north first"]
    buildings.describe_building(world.scope("north admin"), site, node, FACTS)
    for act in (
        lambda: buildings.describe_building(scope, site, node, Facts()),
        lambda: buildings.forget_building(scope, site, node),
        lambda: buildings.candidates(scope, site),
        lambda: building_files.import_file(scope, site, "name\nfirst\n"),
        lambda: building_files.export_file(scope, site),
    ):
        with pytest.raises(error):
            act()


def test_who_sees_single_meters_sees_no_buildings(world: World) -> None:
    buildings.describe_building(world.scope("north admin"), world.sites["north"], world.nodes["north first"], FACTS)
    with pytest.raises(NotFound):
        buildings.buildings(world.scope("resident"), world.sites["north"])
    assert buildings.buildings(world.scope("resident")) == []
    assert [each.node.name for each in buildings.buildings(world.scope("north viewer"))] == ["first"]
    with pytest.raises(NotFound):
        buildings.describe_building(world.scope("north admin"), world.sites["north"], world.nodes["south first"], Facts())


def test_a_file_says_what_it_would_do_and_then_does_all_of_it(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    buildings.describe_building(scope, site, world.nodes["north first"], FACTS)
    text = "name;number;use;floor_area_m2\nFirst;12b;;1250.5\nsecond;9;Office;\n"
    tried = building_files.try_file(scope, site, text)
    assert [(each.name, each.does, each.words) for each in tried] == [
        ("First", "changed", "use other"),
        ("second", "new", "number 9, use office"),
    ]
    assert len(buildings.buildings(scope, site)) == 1
    building_files.import_file(scope, site, text)
    assert [each.facts for each in buildings.buildings(scope, site)] == [FACTS._replace(use="other"), Facts("9", "office")]
    exported = "".join(building_files.export_file(scope, site))
    assert [each.does for each in building_files.try_file(scope, site, exported)] == ["same", "same"]
    assert len("".join(building_files.export_file(scope, site, "12B")).splitlines()) == 2


def test_a_file_with_a_line_that_cannot_be_changes_nothing(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    text = "name,number,people\nfirst,1,\nnobody,2,\nfirst,3,\nsecond,1,\nlosses,,some\n"
    problems = [each.problem for each in building_files.try_file(scope, site, text)]
    assert problems[0] == ""
    for problem, says in zip(problems[1:], ("no node", "twice", "another building", "whole number"), strict=True):
        assert says in problem
    with pytest.raises(Refused, match="nothing was imported: line 3"):
        building_files.import_file(scope, site, text)
    assert buildings.buildings(scope, site) == []
