"""A site's node graph as plain values: what energy flows through and how."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A node; `kind` is source, storage, bus, converter or sink, `technology` grid, pv, battery, load."""

    id: str
    name: str
    kind: str
    technology: str = ""
    simulated: bool = False
    capacity_kw: float | None = None
    capacity_kwh: float | None = None
    plan_x: float | None = None
    plan_y: float | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A way for one carrier from `source` to `target` (node ids).

    `meter_id` is its main meter; without one the flow is a residual of its nodes, or the sum of `terms`
    (meter id, sign) where the meter is virtual, which `virtual_id` is.
    """

    id: str
    source: str
    target: str
    carrier: str
    two_way: bool
    meter_id: str | None
    terms: tuple[tuple[str, int], ...] = ()
    virtual_id: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges valid at one moment, as far as a scope may see them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False, repr=False)  # `models.topology.once`

    def node(self, node_id: str) -> Node:
        """The node of that id; raises `KeyError`."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)
