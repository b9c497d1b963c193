"""What a Sankey of a site draws: nodes and links from solved flows, with each node's residual as a flow of its own.

A Sankey reads from left to right, so nothing may run in a circle. Over a period a battery is charged *and* discharged:
its two directions stand at the two ends. Where a circle remains (homes that sell to the bus that also feeds them), the
flow that closes it is cut: it leaves at the right and comes back at the left, both named.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from config.language import N_, _
from models.flows import Flows
from models.graph import Graph, Node
from models.topology import grid_nodes, once

CROWDED = 26  # nodes; above this, alike ones are drawn as one: a label needs about 14 px
ALIKE = 4
ENDS = 20  # bars that a side of the picture has room for
NOISE = 0.001  # of the largest flow: below this a residual is what meters round away, and would not be seen


@dataclass(frozen=True, slots=True)
class SankeyNode:
    """A bar: `technology` chooses its colour, `node_ids` are the graph's nodes that it stands for."""

    label: str
    technology: str
    node_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SankeyLink:
    """A band from one bar to another (their positions in the list), `value` > 0 in kW or kWh."""

    source: int
    target: int
    value: float
    technology: str
    derived: bool


TWO_ENDED = {  # by the end, and whether it is the grid's
    ("in", True): N_("%(node)s, export"),
    ("out", True): N_("%(node)s, import"),
    ("in", False): N_("%(node)s, charge"),
    ("out", False): N_("%(node)s, discharge"),
}
ALIKE_TECHNOLOGIES = {
    "pv": N_("PV arrays"),
    "battery": N_("Batteries"),
    "load": N_("Loads"),
    "chp": N_("CHP units"),
    "home": N_("Homes"),
}
ALIKE_KINDS = {
    "bus": N_("Buses"),
    "sink": N_("Loads"),
    "source": N_("Sources"),
    "storage": N_("Storage units"),
    "converter": N_("Converters"),
}

Drawn = tuple[list[SankeyNode], list[SankeyLink]]


def links(flows: Flows, both_ways: bool, at: int = 0, opened: Collection[str] = ()) -> Drawn:
    """Nodes and links for the values at position `at`; in a crowded graph, alike nodes as one.

    `both_ways` draws both registers of a two-way edge (energy over a period); otherwise its sign decides (live power). Of nodes
    that are `opened` those with the largest flows are drawn by themselves, as many as there is room for, and the others as one.
    """
    groups = drawn_as_one(flows.graph)
    if not opened:
        return _draw(flows, both_ways, at, groups)
    others, alone = _beyond(flows, opened, at), frozenset(opened)
    left = dict.fromkeys(others, others)
    for members in dict.fromkeys(groups.values()):
        rest = tuple(each for each in members if each not in alone)
        left |= dict.fromkeys(rest, rest)
    return _draw(flows, both_ways, at, left, alone, others)


def one_by_one(flows: Flows, both_ways: bool, at: int = 0) -> Drawn | None:
    """The same with every node by itself, for those who read a table; None where `links` draws it so."""
    return _draw(flows, both_ways, at, {}) if drawn_as_one(flows.graph) else None


def _beyond(flows: Flows, opened: Collection[str], at: int) -> tuple[str, ...]:
    """Those of the opened nodes that there is no room for: the ones with the smallest flows."""
    amounts = dict.fromkeys(opened, 0.0)
    for flow in flows.edges.values():
        for end in {flow.edge.source, flow.edge.target} & amounts.keys():
            amounts[end] += float(np.nansum([flow.forward[at], flow.reverse[at]]))
    smallest = sorted(amounts, key=lambda each: amounts[each])
    return tuple(smallest[: len(smallest) - ENDS + 1]) if len(smallest) > ENDS else ()


def _draw(
    flows: Flows,
    both_ways: bool,
    at: int,
    groups: Mapping[str, tuple[str, ...]],
    opened: frozenset[str] = frozenset(),
    others: Collection[str] = (),
) -> Drawn:
    drawing = _Drawing(flows, both_ways, groups, opened, others)
    for flow in flows.edges.values():
        there, back = float(flow.forward[at]), float(flow.reverse[at])
        if not both_ways:
            there, back = max(there - back, 0.0), max(back - there, 0.0)
        derived = flow.origin == "derived"
        drawing.add(flow.edge.source, flow.edge.target, there, derived)
        drawing.add(flow.edge.target, flow.edge.source, back, derived)
    drawing.cut_circles()
    drawing.add_residuals((each.node, float(each.value[at]), each.unmetered > 0) for each in flows.residuals.values())
    return drawing.result()


