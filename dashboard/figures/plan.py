"""What stands on the site, how is it connected, what does each part do now, and does every part report?

`figure` is what stands still: lines, shapes and names. `changes` and `thickness` are what a tick tells of it, and the browser
puts on it (`assets/live/16-plan.js`), where names and powers find their places beside the shapes too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from textwrap import wrap
from typing import Any

from config.language import _
from dashboard.figures.wording import STATES, text, token
from models.graph import Edge, Graph, Node
from models.topology import once

NARROW = 14  # letters in a line of a name
ROOMY = 12  # nodes; on a plan of more, a name stands in lines of few letters
# nodes; of a site of more, only those with a place are drawn; of more that are drawn, only buses carry a name, and none its power
LABELLED = 32
WIDTHS = (1, 2, 3.5, 6)  # px of a line, by its power
SHARES = (0.02, 0.15, 0.45)  # of the largest power on the plan, from which on a line is wider
MOST_LINES = 200  # on a plan of more, all are thin

# The kind chooses the shape, the state whether it is filled; what is offline is crossed.
SHAPES = {"source": "diamond", "storage": "hexagon", "bus": "square", "converter": "pentagon", "sink": "circle"}
FILLED = {"live": "", "late": "-open", "never": "-open-dot", "unmetered": ""}
CROSSED = {"source": "diamond-x-open", "sink": "circle-x-open"}  # the other shapes have no crossed form
APART = 0.09  # of the plan, between a node and those that stand around it
COLUMNS = {"source": 0.1, "converter": 0.32, "storage": 0.5, "bus": 0.5, "sink": 0.88}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a node now: its state, its power as people read it, and what else there is to say (or nothing)."""

    state: str
    power: str = ""
    note: str = ""


@once
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


def figure(graph: Graph) -> dict[str, Any]:
    """The plan: a line for each edge, in a trace of each width; a shape for each node, and its name."""
    at = {node_id: (round(x, 4), round(y, 4)) for node_id, (x, y) in positions(graph).items()}
    shown = [node for node in graph.nodes if node.id in at]
    ends = [(at[edge.source], at[edge.target]) for edge in _drawn(graph, at)]
    lines: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "hoverinfo": "skip",
        "x": [],
        "y": [],
        "line": {"color": "@outline/0.5", "width": WIDTHS[0]},
    }
    thin = {axis: [place for pair in ends for place in (pair[0][of], pair[1][of], None)] for of, axis in enumerate("xy")}
    wider = [{**lines, "uid": f"edges-{n}", "line": {**lines["line"], "width": width}} for n, width in enumerate(WIDTHS)]
    return {
        "data": [
            wider[0] | thin,
            *wider[1:],
            {
                "type": "scatter",
                "mode": "markers+text",
                "uid": "nodes",
                "x": [at[node.id][0] for node in shown],
                "y": [at[node.id][1] for node in shown],
                "text": _names(graph, shown),
                "hovertext": ["<br>".join([f"<b>{text(node.name)}</b>", *([_("simulated")] * node.simulated)]) for node in shown],
                "customdata": [f"node:{node.id}" for node in shown],
                "textposition": ["top center" if node.kind in ("converter", "storage") else "bottom center" for node in shown],
                "textfont": {"size": 11.5, "color": "@text"},
                "cliponaxis": False,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": _marker([_look(node, "unmetered") for node in shown]),
            },
        ],
        "layout": {
            "margin": {"l": 16, "r": 16, "t": 12, "b": 12},
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": "pan",
            "meta": {"plan": True},
            "xaxis": {"visible": False, "range": spread([x for x, _ in at.values()])},
            "yaxis": {"visible": False, "range": spread([y for _, y in at.values()])[::-1]},
        },
    }


def is_crowded(graph: Graph) -> bool:
    """Whether there is no room for the power of what is live."""
    return len(positions(graph)) > LABELLED


def _drawn(graph: Graph, at: Mapping[str, tuple[float, float]]) -> list[Edge]:
    return [edge for edge in graph.edges if edge.source in at and edge.target in at]


