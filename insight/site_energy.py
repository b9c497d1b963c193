"""The energy that flowed through a site over a period: one answer for the tiles of today and for the energy flow.

Each moment counts with the graph that held then. What a balance tells of both directions is netted in the meters' own
intervals; everything else adds up, so it is solved for the period as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight import closed_energy
from insight.read_together import Question, ReadTogether
from insight.site_view import SiteView
from models import flows
from models.added_flows import added
from models.flows import Flows
from models.graph import Edge, Graph
from models.natural_order import natural
from models.topology import at_the_grid
from store.scope import Scope
from store.series import finality
from store.series.declared import Telling, cells
from store.series.energy import Flow
from store.series.energy import Flows as Energies

Floats = NDArray[np.float64]
Readings = Mapping[str, tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class SiteEnergy:
    """A period of a site in kWh; of what is known.

    `flows` is of the whole period, with every node and edge of any of its moments. `imported` and `exported` are what
    crossed the grid connection between successive edges, `covered_s` the seconds of them that every meter behind these covers.
    `crossing` are those meters, by parts of the period. `coverage` (0..1) is the mean over the meters of the share of what was
    due that is there; 1 where nothing was due yet.
    """

    flows: Flows
    imported: Floats
    exported: Floats
    covered_s: Floats
    crossing: Sequence[Telling]
    coverage: float
    provisional: bool


class _Part(NamedTuple):
    """A part of a period with one graph, and the moments between which its crossing energy is told.

    `finely`: all meters are read between these, not only those at the grid; `both_ways`: each of these stretches is solved.
    """

    drawn: Graph
    first: datetime
    last: datetime
    steps: list[datetime]
    both_ways: bool
    finely: bool

    def questions(self, view: SiteView) -> list[Question]:
        """What is read of it: of all meters, and then of those at the grid where these are read otherwise."""
        every = asked_of(self.drawn.edges, view)
        if self.finely:
            return [(every, self.steps)]
        inner = len(self.steps) > 2
        return [(every, [self.first, self.last]), *([(asked_of(at_the_grid(self.drawn), view), self.steps)] if inner else [])]


def _parts(scope: Scope, view: SiteView, edges: Sequence[datetime] | pd.DatetimeIndex) -> list[_Part]:
    """The parts of the period from the first of the edges to the last."""
    wired = view.drawings.between(edges[0], edges[-1])
    moments = [*(each.moment for each in wired), edges[-1]]
    parts = []
    for (first, last), (_, drawn) in zip(pairwise(moments), wired, strict=True):
        both_ways = [meter for meter in flows.balanced_both_ways(drawn) if meter in view.meters]
        inner = [each for each in edges if first < each < last]
        if both_ways:
            inner = sorted({*inner, *cells(scope, both_ways, first, last, view.metering)[1:-1]})
        # Registers add up, and what is linear in them does: only what has a price is told step by step.
        finely = bool(both_ways) or not all(edge.meter_id or edge.terms for edge in at_the_grid(drawn))
        parts.append(_Part(drawn, first, last, [first, *inner, last], bool(both_ways), finely))
    return parts


def questions(scope: Scope, view: SiteView, edges: Sequence[datetime] | pd.DatetimeIndex) -> list[Question]:
    """What `site_energy` reads, so that it can be read for several sites together; raises `NotFound`."""
    return [each for part in _parts(scope, view, edges) for each in part.questions(view)]


def site_energy(
    scope: Scope, view: SiteView, edges: Sequence[datetime] | pd.DatetimeIndex, read: ReadTogether | None = None
) -> SiteEnergy:
    """The energy of a site from the first of the edges to the last; `read`: what was read of several sites.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    start, end = edges[0], edges[-1]
    told_by, judged_by = (read.flows, read.provisional) if read else (closed_energy.flows, finality.provisional)
    # Asked before the energies are, like theirs.
    known = view.metering
    may_change = any(each for (each,) in judged_by(scope, list(view.meters), [start, end], known).values())
    parts, covered, due = [], dict[str, float](), dict[str, float]()
    across = {name: np.zeros(len(edges) - 1) for name in ("imported", "exported", "covered_s")}
    crossing_by: list[Telling] = []
    for part in _parts(scope, view, edges):
        found = [told_by(scope, ids, moments, known) for ids, moments in part.questions(view)]
        energies, crossing = found[0], found[-1]
        if part.finely:
            solved = flows.solve(part.drawn, readings(crossing))
            exchanged = solved.totals.told("imported"), solved.totals.told("exported")
            parts.append(solved if part.both_ways else flows.solve(part.drawn, readings(_whole(energies))))
        else:
            parts.append(flows.solve(part.drawn, readings(energies)))
            exchanged = flows.exchanged(part.drawn, readings(crossing))
        at = (
            np.searchsorted([each.timestamp() for each in edges], [each.timestamp() for each in part.steps[:-1]], side="right")
            - 1
        )
        all_cover_s = crossing.every.covered_s.min(axis=0, initial=np.inf) if len(crossing) else 0.0
        crossing_by.append(Telling(part.first, part.last, [*crossing]))
        for sums, amounts in zip(across.values(), (*exchanged, all_cover_s), strict=True):
            np.add.at(sums, at, np.broadcast_to(amounts, len(at)))
        of = energies.every
        for total, seconds in ((covered, np.minimum(of.covered_s, of.due_s)), (due, of.due_s)):
            for meter, lasting in zip(energies, seconds.sum(axis=1).tolist(), strict=True):
                total[meter] = total.get(meter, 0.0) + lasting
    whole = added(parts)
    nodes = tuple(sorted(whole.graph.nodes, key=lambda node: natural(node.name)))
    shares = [covered[meter] / lasting for meter, lasting in due.items() if lasting > 0]
    return SiteEnergy(
        flows=replace(whole, graph=replace(whole.graph, nodes=nodes)),
        imported=across["imported"],
        exported=across["exported"],
        covered_s=across["covered_s"],
        crossing=crossing_by,
        coverage=float(np.mean(shares)) if shares else float(bool(due)),
        provisional=may_change,
    )


def asked_of(edges: Iterable[Edge], view: SiteView) -> list[str]:
    """The meters of edges to ask for: a virtual one for its own registers where it is seen, otherwise its terms."""
    named: list[str] = []
    for edge in edges:
        if edge.virtual_id in view.meters:
            named.append(str(edge.virtual_id))
        else:
            named += [meter for meter, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return [meter for meter in dict.fromkeys(named) if meter in view.meters]


def readings(energies: Energies) -> Readings:
    """Energies that are known: what a counter counted while it was silent is, though no reading covers it."""
    of = energies.every
    both = (np.where(of.known_s > 0, kwh, np.nan) for kwh in (of.forward, of.export))
    return dict(zip(energies, zip(*both, strict=True), strict=True))


def _whole(energies: Energies) -> Energies:
    return Energies([*energies], Flow(*(values.sum(axis=1, keepdims=True) for values in energies.every)))
