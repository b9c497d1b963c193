"""What meters, nodes and a whole site took and gave between moments: the one source of every figure over time.

Each moment counts with the graph that held then, and what a balance tells of both directions is netted in the meters' own
intervals, as `insight.site_energy` has it for a period as a whole.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insight import closed_energy
from insight.site_energy import asked_of, readings
from insight.site_view import SiteView
from models import flows
from models.flows import Flows
from models.graph import Edge, Graph
from models.system_balance import SystemBalance, around, system_balance
from models.topology import ends, supplying
from store.errors import NotFound
from store.scope import Scope
from store.series import finality
from store.series.declared import Telling, cells
from store.series.energy import Flow
from store.series.energy import Flows as Energies
from store.series.grid import micros

Floats = NDArray[np.float64]

AT_ONCE = 3_000  # stretches of a graph that is solved: a month of quarters
WHOLE = 0.99  # of the time of each meter around a node, for what is lost there to be told


class Course(NamedTuple):
    """Between successive moments: energies in kWh by name, each NaN where nothing is known, and how sure they are.

    Of a meter `forward` and `export` (in its edge's direction and against it), of a node `taken` and `given` of electricity; of a
    board `bought` and `given`, from and to the outside, and `taken`, what was used behind it: with its own sources and storages.
    Of a site the totals of `models.flows`, and what its nodes took in and lost together (`models.system_balance`), NaN where a
    meter around these nodes misses more than a hundredth: it would pass for a loss. `coverage` is the mean over the meters behind
    it of the share (0..1) of what was due that is there, NaN where nothing was due; `provisional` whether it may still change.
    """

    kwh: Mapping[str, Floats]
    coverage: Floats
    provisional: NDArray[np.bool_]


class Stretches(NamedTuple):
    """Between successive moments: energies (kWh) as of `Course`, and the seconds that every meter behind them covers.

    `behind` are these meters, by parts of the time.
    """

    kwh: Mapping[str, Floats]
    covered_s: Floats
    behind: Sequence[Telling]


def stretches(scope: Scope, view: SiteView, subject_id: str, edges: Sequence[datetime]) -> Stretches:
    """What is priced or drawn of a meter, a node or the site, which nobody asks whether it may change; raises as `courses`."""
    return stretches_of(scope, view, [subject_id], edges)[subject_id]


def stretches_of(scope: Scope, view: SiteView, ids: Sequence[str], edges: Sequence[datetime]) -> dict[str, Stretches]:
    """The same of several of them, that are read together."""
    metered = [each for each in ids if each in view.meters]
    others = [each for each in ids if each not in view.meters]
    found = {}
    for meter, flow in closed_energy.flows(scope, metered, list(edges), view.metering).items() if metered else ():
        found[meter] = Stretches(_kwh(flow), flow.covered_s, [Telling(edges[0], edges[-1], [meter])])
    if others:
        places, _ = _of_places(scope, view, others, edges, judged=False)
        found |= {each: place.stretches() for each, place in places.items()}
    return found


def courses(scope: Scope, view: SiteView, ids: Collection[str], edges: Sequence[datetime]) -> dict[str, Course]:
    """The course of each of meters, nodes and the site itself (its id), all of one site, between successive edges.

    Raises:
        NotFound: one of them is not there, or not seen by the scope.
        StoreAway: QuestDB cannot be reached.
    """
    wanted = [*dict.fromkeys(ids)]
    found = _of_meters(scope, view, [each for each in wanted if each in view.meters], edges)
    others = [each for each in wanted if each not in found]
    if others:
        places, may_change = _of_places(scope, view, others, edges)
        found |= {each: place.course(may_change) for each, place in places.items()}
    return {each: found[each] for each in wanted}


def _of_meters(scope: Scope, view: SiteView, meter_ids: Sequence[str], edges: Sequence[datetime]) -> dict[str, Course]:
    if not meter_ids:
        return {}
    # Asked before the energies are, here and below: what is final then is what they are.
    may_change = finality.provisional(scope, meter_ids, list(edges), view.metering)
    found = closed_energy.flows(scope, meter_ids, list(edges), view.metering)
    return {
        meter_id: Course(
            _kwh(flow),
            _mean_coverage(flow.covered_s[None], flow.due_s[None]),
            np.array(may_change[meter_id], bool),
        )
        for meter_id, flow in found.items()
    }


def _kwh(flow: Flow) -> dict[str, Floats]:
    return {name: np.where(flow.known_s > 0, kwh, np.nan) for name, kwh in (("forward", flow.forward), ("export", flow.export))}


class _Told(NamedTuple):
    """What was heard between successive steps of a part of the time, and solved; `at`: the asked stretch that each step is of."""

    first: datetime
    last: datetime
    at: NDArray[np.intp]
    solved: Flows
    energies: Energies


class _Place:
    """A node, perhaps a board, or the site as a whole (without a node), of which parts of a course are gathered."""

    def __init__(self, stretches: int, node_id: str | None, *, is_board: bool = False) -> None:
        self.node_id, self.is_board = node_id, is_board
        of_node = ("taken", "given", "bought") if is_board else ("taken", "given")
        self._names = (*flows.TOTALS, *SystemBalance._fields) if node_id is None else of_node
        self._sums = np.zeros((len(self._names), stretches))
        self._heard = np.zeros((len(self._names), stretches), bool)
        self._covered: dict[str, tuple[Floats, Floats]] = {}  # of each meter behind it: seconds that are there, and that were due
        self._behind: list[Telling] = []

    def own_edges(self, drawn: Graph) -> Sequence[Edge] | None:
        """Its edges where all that is told of it is told by their meters; none where the whole graph has to be solved."""
        if self.node_id is None:
            return None
        around = supplying(drawn, self.node_id) if self.is_board else ends(drawn).get(self.node_id, ())
        own = [edge for edge, *_ in around if edge.carrier == "electricity"]
        return own if all(edge.meter_id or edge.terms for edge in own) else None

    def add(self, told: _Told, own: Iterable[Edge], view: SiteView) -> None:
        """What a solved graph tells of it, by the meters of its own edges among those that are told."""
        meters, at = asked_of(own, view), told.at
        for place, amounts in enumerate(self._amounts(told.solved, told.energies, view)):
            known = np.isfinite(np.broadcast_to(amounts, len(at)))
            np.add.at(self._sums[place], at[known], np.broadcast_to(amounts, len(at))[known])
            self._heard[place, at[known]] = True
        self._behind.append(Telling(told.first, told.last, meters))
        of = told.energies.of(meters)
        for meter, *both in zip(meters, np.minimum(of.covered_s, of.due_s), of.due_s, strict=True):
            sums = self._covered.setdefault(meter, (np.zeros(self._sums.shape[1]), np.zeros(self._sums.shape[1])))
            for sum_s, seconds in zip(sums, both, strict=True):
                np.add.at(sum_s, at, seconds)

    def _amounts(self, solved: Flows, told: Energies, view: SiteView) -> Iterator[Floats]:
        if self.node_id is None:
            for name in flows.TOTALS:
                known = np.isfinite(getattr(solved.totals, name)) | (solved.totals.known[name] > 0)
                yield np.where(known, solved.totals.told(name), np.nan)
            balancing = told.of(asked_of(around(solved.graph), view))
            whole = (balancing.known_s >= WHOLE * balancing.due_s).all(axis=0)
            for amounts in system_balance(solved):
                yield np.where(whole, amounts, np.nan)
            return
        if self.is_board:
            yield from _of_board(solved, self.node_id)
            return
        own = [(solved.edges[edge.id], sign) for edge, sign in ends(solved.graph).get(self.node_id, ())]
        own = [(flow, sign) for flow, sign in own if flow.edge.carrier == "electricity" and flow.origin != "unknown"]
        for into in (1, -1):
            parts = np.array([flow.forward if sign == into else flow.reverse for flow, sign in own])
            known = np.isfinite(parts).any(axis=0) if len(parts) else np.array(False)
            yield np.where(known, np.nansum(parts, axis=0) if len(parts) else 0.0, np.nan)

    def stretches(self) -> Stretches:
        """All of it, for what is priced by short stretches."""
        kwh = np.where(self._heard, self._sums, np.nan)
        covered = [there for there, _ in self._covered.values()] or [np.zeros(self._sums.shape[1])]
        return Stretches(dict(zip(self._names, kwh, strict=True)), np.min(covered, axis=0), self._behind)

    def course(self, may_change: Mapping[str, Sequence[bool]]) -> Course:
        """All of it."""
        nothing = np.zeros((0, self._sums.shape[1]))
        covered, due = (np.array([each[n] for each in self._covered.values()]) if self._covered else nothing for n in (0, 1))
        waiting = np.array([may_change[meter] for meter in self._covered], bool).reshape(-1, self._sums.shape[1])
        kwh = np.where(self._heard, self._sums, np.nan)
        return Course(
            dict(zip(self._names, kwh, strict=True)), _mean_coverage(covered, due), np.logical_or.reduce(waiting, axis=0)
        )


def _of_board(solved: Flows, board: str) -> tuple[Floats, Floats, Floats]:
    """What was used behind it, what went from it to the outside, and what came from there; NaN where a part is not known."""
    parts = [(solved.edges[edge.id], sign, outside) for edge, sign, outside in supplying(solved.graph, board)]
    if not parts or any(flow.origin == "unknown" for flow, *_ in parts):
        return (np.full(1, np.nan),) * 3
    ways = [
        (flow.forward, np.nan_to_num(flow.reverse)) if sign > 0 else (np.nan_to_num(flow.reverse), flow.forward)
        for flow, sign, _ in parts
    ]
    into, out = (np.array([each[way] for each in ways]) for way in (0, 1))
    outside = np.array([outside for *_, outside in parts])
    known = np.isfinite(into).all(axis=0) & np.isfinite(out).all(axis=0)
    used, given, bought = (into - out).sum(axis=0), out[outside].sum(axis=0), into[outside].sum(axis=0)
    return np.where(known, used, np.nan), np.where(known, given, np.nan), np.where(known, bought, np.nan)


def _of_places(
    scope: Scope, view: SiteView, ids: Sequence[str], edges: Sequence[datetime], *, judged: bool = True
) -> tuple[dict[str, _Place], dict[str, list[bool]]]:
    """What is told of nodes and of the site, and of each meter behind them whether it may change, where that is `judged`."""
    edges_us = micros(list(edges))
    wired = view.drawings.between(edges[0], edges[-1])
    seen = {node.id: node.kind for drawn in (view.graph, *(drawn for _, drawn in wired)) for node in drawn.nodes}
    places = {each: _Place(len(edges) - 1, None if each == view.id else each, is_board=seen.get(each) == "bus") for each in ids}
    for each in ids:
        if each != view.id and each not in seen:
            raise NotFound(f"nothing {each}")
    parts = [_parts(drawn, places.values()) for _, drawn in wired]
    asked = {meter for of in parts for graph, _ in of for meter in asked_of(graph.edges, view)}
    may_change = finality.provisional(scope, asked, list(edges), view.metering) if judged else {}
    moments = [*(each.moment for each in wired), edges[-1]]
    for (first, last), of in zip(pairwise(moments), parts, strict=True):
        for graph, those in of:
            for steps in _steps(scope, view, graph, edges, first, last):
                heard = closed_energy.flows(scope, asked_of(graph.edges, view), steps, view.metering)
                at = np.searchsorted(edges_us, micros(steps[:-1]), side="right") - 1
                told = _Told(steps[0], steps[-1], at, flows.solve(graph, readings(heard)), heard)
                for place, own in those:
                    place.add(told, own, view)
    return places, may_change


def _parts(drawn: Graph, places: Iterable[_Place]) -> list[tuple[Graph, list[tuple[_Place, Sequence[Edge]]]]]:
    """What of a graph is to be solved, and the places that it tells of, each with the edges behind it.

    Nodes that their own meters tell of are read together, without all the others.
    """
    alone, whole = list[tuple[_Place, Sequence[Edge]]](), list[tuple[_Place, Sequence[Edge]]]()
    for place in places:
        own = place.own_edges(drawn)
        if own is None:
            whole.append((place, drawn.edges))
        else:
            alone.append((place, own))
    edges = tuple(dict.fromkeys(edge for _, own in alone for edge in own))
    joined = {end for edge in edges for end in (edge.source, edge.target)}
    part = Graph(tuple(node for node in drawn.nodes if node.id in joined), edges)
    return [(graph, those) for graph, those in ((part, alone), (drawn, whole)) if those]


def _steps(
    scope: Scope, view: SiteView, drawn: Graph, edges: Sequence[datetime], first: datetime, last: datetime
) -> Iterator[list[datetime]]:
    """The moments of [first, last) between which a graph is solved, in portions that follow one another."""
    inner = {each for each in edges if first < each < last}
    both_ways = [meter for meter in flows.balanced_both_ways(drawn) if meter in view.meters]
    if both_ways:
        inner |= {*cells(scope, both_ways, first, last, view.metering)[1:-1]}
    steps = [first, *sorted(inner), last]
    for start in range(0, len(steps) - 1, AT_ONCE):
        yield steps[start : start + AT_ONCE + 1]


def _mean_coverage(covered_s: Floats, due_s: Floats) -> Floats:
    """The mean over meters (rows) of the share of what was due that is there; NaN where nothing was due."""
    due = due_s > 0
    shares = np.divide(np.minimum(covered_s, due_s), due_s, out=np.zeros(due_s.shape), where=due)
    means: Floats = np.divide(shares.sum(axis=0), due.sum(axis=0), out=np.full(due_s.shape[1], np.nan), where=due.any(axis=0))
    return means
