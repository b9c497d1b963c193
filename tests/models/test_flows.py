"""What the flows of a site promise."""

import numpy as np
import pytest

from models import flows
from models.added_flows import added
from models.graph import Edge, Graph, Node


def edge(source: str, target: str, meter: str | None, two_way: bool = False, **more: object) -> Edge:
    return Edge(f"{source}>{target}", source, target, "electricity", two_way, meter, **more)


CAMPUS = Graph(
    (
        Node("grid", "Grid", "source", "grid"),
        Node("pv", "Roof PV", "source", "pv"),
        Node("battery", "Battery", "storage", "battery"),
        Node("bus", "Main bus", "bus"),
        Node("library", "Library", "sink", "load"),
        Node("labs", "Labs", "sink", "load"),
        Node("other", "Everything else", "sink", "load"),
    ),
    (
        edge("grid", "bus", "m_grid", two_way=True),
        edge("pv", "bus", "m_pv"),
        edge("bus", "battery", "m_battery", two_way=True),
        edge("bus", "library", "m_library"),
        edge("bus", "labs", "m_labs"),
        edge("bus", "other", None),
    ),
)
READINGS = {
    "m_grid": (40.0, 0.0),
    "m_pv": (60.0, 0.0),
    "m_battery": (0.0, 10.0),
    "m_library": (30.0, 0.0),
    "m_labs": (50.0, 0.0),
}


def test_the_unmetered_edge_carries_what_the_others_leave_over() -> None:
    solved = flows.solve(CAMPUS, READINGS)
    other = solved.edges["bus>other"]
    assert other.origin == "derived"
    assert other.forward == pytest.approx([30.0])
    assert solved.residuals["bus"].value == pytest.approx([0.0])


def test_totals_come_from_the_graph() -> None:
    totals = flows.solve(CAMPUS, READINGS).totals
    assert totals.production == pytest.approx([60])
    assert totals.imported == pytest.approx([40])
    assert totals.exported == pytest.approx([0])
    assert totals.discharge == pytest.approx([10])
    assert totals.charge == pytest.approx([0])
    assert totals.demand == pytest.approx([110])
    assert totals.self_sufficiency == pytest.approx([70 / 110])
    assert totals.self_consumption == pytest.approx([1.0])


def test_a_fully_metered_bus_shows_its_imbalance_and_spreads_it_over_nothing() -> None:
    graph = Graph(CAMPUS.nodes[:-1], CAMPUS.edges[:-1])
    solved = flows.solve(graph, READINGS)
    assert solved.residuals["bus"].value == pytest.approx([30.0])
    assert solved.edges["bus>library"].forward == pytest.approx([30.0])
    assert solved.totals.demand == pytest.approx([80.0])


def test_what_is_left_over_within_a_part_is_left_over_there_and_not_once_more_above() -> None:
    nodes = (
        Node("grid", "Grid", "source", "grid"),
        *(Node(name, name, "bus") for name in ("main", "a", "inner")),
        *(Node(name, name, "sink", "load") for name in ("a1", "a2", "b", "deep")),
    )
    ends = [("grid", "main"), ("main", "a"), ("a", "a1"), ("a", "a2"), ("main", "b")]
    kwh = [100.0, 60.0, 25.0, 20.0, 30.0]
    for more, inner_kwh, rest in (
        ((), (), {"a": 15.0}),
        ((("a", "inner"), ("inner", "deep")), (8.0, 3.0), {"a": 7.0, "inner": 5.0}),
    ):
        edges = tuple(edge(*both, f"m_{both[1]}") for both in (*ends, *more))
        told = {f"m_{both[1]}": (value, 0.0) for both, value in zip((*ends, *more), (*kwh, *inner_kwh), strict=True)}
        used = {"grid", *(end for both in (*ends, *more) for end in both)}
        solved = flows.solve(Graph(tuple(each for each in nodes if each.id in used), edges), told)
        left = {name: each.value[0] for name, each in solved.residuals.items() if abs(each.value[0]) > 1e-9}
        assert left == pytest.approx({"main": 10.0} | rest)
        assert solved.totals.imported == pytest.approx([100.0])
        assert sum(left.values()) + sum(told[f"m_{each.id}"][0] for each in nodes if each.kind == "sink" and each.id in used) == (
            pytest.approx(100.0)
        )


