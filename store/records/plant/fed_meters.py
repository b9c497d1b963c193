"""Consumers that are known by their names alone, as a file of history names them: each with its meter, all fed from one node."""

from collections.abc import Sequence

from config.language import _
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import declarations, graph, meters
from store.records.schema import Meter, Node, texts
from store.records.transaction.engine import session
from store.records.transaction.lookup import required
from store.scope import Scope

MOST = 1_000


def add(scope: Scope, site_id: str, names: Sequence[str], *, fed_from: str, method: str, interval_s: int) -> list[Meter]:
    """Draw a consumer for each name, fed from a node for as long as that is there, and measure it: all of them, or none.

    Args:
        scope: whose; an administrator of the site.
        site_id: where they are.
        names: of the consumers, and of their meters.
        fed_from: the id of the node.
        method: where their energy comes from: `counter`, `interval` or `power`.
        interval_s: how often a reading comes.

    Raises:
        NotFound: the site or the node does not exist for the scope.
        Refused: not an administrator of the site; too many or no names, or one that a meter of the site has.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if not 0 < len(names) <= MOST:
        raise Refused(_("name 1 to %(most)s meters at once", most=MOST))
    with session() as records:
        node = required(records, Node, fed_from)
        taken = {texts.key(each.name) for each in meters.meters_of(scope, site_id)}
        made = []
        for name in names:
            if texts.key(name) in taken:
                raise Refused(_("the site has a meter %(name)s already: choose it instead", name=name))
            taken.add(texts.key(name))
            consumer = graph.create_node(
                scope, site_id, name=name, kind="sink", technology="load", valid_from=node.valid_from, valid_to=node.valid_to
            )
            edge = graph.create_edge(scope, site_id, from_node_id=fed_from, to_node_id=consumer.id)
            meter = meters.create_meter(scope, site_id, name=name, edge_id=edge.id)
            declarations.declare_energy(scope, meter.id, method=method, interval_s=interval_s, valid_from=declarations.BEGINNING)
            made.append(meter)
    return made
