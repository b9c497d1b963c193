"""Consumers that a file names are drawn and measured all at once, or not at all."""

import pytest

from store.errors import NotFound, Refused
from store.records.plant import dated_graph, declarations, fed_meters, graph, meters
from store.scope import SYSTEM
from tests.store.records.world import World


def test_each_name_becomes_a_consumer_with_a_meter_whose_energy_counts_from_the_beginning(world: World) -> None:
    bus = graph.create_node(SYSTEM, world.sites["north"], name="Feeder", kind="bus", valid_from=declarations.BEGINNING).id
    made = fed_meters.add(SYSTEM, world.sites["north"], ["12", "7"], fed_from=bus, method="interval", interval_s=3600)
    assert [each.name for each in made] == ["12", "7"]
    drawn = graph.wiring(SYSTEM, world.sites["north"])
    assert {node.name for node in drawn.nodes} >= {"12", "7"}
    assert all(
        (each.method, each.interval_s, each.valid_from) == ("interval", 3600, declarations.BEGINNING)
        for meter in made
        for each in declarations.energy_declarations(SYSTEM, [meter.id])[meter.id]
    )
    measured = dated_graph.measured_by(SYSTEM, world.sites["north"])
    assert {measured[edge.id] for edge in drawn.edges if edge.from_node_id == bus} == {"12", "7"}


@pytest.mark.parametrize("names", [[], ["new", "Taken"], ["twice", "Twice"], [" "], [str(at) for at in range(1_001)]])
def test_names_that_cannot_all_be_made_make_none(world: World, names: list[str]) -> None:
    bus = graph.create_node(SYSTEM, world.sites["north"], name="Feeder", kind="bus", valid_from=declarations.BEGINNING).id
    meters.create_meter(SYSTEM, world.sites["north"], name="taken", role="condition")
    before = {each.name for each in meters.meters_of(SYSTEM, world.sites["north"])}
    with pytest.raises(Refused):
        fed_meters.add(SYSTEM, world.sites["north"], names, fed_from=bus, method="interval", interval_s=900)
    assert {each.name for each in meters.meters_of(SYSTEM, world.sites["north"])} == before
    assert not {node.name for node in graph.wiring(SYSTEM, world.sites["north"]).nodes} & {"new", "twice"}


def test_a_node_of_another_site_feeds_nothing_here(world: World) -> None:
    with pytest.raises(NotFound):
        fed_meters.add(SYSTEM, world.sites["north"], ["x"], fed_from="nod_000000000000", method="interval", interval_s=900)