@pytest.mark.parametrize(("charged", "given"), [(5.0, 4.0), (0.0, 4.0), (5.0, 0.0), (3.0, 3.5)])
def test_what_a_battery_loses_is_its_own_and_not_the_houses(charged: float, given: float) -> None:
    nodes = (
        Node("grid", "Grid", "source", "grid"),
        Node("pv", "Roof PV", "source", "pv"),
        Node("battery", "Battery", "storage", "battery"),
        Node("bus", "House", "bus"),
        Node("load", "Loads", "sink", "load"),
        Node("rest", "Rest", "sink", "load"),
    )
    edges = (
        edge("grid", "bus", "m_grid", two_way=True),
        edge("pv", "bus", "m_pv"),
        edge("bus", "battery", "m_battery", two_way=True),
        edge("bus", "load", "m_load"),
        edge("bus", "rest", None),
    )
    told = {"m_grid": (2.0, 0.0), "m_pv": (6.0, 0.0), "m_battery": (charged, given), "m_load": (4.5 + given - 4.0, 0.0)}
    use = 2 + 6 + given - charged
    with_rest, without = flows.solve(Graph(nodes, edges), told), flows.solve(Graph(nodes[:-1], edges[:-1]), told)
    assert with_rest.totals.demand == pytest.approx([use])
    assert with_rest.edges["bus>rest"].forward == pytest.approx([use - told["m_load"][0]])
    assert without.residuals["bus"].value == pytest.approx([use - told["m_load"][0]])
    assert without.totals.demand == pytest.approx([told["m_load"][0]])
    for solved in (with_rest, without):
        assert (solved.totals.charge, solved.totals.discharge) == (pytest.approx([charged]), pytest.approx([given]))
        assert "battery" not in solved.residuals, "what it keeps or loses is no flow of the house"


def test_a_silent_meter_is_not_replaced_by_a_balance() -> None:
    solved = flows.solve(CAMPUS, {name: value for name, value in READINGS.items() if name != "m_labs"})
    assert np.isnan(solved.edges["bus>labs"].forward).all()
    assert np.isnan(solved.edges["bus>other"].forward).all()
    assert solved.residuals["bus"].silent.tolist() == [1]


def test_demand_survives_a_silent_building_because_the_boundary_tells_it() -> None:
    totals = flows.solve(CAMPUS, {name: value for name, value in READINGS.items() if name != "m_labs"}).totals
    assert totals.demand == pytest.approx([110])
    assert totals.partial["demand"] == pytest.approx([30])
    assert totals.known["demand"] == pytest.approx([1 / 3])


def test_a_total_with_an_unknown_part_is_unknown() -> None:
    totals = flows.solve(CAMPUS, {name: value for name, value in READINGS.items() if name != "m_pv"}).totals
    assert np.isnan(totals.production).all()
    assert np.isnan(totals.self_consumption).all()


def test_two_unmetered_edges_of_one_bus_are_known_only_together() -> None:
    edges = [e if e.target != "labs" else edge("bus", "labs", None) for e in CAMPUS.edges]
    solved = flows.solve(Graph(CAMPUS.nodes, tuple(edges)), READINGS)
    assert solved.edges["bus>labs"].origin == solved.edges["bus>other"].origin == "unknown"
    assert solved.residuals["bus"].value == pytest.approx([80.0])
    assert solved.residuals["bus"].unmetered == 2
    assert solved.totals.demand == pytest.approx([110])


def test_a_one_way_edge_never_flows_backwards() -> None:
    solved = flows.solve(CAMPUS, READINGS | {"m_labs": (90.0, 0.0)})
    assert solved.edges["bus>other"].forward == pytest.approx([0.0])
    assert solved.residuals["bus"].value == pytest.approx([-10.0])


def test_a_transformer_loses_what_does_not_come_out_of_it() -> None:
    graph = Graph(
        (
            Node("grid", "Grid", "source", "grid"),
            Node("t", "Transformer", "converter"),
            Node("bus", "Bus", "bus"),
            Node("load", "Load", "sink"),
        ),
        (edge("grid", "t", "m_hv"), edge("t", "bus", None), edge("bus", "load", "m_load")),
    )
    solved = flows.solve(graph, {"m_hv": (102.0, 0.0), "m_load": (100.0, 0.0)})
    assert solved.edges["t>bus"].forward == pytest.approx([100.0])
    assert solved.residuals["t"].value == pytest.approx([2.0])
    assert solved.totals.production == pytest.approx([0.0])


def test_a_virtual_meter_adds_and_subtracts_its_terms() -> None:
    graph = Graph(CAMPUS.nodes[:-1], (*CAMPUS.edges[:4], edge("bus", "labs", None, terms=(("m_a", 1), ("m_b", -1)))))
    solved = flows.solve(graph, READINGS | {"m_a": (20.0, 0.0), "m_b": (5.0, 0.0)})
    assert solved.edges["bus>labs"].origin == "virtual"
    assert solved.edges["bus>labs"].forward == pytest.approx([15.0])


