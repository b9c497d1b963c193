"""What figures are of: a site, a node of it or a meter, and which of its energies people mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from insight.site_view import SiteView
from models import topology
from models.graph import Node
from store.errors import NotFound


@dataclass(frozen=True, slots=True)
class Subject:
    """What figures are of: a site (its own id), a node or a meter of it.

    `used` names the energy of its course (`insight.courses`) that people mean when they ask how much it was; `bought` and `sold`
    are what is paid for and earned with.
    """

    id: str
    name: str
    kind: str  # site, node or meter
    used: str
    bought: str
    sold: str


def subjects(view: SiteView) -> list[Subject]:
    """What may be asked of a site as it is now: itself, the nodes that take or give energy, boards that are buildings, meters."""
    own = [
        of_node(node)
        for node in view.graph.nodes
        if (node.kind in ("sink", "source", "storage") and node.technology != "grid") or node.id in view.buildings
    ]
    measuring = [
        Subject(meter.id, meter.name, "meter", "forward", *_ways(view, meter.edge_id))
        for meter in view.meters.values()
        if meter.edge_id is not None
    ]
    return [Subject(view.id, view.name, "site", "demand", "imported", "exported"), *own, *measuring]


def subject(view: SiteView, wanted: str) -> Subject:
    """The one of that id, the site itself for none; raises `NotFound`."""
    found = next((each for each in subjects(view) if each.id == (wanted or view.id)), None)
    if found is None:
        raise NotFound(f"nothing {wanted}")
    return found


def outermost(view: SiteView, of: Sequence[Subject]) -> list[Subject]:
    """Those whose energies add up: without uses and boards that lie behind another of them, or beside the site as a whole.

    Meters, sources and storages stand by themselves.
    """
    uses = [each.id for each in of if each.kind == "node" and view.graph.node(each.id).kind in ("sink", "bus")]
    whole = any(each.kind == "site" for each in of)
    kept = set() if whole else {*topology.outermost(view.graph, uses)}
    return [each for each in of if each.id not in uses or each.id in kept]


def of_node(node: Node) -> Subject:
    """A node that takes or gives energy, or a board, as what is asked of."""
    if node.kind == "bus":
        return Subject(node.id, node.name, "node", "taken", "bought", "given")
    taking = node.kind != "source"
    ways = ("taken", "given") if taking else ("given", "taken")
    return Subject(node.id, node.name, "node", ways[0], *ways)


def _ways(view: SiteView, edge_id: str) -> tuple[str, str]:
    """Of a meter of an edge: what is bought, and what is sold; of what gives energy to the site it is the other way round."""
    edge = next((each for each in view.graph.edges if each.id == edge_id), None)
    source = view.graph.node(edge.source) if edge else None
    gives = source is not None and source.kind in ("source", "storage") and source.technology != "grid"
    return ("export", "forward") if gives else ("forward", "export")
