"""How energy flows through a site: every edge, every node's imbalance, and the site's totals, from graph and meters.

Method: conservation of energy at each node that neither makes, keeps nor uses energy (buses and converters). What an
unmetered edge carries is what its node's other edges leave over; what then remains at a node is its *residual*:
losses, and whatever the meters do not agree about. Nothing is spread over other flows, so an imbalance stays visible.

Two directions of what no single meter measures are told apart by its sign, so only where all values are of one moment or
of one of the meters' own intervals. Over a period those parts are solved and then added (`models.added_flows`).

All values are arrays of one shape (one element for a live picture, one a step for a course over time), in kW or kWh.
NaN means that it is not known.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.graph import Edge, Graph, Node
from models.topology import BALANCED, at_the_grid, electric, ends, grid_nodes, makers, meters_of, once, passes_on

Values = NDArray[np.float64]

TOTALS = ("production", "demand", "imported", "exported", "charge", "discharge")


class EdgeFlow(NamedTuple):  # a large site makes thousands each tick
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

    def told(self, name: str) -> Values:
        """A total; where a part of it is not known, the parts that are."""
        whole: Values = getattr(self, name)
        return np.where(np.isnan(whole), self.partial[name], whole)

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


@once
def balanced_both_ways(graph: Graph) -> Sequence[str]:
    """The meters whose balance tells both directions of edges that nothing measures: what of them nets within an interval."""
    if not any(edge.two_way and edge.meter_id is None and not edge.terms for edge in graph.edges):
        return []
    solved = solve(graph, dict.fromkeys(meters_of(graph), (0.0, 0.0)))
    derived = [flow.edge for flow in solved.edges.values() if flow.origin == "derived" and flow.edge.two_way]
    if not derived:
        return []
    nodes = {end for edge in derived for end in (edge.source, edge.target)}
    around = [edge for edge in graph.edges if edge.source in nodes or edge.target in nodes]
    return meters_of(Graph(graph.nodes, tuple(around)))


def solve(graph: Graph, readings: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Flows:
    """The flows of the graph for readings of meters: meter id → (in the edge's direction, against it), kW or kWh.

    A meter that is not in `readings` has no value: its edge is silent, never replaced by a balance. A virtual meter that
    is has registers of its own, netted in its terms' intervals; otherwise its terms are netted as they are here.
    """
    edges, shape = _told(graph.edges, readings)
    boundary = grid_nodes(graph)
    balanced = [node for node in graph.nodes if node.kind in BALANCED and node.id not in boundary]
    at_node = ends(graph)
    _derive(balanced, edges, at_node)
    around = {node.id: [(edges[edge.id], sign) for edge, sign in at_node.get(node.id, ())] for node in balanced}
    residuals = _residuals(balanced, around, shape)
    return Flows(graph, edges, residuals, _totals(graph, edges, residuals, shape))


def exchanged(graph: Graph, readings: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> tuple[Values, Values]:
    """What is imported and exported, of what is known: as `solve` tells it, where meters tell of all edges `at_the_grid`."""
    edges, shape = _told(at_the_grid(graph), readings)
    imported, exported = (
        _sum(_or_nothing(_stacked(_crossing(edges, _sides(graph).grid, outward), shape))) for outward in (True, False)
    )
    return imported, exported


def _told(
    edges: Iterable[Edge], readings: Mapping[str, tuple[ArrayLike, ArrayLike]]
) -> tuple[dict[str, EdgeFlow], tuple[int, ...]]:
    """What meters tell of the edges, and the shape of all values."""
    there, back = _columns(readings)
    # A register for the other direction that has no value is one that the meter does not have.
    only = np.where(np.isnan(back) & ~np.isnan(there), 0.0, back)
    columns = {meter: (there[at], back[at], only[at]) for at, meter in enumerate(readings)}
    nothing = np.full(there.shape[1:], np.nan)
    return {edge.id: _measured(edge, columns, nothing) for edge in edges}, there.shape[1:]


def made_by(flows: Flows) -> dict[str, Values]:
    """What each maker of electricity gives off (node id → values): together the production of the site."""
    given_off = {}
    for node_id, ways in makers(flows.graph).items():
        known = [flows.edges[edge.id] for edge in ways]
        given = [flow.forward if flow.edge.source == node_id else flow.reverse for flow in known]
        given_off[node_id] = _sum(_stacked(given, known[0].forward.shape))
    return given_off


def from_power(graph: Graph, power: Mapping[str, ArrayLike]) -> Flows:
    """The flows for signed power of each meter (kW, forward minus reverse)."""
    readings = {}
    for meter, values in power.items():
        signed = _values(values)
        readings[meter] = (np.where(np.isnan(signed), np.nan, np.maximum(signed, 0)), np.maximum(-signed, 0))
    return solve(graph, readings)


def _values(given: ArrayLike) -> Values:
    return np.atleast_1d(np.asarray(given, dtype=np.float64))


def _columns(readings: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> tuple[Values, Values]:
    """The readings in the edge's direction and against it, each (meters, values)."""
    try:
        both = np.array([*readings.values()], dtype=np.float64).reshape(len(readings), 2, -1)
    except ValueError:  # of different shapes
        pairs = [(_values(there), _values(back)) for there, back in readings.values()]
        shape = np.broadcast_shapes(*{values.shape for pair in pairs for values in pair})
        both = np.array([[np.broadcast_to(values, shape) for values in pair] for pair in pairs])
    return (both[:, 0], both[:, 1]) if len(both) else (np.zeros((0, 1)), np.zeros((0, 1)))


def _measured(edge: Edge, columns: Mapping[str, tuple[Values, Values, Values]], nothing: Values) -> EdgeFlow:
    unknown = nothing, nothing, nothing
    if edge.virtual_id is not None and edge.virtual_id in columns:
        there, back, _ = columns[edge.virtual_id]
        return EdgeFlow(
            edge, there if edge.two_way else np.maximum(there - back, 0), back if edge.two_way else back * 0, "virtual"
        )
    if edge.terms:
        net = np.zeros_like(nothing)
        for meter, sign in edge.terms:
            there, back, _ = columns.get(meter, unknown)
            net = net + sign * (there - back)
        return EdgeFlow(edge, np.maximum(net, 0), np.maximum(-net, 0) if edge.two_way else net * 0, "virtual")
    if edge.meter_id is None:
        return EdgeFlow(edge, nothing, nothing, "unknown")
    there, _, back = columns.get(edge.meter_id, unknown)
    return EdgeFlow(edge, there, back, "metered")


def _derive(balanced: Iterable[Node], edges: dict[str, EdgeFlow], at_node: Mapping[str, Sequence[tuple[Edge, int]]]) -> None:
    """Give each unmetered edge that alone is unknown at a balanced node what that node's other edges leave over."""
    nodes = {node.id: node for node in balanced}
    unknown = {
        node_id: {edge.id for edge, _ in at_node.get(node_id, ()) if edges[edge.id].origin == "unknown"} for node_id in nodes
    }

    def order(node_id: str) -> tuple[bool, bool, str, str]:
        """A bus first, for a converter loses; and what an edge delivers rather than what was sent, so losses stay upstream."""
        (edge_id,) = unknown[node_id]
        return nodes[node_id].kind == "converter", node_id != edges[edge_id].edge.target, edge_id, node_id

    told = [order(node_id) for node_id, those in unknown.items() if len(those) == 1]
    heapify(told)
    while told:
        _, _, edge_id, node_id = heappop(told)
        if edge_id not in unknown[node_id]:  # the node at its other end told it before
            continue
        edge = edges[edge_id].edge
        known = sum(sign * edges[other.id].net for other, sign in at_node[node_id] if other.id != edge_id)
        net = -known if edge.target == node_id else known
        zero = np.zeros_like(edges[edge_id].forward)
        net = np.asarray(net + zero)
        reverse = np.maximum(-net, 0) if edge.two_way else net * 0
        edges[edge_id] = EdgeFlow(edge, np.maximum(net, 0), reverse, "derived")
        for end in {edge.source, edge.target} & nodes.keys():
            unknown[end].discard(edge_id)
            if len(unknown[end]) == 1:
                heappush(told, order(end))


def _residuals(
    nodes: Sequence[Node], around: Mapping[str, Sequence[tuple[EdgeFlow, int]]], shape: tuple[int, ...]
) -> dict[str, Residual]:
    """What is left over at each of the nodes: of all of them at once."""
    known = [
        (place, flow, sign) for place, node in enumerate(nodes) for flow, sign in around[node.id] if flow.origin != "unknown"
    ]
    value, heard = np.zeros((len(nodes), *shape)), np.zeros((len(nodes), *shape), np.int64)
    silent = np.zeros((len(nodes), *shape), np.int64)
    if known:
        of = np.array([place for place, _, _ in known])
        net = np.array([flow.forward for _, flow, _ in known]) - np.array([flow.reverse for _, flow, _ in known])
        signs = np.array([sign for _, _, sign in known], float)[:, None]
        measured = np.array([flow.origin != "derived" for _, flow, _ in known])[:, None]
        missing = np.isnan(net)
        np.add.at(value, of, signs * np.where(missing, 0.0, net))  # one after the other, as a person would add
        np.add.at(heard, of, ~missing)
        np.add.at(silent, of, missing & measured)
    value[heard == 0] = np.nan
    told = Counter(place for place, _, _ in known)
    return {
        node.id: Residual(node, value[place], silent[place], len(around[node.id]) - told[place])
        for place, node in enumerate(nodes)
    }


@dataclass(frozen=True, slots=True)
class _Sides:
    """The edges of electricity at each kind of node that totals are of, each with whether it leads away from there."""

    making: Sequence[tuple[Edge, bool]]
    grid: Sequence[tuple[Edge, bool]]
    storage: Sequence[tuple[Edge, bool]]
    using: Sequence[tuple[Edge, bool]]
    only_electric: frozenset[str]  # nodes that are balanced, and have edges of nothing else


@once
def _sides(graph: Graph) -> _Sides:
    boundary, at_node, electricity = grid_nodes(graph), ends(graph), electric(graph)
    inner = [node for node in graph.nodes if node.id not in boundary]
    using = {
        node.id
        for node in inner
        if node.kind == "sink" or (node.kind == "converter" and not passes_on(node, at_node.get(node.id, ())))
    }

    def at(ids: Collection[str]) -> Sequence[tuple[Edge, bool]]:
        return [(edge, end == 0) for edge in electricity for end in (0, 1) if (edge.source, edge.target)[end] in ids]

    return _Sides(
        making=at(makers(graph)),
        grid=at(boundary),
        storage=at({node.id for node in inner if node.kind == "storage"}),
        using=at(using),
        only_electric=frozenset(
            node.id
            for node in inner
            if node.kind in BALANCED and all(edge.carrier == "electricity" for edge, _ in at_node.get(node.id, ()))
        ),
    )


def _totals(graph: Graph, edges: Mapping[str, EdgeFlow], residuals: Mapping[str, Residual], shape: tuple[int, ...]) -> Totals:
    sides = _sides(graph)
    # At a bus with several unmetered edges nobody knows which carries what, but together they carry the residual.
    lumps = [
        np.maximum(residual.value, 0)
        for residual in residuals.values()
        if residual.unmetered and residual.node.id in sides.only_electric
    ]
    used = _crossing(edges, sides.using, outward=False, but="unknown") + lumps
    crossing = {
        "production": _crossing(edges, sides.making, outward=True),
        "imported": _crossing(edges, sides.grid, outward=True),
        "exported": _crossing(edges, sides.grid, outward=False),
        "discharge": _crossing(edges, sides.storage, outward=True),
        "charge": _crossing(edges, sides.storage, outward=False),
        "demand": used,
    }
    parts = {name: _stacked(values, shape) for name, values in crossing.items()}
    whole = {name: _sum(values) for name, values in parts.items()}
    partial = {name: _sum(_or_nothing(values)) for name, values in parts.items()}
    known = {name: _share_known(values) for name, values in parts.items()}
    # With a silent building the site's boundary still tells what all of them took together, losses that are known aside.
    across = whole["production"] + whole["imported"] + whole["discharge"] - whole["exported"] - whole["charge"]
    closed = bool(grid_nodes(graph))
    if used:
        left = np.maximum(
            across - _lost((residuals[node_id] for node_id in residuals if node_id in sides.only_electric), shape), 0
        )
        whole["demand"] = np.where(np.isnan(whole["demand"]) & closed, left, whole["demand"])
    else:
        whole["demand"] = np.maximum(across, 0) if closed else np.full(shape, np.nan)
    return Totals(**whole, known=known, partial=partial)


def _crossing(edges: Mapping[str, EdgeFlow], side: Iterable[tuple[Edge, bool]], outward: bool, but: str = "") -> list[Values]:
    """What flows out of (or into) the nodes of a side, edge by edge; not those of an origin."""
    parts = []
    for edge, away in side:
        flow = edges[edge.id]
        if flow.origin == but:
            continue
        if away == outward:
            parts.append(flow.forward)
        else:
            parts.append(flow.reverse if edge.two_way else _or_nothing(flow.reverse))
    return parts


def _lost(residuals: Iterable[Residual], shape: tuple[int, ...]) -> Values:
    """What electricity is known to get lost: the residuals of nodes of which every edge is metered and heard."""
    lost = np.zeros(shape)
    for residual in residuals:
        if residual.unmetered == 0:
            lost = lost + np.where((residual.silent == 0) & ~np.isnan(residual.value), residual.value, 0.0)
    return lost


def _or_nothing(values: Values) -> Values:
    return np.where(np.isnan(values), 0.0, values)


def _stacked(parts: Sequence[Values], shape: tuple[int, ...]) -> Values:
    """The parts as one array, a row each."""
    return np.array(parts, dtype=np.float64).reshape(len(parts), *shape)


def _sum(parts: Values) -> Values:
    """The sum of the rows, one after the other, as a person would add."""
    total: Values = np.cumsum(parts, axis=0)[-1] if len(parts) else np.zeros(parts.shape[1:])
    return total


def _share_known(parts: Values) -> Values:
    return (~np.isnan(parts)).mean(axis=0) if len(parts) else np.ones(parts.shape[1:])