@once
def behind(graph: Graph) -> dict[str, Edge]:
    """The nodes that stand for what the plan of a large site leaves out behind them, each with the only edge that leads to it."""
    at = positions(graph)
    if is_crowded(graph) or len(at) == len(graph.nodes):
        return {}
    drawn, every = (
        Counter(end for edge in edges for end in (edge.source, edge.target)) for edges in (_drawn(graph, at), graph.edges)
    )
    return {end: edge for edge in _drawn(graph, at) for end in (edge.source, edge.target) if drawn[end] == 1 and every[end] > 1}


def _names(graph: Graph, shown: Sequence[Node]) -> list[str]:
    """The name that each node carries, or nothing where it is crowded."""
    if len(graph.nodes) > LABELLED:
        short, crowded = alike(shown), is_crowded(graph)
        return [_lines(short.get(node.id, node.name)) if node.kind == "bus" or not crowded else "" for node in shown]
    return [_lines(node.name) if len(shown) > ROOMY else text(node.name) for node in shown]


def _look(node: Node, state: str, silent: bool = False) -> tuple[str, str]:
    """Shape and colour of a node; where all that has a meter is `silent`, what has none is as little known."""
    if state == "offline":
        symbol = CROSSED.get(node.kind, "square-x-open")
    else:
        symbol = SHAPES[node.kind] + ("-open" if silent and state == "unmetered" else FILLED.get(state, ""))
    abnormal = {"late": "@medium", "offline": "@critical"}.get(state)
    return symbol, abnormal or f"@{token(node.technology or node.kind)}"


def _marker(looks: Sequence[tuple[str, str]]) -> dict[str, Any]:
    colours = [colour for _, colour in looks]
    return {"symbol": [symbol for symbol, _ in looks], "color": colours, "size": 15, "line": {"width": 2, "color": colours}}


def spread(values: Sequence[float]) -> list[float]:
    """What an axis shows: all positions, with room around them for names."""
    if not values:
        return [0.0, 1.0]
    low, high = min(values), max(values)
    around = max(0.06, 0.1 * (high - low))
    return [round(low - around, 3), round(high + around, 3)]


def changes(graph: Graph, standing: Mapping[str, Standing]) -> list[list[Any]]:
    """What a tick changes on the plan, a row for each shown node that there is something to say of.

    [position, words beside it], and of one that is not live [position, words beside it, words of the pointer, symbol, colour].
    """
    at, crowded = positions(graph), is_crowded(graph)
    states = {standing[node.id].state for node in graph.nodes if node.id in standing}
    silent = bool(states - {"unmetered"}) and states <= {"unmetered", "offline", "never"}
    rows: list[list[Any]] = []
    for place, node in enumerate(node for node in graph.nodes if node.id in at):
        now = standing.get(node.id, Standing("unmetered"))
        if now.state == "live":  # it looks as it was drawn
            rows += [[place, now.power]] if now.power and not crowded else []
            continue
        word = "" if now.state == "unmetered" else _(STATES[now.state])
        beside = " · ".join(part for part in ("" if crowded else now.power, word) if part)
        look = _look(node, now.state, silent)
        if look != _look(node, "unmetered"):
            rows.append([place, beside, " · ".join(part for part in (now.power, word, text(now.note)) if part), *look])
        elif beside:
            rows.append([place, beside])
    return rows


def thickness(graph: Graph, kilowatts: Callable[[str], float]) -> str:
    """How wide each line of the plan is by the power of its edge (by id, NaN: not known): a digit a line, none on a crowded plan.

    >>> thickness(Graph((), ()), float)
    ''
    """
    drawn = _drawn(graph, positions(graph))
    if len(drawn) > MOST_LINES:
        return ""
    powers = [abs(kilowatts(edge.id)) for edge in drawn]
    largest = max((power for power in powers if power > 0), default=0.0)
    if not largest:
        return ""
    return "".join(str(sum(power > share * largest for share in SHARES)) for power in powers)


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
