"""What follows from a site's graph alone: where its grid connection is, what makes electricity, what is at each node."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import TypeVar

from models.graph import Edge, Graph, Node

R = TypeVar("R")

BALANCED = frozenset({"bus", "converter"})
GENERATORS = frozenset({"chp", "generator", "genset", "fuel_cell", "turbine"})  # converters that make electricity


def once(of: Callable[[Graph], R]) -> Callable[[Graph], R]:
    """Found once for each graph, which never changes: of a large site each tick would find it anew. Leave the answer as it is."""

    @wraps(of)
    def found(graph: Graph) -> R:
        if of not in graph.known:
            graph.known[of] = of(graph)
        known: R = graph.known[of]
        return known

    return found


@once
def grid_nodes(graph: Graph) -> frozenset[str]:
    """Ids of the nodes through which the site is connected to the grid.

    Someone who sees a part of a site sees its boundary as a bus with a single edge: that is their grid connection.
    """
    grid = frozenset(node.id for node in graph.nodes if node.technology == "grid")
    if grid:
        return grid
    degree: dict[str, int] = {}
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            degree[end] = degree.get(end, 0) + 1
    return frozenset(node.id for node in graph.nodes if node.kind == "bus" and degree.get(node.id) == 1)


@once
def meters_of(graph: Graph) -> Sequence[str]:
    """The meters that the graph's flows are read from, terms of virtual meters among them, each once."""
    named: list[str] = []
    for edge in graph.edges:
        named += [meter for meter, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return list(dict.fromkeys(named))


def at_the_grid(graph: Graph) -> list[Edge]:
    """The edges by which electricity is exchanged with the grid."""
    boundary = grid_nodes(graph)
    return [edge for edge in electric(graph) if edge.source in boundary or edge.target in boundary]


@once
def ends(graph: Graph) -> Mapping[str, Sequence[tuple[Edge, int]]]:
    """The edges at each node, each with +1 where its direction leads into the node and −1 where it leads out."""
    at_node: dict[str, list[tuple[Edge, int]]] = {}
    for edge in graph.edges:
        at_node.setdefault(edge.target, []).append((edge, 1))
        if edge.source != edge.target:
            at_node.setdefault(edge.source, []).append((edge, -1))
    return at_node


@once
def makers(graph: Graph) -> Mapping[str, Sequence[Edge]]:
    """What makes electricity on the site, with the edges by which it gives it off: sources, and converters such as a CHP unit."""
    boundary, at_node = grid_nodes(graph), ends(graph)
    ways_of: dict[str, list[Edge]] = {}
    for node in graph.nodes:
        around = at_node.get(node.id, [])
        if node.id in boundary or not (node.kind == "source" or (node.kind == "converter" and not passes_on(node, around))):
            continue
        ways = [edge for edge, _ in around if edge.carrier == "electricity" and (edge.source == node.id or edge.two_way)]
        if ways:
            ways_of[node.id] = ways
    return ways_of


def electric(graph: Graph) -> list[Edge]:
    """The edges that carry electricity: of other carriers a site's production and demand know nothing."""
    return [edge for edge in graph.edges if edge.carrier == "electricity"]


def supplying(graph: Graph, board: str) -> list[tuple[Edge, int, bool]]:
    """The edges that a board has its electricity by, each with +1 where it leads to it and −1 where it leads away.

    And whether it is from outside: from the grid or another board, rather than of a source or a storage behind the board.
    """
    nodes, found = {node.id: node for node in graph.nodes}, []
    for edge, sign in ends(graph).get(board, ()):
        other = nodes[edge.source if sign > 0 else edge.target]
        is_grid = other.technology == "grid"
        is_own = other.kind in ("source", "storage") and not is_grid
        if edge.carrier == "electricity" and (is_own or is_grid or sign > 0):
            found.append((edge, sign, not is_own))
    return found


@once
def feeding(graph: Graph) -> Mapping[str, Sequence[str]]:
    """By what each node is supplied with electricity: the nodes at the other end of the edges that lead to it."""
    found: dict[str, list[str]] = {}
    for edge in electric(graph):
        found.setdefault(edge.target, []).append(edge.source)
    return found


def within(graph: Graph, node_id: str) -> frozenset[str]:
    """The boards that a use or a board lies behind, however far: what these used counts it too.

    Of boards in a ring none lies behind another.
    """
    kinds = {node.id: node.kind for node in graph.nodes}
    if kinds.get(node_id) not in ("sink", "bus"):
        return frozenset()
    above = _above(graph, node_id)
    return frozenset(each for each in above if kinds[each] == "bus" and node_id not in _above(graph, each))


def outermost(graph: Graph, node_ids: Collection[str]) -> list[str]:
    """Those that lie behind none of the others."""
    return [each for each in node_ids if within(graph, each).isdisjoint(node_ids)]


def _above(graph: Graph, node_id: str) -> set[str]:
    """All that a node is supplied by or through."""
    feeds, found, left = feeding(graph), set[str](), [node_id]
    while left:
        new = [each for each in feeds.get(left.pop(), ()) if each not in found]
        found.update(new)
        left += new
    return found


def passes_on(converter: Node, around: Iterable[tuple[Edge, int]]) -> bool:
    """Whether electricity goes through it, as through a transformer or a battery's inverter, rather than being made or used.

    It then comes from one neighbour and goes to another, and there is nothing but electricity at the converter.
    """
    come, go = set(), set()
    for edge, sign in around:
        if edge.carrier != "electricity":
            return False
        comes, other = sign > 0, edge.source if sign > 0 else edge.target
        if comes or edge.two_way:
            come.add(other)
        if not comes or edge.two_way:
            go.add(other)
    return converter.technology not in GENERATORS and bool(come) and bool(go) and len(come | go) > 1
