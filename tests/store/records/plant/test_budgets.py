"""Budgets of months: of a site, a building, or a resident's own meters."""

from datetime import date

import pytest

from store.errors import NotFound, Refused
from store.records.plant import budget_files, budgets, buildings
from store.records.plant.buildings import Facts
from store.records.schema import Budget
from tests.store.records.world import World

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 31)


def told(found: list[Budget]) -> list[tuple[str, float]]:
    return [(f"{each.month:%Y-%m}", each.amount) for each in found]


def test_a_budget_is_set_for_months_and_again_for_some_of_them(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    budgets.set_budget(scope, site, None, "energy", MARCH, MAY, 1000)
    budgets.set_budget(scope, site, None, "energy", MAY, MAY, 800)
    budgets.set_budget(scope, site, None, "cost", MAY, MAY, 300)
    found = budgets.budgets(world.scope("north viewer"), site)
    assert told([each for each in found if each.measure == "energy"]) == [("2026-05", 800), ("2026-04", 1000), ("2026-03", 1000)]
    assert told([each for each in found if each.measure == "cost"]) == [("2026-05", 300)]


def test_months_reach_over_the_year(world: World) -> None:
    made = budgets.set_budget(
        world.scope("north admin"), world.sites["north"], None, "co2", date(2026, 11, 30), date(2027, 2, 1), 5
    )
    assert [each.month for each in made] == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]


def test_a_building_has_budgets_of_its_own_which_go_with_it(world: World) -> None:
    scope, site, node = world.scope("north admin"), world.sites["north"], world.nodes["north first"]
    with pytest.raises(NotFound):
        budgets.set_budget(scope, site, node, "energy", MARCH, MARCH, 10)
    buildings.describe_building(scope, site, node, Facts("1"))
    budgets.set_budget(scope, site, node, "energy", MARCH, MARCH, 10)
    budgets.set_budget(scope, site, None, "energy", MARCH, MARCH, 99)
    assert {each.node_id: each.amount for each in budgets.budgets(scope, site)} == {node: 10, None: 99}
    with pytest.raises(NotFound):
        budgets.set_budget(world.scope("south admin"), world.sites["south"], node, "energy", MARCH, MARCH, 10)
    buildings.forget_building(scope, site, node)
    assert [each.node_id for each in budgets.budgets(scope, site)] == [None]


def test_a_resident_has_budgets_for_their_own_meters_alone(world: World) -> None:
    resident = world.scope("resident")
    [made] = budgets.set_own_budget(resident, "energy", MARCH, MARCH, 250)
    assert told(budgets.own_budgets(resident)) == [("2026-03", 250)]
    assert budgets.own_budgets(world.scope("neighbour")) == []
    assert budgets.budgets(world.scope("north admin"), world.sites["north"]) == []
    with pytest.raises(NotFound):
        budgets.delete_own_budget(world.scope("neighbour"), made.id)
    with pytest.raises(NotFound):
        budgets.delete_budget(world.scope("north admin"), world.sites["north"], made.id)
    budgets.delete_own_budget(resident, made.id)
    assert budgets.own_budgets(resident) == []
    for who in ("stranger", "north viewer"):
        with pytest.raises(Refused, match="of meters of one's own"):
            budgets.set_own_budget(world.scope(who), "energy", MARCH, MARCH, 250)


@pytest.mark.parametrize(
    ("measure", "first", "last", "amount", "says"),
    [
        ("heat", MARCH, MARCH, 1, "no measure"),
        ("energy", MAY, MARCH, 1, "before the first"),
        ("energy", MARCH, MARCH, 0, "more than 0"),
        ("energy", date(2000, 1, 1), date(2026, 1, 1), 1, "at once"),
        ("energy", date(1900, 1, 1), date(1900, 1, 1), 1, "not of our time"),
    ],
)
def test_budgets_that_cannot_be_are_refused(
    world: World, measure: str, first: date, last: date, amount: float, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        budgets.set_budget(world.scope("north admin"), world.sites["north"], None, measure, first, last, amount)


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_sets_its_budgets(world: World, who: str, error: type[Exception]) -> None:
    scope, site = world.scope(who), world.sites["north"]
    [made] = budgets.set_budget(world.scope("north admin"), site, None, "energy", MARCH, MARCH, 10)
    for act in (
        lambda: budgets.set_budget(scope, site, None, "energy", MARCH, MARCH, 20),
        lambda: budgets.delete_budget(scope, site, made.id),
        lambda: budget_files.import_file(scope, site, "measure,month,amount\nenergy,2026-03,5\n"),
        lambda: budget_files.export_file(scope, site),
    ):
        with pytest.raises(error):
            act()
    with pytest.raises(NotFound):
        budgets.budgets(world.scope("resident"), site)


def test_a_file_sets_changes_and_deletes_budgets(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    buildings.describe_building(scope, site, world.nodes["north first"], Facts("110"))
    budgets.set_budget(scope, site, None, "energy", MARCH, MAY, 1000)
    text = "building,measure,month,amount\n110,Energy,2026-03,50\n,energy,2026-03,900\n,energy,2026-04,\n,energy,2026-05,1000\n"
    tried = budget_files.try_file(scope, site, text)
    assert [each.does for each in tried] == ["new", "changed", "changed", "same"]
    assert "1000.0 → 900.0" in tried[1].words
    budget_files.import_file(scope, site, text)
    found = {(each.node_id, f"{each.month:%m}"): each.amount for each in budgets.budgets(scope, site)}
    assert found == {(world.nodes["north first"], "03"): 50, (None, "03"): 900, (None, "05"): 1000}
    exported = "".join(budget_files.export_file(scope, site))
    assert {each.does for each in budget_files.try_file(scope, site, exported)} == {"same"}
    assert len("".join(budget_files.export_file(scope, site, "first")).splitlines()) == 2


def test_a_file_with_a_line_that_cannot_be_changes_nothing(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    text = "building,measure,month,amount\n,energy,2026-03,5\n9,energy,2026-03,5\n,energy,March,5\n,energy,2026-03,much\n"
    problems = [each.problem for each in budget_files.try_file(scope, site, text)]
    for problem, says in zip(problems[1:], ("no building", "is not a month", "is not a number"), strict=True):
        assert says in problem
    with pytest.raises(Refused, match="nothing was imported"):
        budget_files.import_file(scope, site, text)
    assert budgets.budgets(scope, site) == []


def test_which_of_several_sites_have_budgets_of_their_month_is_one_question_within_the_scope(world: World) -> None:
    north, south = world.sites["north"], world.sites["south"]
    budgets.set_budget(world.scope("north admin"), north, None, "energy", MARCH, MARCH, 10)
    budgets.set_budget(world.scope("south admin"), south, None, "energy", MARCH, MARCH, 10)
    viewer = world.scope("north viewer")
    assert budgets.budgeted(viewer, {north: MARCH, south: MARCH}) == {north}
    assert budgets.budgeted(viewer, {north: date(2026, 4, 1)}) == set()
    assert budgets.budgeted(viewer, {}) == set()