def test_a_resident_sees_the_boundary_of_their_home_as_the_grid() -> None:
    home = Graph(
        (
            Node("site", "Fontana", "bus"),
            Node("home", "Home 3", "bus"),
            Node("pv", "PV", "source", "pv"),
            Node("battery", "Battery", "storage", "battery"),
            Node("load", "Use", "sink", "load"),
        ),
        (
            edge("site", "home", "m_home", two_way=True),
            edge("pv", "home", "m_pv"),
            edge("home", "battery", "m_battery", two_way=True),
            edge("home", "load", "m_load"),
        ),
    )
    totals = flows.solve(home, {"m_home": (0.0, 1.5), "m_pv": (4.0, 0.0), "m_battery": (1.0, 0.0), "m_load": (1.5, 0.0)}).totals
    assert totals.exported == pytest.approx([1.5])
    assert totals.imported == pytest.approx([0])
    assert totals.charge == pytest.approx([1])
    assert totals.self_sufficiency == pytest.approx([1])
    assert totals.self_consumption == pytest.approx([2.5 / 4])


def test_signed_power_over_time_splits_into_both_directions_and_keeps_gaps() -> None:
    power = {name: [there - back, np.nan] for name, (there, back) in READINGS.items()} | {"m_grid": [-5.0, 1.0]}
    solved = flows.from_power(CAMPUS, power)
    assert solved.totals.exported == pytest.approx([5.0, 0.0])
    assert solved.totals.discharge[0] == pytest.approx(10.0)
    assert np.isnan(solved.totals.production[1])
    assert flows.made_by(solved)["pv"][0] == pytest.approx(60.0)


def test_nothing_metered_is_unknown_and_no_error() -> None:
    solved = flows.solve(CAMPUS, {})
    assert np.isnan(solved.totals.demand).all()
    assert flows.solve(Graph((), ()), {}).totals.production.tolist() == [0.0]


def _solved(nodes: list[Node], edges: list[Edge], **readings: tuple[float, float]) -> flows.Totals:
    return flows.solve(Graph(tuple(nodes), tuple(edges)), readings).totals


GRID, BUS, LOAD = Node("grid", "Grid", "source", "grid"), Node("bus", "Bus", "bus"), Node("load", "Load", "sink", "load")
FED = [edge("grid", "bus", "m_grid", two_way=True), edge("bus", "load", "m_load")]


def _of(carrier: str, source: str, target: str, meter: str | None) -> Edge:
    return Edge(f"{source}>{target}", source, target, carrier, False, meter)


def test_heat_is_no_demand_of_electricity_even_where_nobody_meters_it() -> None:
    heat = [
        Node("boiler", "Boiler", "source"),
        Node("pipes", "Pipes", "bus"),
        Node("hall", "Hall", "sink"),
        Node("shed", "Shed", "sink"),
    ]
    pipes = [_of("heat", "boiler", "pipes", "m_heat"), _of("heat", "pipes", "hall", None), _of("heat", "pipes", "shed", None)]
    totals = _solved([GRID, BUS, LOAD, *heat], [*FED, *pipes], m_grid=(20, 0), m_load=(20, 0), m_heat=(50, 0))
    assert totals.demand == pytest.approx([20])
    assert totals.production == pytest.approx([0])
    assert totals.self_sufficiency == pytest.approx([0])


@pytest.mark.parametrize(
    "drawn",
    [
        [],
        [_of("gas", "gas", "chp", "m_gas")],
        [_of("heat", "chp", "hall", None)],
        [_of("gas", "gas", "chp", None), _of("heat", "chp", "hall", "m_heat")],
    ],
)
def test_a_chp_makes_what_it_gives_and_uses_what_its_auxiliary_takes(drawn: list[Edge]) -> None:
    nodes = [GRID, BUS, LOAD, Node("chp", "CHP", "converter", "chp"), Node("gas", "Gas", "source"), Node("hall", "Hall", "sink")]
    edges = [*FED, edge("chp", "bus", "m_chp"), edge("bus", "chp", "m_aux"), *drawn]
    totals = _solved(nodes, edges, m_grid=(0, 9), m_load=(30, 0), m_chp=(40, 0), m_aux=(1, 0), m_gas=(100, 0), m_heat=(50, 0))
    assert totals.production == pytest.approx([40])
    assert totals.demand == pytest.approx([31])
    assert totals.exported == pytest.approx([9])


def test_what_each_maker_gives_is_together_the_production_and_gas_is_no_array() -> None:
    pv, chp, gas = Node("pv", "Roof", "source", "pv"), Node("chp", "CHP", "converter", "chp"), Node("gas", "Gas", "source", "gas")
    edges = [*FED, edge("pv", "bus", "m_pv"), edge("chp", "bus", "m_chp"), _of("gas", "gas", "chp", "m_gas")]
    graph = Graph((GRID, BUS, LOAD, pv, chp, gas), tuple(edges))
    solved = flows.solve(graph, {"m_load": (50, 0), "m_grid": (0, 5), "m_pv": (15, 0), "m_chp": (40, 0), "m_gas": (100, 0)})
    made = flows.made_by(solved)
    assert {name: float(values[0]) for name, values in made.items()} == {"pv": 15, "chp": 40}
    assert solved.totals.production == pytest.approx([55])


