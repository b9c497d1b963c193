"""How large the buildings are whose energy is looked at, and how many people are in them."""

from collections.abc import Mapping, Sequence

from insight.site_view import SiteView
from insight.subjects import Subject
from store.errors import NotFound
from store.records.plant import buildings
from store.records.plant.buildings import Facts
from store.scope import Scope

AREA, PEOPLE = "area", "people"


def amounts(scope: Scope, view: SiteView, of: Sequence[Subject], what: str) -> list[float]:
    """The floor area (m²) or the people of each subject; NaN where it is not said.

    A meter has that of the node that its energy goes to, a site that of all its buildings.
    """
    try:
        facts = {known.node.id: known.facts for known in buildings.buildings(scope, view.id)}
    except NotFound:  # who sees single meters is not told of buildings
        facts = {}
    return [_of(each, view, facts, what) for each in of]


def _of(subject: Subject, view: SiteView, facts: Mapping[str, Facts], what: str) -> float:
    if subject.kind == "site":
        drawn = {node.id for node in view.graph.nodes}
        said = [_said(each, what) for node, each in facts.items() if node in drawn]
        return sum(said) if said else float("nan")
    node = subject.id if subject.kind == "node" else _behind(view, subject.id)
    return _said(facts[node], what) if node in facts else float("nan")


def _said(facts: Facts, what: str) -> float:
    said = facts.floor_area_m2 if what == AREA else facts.people
    return float(said) if said else float("nan")


def _behind(view: SiteView, meter_id: str) -> str:
    edge = next((each for each in view.graph.edges if each.id == view.meters[meter_id].edge_id), None)
    return edge.target if edge else ""
