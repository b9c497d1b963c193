"""The node graph of a site, with dates: what energy flows through, and how."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.language import _
from models import graph
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import names
from store.records.plant.meters import Terms, require_meters, terms_of
from store.records.schema import Edge, Meter, Node, Site
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts, missing, required
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
        found: list[Since] = []
        for moment in (start, *(each for each in self.dates if start < each < end)):
            held = self.at(moment)
            if not found or held.edges != found[-1].graph.edges:
                found.append(Since(moment, held))
        return found

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
    found: dict[str, Measuring] = {}
    for meter in meters:
        if meter.edge_id in found and not found[meter.edge_id].is_over(at):
            continue
        if meter.role == "main" or not meter.is_over(at):
            found[meter.edge_id] = meter
    return found


def create_node(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    kind: str,
    technology: str = "",
    capacity_kw: float | None = None,
    capacity_kwh: float | None = None,
    simulated: bool = False,
    plan_x: float | None = None,
    plan_y: float | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Node:
    """Make a node of a site; from now on unless `valid_from` says otherwise.

    `kind` is source, storage, bus, converter or sink; `plan_x` and `plan_y` are its place on the site plan, each as
    a share (0..1) from the left and from the top.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or the node would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if not name.strip():
        raise Refused(_("a node has a name: give one"))
    with session() as records:
        required(records, Site, site_id)
        made = Node(
            site_id=site_id,
            name=name.strip(),
            kind=kind,
            technology=technology,
            capacity_kw=capacity_kw,
            capacity_kwh=capacity_kwh,
            simulated=simulated,
            plan_x=plan_x,
            plan_y=plan_y,
            valid_from=valid_from or now(),
            valid_to=valid_to,
        )
        names.require_free(records, made)
        records.add(made)
    return made


