"""A graph that cannot balance is told by the names of what is wrong with it."""

import pytest

from models import balance, flows
from models.graph import Edge, Graph, Node

GRID, BUS, HALL, SHED = (
    Node("g", "Grid", "source", "grid"),
    Node("b", "Bus", "bus"),
    Node("h", "Hall", "sink"),
    Node("s", "Shed", "sink"),
)
IN, OUT = Edge("in", "g", "b", "electricity", True, "m-in"), Edge("out", "b", "h", "electricity", False, "m-out")
AT_SHED = Edge("shed", "b", "s", "electricity", False, None)


def test_a_graph_that_is_whole_has_nothing_wrong() -> None:
    assert balance.structure(Graph((GRID, BUS, HALL), (IN, OUT))) == []


@pytest.mark.parametrize(
    ("nodes", "edges", "place", "says"),
    [
        ((GRID, BUS, HALL, SHED), (IN, OUT), "Shed", "no edge"),
        ((GRID, BUS, HALL), (Edge("in", "g", "b", "electricity", False, None),), "Bus", "no way out"),
        ((BUS, HALL), (OUT,), "Bus", "no way in"),
        ((BUS, Node("p", "PV", "source", "pv")), (Edge("x", "b", "p", "electricity", False, None),), "PV", "no way out"),
        ((GRID, Node("t", "Battery", "storage")), (Edge("x", "g", "t", "electricity", False, None),), "Battery", "no way out"),
    ],
)
def test_what_has_no_way_in_or_out_is_named(nodes: tuple, edges: tuple, place: str, says: str) -> None:
    assert any(each.place == place and says in each.words and each.wrong for each in balance.structure(Graph(nodes, edges)))


def test_an_edge_that_a_balance_decides_is_told_from_one_that_nobody_knows() -> None:
    graph = Graph((GRID, BUS, HALL, SHED), (IN, OUT, AT_SHED))
    [found] = balance.unmeasured(flows.solve(graph, {"m-in": (10.0, 0.0), "m-out": (7.0, 0.0)}))
    assert (found.place, found.wrong) == ("Bus → Shed", False)
    other = Edge("hall", "b", "h", "electricity", False, None)
    lost = balance.unmeasured(flows.solve(Graph((GRID, BUS, HALL, SHED), (IN, other, AT_SHED)), {"m-in": (10.0, 0.0)}))
    assert [each.wrong for each in lost] == [True, True]


@pytest.mark.parametrize(
    ("used", "says", "wrong"),
    [(10.0, "balances", False), (9.8, "+0.2 kW left over, 2.0 %", False), (5.0, "+5 kW left over", True)],
)
def test_what_is_left_over_at_a_node_is_told_in_its_share(used: float, says: str, wrong: bool) -> None:
    solved = flows.solve(Graph((GRID, BUS, HALL), (IN, OUT)), {"m-in": (10.0, 0.0), "m-out": (used, 0.0)})
    [found] = balance.residuals(solved)
    assert found.place == "Bus"
    assert says in found.words
    assert found.wrong is wrong


def _of_three(comes: float, hall: float, shed: float, *, two_way: float = 0.0) -> dict[str, balance.Thousandfold]:
    metered = Edge("shed", "b", "s", "electricity", False, "m-shed")
    readings = {"m-in": (comes, two_way), "m-out": (hall, 0.0), "m-shed": (shed, 0.0)}
    return balance.thousandfold(flows.solve(Graph((GRID, BUS, HALL, SHED), (IN, OUT, metered)), readings))


def _suspected(found: dict[str, balance.Thousandfold], left: float = 0.1) -> dict[str, tuple[float, float]]:
    return {meter: (round(each.value, 9), round(each.expected, 9)) for meter, each in found.items() if each.left <= left}


def test_a_meter_that_is_a_thousand_times_off_is_the_one_with_which_its_node_adds_up() -> None:
    assert _suspected(_of_three(100.0, 0.06, 39.0)) == {"m-out": (0.06, 60.0)}
    assert _suspected(_of_three(100.0, 60_000.0, 39.0)) == {"m-out": (60_000.0, 60.0)}
    assert _suspected(_of_three(0.1, 60.0, 39.0)) == {"m-in": (0.1, 100.0)}
    assert _suspected(_of_three(100_000.0, 60.0, 39.0)) == {"m-in": (100_000.0, 100.0)}
    assert _suspected(_of_three(0.0, 0.06, 39.0, two_way=99.0)) == {}, "nothing that one meter tells explains it"
    for sound in ((100.0, 60.0, 39.0), (100.0, 60.0, 36.0), (100.0, 0.04, 99.9), (0.0, 0.0, 0.0), (100.0, 50.0, 0.0)):
        assert _suspected(_of_three(*sound)) == {}, sound


def test_a_node_with_a_silent_meter_or_an_unmetered_edge_tells_nothing_of_units() -> None:
    metered = Edge("shed", "b", "s", "electricity", False, "m-shed")
    silent = flows.solve(Graph((GRID, BUS, HALL, SHED), (IN, OUT, metered)), {"m-in": (100.0, 0.0), "m-out": (0.06, 0.0)})
    assert balance.thousandfold(silent) == {}
    derived = flows.solve(Graph((GRID, BUS, HALL, SHED), (IN, OUT, AT_SHED)), {"m-in": (100.0, 0.0), "m-out": (0.06, 0.0)})
    assert balance.thousandfold(derived) == {}


def test_a_silent_meter_is_said_and_not_taken_for_a_fault() -> None:
    solved = flows.solve(Graph((GRID, BUS, HALL), (IN, OUT)), {"m-in": (10.0, 0.0)})
    [found] = balance.residuals(solved)
    assert "1 of its meters is silent" in found.words
    assert not found.wrong
    [unknown] = balance.residuals(flows.solve(Graph((GRID, BUS, HALL), (IN, OUT)), {}))
    assert "no values now" in unknown.words
