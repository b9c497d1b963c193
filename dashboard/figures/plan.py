"""What stands on the site, how is it connected, and does every part report?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from textwrap import wrap
from typing import Any

from dashboard.figures.wording import STATES, text, token
from models.graph import Graph, Node

NARROW = 14  # letters in a line of a name
ROOMY = 12  # nodes; on a plan of more, names stand without values
LABELLED = 32  # nodes; on a plan of more, only buses carry their name

# The kind chooses the shape, the state whether it is filled; what is offline is crossed.
SHAPES = {"source": "diamond", "storage": "hexagon", "bus": "square", "converter": "pentagon", "sink": "circle"}
FILLED = {"live": "", "late": "-open", "never": "-open-dot", "unmetered": ""}
CROSSED = {"source": "diamond-x-open", "sink": "circle-x-open"}  # the other shapes have no crossed form
APART = 0.09  # of the plan, between a node and those that stand around it
COLUMNS = {"source": 0.1, "converter": 0.32, "storage": 0.5, "bus": 0.5, "sink": 0.88}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a node now: its state, and its power as people read it (or nothing)."""

    state: str
    power: str = ""
    note: str = ""


def positions(graph: Graph) -> dict[str, tuple[float, float]]:
    """Where each node stands (0..1 from the left and from the top).

    On a drawn plan, a node without a place stands around the neighbour that it is connected to (or, where it is
    crowded, within it: then it has no position). Without a drawn plan: columns by kind.
    """
    placed = {node.id: (node.plan_x, node.plan_y) for node in graph.nodes if node.plan_x is not None and node.plan_y is not None}
    if not placed:
        return _columns(graph.nodes)
    if len(graph.nodes) > LABELLED:
        return placed
    around: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        for node_id, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if node_id not in placed and other in placed:
                around[other].append(node_id)
    for other, members in around.items():
        x, y = placed[other]
        for at, node_id in enumerate(members):
            turn = pi * (at + 1) / (len(members) + 1) - pi / 2
            placed.setdefault(node_id, (x + APART * cos(turn), y + APART * sin(turn)))
    return placed


def _columns(nodes: Sequence[Node]) -> dict[str, tuple[float, float]]:
    columns: dict[float, list[Node]] = defaultdict(list)
    for node in nodes:
        columns[COLUMNS[node.kind]].append(node)
    placed = {}
    for x, members in columns.items():
        for at, node in enumerate(members):
            shift = 0.04 * (at % 2) if len(members) > 8 else 0.0
            placed[node.id] = (x - shift, (at + 0.5) / len(members))
    return placed


def figure(graph: Graph, standing: Mapping[str, Standing]) -> dict[str, Any]:
    """The plan: lines for edges, a shape for each node, its name, its power and, unless it is live, its state."""
    at = positions(graph)
    shown = [node for node in graph.nodes if node.id in at]
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for edge in graph.edges:
        if edge.source not in at or edge.target not in at:
            continue
        (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
        lines_x += [x0, x1, None]
        lines_y += [y0, y1, None]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "uid": "edges",
                "x": lines_x,
                "y": lines_y,
                "line": {"color": "@outline/0.5", "width": 1},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "uid": "nodes",
                "x": [round(at[node.id][0], 4) for node in shown],
                "y": [round(at[node.id][1], 4) for node in shown],
                "customdata": [f"node:{node.id}" for node in shown],
                "textposition": ["top center" if node.kind in ("converter", "storage") else "bottom center" for node in shown],
                "textfont": {"size": 11.5, "color": "@text"},
                "cliponaxis": False,
                "hovertemplate": "%{hovertext}<extra></extra>",
                **moving(graph, standing),
            },
        ],
        "layout": {
            "margin": {"l": 16, "r": 16, "t": 12, "b": 12},
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": "pan",
            "xaxis": {"visible": False, "range": spread([x for x, _ in at.values()])},
            "yaxis": {"visible": False, "range": spread([y for _, y in at.values()])[::-1]},
        },
    }


def spread(values: Sequence[float]) -> list[float]:
    """What an axis shows: all positions, with room around them for names."""
    if not values:
        return [0.0, 1.0]
    low, high = min(values), max(values)
    around = max(0.06, 0.1 * (high - low))
    return [round(low - around, 3), round(high + around, 3)]


def changes(graph: Graph, standing: Mapping[str, Standing]) -> list[list[Any]]:
    """What a plan drawn without any standing has to change: [position, text, symbol, colour] of each node that differs."""
    before, after = moving(graph, {}), moving(graph, standing)
    rows = zip(
        zip(before["text"], before["marker"]["symbol"], before["marker"]["color"], strict=True),
        zip(after["text"], after["marker"]["symbol"], after["marker"]["color"], strict=True),
        strict=True,
    )
    return [[at, *new] for at, (old, new) in enumerate(rows) if old != new]


@lru_cache(maxsize=16_384)  # of a large site, each tick
def _lines(name: str) -> str:
    return "<br>".join(text(line) for line in wrap(name, NARROW))


def alike(nodes: Sequence[Node]) -> dict[str, str]:
    """Short names for where there is no room. Of a kind whose names begin with the same word, all but one lose it: Home 1, 2."""
    families: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        first, _, rest = node.name.partition(" ")
        if rest:
            families[node.kind, first].append(node)
    return {node.id: node.name.partition(" ")[2] for family in families.values() for node in family[1:]}


def moving(graph: Graph, standing: Mapping[str, Standing]) -> dict[str, Any]:
    """Texts, shapes and colours of the nodes."""
    at = positions(graph)
    crowded = len(graph.nodes) > LABELLED
    short = alike([node for node in graph.nodes if node.id in at]) if crowded else {}
    texts, hovers, symbols, colours = [], [], [], []
    known = [standing[node.id].state for node in graph.nodes if node.id in standing]
    # what has no meter of its own is as little known as all that have one
    silent = bool({*known} - {"unmetered"}) and {*known} <= {"unmetered", "offline", "never"}
    for node in graph.nodes:
        if node.id not in at:
            continue
        now = standing.get(node.id, Standing("unmetered"))
        word = "" if now.state in ("live", "unmetered") else STATES[now.state]
        says = " · ".join(part for part in (now.power, word) if part)
        name = text(node.name)
        lines = _lines(short.get(node.id, node.name)) if len(at) > ROOMY else name
        shown = not crowded or node.kind == "bus" or bool(word)
        beside = says if len(at) <= ROOMY else word
        texts.append((f"{lines}<br><b>{beside}</b>" if beside else lines) if shown else "")
        hovers.append("<br>".join(part for part in (f"<b>{name}</b>", says, text(now.note)) if part))
        crossed = CROSSED.get(node.kind, "square-x-open")
        filling = "-open" if silent and now.state == "unmetered" else FILLED.get(now.state, "")
        symbols.append(crossed if now.state == "offline" else SHAPES[node.kind] + filling)
        abnormal = {"late": "@medium", "offline": "@critical"}.get(now.state)
        colours.append(abnormal or f"@{token(node.technology or node.kind)}")
    return {
        "text": texts,
        "hovertext": hovers,
        "marker": {"symbol": symbols, "color": colours, "size": 15, "line": {"width": 2, "color": colours}},
    }
