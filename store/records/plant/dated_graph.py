"""The graph of a site at each moment: what of it holds, what measures it, and who sees it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import graph
from store.records.access.policy import Action, require
from store.records.plant.meters import Terms, require_meters, terms_of
from store.records.schema import Edge, Meter, Node
from store.records.schema.columns import now
from store.records.transaction.engine import reading
from store.records.transaction.lookup import in_parts
from store.scope import Scope

FOREVER = datetime.max.replace(tzinfo=UTC)
NODE = (
    Node.valid_from, Node.valid_to,
    Node.id, Node.name, Node.kind, Node.technology, Node.simulated,
    Node.capacity_kw, Node.capacity_kwh, Node.plan_x, Node.plan_y,
)  # fmt: skip
EDGE = (Edge.valid_from, Edge.valid_to, Edge.id, Edge.from_node_id, Edge.to_node_id, Edge.carrier, Edge.two_way)


class Since(NamedTuple):
    """A graph, and from when on it holds."""

    moment: datetime
    graph: graph.Graph


class Dated(NamedTuple):
    """A node or an edge, and from when until when it holds."""

    since: datetime
    until: datetime | None
    what: Any

    def holds(self, at: datetime) -> bool:
        """Whether it does at a moment."""
        return self.since <= at and (self.until is None or self.until > at)


class Measuring(NamedTuple):
    """A main or virtual meter of an edge."""

    id: str
    edge_id: str
    role: str
    name: str
    retired_at: datetime | None

    def is_over(self, at: datetime) -> bool:
        """Whether it had been retired at a moment."""
        return self.retired_at is not None and self.retired_at <= at


@dataclass(frozen=True, slots=True)
class Drawings:
    """A site's graph at all times, as a scope sees it; `dates` are those at which it may change."""

    nodes: Sequence[Dated]
    edges: Sequence[Dated]
    meters: Sequence[Measuring]  # those first that end first
    terms: Mapping[str, Terms]
    sees: Callable[[graph.Edge], bool]
    dates: Sequence[datetime]

    def at(self, moment: datetime) -> graph.Graph:
        """The graph that holds at a moment."""
        in_charge = _in_charge(self.meters, moment)
        seen = [self._measured(each.what, in_charge.get(each.what.id)) for each in self.edges if each.holds(moment)]
        seen = [edge for edge in seen if self.sees(edge)]
        held = [each.what for each in self.nodes if each.holds(moment)]
        if self.sees is not _every:
            joined = {end for edge in seen for end in (edge.source, edge.target)}
            held = [node for node in held if node.id in joined]
        return graph.Graph(tuple(held), tuple(seen))

    def between(self, start: datetime, end: datetime) -> list[Since]:
        """The graphs that hold one after the other in [start, end), the first since `start`.

        A new one begins where another edge, or another meter of one, does.
        """
        graphs: list[Since] = []
        for moment in (start, *(each for each in self.dates if start < each < end)):
            held = self.at(moment)
            if not graphs or held.edges != graphs[-1].graph.edges:
                graphs.append(Since(moment, held))
        return graphs

    def _measured(self, edge: graph.Edge, meter: Measuring | None) -> graph.Edge:
        if meter is None:
            return edge
        if meter.role == "virtual":
            return replace(edge, terms=tuple(self.terms[meter.id]), virtual_id=meter.id)
        return replace(edge, meter_id=meter.id)


def _every(_edge: graph.Edge) -> bool:
    return True


