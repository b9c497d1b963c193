"""What follows from a graph alone."""

from models.graph import Edge, Graph, Node
from models.topology import outermost, within


def graph(*edges: tuple[str, str], carrier: str = "electricity") -> Graph:
    kinds = {"grid": "source", "sun": "source"} | dict.fromkeys(("hall", "lab", "shop"), "sink")
    nodes = [Node(name, name, kinds.get(name, "bus")) for name in dict.fromkeys(name for ends in edges for name in ends)]
    drawn = [Edge(f"{source}-{target}", source, target, carrier, two_way=False, meter_id=None) for source, target in edges]
    return Graph(tuple(nodes), tuple(drawn))


def test_uses_and_boards_lie_within_every_board_that_they_have_their_electricity_through() -> None:
    site = graph(("grid", "main"), ("main", "block"), ("block", "floor"), ("floor", "hall"), ("main", "lab"), ("sun", "block"))
    assert within(site, "hall") == {"main", "block", "floor"}
    assert within(site, "floor") == {"main", "block"}
    assert within(site, "sun") == set(), "a source is no part of what is used"
    assert outermost(site, ["hall", "block", "lab", "floor"]) == ["block", "lab"]
    assert outermost(site, ["hall", "lab"]) == ["hall", "lab"]


def test_of_boards_in_a_ring_none_lies_within_another() -> None:
    ring = graph(("grid", "east"), ("east", "west"), ("west", "east"), ("west", "shop"))
    assert outermost(ring, ["east", "west", "shop"]) == ["east", "west"]


def test_what_has_its_heat_through_a_board_is_no_part_of_its_electricity() -> None:
    assert outermost(graph(("block", "hall"), carrier="heat"), ["block", "hall"]) == ["block", "hall"]
