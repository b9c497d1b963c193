"""Graphs that most sites begin with, and what is measured first on any graph."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from config.language import N_
from models.field_map import CONDITIONS, ENERGIES
from models.graph import Graph


class Part(NamedTuple):
    """A node of a starting graph and its place on the site plan: shares (0..1) from the left and from the top."""

    name: str
    kind: str
    technology: str
    x: float
    y: float


class Way(NamedTuple):
    """An edge of electricity between two parts, by their names."""

    source: str
    target: str
    two_way: bool = False


class StartingGraph(NamedTuple):
    """The parts of a site and how they are joined."""

    words: str
    parts: tuple[Part, ...]
    ways: tuple[Way, ...]


_GRID = Part("Grid", "source", "grid", 0.12, 0.6)
_BOARD = Part("Main board", "bus", "", 0.45, 0.6)
_DEMAND = Part("Demand", "sink", "load", 0.82, 0.6)
_SOLAR = Part("Solar", "source", "pv", 0.45, 0.2)
_SUPPLY = (Way("Grid", "Main board", two_way=True), Way("Main board", "Demand"))

STARTING_GRAPHS: Mapping[str, StartingGraph] = {
    "solar": StartingGraph(
        N_("Grid, solar and demand"), (_GRID, _BOARD, _SOLAR, _DEMAND), (*_SUPPLY, Way("Solar", "Main board"))
    ),
    "demand": StartingGraph(N_("Grid and demand"), (_GRID, _BOARD, _DEMAND), _SUPPLY),
}


class FirstMeter(NamedTuple):
    """A meter to begin with, of an edge or else of conditions; `fields`: field of a plain device's post → quantity."""

    name: str
    edge_id: str | None
    fields: Mapping[str, str]


def first_meters(graph: Graph) -> list[FirstMeter]:
    """What to measure first on a graph without meters, so that a device that posts the standard fields needs no map.

    What the site's own sources make and what its uses take; where it makes nothing, its connection to the grid, both ways; and
    conditions. Where there are several of a kind, no standard field can mean one of them. Nothing where nothing can be measured.
    """
    nodes = {node.id: node for node in graph.nodes}
    electric = [edge for edge in graph.edges if edge.carrier == "electricity"]
    made = [edge for edge in electric if nodes[edge.source].kind == "source" and nodes[edge.source].technology != "grid"]
    grid = [edge for edge in electric if nodes[edge.source].technology == "grid"]
    used = [edge for edge in electric if nodes[edge.target].kind == "sink"]
    forward, back = ENERGIES["interval"]
    if made:
        meters = [FirstMeter(nodes[edge.source].name, edge.id, _only(made, energy_produced=forward)) for edge in made]
        meters += [FirstMeter(nodes[edge.target].name, edge.id, _only(used, energy_consumed=forward)) for edge in used]
    else:
        both = {"energy_produced": back} if all(edge.two_way for edge in grid) else {}
        meters = [FirstMeter(nodes[edge.source].name, edge.id, _only(grid, energy_consumed=forward, **both)) for edge in grid]
    return [*meters, FirstMeter("Conditions", None, CONDITIONS)] if meters else []


def _only(edges: Sequence[object], **fields: str) -> Mapping[str, str]:
    return fields if len(edges) == 1 else {}
