"""The node graph of a site, with dates: what energy flows through, and how."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.language import _
from models import graph
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import names
from store.records.plant.meters import require_meters, terms_of
from store.records.schema import Edge, Meter, Node, Site
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

FOREVER = datetime.max.replace(tzinfo=UTC)


def site_graph(scope: Scope, site_id: str, at: datetime | None = None) -> graph.Graph:
    """The graph that holds at a moment, now by default.

    Whoever sees the whole site gets all of it; anyone else the edges whose meters they see, and those edges' nodes.
    An edge with a virtual meter carries its terms instead of a meter; it is seen by whoever sees all of them. A meter that
    was retired measures its edge, which has its history, until another takes its place; a virtual one that has ended does not.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    return site_graphs(scope, site_id, at or now())[0].graph


class Since(NamedTuple):
    """A graph, and from when on it holds."""

    moment: datetime
    graph: graph.Graph


def site_graphs(scope: Scope, site_id: str, start: datetime, end: datetime | None = None) -> list[Since]:
    """The graphs that hold one after the other in [start, end), the first since `start`; only that of `start` without an end.

    What is seen of each is as in `site_graph`. A new one begins where another edge, or another meter of one, does.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    scope.require_site(site_id)
    with reading() as records:
        nodes = records.scalars(select(Node).where(Node.site_id == site_id).order_by(Node.name, Node.id)).all()
        edges = records.scalars(select(Edge).where(Edge.site_id == site_id).order_by(Edge.id)).all()
        meters = _measuring(records, site_id)
        virtual = [meter.id for meter in meters if meter.role == "virtual"]
        terms = terms_of(records, virtual) if virtual else {}
    dates = {each for edge in edges for each in (edge.valid_from, edge.valid_to)} | {meter.retired_at for meter in meters}
    changes = sorted(each for each in dates if each is not None and end is not None and start < each < end)
    found: list[Since] = []
    for moment in (start, *changes):
        held = _drawn(scope, site_id, moment, nodes, edges, meters, terms)
        if not found or held.edges != found[-1].graph.edges:
            found.append(Since(moment, held))
    return found


def _drawn(
    scope: Scope,
    site_id: str,
    at: datetime,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    meters: Sequence[Meter],
    terms: dict[str, Sequence[tuple[str, int]]],
) -> graph.Graph:
    in_charge = _in_charge(meters, at)
    seen = [_edge(edge, in_charge.get(edge.id), terms) for edge in edges if _holds(edge, at)]
    held = [node for node in nodes if _holds(node, at)]
    if not scope.sees_whole_site(site_id):
        seen = [edge for edge in seen if _is_seen(scope, site_id, edge)]
        joined = {end for edge in seen for end in (edge.source, edge.target)}
        held = [node for node in held if node.id in joined]
    return graph.Graph(tuple(_node(node) for node in held), tuple(seen))


def _measuring(records: Session, site_id: str) -> list[Meter]:
    """The meters that measure edges or did so, those first that end first."""
    measuring = select(Meter).where(Meter.site_id == site_id, Meter.role.in_(("main", "virtual")), Meter.edge_id.is_not(None))
    return sorted(records.scalars(measuring), key=lambda each: each.retired_at or FOREVER)


def _in_charge(meters: Sequence[Meter], at: datetime) -> dict[str, Meter]:
    """By edge, the main or virtual meter that measures it at a moment, or did so last; of meters as `_measuring` orders them."""
    found: dict[str, Meter] = {}
    for meter in meters:
        edge_id = meter.edge_id or ""
        if edge_id in found and not _is_over(found[edge_id], at):
            continue
        if meter.role == "main" or not _is_over(meter, at):
            found[edge_id] = meter
    return found


def _is_over(meter: Meter, at: datetime) -> bool:
    return meter.retired_at is not None and meter.retired_at <= at


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


def _holds(record: Node | Edge, at: datetime) -> bool:
    return record.valid_from <= at and (record.valid_to is None or record.valid_to > at)


def _node_of(records: Session, site_id: str, node_id: str) -> Node:
    node = required(records, Node, node_id)
    if node.site_id != site_id:
        raise missing(Node, node_id)
    return node


def _node(node: Node) -> graph.Node:
    return graph.Node(
        id=node.id,
        name=node.name,
        kind=node.kind,
        technology=node.technology,
        simulated=node.simulated,
        capacity_kw=node.capacity_kw,
        capacity_kwh=node.capacity_kwh,
        plan_x=node.plan_x,
        plan_y=node.plan_y,
    )


def _edge(edge: Edge, meter: Meter | None, terms: dict[str, Sequence[tuple[str, int]]]) -> graph.Edge:
    virtual = meter is not None and meter.role == "virtual"
    return graph.Edge(
        id=edge.id,
        source=edge.from_node_id,
        target=edge.to_node_id,
        carrier=edge.carrier,
        two_way=edge.two_way,
        meter_id=meter.id if meter is not None and not virtual else None,
        terms=tuple(terms[meter.id]) if meter is not None and virtual else (),
        virtual_id=meter.id if meter is not None and virtual else None,
    )


def _is_seen(scope: Scope, site_id: str, edge: graph.Edge) -> bool:
    behind = [term for term, _ in edge.terms] or ([edge.meter_id] if edge.meter_id else [])
    return bool(behind) and all(scope.sees_meter(meter_id, site_id) for meter_id in behind)


def ends(scope: Scope, meter_id: str) -> tuple[graph.Node, graph.Node] | None:
    """The nodes that a meter's edge comes from and goes to, also once that has ended; none for a meter of no edge.

    Raises:
        NotFound: the meter does not exist for the scope.
    """
    edge_id = require_meters(scope, [meter_id])[meter_id].edge_id
    with reading() as records:
        edge = records.get(Edge, edge_id) if edge_id else None
        if edge is None:
            return None
        return _node(required(records, Node, edge.from_node_id)), _node(required(records, Node, edge.to_node_id))


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
            if not _is_over(meter, at)
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
