"""The flows of successive periods, added: what a site did over all of them, whose graph may have changed meanwhile."""

from collections.abc import Iterable

import numpy as np

from models.flows import TOTALS, EdgeFlow, Flows, Residual, Totals, Values
from models.graph import Graph


def added(parts: Iterable[Flows]) -> Flows:
    """Energies of successive periods, each solved by itself with the graph of its time, as those of all of them.

    Values are added along the arrays too: the result has one element. What is not known in one period does not make the
    others unknown; what was known in none is NaN. There is at least one part.
    """
    every = list(parts)
    if len(every) == 1 and every[0].totals.demand.shape == (1,):
        return every[0]
    nodes = {node.id: node for part in every for node in part.graph.nodes}
    edges = {edge.id: edge for part in every for edge in part.graph.edges}
    flows, residuals = {}, {}
    for edge_id, edge in edges.items():
        those = [part.edges[edge_id] for part in every if edge_id in part.edges]
        origin = next((flow.origin for flow in reversed(those) if flow.origin != "unknown"), "unknown")
        there, back = _total([flow.forward for flow in those]), _total([flow.reverse for flow in those])
        flows[edge_id] = EdgeFlow(edge, there, back, origin)
    for node_id in dict.fromkeys(node_id for part in every for node_id in part.residuals):
        them = [part.residuals[node_id] for part in every if node_id in part.residuals]
        silent = np.atleast_1d(np.max(np.concatenate([each.silent for each in them])))
        value = _total([each.value for each in them])
        residuals[node_id] = Residual(nodes[node_id], value, silent, max(each.unmetered for each in them))
    totals = Totals(
        **{name: _total([getattr(part.totals, name) for part in every]) for name in TOTALS},
        known={name: np.atleast_1d(np.mean(np.concatenate([part.totals.known[name] for part in every]))) for name in TOTALS},
        partial={name: _total([part.totals.partial[name] for part in every]) for name in TOTALS},
    )
    return Flows(Graph(tuple(nodes.values()), tuple(edges.values())), flows, residuals, totals)


def _total(parts: list[Values]) -> Values:
    values = np.concatenate(parts)
    return np.atleast_1d(np.nan if np.isnan(values).all() else np.nansum(values))
