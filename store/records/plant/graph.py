"""The nodes and edges of a site, with dates, as people make, describe and end them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.language import _
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import names
from store.records.schema import Edge, Node, Site
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope


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
        node = Node(
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
        names.require_free(records, node)
        records.add(node)
    return node


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
        edge = Edge(
            site_id=site_id,
            from_node_id=from_node_id,
            to_node_id=to_node_id,
            carrier=carrier,
            two_way=two_way,
            valid_from=start,
            valid_to=end,
        )
        records.add(edge)
    return edge


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
