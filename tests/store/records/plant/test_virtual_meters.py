"""Virtual meters are sums that can be said anew and ended; an edge has one truth at a time, and its history stays."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.plant import dated_graph, meter_life, meters
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.store.records.world import World


def _edge(world: World, name: str, at=None):
    found = dated_graph.site_graph(SYSTEM, world.sites["north"], at).edges
    return next(each for each in found if each.id == world.edges[f"north {name}"])


def test_the_terms_of_a_sum_are_said_anew(world: World) -> None:
    scope, losses = world.scope("north admin"), world.meters["north losses"]
    terms = [(world.meters["north grid"], 1), (world.meters["north first"], -1)]
    meters.set_terms(scope, losses, terms)
    assert set(_edge(world, "losses").terms) == set(terms)
    for wrong, says in (([], "give its terms"), ([*terms, terms[0]], "only once"), ([(losses, 1)], "main and check")):
        with pytest.raises(Refused, match=says):
            meters.set_terms(scope, losses, wrong)
    with pytest.raises(NotFound):
        meters.set_terms(scope, losses, [(world.meters["south grid"], 1)])
    with pytest.raises(Refused, match="measures by itself"):
        meters.set_terms(scope, world.meters["north grid"], terms)
    assert set(_edge(world, "losses").terms) == set(terms)


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", NotFound), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_says_them(world: World, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        meters.set_terms(world.scope(who), world.meters["north losses"], [(world.meters["north grid"], 1)])


def test_a_sum_that_has_ended_frees_its_edge_and_is_history(world: World) -> None:
    scope, losses, edge = world.scope("north admin"), world.meters["north losses"], world.edges["north losses"]
    assert dated_graph.measured_by(scope, world.sites["north"])[edge] == "losses"
    at = now()
    meter_life.retire_meter(scope, losses, at)
    assert edge not in dated_graph.measured_by(scope, world.sites["north"])
    assert (_edge(world, "losses").terms, _edge(world, "losses").meter_id) == ((), None)
    assert len(_edge(world, "losses", at - timedelta(seconds=1)).terms) == 3
    made = meters.create_meter(scope, world.sites["north"], name="measured now", edge_id=edge).id
    assert _edge(world, "losses").meter_id == made
    with pytest.raises(Refused, match="has ended"):
        meters.set_terms(scope, losses, [(world.meters["north grid"], 1)])


def test_a_retired_meter_measures_its_edge_until_another_takes_its_place(world: World) -> None:
    first, edge = world.meters["north first"], world.edges["north first"]
    with pytest.raises(Refused, match="main meter already"):
        meters.create_meter(SYSTEM, world.sites["north"], name="second truth", edge_id=edge)
    at = now()
    meter_life.retire_meter(SYSTEM, first, at)
    assert _edge(world, "first").meter_id == first
    made = meters.create_meter(SYSTEM, world.sites["north"], name="new truth", edge_id=edge).id
    assert _edge(world, "first").meter_id == made
    assert _edge(world, "first", at - timedelta(seconds=1)).meter_id == first


def test_meters_are_found_by_name_or_id_and_one_that_shares_its_name_is_called_by_its_id(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    first = world.meters["north first"]
    twin = meters.create_meter(SYSTEM, site, name="first", role="condition").id
    found = meters.meters_named(scope, site, ["grid", "first", first, "nothing"])
    assert found["grid"] == [world.meters["north grid"]]
    assert sorted(found["first"]) == sorted([first, twin])
    assert (found[first], found["nothing"]) == ([first], [])
    assert meters.names_of(scope, site, [first, world.meters["north grid"]]) == {first: first, world.meters["north grid"]: "grid"}
    with pytest.raises(Refused):
        meters.meters_named(world.scope("north operator"), site, ["grid"])
