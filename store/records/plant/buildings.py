"""The buildings of sites: nodes with a number, a floor area, people, a use and a position."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import N_, _
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.schema import Building, Node
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

USES = {
    "office": N_("office"),
    "teaching": N_("teaching"),
    "laboratory": N_("laboratory"),
    "dwelling": N_("dwelling"),
    "retail": N_("retail"),
    "workshop": N_("workshop"),
    "sports": N_("sports"),
    "hospital": N_("hospital"),
    "storage": N_("storage"),
    "other": N_("other"),
}
LONGEST_NUMBER = 40


class Facts(NamedTuple):
    """What is said of a building: m², people on a usual day, place on the plan in shares (0..1), degrees north and east."""

    number: str = ""
    use: str = "other"
    floor_area_m2: float | None = None
    people: int | None = None
    plan_x: float | None = None
    plan_y: float | None = None
    latitude: float | None = None
    longitude: float | None = None


class Known(NamedTuple):
    """A building: its node with its name and dates, and what is said of it."""

    node: Node
    facts: Facts


def buildings(scope: Scope, site_id: str | None = None) -> list[Known]:
    """The buildings of a site, or of all sites that the scope sees whole, by name; those whose node has ended too.

    Raises:
        NotFound: the site is not seen whole: what is said of buildings is not for those who see single meters.
    """
    query = select(Node, Building).join(Building, Building.node_id == Node.id).order_by(Natural(Node.name), Node.id)
    if site_id is not None:
        if not scope.sees_whole_site(site_id):
            raise NotFound(f"no site {site_id}")
        query = query.where(Building.site_id == site_id)
    elif not scope.everything:
        query = query.where(Building.site_id.in_(scope.site_ids))
    with reading() as records:
        return [Known(node, _facts(node, building)) for node, building in records.execute(query)]


def numbers(scope: Scope, site_id: str) -> dict[str, str]:
    """By what numbers people know the buildings of a site, by node; empty where one has none. Whose they are the graph says.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    scope.require_site(site_id)
    with reading() as records:
        return {each.node_id: each.number for each in records.scalars(select(Building).where(Building.site_id == site_id))}


def candidates(scope: Scope, site_id: str) -> list[Node]:
    """The nodes of a site that hold now and may become buildings: what uses or distributes energy; by name.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    known = select(Building.node_id).where(Building.site_id == site_id)
    query = select(Node).where(Node.site_id == site_id, Node.kind.in_(("sink", "bus")), Node.id.not_in(known))
    with reading() as records:
        found = records.scalars(query.order_by(Natural(Node.name), Node.id))
        return [node for node in found if holds_at(node, now())]


def describe_building(scope: Scope, site_id: str, node_id: str, facts: Facts) -> Building:
    """Say what a building is; a node that was none becomes one. Its name stays the node's.

    Raises:
        NotFound: the site or the node does not exist for the scope.
        Refused: not an administrator of the site, or the facts break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    number = facts.number.strip()
    if len(number) > LONGEST_NUMBER:
        raise Refused(_("a number has %(most)s characters at the most: shorten it", most=LONGEST_NUMBER), "number")
    if facts.use not in USES:
        raise Refused(_("no use %(use)s: choose one of %(known)s", use=repr(facts.use), known=", ".join(USES)), "use")
    with session() as records:
        node = _node_of(records, site_id, node_id)
        found = records.get(Building, node_id)
        if found is None:
            found = Building(node_id=node_id, site_id=site_id)
        found.number, found.use = number, facts.use
        found.floor_area_m2, found.people = facts.floor_area_m2, facts.people
        found.latitude, found.longitude = facts.latitude, facts.longitude
        node.plan_x, node.plan_y = facts.plan_x, facts.plan_y
        records.add(found)
    return found


def forget_building(scope: Scope, site_id: str, node_id: str) -> None:
    """Let a node be a building no longer: it, its meters and its readings stay, budgets of the building go.

    Raises:
        NotFound: the site has no such building, or does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        found = required(records, Building, node_id)
        if found.site_id != site_id:
            raise missing(Building, node_id)
        records.delete(found)


def _node_of(records: Session, site_id: str, node_id: str) -> Node:
    node = required(records, Node, node_id)
    if node.site_id != site_id:
        raise missing(Node, node_id)
    return node


def _facts(node: Node, building: Building) -> Facts:
    return Facts(
        building.number,
        building.use,
        building.floor_area_m2,
        building.people,
        node.plan_x,
        node.plan_y,
        building.latitude,
        building.longitude,
    )