def create_edge(
    scope: Scope,
    site_id: str,
    *,
    from_node_id: str,
    to_node_id: str,
    carrier: str = "electricity",
    two_way: bool = False,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Edge:
    """Make an edge between two nodes of a site; by default for as long as both are there.

    Raises:
        NotFound: the site or one of the nodes does not exist for the scope.
        Refused: not an administrator of the site, or the edge would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        ends = [_node_of(records, site_id, node_id) for node_id in (from_node_id, to_node_id)]
        start = valid_from or max(node.valid_from for node in ends)
        end = valid_to or min((node.valid_to for node in ends if node.valid_to), default=None)
        for node in ends:
            if start < node.valid_from or (node.valid_to and (end is None or end > node.valid_to)):
                raise Refused(
                    _("the edge would be there when its node %(node)s is not: keep within the node's dates", node=node.name)
                )
        made = Edge(
            site_id=site_id,
            from_node_id=from_node_id,
            to_node_id=to_node_id,
            carrier=carrier,
            two_way=two_way,
            valid_from=start,
            valid_to=end,
        )
        records.add(made)
    return made


def end_edge(scope: Scope, edge_id: str, at: datetime | None = None) -> None:
    """Let an edge hold no longer, from a moment on, now by default: what it carried before stays right.

    Raises:
        NotFound: the edge does not exist for the scope.
        Refused: not an administrator of the site, or the edge ended before.
    """
    with session() as records:
        edge = records.get(Edge, edge_id)
        if edge is None or not scope.sees_whole_site(edge.site_id):
            raise missing(Edge, edge_id)
        require(scope, Action.ADMINISTER, site_id=edge.site_id)
        at = at or now()
        if edge.valid_to is not None and edge.valid_to <= at:
            raise Refused(
                _("the edge ended at %(valid_to)s UTC already: nothing to do", valid_to=f"{edge.valid_to:%Y-%m-%d %H:%M}")
            )
        edge.valid_to = at


def _node_of(records: Session, site_id: str, node_id: str) -> Node:
    node = required(records, Node, node_id)
    if node.site_id != site_id:
        raise missing(Node, node_id)
    return node


def _is_seen(scope: Scope, site_id: str, edge: graph.Edge) -> bool:
    behind = [term for term, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return bool(behind) and all(scope.sees_meter(meter_id, site_id) for meter_id in behind)


def ends(scope: Scope, meter_ids: Collection[str]) -> dict[str, tuple[graph.Node, graph.Node]]:
    """The nodes that each meter's edge comes from and goes to, also once that has ended; meters of no edge are absent.

    Raises:
        NotFound: a meter does not exist for the scope.
    """
    edges = {meter.id: meter.edge_id for meter in require_meters(scope, meter_ids).values() if meter.edge_id}
    found: dict[str, tuple[str, str]] = {}
    nodes: dict[str, graph.Node] = {}
    with reading() as records:
        for part in in_parts(list(edges.values())):
            wanted = select(Edge.id, Edge.from_node_id, Edge.to_node_id).where(Edge.id.in_(part))
            found |= {edge_id: (source, target) for edge_id, source, target in records.execute(wanted)}
        for part in in_parts([node_id for pair in found.values() for node_id in pair]):
            nodes |= {row.id: graph.Node(*row) for row in records.execute(select(*NODE[2:]).where(Node.id.in_(part)))}
    return {
        meter_id: (nodes[found[edge_id][0]], nodes[found[edge_id][1]]) for meter_id, edge_id in edges.items() if edge_id in found
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


class Wiring(NamedTuple):
    """All of a site's nodes and edges, ended ones and those to come too."""

    nodes: list[Node]
    edges: list[Edge]


def wiring(scope: Scope, site_id: str) -> Wiring:
    """All that a site's graph ever was and is to be, nodes by name, for those who edit it.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with reading() as records:
        required(records, Site, site_id)
        nodes = records.scalars(select(Node).where(Node.site_id == site_id).order_by(Node.name, Node.id)).all()
        edges = records.scalars(select(Edge).where(Edge.site_id == site_id).order_by(Edge.valid_from, Edge.id)).all()
    return Wiring(list(nodes), list(edges))


def describe_node(
    scope: Scope,
    node_id: str,
    *,
    name: str,
    kind: str,
    technology: str,
    capacity_kw: float | None,
    capacity_kwh: float | None,
    plan_x: float | None,
    plan_y: float | None,
) -> Node:
    """Set what a node is and where it stands on the plan; its dates stay.

    Raises:
        NotFound: the node does not exist for the scope.
        Refused: not an administrator of the site, or the node would break a rule.
    """
    if not name.strip():
        raise Refused(_("a node has a name: give one"))
    with session() as records:
        node = _administered_node(scope, records, node_id)
        node.name, node.kind, node.technology = name.strip(), kind, technology.strip()
        names.require_free(records, node)
        node.capacity_kw, node.capacity_kwh = capacity_kw, capacity_kwh
        node.plan_x, node.plan_y = plan_x, plan_y
    return node


def place_nodes(scope: Scope, site_id: str, places: Mapping[str, tuple[float, float]]) -> None:
    """Set where nodes of a site stand on its plan, by their ids: shares (0..1) from the left and from the top.

    Raises:
        NotFound: the site or one of the nodes does not exist for the scope.
        Refused: not an administrator of the site, or a place that is not on the plan.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        for node_id, (x, y) in places.items():
            node = _node_of(records, site_id, node_id)
            node.plan_x, node.plan_y = x, y


def end_node(scope: Scope, node_id: str, at: datetime | None = None) -> int:
    """Let a node hold no longer, from a moment on, now by default, and with it its edges; how many ended with it.

    Raises:
        NotFound: the node does not exist for the scope.
        Refused: not an administrator of the site, the node ended before, or an edge of it is to begin later.
    """
    at = at or now()
    with session() as records:
        node = _administered_node(scope, records, node_id)
        if node.valid_to is not None and node.valid_to <= at:
            raise Refused(
                _("the node ended at %(valid_to)s UTC already: nothing to do", valid_to=f"{node.valid_to:%Y-%m-%d %H:%M}")
            )
        around = or_(Edge.from_node_id == node_id, Edge.to_node_id == node_id)
        edges = records.scalars(select(Edge).where(around, or_(Edge.valid_to.is_(None), Edge.valid_to > at))).all()
        if any(edge.valid_from > at for edge in edges):
            raise Refused(_("an edge of this node begins later: end the node after that, or remove the edge first"))
        for edge in edges:
            edge.valid_to = at
        node.valid_to = at
    return len(edges)


def _administered_node(scope: Scope, records: Session, node_id: str) -> Node:
    node = records.get(Node, node_id)
    if node is None or not scope.sees_whole_site(node.site_id):
        raise missing(Node, node_id)
    require(scope, Action.ADMINISTER, site_id=node.site_id)
    return node
