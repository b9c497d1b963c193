"""What is measured first on a graph is what a device that posts the standard fields can mean by them."""

import pytest

from models.graph import Edge, Graph, Node
from models.starting_graphs import STARTING_GRAPHS, first_meters


def _graph(name: str) -> Graph:
    start = STARTING_GRAPHS[name]
    nodes = tuple(Node(part.name, part.name, part.kind, part.technology) for part in start.parts)
    return Graph(nodes, tuple(Edge(f"{a}-{b}", a, b, "electricity", two_way, None) for a, b, two_way in start.ways))


def _meanings(graph: Graph) -> dict[str, tuple[str, str]]:
    return {field: (each.name, quantity) for each in first_meters(graph) for field, quantity in each.fields.items()}


@pytest.mark.parametrize(
    ("name", "produced", "consumed"),
    [
        ("solar", ("Solar", "energy_kwh"), ("Demand", "energy_kwh")),
        ("demand", ("Grid", "energy_export_kwh"), ("Grid", "energy_kwh")),
    ],
)
def test_each_standard_field_means_one_meter(name: str, produced: tuple[str, str], consumed: tuple[str, str]) -> None:
    meanings = _meanings(_graph(name))
    assert (meanings["energy_produced"], meanings["energy_consumed"]) == (produced, consumed)
    assert meanings["current_load"] == ("Conditions", "load_pct")
    assert meanings["voltage"] == ("Conditions", "voltage_v")


def test_a_field_that_could_mean_several_meters_means_none() -> None:
    start = _graph("solar")
    second = Node("Barn", "Barn", "source", "pv")
    wider = Graph((*start.nodes, second), (*start.edges, Edge("b", "Barn", "Main board", "electricity", False, None)))
    assert [each.name for each in first_meters(wider)] == ["Solar", "Barn", "Demand", "Conditions"]
    meanings = _meanings(wider)
    assert "energy_produced" not in meanings
    assert meanings["energy_consumed"] == ("Demand", "energy_kwh")


def test_where_nothing_flows_that_can_be_measured_there_is_no_meter() -> None:
    assert first_meters(Graph((), ())) == []
    heat = Graph((Node("a", "Boiler", "source"), Node("b", "Hall", "sink")), (Edge("e", "a", "b", "heat", False, None),))
    assert first_meters(heat) == []