Key = tuple[str, str]  # what the bar stands for, and which end of it: "", "in" or "out"


class _Drawing:
    def __init__(
        self,
        flows: Flows,
        both_ways: bool,
        groups: Mapping[str, tuple[str, ...]],
        opened: frozenset[str],
        others: Collection[str],
    ) -> None:
        self.nodes = {node.id: node for node in flows.graph.nodes}
        self.boundary = grid_nodes(flows.graph)
        self.split = both_ways
        self.groups = groups
        self.opened = opened
        self.open_kinds = Counter((self.nodes[each].kind, self.nodes[each].technology) for each in opened)
        self.others = others
        self.labels: dict[Key, tuple[str, str, tuple[str, ...]]] = {}
        self.bands: dict[tuple[Key, Key], float] = {}
        self.technologies: dict[tuple[Key, Key], str] = {}
        self.derived: set[tuple[Key, Key]] = set()

    def add(self, source: str, target: str, value: float, derived: bool) -> None:
        if not value > 0:
            return
        band = (self._bar(source, "out"), self._bar(target, "in"))
        if band[0] == band[1]:
            return
        self.bands[band] = self.bands.get(band, 0.0) + value
        self.technologies[band] = self._technology(source, target)
        if derived:
            self.derived.add(band)

    def add_residuals(self, residuals: Iterable[tuple[Node, float, bool]]) -> None:
        """Each node's, and whether something at the node is not metered; not those that would not be seen."""
        largest = max(self.bands.values(), default=0.0)
        for node, value, unmetered in residuals:
            if not np.isnan(value) and abs(value) > NOISE * largest:
                largest = max(largest, self._add_residual(node, value, unmetered))

    def _add_residual(self, node: Node, value: float, unmetered: bool) -> float:
        own = self._bar(node.id, "in" if value > 0 else "out")
        name = self.labels[own][0]
        if value < 0:
            label = _("Unmetered source, %(node)s", node=name)
        elif unmetered:
            label = _("Not metered, %(node)s", node=name)
        else:
            label = _("Losses, %(node)s", node=name) if node.kind == "converter" else _("Unaccounted for, %(node)s", node=name)
        end = self._end((f"residual {own[0]}", "out" if value < 0 else "in"), label, "residual")
        band = (end, own) if value < 0 else (own, end)
        self.bands[band] = self.bands.get(band, 0.0) + abs(value)
        self.technologies[band] = "residual"
        return self.bands[band]

    def cut_circles(self) -> None:
        """Cut a band of each circle into an end at the right and one at the left: one from what is open, else the smallest.

        Depth first; after a cut the walk goes on where the band began, so that it is one walk however many circles there are.
        """
        left = {key: following[::-1] for key, following in self._onward().items()}  # not walked yet, the next one last
        done: set[Key] = set()
        for start in list(left):
            path, at = [start], {start: 0}
            while path:
                here = path[-1]
                following = left[here].pop() if left.get(here) else None
                if following is None:
                    done.add(path.pop())
                    del at[here]
                elif following in at:
                    circle = [*path[at[following] :], following]
                    source, target = min(pairwise(circle), key=lambda band: (band[0][0] not in self.opened, self.bands[band]))
                    self._cut((source, target))
                    back = at[source] + 1
                    for key, onto in pairwise([*path[back:], following]):
                        left[key].append(onto)
                        del at[key]
                    del path[back:]
                elif following not in done:
                    at[following] = len(path)
                    path.append(following)

    def _cut(self, band: tuple[Key, Key]) -> None:
        value, technology = self.bands.pop(band), self.technologies[band]
        source, target = band
        right = self._end((f"to {target[0]}", "in"), _("Back to %(node)s", node=self.labels[target][0]), technology)
        came_from, name = self._together(source)
        left = self._end((f"from {came_from}", "out"), _("Back from %(node)s", node=name), technology)
        for part in ((source, right), (left, target)):
            self.bands[part] = self.bands.get(part, 0.0) + value
            self.technologies[part] = technology

    def _together(self, bar: Key) -> tuple[str, str]:
        """What gives something back, and its name: of nodes that are open all alike ones, else each had an end at the left."""
        if bar[0] not in self.opened:
            return bar[0], self.labels[bar][0]
        node = self.nodes[bar[0]]
        alike = self.open_kinds[node.kind, node.technology]
        return f"open {node.kind} {node.technology}", node.name if alike == 1 else f"{plural(node)} ({alike})"

    def result(self) -> tuple[list[SankeyNode], list[SankeyLink]]:
        used = self._in_order()
        place = {key: position for position, key in enumerate(used)}
        nodes = [SankeyNode(*self.labels[key]) for key in used]
        bands = [
            SankeyLink(place[band[0]], place[band[1]], value, self.technologies[band], band in self.derived)
            for band, value in self.bands.items()
        ]
        return nodes, bands

    def _in_order(self) -> list[Key]:
        """The bars, each beside those that it shares a neighbour with, so that few bands cross."""
        rank = {node_id: at for at, node_id in enumerate(self.nodes)}
        onward = self._onward()

        def by_graph(key: Key) -> tuple[bool, int]:
            return key[0] not in rank, rank.get(key[0], 0)

        targets = {target for _, target in self.bands}
        ordered: dict[Key, None] = {}
        following = sorted((key for key in onward if key not in targets), key=by_graph)[::-1]
        while following:
            key = following.pop()
            if key not in ordered:
                ordered[key] = None
                following += sorted(onward.get(key, ()), key=by_graph)[::-1]
        return list(ordered)

    def _onward(self) -> dict[Key, list[Key]]:
        onward: dict[Key, list[Key]] = {}
        for source, target in self.bands:
            onward.setdefault(source, []).append(target)
        return onward

    def _bar(self, node_id: str, end: str) -> Key:
        node, grid = self.nodes[node_id], node_id in self.boundary
        members = self.groups.get(node_id, (node_id,))
        two_ended = self.split and (grid or node.kind == "storage")
        key = (members[0], end if two_ended else "")
        if key not in self.labels:
            label = node.name if len(members) == 1 else f"{plural(node)} ({len(members)})"
            if node_id in self.others:
                label = _("%(count)s others", count=len(members))
            if two_ended:
                label = _(TWO_ENDED[end, grid], node=label)
            self.labels[key] = label, "grid" if grid else node.technology or node.kind, members
        return key

    def _end(self, key: Key, label: str, technology: str) -> Key:
        self.labels.setdefault(key, (label, technology, ()))
        return key

    def _technology(self, source: str, target: str) -> str:
        """A band has the colour of where it comes from; from a bus, of where it goes."""
        for node_id in (source, target):
            node = self.nodes[node_id]
            if node_id in self.boundary:
                return "grid"
            if node.kind not in ("bus", "converter"):
                return node.technology or node.kind
        return "demand"


