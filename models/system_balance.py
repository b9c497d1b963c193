"""How well a site as a whole turns the energy that it takes in into energy that is of use, from the balances of its nodes.

Efficiency is the ratio of an output of energy to an input of energy (ISO 50001:2018, 3.5.3). Taken in is what sources give, the
grid among them, and what comes out of storages; what is not lost between them and what uses it, is stored or goes to the grid is
of use. Lost is what buses and converters take in and do not give out. What a storage itself loses is its own efficiency
(`models.statistics.round_trip_efficiency`): it goes in as of use and comes out as taken in.

Only nodes of which every edge is measured tell of losses: where an edge is derived from a balance, that balances by construction.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.flows import Flows
from models.graph import Edge, Graph, Node
from models.topology import BALANCED, ends, grid_nodes, once

Values = NDArray[np.float64]

MATERIAL = "water"  # what it carries is no energy
PUMPS = frozenset({"heat_pump", "chiller"})  # what comes out of them beyond what goes in is of their surroundings


class SystemBalance(NamedTuple):
    """In the unit of the flows (kW or kWh), one value a step; NaN where one of the meters that have to tell does not."""

    taken_in: Values
    lost: Values


@once
def telling(graph: Graph) -> tuple[Node, ...]:
    """The nodes that tell what is lost: inner ones, of which every edge is measured, and carries energy."""
    boundary, at_node = grid_nodes(graph), ends(graph)
    return tuple(
        node
        for node in graph.nodes
        if node.kind in BALANCED and node.id not in boundary and _is_measured([edge for edge, _ in at_node.get(node.id, ())])
    )


@once
def around(graph: Graph) -> tuple[Edge, ...]:
    """The edges whose meters tell what is lost."""
    return tuple(dict.fromkeys(edge for node in telling(graph) for edge, _ in ends(graph)[node.id]))


def system_balance(flows: Flows) -> SystemBalance:
    """What a site takes in and loses. NaN at every step where no node tells of losses."""
    nothing = np.full_like(flows.totals.demand, np.nan)
    nodes = telling(flows.graph)
    if not nodes:
        return SystemBalance(nothing, nothing)
    taken_in, lost = np.zeros_like(nothing), np.zeros_like(nothing)
    for edge, away in _giving(flows.graph):
        flow = flows.edges[edge.id]
        taken_in = taken_in + (flow.forward if away else flow.reverse)
    for node in nodes:
        residual = flows.residuals[node.id]
        left = np.where(residual.silent > 0, np.nan, residual.value)
        drawn = np.maximum(-left, 0) if node.technology in PUMPS else np.zeros_like(left)
        taken_in, lost = taken_in + drawn, lost + left + drawn
    known = np.isfinite(taken_in) & np.isfinite(lost)
    return SystemBalance(np.where(known, taken_in, np.nan), np.where(known, lost, np.nan))


def efficiency(taken_in: Values, lost: Values) -> Values:
    """What was of use as a share of what was taken in; NaN where nothing was.

    A share above 1 says that meters disagree or that something comes in that none of them measures, so it is not hidden.

    >>> efficiency(np.array([100.0, 0.0]), np.array([5.0, 0.0]))
    array([0.95,  nan])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(taken_in > 0, 1 - lost / taken_in, np.nan)


def connection_kw(graph: Graph) -> float:
    """What the grid connection of a site can carry (kW): of all its grid nodes together; NaN where one of them does not say."""
    rated = [node.capacity_kw for node in graph.nodes if node.technology == "grid"]
    return float(sum(each or np.nan for each in rated)) if rated else np.nan


def _is_measured(edges: list[Edge]) -> bool:
    return len(edges) > 1 and all((edge.meter_id or edge.terms) and edge.carrier != MATERIAL for edge in edges)


@once
def _giving(graph: Graph) -> tuple[tuple[Edge, bool], ...]:
    """The edges by which sources, storages and the grid give energy, each with whether that is in its direction."""
    boundary = grid_nodes(graph)
    ids = {node.id for node in graph.nodes if node.id in boundary or node.kind in ("source", "storage")}
    carrying = [edge for edge in graph.edges if edge.carrier != MATERIAL]
    there = [(edge, True) for edge in carrying if edge.source in ids]
    back = [(edge, False) for edge in carrying if edge.target in ids and edge.two_way]
    return (*there, *back)