@pytest.mark.parametrize("outward", [True, False])
def test_a_batterys_inverter_makes_nothing_whichever_way_its_edges_are_drawn(outward: bool) -> None:
    nodes = [GRID, BUS, LOAD, Node("inverter", "Inverter", "converter"), Node("battery", "Battery", "storage", "battery")]
    ends = [("inverter", "battery"), ("inverter", "bus")] if outward else [("battery", "inverter"), ("bus", "inverter")]
    edges = [*FED, *(edge(*end, meter, two_way=True) for end, meter in zip(ends, ("m_cells", "m_inverter"), strict=True))]
    cells, inverter = ((0, 35), (33, 0)) if outward else ((35, 0), (0, 33))
    totals = _solved(nodes, edges, m_grid=(7, 0), m_load=(40, 0), m_cells=cells, m_inverter=inverter)
    assert totals.production == pytest.approx([0])
    assert totals.discharge == pytest.approx([35])
    assert totals.charge == pytest.approx([0])
    assert totals.demand == pytest.approx([40])


def test_what_a_heat_pump_takes_is_demand() -> None:
    nodes = [GRID, BUS, LOAD, Node("pump", "Heat pump", "converter", "heat_pump"), Node("hall", "Hall", "sink")]
    edges = [*FED, edge("bus", "pump", "m_pump"), _of("heat", "pump", "hall", "m_heat")]
    totals = _solved(nodes, edges, m_grid=(70, 0), m_load=(60, 0), m_pump=(10, 0), m_heat=(35, 0))
    assert totals.demand == pytest.approx([70])
    assert totals.production == pytest.approx([0])


def test_with_a_silent_load_the_losses_that_are_known_are_no_demand() -> None:
    nodes = [GRID, Node("t", "Transformer", "converter"), BUS, LOAD, Node("mill", "Mill", "sink")]
    edges = [edge("grid", "t", "m_hv"), edge("t", "bus", "m_lv"), edge("bus", "load", "m_load"), edge("bus", "mill", "m_mill")]
    readings = {"m_hv": (550.0, 0.0), "m_lv": (540.0, 0.0), "m_load": (340.0, 0.0)}
    assert _solved(nodes, edges, **readings, m_mill=(200, 0)).demand == pytest.approx([540])
    assert _solved(nodes, edges, **readings).demand == pytest.approx([540])


def test_a_virtual_meter_that_has_registers_of_its_own_is_not_netted_again() -> None:
    grid = Edge("grid>bus", "grid", "bus", "electricity", True, None, (("m_a", 1), ("m_b", -1)), "m_sum")
    readings = {"m_a": (30.0, 0.0), "m_b": (21.0, 0.0)}
    netted = _solved([GRID, BUS, LOAD], [grid, FED[1]], **readings, m_load=(9, 0))
    assert (netted.imported, netted.exported) == (pytest.approx([9]), pytest.approx([0]))
    own = _solved([GRID, BUS, LOAD], [grid, FED[1]], **readings, m_load=(9, 0), m_sum=(15.0, 6.0))
    assert (own.imported, own.exported) == (pytest.approx([15]), pytest.approx([6]))


def test_periods_are_added_each_with_the_graph_of_its_time() -> None:
    before = flows.solve(Graph((GRID, BUS, LOAD), tuple(FED)), {"m_grid": (24.0, 0.0), "m_load": (24.0, 0.0)})
    moved = [FED[0], edge("bus", "hall", "m_hall")]
    after = flows.solve(
        Graph((GRID, BUS, Node("hall", "Hall", "sink")), tuple(moved)), {"m_grid": (30.0, 6.0), "m_hall": (24.0, 0.0)}
    )
    both = added([before, after])
    assert both.totals.demand == pytest.approx([48])
    assert (both.totals.imported, both.totals.exported) == (pytest.approx([54]), pytest.approx([6]))
    assert {node.id for node in both.graph.nodes} == {"grid", "bus", "load", "hall"}
    assert both.edges["grid>bus"].forward == pytest.approx([54])
    assert both.residuals["bus"].value == pytest.approx([0])


def test_every_node_balances_with_its_residual() -> None:
    generator = np.random.default_rng(7)
    for _ in range(200):
        readings = {name: (generator.uniform(0, 100), generator.uniform(0, 50)) for name in READINGS}
        solved = flows.solve(CAMPUS, readings)
        into = sum(flow.net for flow in solved.edges.values() if flow.edge.target == "bus")
        out = sum(flow.net for flow in solved.edges.values() if flow.edge.source == "bus")
        assert into - out == pytest.approx(solved.residuals["bus"].value)
