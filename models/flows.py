"""How energy flows through a site: every edge, every node's imbalance, and the site's totals, from graph and meters.

Method: conservation of energy at each node that neither makes, keeps nor uses energy (buses and converters). What an
unmetered edge carries is what its node's other edges leave over; what then remains at a node is its *residual*:
losses, and whatever the meters do not agree about. Nothing is spread over other flows, so an imbalance stays visible.

All values are arrays of one shape (one element for a live picture, one a step for a course over time), in kW or kWh.
NaN means that it is not known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.graph import Edge, Graph, Node

Values = NDArray[np.float64]

BALANCED = frozenset({"bus", "converter"})


@dataclass(frozen=True, slots=True)
class EdgeFlow:
    """What an edge carries: `forward` in its direction, `reverse` against it, both ≥ 0.

    `origin` is metered, virtual, derived (by a node's balance) or unknown (unmetered, and no balance decides it).
    """

    edge: Edge
    forward: Values
    reverse: Values
    origin: str

    @property
    def net(self) -> Values:
        """Forward minus reverse."""
        return self.forward - self.reverse


@dataclass(frozen=True, slots=True)
class Residual:
    """A node's inflow minus its outflow: positive is lost or not metered, negative comes from nowhere that is metered.

    `silent` counts its metered edges without a value, `unmetered` its edges that no balance decides.
    """

    node: Node
    value: Values
    silent: NDArray[np.int64]
    unmetered: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A site's totals of electricity, ≥ 0 (kW or kWh). NaN where a part is not known.

    `known` is the share (0..1) of the meters behind them that have a value; `partial` are the same sums over those alone.
    """

    production: Values
    demand: Values
    imported: Values
    exported: Values
    charge: Values
    discharge: Values
    known: dict[str, Values] = field(default_factory=dict)
    partial: dict[str, Values] = field(default_factory=dict)

    @property
    def self_sufficiency(self) -> Values:
        """Share (0..1) of the demand that did not come from the grid; NaN without demand."""
        return share(self.demand - self.imported, self.demand)

    @property
    def self_consumption(self) -> Values:
        """Share (0..1) of the production that was used or stored on site; NaN without production."""
        return share(self.production - self.exported, self.production)


@dataclass(frozen=True, slots=True)
class Flows:
    """The solved graph."""

    graph: Graph
    edges: dict[str, EdgeFlow]
    residuals: dict[str, Residual]
    totals: Totals


def share(part: Values, whole: Values) -> Values:
    """`part / whole` held within 0..1; NaN where there is no whole.

    >>> share(np.array([1.0, 5.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, np.clip(part / whole, 0.0, 1.0), np.nan)


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


def meters_of(graph: Graph) -> list[str]:
    """The meters that the graph's flows are read from, terms of virtual meters among them, each once."""
    named: list[str] = []
    for edge in graph.edges:
        named += [meter for meter, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return list(dict.fromkeys(named))


def solve(graph: Graph, readings: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Flows:
    """The flows of the graph for readings of meters: meter id → (in the edge's direction, against it), kW or kWh.

    A meter that is not in `readings` has no value: its edge is silent, never replaced by a balance.
    """
    columns = {meter: (_values(there), _values(back)) for meter, (there, back) in readings.items()}
    shape = np.broadcast_shapes((1,), *(there.shape for there, _ in columns.values()))
    columns = {meter: (np.broadcast_to(there, shape), np.broadcast_to(back, shape)) for meter, (there, back) in columns.items()}
    nothing = np.full(shape, np.nan)
    edges = {edge.id: _measured(edge, columns, nothing) for edge in graph.edges}
    boundary = grid_nodes(graph)
    _derive(graph, edges, boundary)
    residuals = {
        node.id: _residual(node, _around(edges.values(), node.id))
        for node in graph.nodes
        if node.kind in BALANCED and node.id not in boundary
    }
    return Flows(graph, edges, residuals, _totals(graph, edges, residuals, boundary))


def made_by(flows: Flows) -> dict[str, Values]:
    """What each source other than the grid gives off (node id → values): the arrays of a site, one by one."""
    boundary = grid_nodes(flows.graph)
    made = {}
    for node in flows.graph.nodes:
        around = _around(flows.edges.values(), node.id)
        if around and node.kind == "source" and node.id not in boundary:
            made[node.id] = _sum(
                [flow.forward if sign < 0 else flow.reverse for flow, sign in around], around[0][0].forward.shape
            )
    return made


def from_power(graph: Graph, power: Mapping[str, ArrayLike]) -> Flows:
    """The flows for signed power of each meter (kW, forward minus reverse)."""
    readings = {}
    for meter, values in power.items():
        signed = _values(values)
        readings[meter] = (np.where(np.isnan(signed), np.nan, np.maximum(signed, 0)), np.maximum(-signed, 0))
    return solve(graph, readings)


def _values(given: ArrayLike) -> Values:
    return np.atleast_1d(np.asarray(given, dtype=np.float64))


def _measured(edge: Edge, columns: Mapping[str, tuple[Values, Values]], nothing: Values) -> EdgeFlow:
    if edge.terms:
        net = np.zeros_like(nothing)
        for meter, sign in edge.terms:
            there, back = columns.get(meter, (nothing, nothing))
            net = net + sign * (there - back)
        return EdgeFlow(edge, np.maximum(net, 0), np.maximum(-net, 0) if edge.two_way else net * 0, "virtual")
    if edge.meter_id is None:
        return EdgeFlow(edge, nothing, nothing, "unknown")
    there, back = columns.get(edge.meter_id, (nothing, nothing))
    # A register for the other direction that has no value is one that the meter does not have.
    back = np.where(np.isnan(back) & ~np.isnan(there), 0.0, back)
    return EdgeFlow(edge, there, back, "metered")


def _around(edges: Iterable[EdgeFlow], node_id: str) -> list[tuple[EdgeFlow, int]]:
    """The edges at a node, each with +1 where its direction leads into the node and −1 where it leads out."""
    return [(flow, 1 if flow.edge.target == node_id else -1) for flow in edges if node_id in (flow.edge.source, flow.edge.target)]


def _derive(graph: Graph, edges: dict[str, EdgeFlow], boundary: frozenset[str]) -> None:
    """Give each unmetered edge that alone is unknown at a balanced node what that node's other edges leave over."""
    balanced = {node.id for node in graph.nodes if node.kind in BALANCED and node.id not in boundary}
    kinds = {node.id: node.kind for node in graph.nodes}
    while True:
        found = [
            (kinds[node_id] == "converter", node_id != open_[0].edge.target, open_[0].edge.id, node_id)
            for node_id in balanced
            if len(open_ := [flow for flow, _ in _around(edges.values(), node_id) if flow.origin == "unknown"]) == 1
        ]
        if not found:
            return
        # A bus first, for a converter loses; and what an edge delivers rather than what was sent, so losses stay upstream.
        _, _, edge_id, node_id = min(found)
        around = _around(edges.values(), node_id)
        edge = edges[edge_id].edge
        known = sum(sign * flow.net for flow, sign in around if flow.edge.id != edge_id)
        net = -known if edge.target == node_id else known
        zero = np.zeros_like(edges[edge_id].forward)
        net = np.asarray(net + zero)
        reverse = np.maximum(-net, 0) if edge.two_way else net * 0
        edges[edge_id] = EdgeFlow(edge, np.maximum(net, 0), reverse, "derived")


def _residual(node: Node, around: list[tuple[EdgeFlow, int]]) -> Residual:
    known = [(flow, sign) for flow, sign in around if flow.origin != "unknown"]
    shape = around[0][0].forward.shape if around else (1,)
    value, silent, heard = np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for flow, sign in known:
        missing = np.isnan(flow.net)
        value = value + sign * np.where(missing, 0.0, flow.net)
        silent = silent + (missing & (flow.origin in ("metered", "virtual")))
        heard = heard + ~missing
    return Residual(node, np.where(heard > 0, value, np.nan), silent, len(around) - len(known))


def _totals(graph: Graph, edges: dict[str, EdgeFlow], residuals: dict[str, Residual], boundary: frozenset[str]) -> Totals:
    kinds = {node.id: "grid" if node.id in boundary else node.kind for node in graph.nodes}
    electric = [flow for flow in edges.values() if flow.edge.carrier == "electricity"]
    fed = {flow.edge.target for flow in electric if kinds[flow.edge.target] == "converter"}
    makers = {node_id for node_id, kind in kinds.items() if kind == "source" or (kind == "converter" and node_id not in fed)}
    shape = next(iter(edges.values())).forward.shape if edges else (1,)

    def ends(ids: Iterable[str], outward: bool) -> list[Values]:
        """What flows out of (or into) those nodes, edge by edge."""
        wanted = set(ids)
        return [flow.forward if outward else flow.reverse for flow in electric if flow.edge.source in wanted] + [
            flow.reverse if outward else flow.forward for flow in electric if flow.edge.target in wanted
        ]

    of_kind = {kind: [node_id for node_id, own in kinds.items() if own == kind] for kind in ("grid", "storage", "sink")}
    # At a bus with several unmetered edges nobody knows which carries what, but together they carry the residual.
    lumps = [np.maximum(residual.value, 0) for residual in residuals.values() if residual.unmetered]
    sinks = [flow.forward for flow in electric if kinds[flow.edge.target] == "sink" and flow.origin != "unknown"] + lumps
    parts = {
        "production": ends(makers, outward=True),
        "imported": ends(of_kind["grid"], outward=True),
        "exported": ends(of_kind["grid"], outward=False),
        "discharge": ends(of_kind["storage"], outward=True),
        "charge": ends(of_kind["storage"], outward=False),
        "demand": sinks,
    }
    whole = {name: _sum(values, shape) for name, values in parts.items()}
    partial = {name: _sum([np.nan_to_num(part, nan=0.0) for part in values], shape) for name, values in parts.items()}
    known = {name: _share_known(values, shape) for name, values in parts.items()}
    # With a silent building the site's boundary still tells what all of them took together.
    across = whole["production"] + whole["imported"] + whole["discharge"] - whole["exported"] - whole["charge"]
    closed = bool(of_kind["grid"])
    demand = np.where(np.isnan(whole["demand"]) & closed, np.maximum(across, 0), whole["demand"])
    if not sinks:
        demand = np.maximum(across, 0) if closed else np.full(shape, np.nan)
    return Totals(
        whole["production"],
        demand,
        whole["imported"],
        whole["exported"],
        whole["charge"],
        whole["discharge"],
        known=known,
        partial=partial,
    )


def _sum(parts: list[Values], shape: tuple[int, ...]) -> Values:
    total = np.zeros(shape)
    for part in parts:
        total = total + part
    return total


def _share_known(parts: list[Values], shape: tuple[int, ...]) -> Values:
    if not parts:
        return np.ones(shape)
    return np.asarray(np.mean([~np.isnan(part) for part in parts], axis=0), dtype=np.float64)