def drawings(scope: Scope, site_id: str) -> Drawings:
    """The graphs of a site at all times.

    Whoever sees the whole site gets all of it; anyone else the edges whose meters they see, and those edges' nodes.
    An edge with a virtual meter carries its terms instead of a meter; it is seen by whoever sees all of them. A meter that
    was retired measures its edge, which has its history, until another takes its place; a virtual one that has ended does not.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    scope.require_site(site_id)
    with reading() as records:  # columns, for there are thousands
        rows: Iterable[Any] = records.execute(select(*NODE).where(Node.site_id == site_id).order_by(Node.name, Node.id))
        nodes = [Dated(since, until, graph.Node(*columns)) for since, until, *columns in rows]
        rows = records.execute(select(*EDGE).where(Edge.site_id == site_id).order_by(Edge.id))
        edges = [
            Dated(since, until, graph.Edge(edge_id, source, target, carrier, two_way, None))
            for since, until, edge_id, source, target, carrier, two_way in rows
        ]
        meters = _measuring(records, site_id)
        virtual = [meter.id for meter in meters if meter.role == "virtual"]
        terms = terms_of(records, virtual) if virtual else {}

    def sees(edge: graph.Edge) -> bool:
        return _is_seen(scope, site_id, edge)

    dates = {date for edge in edges for date in (edge.since, edge.until)} | {meter.retired_at for meter in meters}
    return Drawings(
        nodes,
        edges,
        meters,
        terms,
        _every if scope.sees_whole_site(site_id) else sees,
        sorted(date for date in dates | {date for node in nodes for date in (node.since, node.until)} if date is not None),
    )


def site_graph(scope: Scope, site_id: str, at: datetime | None = None) -> graph.Graph:
    """The graph that holds at a moment, now by default; seen and raised as by `drawings`."""
    return drawings(scope, site_id).at(at or now())


def _measuring(records: Session, site_id: str) -> list[Measuring]:
    """The meters that measure edges or did so, those first that end first."""
    columns = (getattr(Meter, name) for name in Measuring._fields)
    measuring = Meter.role.in_(("main", "virtual")), Meter.edge_id.is_not(None)
    rows: Iterable[Any] = records.execute(select(*columns).where(Meter.site_id == site_id, *measuring))
    return sorted((Measuring(*row) for row in rows), key=lambda each: each.retired_at or FOREVER)


def _in_charge(meters: Sequence[Measuring], at: datetime) -> dict[str, Measuring]:
    """By edge, the main or virtual meter that measures it at a moment, or did so last; of meters as `_measuring` orders them."""
    in_charge: dict[str, Measuring] = {}
    for meter in meters:
        if meter.edge_id in in_charge and not in_charge[meter.edge_id].is_over(at):
            continue
        if meter.role == "main" or not meter.is_over(at):
            in_charge[meter.edge_id] = meter
    return in_charge


def _is_seen(scope: Scope, site_id: str, edge: graph.Edge) -> bool:
    behind = [term for term, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return bool(behind) and all(scope.sees_meter(meter_id, site_id) for meter_id in behind)


def ends(scope: Scope, meter_ids: Collection[str]) -> dict[str, tuple[graph.Node, graph.Node]]:
    """The nodes that each meter's edge comes from and goes to, also once that has ended; meters of no edge are absent.

    Raises:
        NotFound: a meter does not exist for the scope.
    """
    edges = {meter.id: meter.edge_id for meter in require_meters(scope, meter_ids).values() if meter.edge_id}
    between: dict[str, tuple[str, str]] = {}
    nodes: dict[str, graph.Node] = {}
    with reading() as records:
        for part in in_parts(list(edges.values())):
            query = select(Edge.id, Edge.from_node_id, Edge.to_node_id).where(Edge.id.in_(part))
            between |= {edge_id: (source, target) for edge_id, source, target in records.execute(query)}
        for part in in_parts([node_id for pair in between.values() for node_id in pair]):
            nodes |= {row.id: graph.Node(*row) for row in records.execute(select(*NODE[2:]).where(Node.id.in_(part)))}
    return {
        meter_id: (nodes[between[edge_id][0]], nodes[between[edge_id][1]])
        for meter_id, edge_id in edges.items()
        if edge_id in between
    }


def measured_by(scope: Scope, site_id: str, at: datetime | None = None) -> dict[str, str]:
    """What measures each edge at a moment, now by default: edge → the name of its main or virtual meter.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    at = at or now()
    with reading() as records:
        return {
            edge_id: meter.name
            for edge_id, meter in _in_charge(_measuring(records, site_id), at).items()
            if not meter.is_over(at)
        }
