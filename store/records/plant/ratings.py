"""What meters are rated for: the power of the nodes at the ends of their edges."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from store.records.access.policy import Action, require
from store.records.schema import Edge, Meter, Node
from store.records.transaction.engine import reading
from store.scope import Scope


def ratings(scope: Scope) -> dict[str, float]:
    """The rating (kW) of each meter, of all sites: the smaller one of those of the nodes on either side; none: absent.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    source, target = aliased(Node), aliased(Node)
    query = (
        select(Meter.id, source.capacity_kw, target.capacity_kw)
        .join(Edge, Edge.id == Meter.edge_id)
        .join(source, source.id == Edge.from_node_id)
        .join(target, target.id == Edge.to_node_id)
    )
    with reading() as records:
        rows = records.execute(query).all()
    given = ((meter, [kw for kw in both if kw]) for meter, *both in rows)
    return {meter: min(kws) for meter, kws in given if kws}