@once
def drawn_as_one(graph: Graph) -> Mapping[str, tuple[str, ...]]:
    """Which nodes are drawn as one, each with all of them: in a crowded graph, four or more of one kind and technology.

    Uses stay by themselves as long as all that may stand at their side has room there: half of the picture would be empty else.
    """
    nodes = graph.nodes
    if len(nodes) <= CROWDED:
        return {}
    boundary = grid_nodes(graph)
    beside_grid = {edge.target for edge in graph.edges if edge.source in boundary} | {
        edge.source for edge in graph.edges if edge.target in boundary
    }
    free = [node for node in nodes if node.id not in boundary | beside_grid]
    counts = Counter((node.kind, node.technology) for node in free)
    alike: dict[tuple[str, str], list[str]] = {}
    for node in free:
        if counts[node.kind, node.technology] >= ALIKE:
            alike.setdefault((node.kind, node.technology), []).append(node.id)
    ends = sum(node.kind in ("sink", "storage") or node.id in boundary for node in nodes)
    ends -= sum(len(members) - 1 for (kind, _), members in alike.items() if kind in ("sink", "storage"))
    for of, members in sorted(alike.items(), key=lambda each: len(each[1])):
        if of[0] == "sink" and (opened := ends + len(members) - 1) <= ENDS:
            ends = opened
            del alike[of]
    return {node_id: members for members in map(tuple, alike.values()) for node_id in members}


def within(graph: Graph, node_id: str, *, alone: bool) -> tuple[str, ...]:
    """What opens of a bar: the nodes that are drawn as one with a node; or it `alone`, and what is drawn as one beside it.

    Nothing where none of that is drawn as one.
    """
    groups = drawn_as_one(graph)
    if not alone:
        return groups.get(node_id, ())
    beside = [
        end
        for edge in graph.edges
        if node_id in (edge.source, edge.target)
        for end in (edge.source, edge.target)
        if end != node_id and end in groups
    ]
    return (node_id, *dict.fromkeys(beside)) if beside else ()


def plural(node: Node) -> str:
    """What several nodes like this one are called."""
    return _(ALIKE_TECHNOLOGIES.get(node.technology) or ALIKE_KINDS[node.kind])
