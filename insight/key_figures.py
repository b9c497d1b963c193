"""What a site's first numbers are now and what stands behind each: the state and age of its meters, how many of them tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from insight import freshness
from insight.now import Now
from models import system_balance
from models.flows import Values
from models.graph import Edge, Node
from models.topology import at_the_grid, electric, makers


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number; NaN when it is not known.

    `state` is that of the meters behind it together, `seen` when the one of them was heard that has been silent longest,
    `known` (0..1) the share of them that tell.
    """

    value: float
    state: str
    seen: datetime | None
    known: float = 1.0


@dataclass(frozen=True, slots=True)
class Stored:
    """The storages of a site: their state of charge (%, weighed by capacity), and their power (kW, positive while charging)."""

    charge: KeyFigure
    power_kw: float
    count: int


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Powers in kW; `grid` is positive for import, shares are 0..1. What a site does not have is None.

    `produced_kw` is known only when every array tells; `production` then and else is the sum of those that do. `efficiency` is
    of sites whose meters tell what is lost (`lost_kw`), `load` of those whose grid connection says what it can carry.
    """

    production: KeyFigure | None
    produced_kw: float
    self_consumption: float
    demand: KeyFigure
    grid: KeyFigure
    stored: Stored | None
    self_sufficiency: KeyFigure
    efficiency: KeyFigure | None
    lost_kw: float
    load: KeyFigure | None
    connection_kw: float


def key_figures(now: Now) -> KeyFigures:
    """The numbers of a site at a moment."""
    totals, nodes, at_node = now.flows.totals, now.view.graph.nodes, _meters_by_node(now)
    every = list(dict.fromkeys(each for meters in at_node.values() for each in meters))
    arrays = [each for node_id in makers(now.view.graph) for each in at_node[node_id]]
    used = _at(at_node, (node for node in nodes if node.kind == "sink")) or every
    grid = _at(at_node, (node for node in nodes if node.technology == "grid")) or every
    storages = [node for node in nodes if node.kind == "storage"]
    system, connection_kw = system_balance.system_balance(now.flows), system_balance.connection_kw(now.view.graph)
    telling = system_balance.around(now.view.graph)
    carried = float((totals.imported + totals.exported)[0])
    return KeyFigures(
        production=_total(now, "production", totals.production, arrays) if arrays else None,
        produced_kw=float(totals.production[0]),
        self_consumption=float(totals.self_consumption[0]),
        demand=_total(now, "demand", totals.demand, used),
        grid=_behind(now, float((totals.imported - totals.exported)[0]), grid),
        stored=_stored(now, storages, at_node) if storages else None,
        self_sufficiency=_behind(now, float(totals.self_sufficiency[0]), every),
        efficiency=_behind(now, float(system_balance.efficiency(*system)[0]), _of(now, telling)) if telling else None,
        lost_kw=float(system.lost[0]),
        load=_behind(now, carried / connection_kw, _of(now, at_the_grid(now.view.graph))) if connection_kw > 0 else None,
        connection_kw=connection_kw,
    )


def _total(now: Now, name: str, values: Values, meter_ids: list[str]) -> KeyFigure:
    """A total; where some of its meters are silent, what the others tell."""
    totals = now.flows.totals
    known = float(totals.known[name][0]) if name in totals.known else 1.0
    value = float((totals.told(name) if known > 0 else values)[0])
    figure = _behind(now, value, meter_ids, known)
    return KeyFigure(value, "partial", figure.seen, known) if figure.state == "live" and known < 1 else figure


def _stored(now: Now, storages: list[Node], at_node: Mapping[str, list[str]]) -> Stored:
    beside: dict[str | None, list[str]] = {}
    for meter in now.view.meters.values():
        beside.setdefault(meter.node_id, []).append(meter.id)
    levels = [(node, _level(now, [*beside.get(node.id, ()), *at_node[node.id]])) for node in storages]
    told = [(level, node.capacity_kwh or 1.0) for node, level in levels if level is not None]
    mean = sum(level * size for level, size in told) / sum(size for _, size in told) if told else float("nan")
    charge = _behind(now, mean, _at(at_node, storages), len(told) / len(storages))
    return Stored(charge, float((now.flows.totals.charge - now.flows.totals.discharge)[0]), len(storages))


def _level(now: Now, meter_ids: Iterable[str]) -> float | None:
    levels = (now.level(meter_id, "soc_pct") for meter_id in meter_ids)
    return next((level for level in levels if level is not None), None)


def _behind(now: Now, value: float, meter_ids: list[str], known: float = 1.0) -> KeyFigure:
    state = freshness.together(now.states.get(each, "never") for each in meter_ids)
    return KeyFigure(value, state, min((now.heard[each] for each in meter_ids if each in now.heard), default=None), known)


def _at(at_node: Mapping[str, list[str]], nodes: Iterable[Node]) -> list[str]:
    return [meter_id for node in nodes for meter_id in at_node[node.id]]


def _meters_by_node(now: Now) -> dict[str, list[str]]:
    """The meters of electricity at each node: a number of electricity is not late because a gas meter is."""
    at_node: dict[str, list[str]] = {node.id: [] for node in now.view.graph.nodes}
    for edge in electric(now.view.graph):
        for meter_id in _of(now, [edge]):
            at_node[edge.source].append(meter_id)
            at_node[edge.target].append(meter_id)
    return at_node


def _of(now: Now, edges: Iterable[Edge]) -> list[str]:
    """The meters of edges that are seen, terms of virtual ones among them."""
    named = (each for edge in edges for each in (*(term for term, _ in edge.terms), edge.meter_id))
    return [each for each in named if each is not None and each in now.states]
