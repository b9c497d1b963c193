"""What is computed of a site each tick grows as the site does, not as its square: counted in lines of Python, not by a clock."""

import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest

from dashboard.figures import plan, sankey
from models import flows, sankey_links, topology
from models.graph import Edge, Graph, Node
from models.sankey_links import Drawn

SMALL, LARGE = 40, 160  # buildings
Readings = dict[str, tuple[float, float]]


def lines_of(act: Callable[[], object]) -> int:
    """How many lines of Python an act takes, each pass of a loop counted; not those of what measures the tests."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if "slipcover" in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def campus(buildings: int) -> tuple[Graph, Readings]:
    """Buildings with an array and three uses each, one of them not metered; each may give off what it makes."""
    nodes = [Node("grid", "Grid", "source", "grid"), Node("main", "Main board", "bus")]
    edges = [Edge("grid", "grid", "main", "electricity", True, "grid")]
    readings = {"grid": (2.0 * buildings, 1.0)}
    for n in range(buildings):
        nodes += [Node(f"b{n}", f"Board {n}", "bus"), Node(f"p{n}", f"Array {n}", "source", "pv")]
        nodes += [Node(f"u{n}-{use}", f"Use {n} {use}", "sink", "load") for use in range(3)]
        edges.append(Edge(f"b{n}", "main", f"b{n}", "electricity", True, f"b{n}"))
        edges.append(Edge(f"p{n}", f"p{n}", f"b{n}", "electricity", False, f"p{n}"))
        edges += [
            Edge(f"u{n}-{use}", f"b{n}", f"u{n}-{use}", "electricity", False, f"u{n}-{use}" if use else None) for use in range(3)
        ]
        readings |= {f"b{n}": (4.0, 1.0), f"p{n}": (3.0, 0.0), f"u{n}-1": (1.0, 0.0), f"u{n}-2": (2.0, 0.0)}
    return Graph(tuple(nodes), tuple(edges)), readings


def draw(drawn: Drawn | None) -> None:
    assert drawn is not None
    sankey.figure(*drawn, "kWh")
    sankey.summary(*drawn, "kWh")


ACTS: dict[str, Callable[[Graph, Readings], object]] = {
    "solve": flows.solve,
    "makers": lambda graph, _: topology.makers(graph),
    "balance": lambda graph, _: flows.balanced_both_ways(graph),
    "live flow": lambda graph, readings: draw(sankey_links.links(flows.solve(graph, readings), both_ways=False)),
    "energy": lambda graph, readings: draw(sankey_links.links(flows.solve(graph, readings), both_ways=True)),
    "each by itself": lambda graph, readings: draw(sankey_links.one_by_one(flows.solve(graph, readings), both_ways=True)),
    "plan": lambda graph, _: plan.changes(graph, {node.id: plan.Standing("late") for node in graph.nodes}),
}


@pytest.mark.parametrize("what", ACTS)
def test_a_site_four_times_as_large_costs_four_times_as_much(what: str) -> None:
    act = ACTS[what]
    act(*campus(10))  # what is done once is done
    small, large = (lines_of(partial(act, *campus(size))) for size in (SMALL, LARGE))
    assert large < 5 * small, f"{small:,} lines, then {large:,}"


def test_a_long_chain_of_boards_is_drawn() -> None:
    names = [f"b{n}" for n in range(3000)]
    nodes = [Node("grid", "Grid", "source", "grid"), *(Node(name, name, "bus") for name in names), Node("use", "Use", "sink")]
    ends = ["grid", *names, "use"]
    edges = [Edge(f"e{at:04}", *both, "electricity", False, None) for at, both in enumerate(pairwise(ends))]
    edges[0] = Edge("e0000", "grid", "b0", "electricity", False, "grid")
    solved = flows.solve(Graph(tuple(nodes), tuple(edges)), {"grid": (5.0, 0.0)})
    _, bands = sankey_links.one_by_one(solved, both_ways=True) or ([], [])
    assert [band.value for band in bands] == [5.0] * 3001
