"""Whether a graph can balance: nodes with no way in or out, edges that nobody knows, and what is left over now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from config.language import _, ngettext
from models.flows import EdgeFlow, Flows, Residual
from models.graph import Edge, Graph
from models.topology import BALANCED, grid_nodes

EVEN = 0.001  # share of what passes a node: below this a residual is what meters round away
LARGE = 0.05  # share of what passes a node: above this a residual is worth a look
THOUSAND = 1000.0  # W taken for kW, Wh for kWh, or the other way round
NOTABLE = 0.10  # share of what passes a node: what carries less says little about the others


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a place of the graph; `wrong` when the graph cannot be right so."""

    place: str
    words: str
    wrong: bool
    balances: bool = False  # what comes goes, and nothing is to be said beside it


def structure(graph: Graph) -> list[Finding]:
    """What is wrong with the graph itself, whatever it carries.

    A source needs a way out, a sink a way in, everything else both; one edge that goes both ways is both.
    """
    findings = []
    at_node: dict[str, list[Edge]] = {}  # once: a large site has hundreds of both
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            at_node.setdefault(end, []).append(edge)
    for node in graph.nodes:
        edges = at_node.get(node.id, [])
        comes = any(edge.target == node.id or edge.two_way for edge in edges)
        goes = any(edge.source == node.id or edge.two_way for edge in edges)
        if not edges:
            findings.append(Finding(node.name, _("no edge: nothing flows in or out"), wrong=True))
        elif not comes and node.kind != "source":
            findings.append(Finding(node.name, _("no way in: nothing can reach this node"), wrong=True))
        elif not goes and node.kind != "sink":
            findings.append(Finding(node.name, _("no way out: nothing can leave this node"), wrong=True))
    return findings


def unmeasured(flows: Flows) -> list[Finding]:
    """Edges without a meter: those that a node's balance decides, and those that nobody knows."""
    names = {node.id: node.name for node in flows.graph.nodes}
    findings = []
    for flow in flows.edges.values():
        place = f"{names[flow.edge.source]} → {names[flow.edge.target]}"
        if flow.origin == "unknown":
            findings.append(Finding(place, _("not measured, and cannot be derived: add a meter"), wrong=True))
        elif flow.origin == "derived":
            findings.append(
                Finding(place, _("not measured: it carries what the other edges of its node leave over"), wrong=False)
            )
    return findings


class Thousandfold(NamedTuple):
    """What a meter tells, what a thousand times it or a thousandth would be, and how well that balances its node.

    `left` is the share of what would pass the node that would be left over.
    """

    value: float
    expected: float
    left: float


def thousandfold(flows: Flows, at: int = 0) -> dict[str, Thousandfold]:
    """Of each meter of a node that does not add up: what would balance it best, a thousand times what it tells or a thousandth.

    Only of nodes that are measured all around and told of, in the flows' unit, at a position of the values.
    """
    found: dict[str, Thousandfold] = {}
    around = _at_nodes(flows)
    for node_id, residual in _checked(flows):
        nets = [(flow, float(flow.net[at])) for flow in around.get(node_id, ())]
        left, passing = float(residual.value[at]), sum(abs(net) for _flow, net in nets) / 2
        if residual.silent[at] or residual.unmetered or not np.isfinite([left, passing]).all() or abs(left) <= LARGE * passing:
            continue
        for flow, net in nets:
            meter, comes = flow.edge.meter_id, 1 if flow.edge.target == node_id else -1
            if meter is None or flow.origin != "metered" or not net:
                continue
            for expected in (net * THOUSAND, net / THOUSAND):
                through = passing + (abs(expected) - abs(net)) / 2
                if abs(expected) < NOTABLE * through:
                    continue
                would = abs(left + comes * (expected - net)) / through
                if meter not in found or would < found[meter].left:
                    found[meter] = Thousandfold(net, expected, would)
    return found


def _at_nodes(flows: Flows) -> dict[str, list[EdgeFlow]]:
    """The flows at each node."""
    found: dict[str, list[EdgeFlow]] = {}
    for flow in flows.edges.values():
        for end in (flow.edge.source, flow.edge.target):
            found.setdefault(end, []).append(flow)
    return found


def _checked(flows: Flows) -> Iterator[tuple[str, Residual]]:
    """The nodes that what comes and what goes is compared at."""
    boundary = grid_nodes(flows.graph)
    for node_id, residual in flows.residuals.items():
        if residual.node.kind in BALANCED and node_id not in boundary:
            yield node_id, residual


def _three(kilowatts: float) -> str:
    """Signed, to three digits, never as a power of ten."""
    return f"{float(f'{kilowatts:.3g}'):+,.10g}".replace(",", "\u202f").replace("-", "−")


def residuals(flows: Flows, at: int = 0, unit: str = "kW") -> list[Finding]:
    """What each balanced node takes in and does not give out, in the flows' unit, at a position of the values."""
    names = {node.id: node.name for node in flows.graph.nodes}
    findings = []
    at_node = _at_nodes(flows)
    for node_id, residual in _checked(flows):
        value = float(residual.value[at])
        around = at_node.get(node_id, [])
        if not around:
            continue
        silent = int(residual.silent[at])
        passing = sum(abs(float(flow.net[at])) for flow in around if np.isfinite(flow.net[at])) / 2
        if not np.isfinite(value):
            unknown = _("no values now: its balance is not known") if unit == "kW" else _("no values: its balance is not known")
            findings.append(Finding(names[node_id], unknown, wrong=False))
            continue
        share = abs(value) / passing if passing > 0 else 0.0
        even = share <= EVEN
        left = {"power": f"{_three(value)} {unit}", "share": f"{100 * share:.1f} %"}
        said = [_("balances") if even else _("%(power)s left over, %(share)s of what passes", **left)]
        if silent:
            said.append(ngettext("%(num)s of its meters is silent", "%(num)s of its meters are silent", silent))
        if residual.unmetered:
            said.append(ngettext("%(num)s edge not measured", "%(num)s edges not measured", residual.unmetered))
        wrong = share > LARGE and not silent and not residual.unmetered
        findings.append(Finding(names[node_id], "; ".join(said), wrong, balances=even and len(said) == 1))
    return findings
