"""What a site loses between what it takes in and what is of use: only as far as its meters tell, and never hidden."""

import doctest
from dataclasses import replace

import numpy as np
import pytest

from models import flows, system_balance
from models.graph import Edge, Graph, Node

NAN = float("nan")


def edge(source: str, target: str, meter: str | None, two_way: bool = False, carrier: str = "electricity") -> Edge:
    return Edge(f"{source}>{target}", source, target, carrier, two_way, meter)


PLANT = Graph(
    (
        Node("grid", "Grid", "source", "grid", capacity_kw=500.0),
        Node("gas", "Gas", "source"),
        Node("chp", "CHP", "converter", "chp"),
        Node("battery", "Battery", "storage", "battery"),
        Node("bus", "Main board", "bus"),
        Node("hall", "Hall", "sink", "load"),
        Node("heat", "Heating", "sink", "load"),
    ),
    (
        edge("grid", "bus", "m_grid", two_way=True),
        edge("gas", "chp", "m_gas", carrier="gas"),
        edge("chp", "bus", "m_chp"),
        edge("chp", "heat", "m_heat", carrier="heat"),
        edge("bus", "battery", "m_battery", two_way=True),
        edge("bus", "hall", "m_hall"),
    ),
)
READINGS = {
    "m_grid": ([40.0, 0.0], [0.0, 10.0]),
    "m_gas": ([100.0, 100.0], [0.0, 0.0]),
    "m_chp": ([35.0, 35.0], [0.0, 0.0]),
    "m_heat": ([50.0, 50.0], [0.0, 0.0]),
    "m_battery": ([5.0, 0.0], [0.0, 8.0]),
    "m_hall": ([68.0, 32.0], [0.0, 0.0]),
}


def told(graph: Graph = PLANT, **changed: tuple[list[float], list[float]]) -> system_balance.SystemBalance:
    return system_balance.system_balance(flows.solve(graph, READINGS | changed))


def test_the_examples_hold() -> None:
    assert doctest.testmod(system_balance).failed == 0


def test_what_sources_and_storages_give_is_taken_in_and_what_is_left_over_at_nodes_is_lost() -> None:
    found = told()
    assert found.taken_in == pytest.approx([40 + 100, 100 + 8])
    assert found.lost == pytest.approx([15 + 2, 15 + 1])  # of the CHP unit, and of the board
    useful = np.array([68 + 50 + 5, 32 + 50 + 10])  # uses, what was stored, what went to the grid
    assert found.taken_in - found.lost == pytest.approx(useful)
    assert system_balance.efficiency(*found) == pytest.approx(useful / found.taken_in)


def test_a_silent_meter_makes_it_unknown_and_none_replaces_it() -> None:
    found = told(m_hall=([NAN, 32.0], [NAN, 0.0]))
    assert np.isnan([found.taken_in[0], found.lost[0]]).all()
    assert found.lost[1] == pytest.approx(16)


def test_where_a_balance_tells_of_the_use_nothing_tells_of_losses() -> None:
    edges = tuple(replace(each, meter_id=None) if each.target in ("hall", "heat") else each for each in PLANT.edges)
    found = told(replace(PLANT, edges=edges))
    assert np.isnan(found.taken_in).all()


def test_meters_that_disagree_show_as_more_than_all() -> None:
    assert system_balance.efficiency(*told(m_hall=([90.0, 32.0], [0.0, 0.0])))[0] > 1 - 15 / 140


def test_what_a_heat_pump_draws_from_its_surroundings_is_taken_in_too() -> None:
    nodes = tuple(replace(each, technology="heat_pump") if each.id == "chp" else each for each in PLANT.nodes)
    found = told(replace(PLANT, nodes=nodes), m_gas=([20.0, 20.0], [0.0, 0.0]))
    assert found.taken_in == pytest.approx([40 + 20 + 65, 20 + 8 + 65])
    assert found.lost == pytest.approx([2, 1])


def test_a_connection_carries_what_its_grid_nodes_say_together() -> None:
    assert system_balance.connection_kw(PLANT) == 500
    assert np.isnan(system_balance.connection_kw(Graph((), ())))
    unsaid = tuple(replace(each, capacity_kw=None) for each in PLANT.nodes)
    assert np.isnan(system_balance.connection_kw(replace(PLANT, nodes=unsaid)))
