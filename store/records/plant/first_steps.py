"""From an empty site to one that is measured: a graph, its first meters, and a device that posts for them."""

from collections.abc import Mapping

from config.language import _
from models.starting_graphs import STARTING_GRAPHS, FirstMeter, first_meters
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import dated_graph, declarations, devices, graph, meters, posted_energy
from store.records.schema import Device, Meter
from store.records.transaction.engine import session
from store.scope import Scope

Fields = Mapping[str, tuple[str, str]]  # field → (meter id, quantity)


def draw(scope: Scope, site_id: str, name: str, rated_kw: float | None = None) -> None:
    """Draw a starting graph on a site that has none; it holds from the beginning on, so that history can be imported.

    `rated_kw` is what its connection and its board carry, if somebody knows: by it is told what no meter there can have measured.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, no such graph, or the site has nodes.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if name not in STARTING_GRAPHS:
        raise Refused(
            _(
                "no starting graph %(name)s: choose one of %(starting_graphs)s",
                name=f"{name!r}",
                starting_graphs=", ".join(STARTING_GRAPHS),
            )
        )
    if rated_kw is not None and not rated_kw > 0:
        raise Refused(_("a connection carries more than 0 kW: say how much, or nothing"))
    with session():
        if graph.wiring(scope, site_id).nodes:
            raise Refused(_("the site has a graph: change it on its page"))
        nodes = {
            part.name: graph.create_node(
                scope,
                site_id,
                name=part.name,
                kind=part.kind,
                technology=part.technology,
                capacity_kw=rated_kw if part.kind == "bus" or part.technology == "grid" else None,
                plan_x=part.x,
                plan_y=part.y,
                valid_from=declarations.BEGINNING,
            ).id
            for part in STARTING_GRAPHS[name].parts
        }
        for way in STARTING_GRAPHS[name].ways:
            graph.create_edge(scope, site_id, from_node_id=nodes[way.source], to_node_id=nodes[way.target], two_way=way.two_way)


def proposed(scope: Scope, site_id: str) -> list[FirstMeter]:
    """What to measure first on the site; nothing where its graph has nothing to measure.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    return first_meters(dated_graph.site_graph(scope, site_id))


def add_meters(scope: Scope, site_id: str) -> list[Meter]:
    """Add the proposed meters to a site that has none.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, it has meters, or its graph has nothing to measure.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session():
        if meters.meters_of(scope, site_id):
            raise Refused(_("the site has meters: add others on the page of meters"))
        first = proposed(scope, site_id)
        if not first:
            raise Refused(_("the graph has no source, use or grid connection to measure: draw it first"))
        return [
            meters.create_meter(
                scope, site_id, name=each.name, role="main" if each.edge_id else "condition", edge_id=each.edge_id
            )
            for each in first
        ]


def add_device(scope: Scope, site_id: str, name: str, reporting_interval_s: int) -> Device:
    """Add a device that posts for all meters of the site that are in none, and understands the standard fields.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or the device would break a rule.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session():
        free = [meter for meter in meters.meters_of(scope, site_id) if meter.device_id is None and meter.role != "virtual"]
        device = devices.create_device(
            scope, site_id, name=name, reporting_interval_s=reporting_interval_s, fields=_standard_fields(scope, site_id, free)
        )
        for meter in free:
            meters.put_into_device(scope, meter.id, device.id)
        posted_energy.declare(scope, device.id)
    return device


def _standard_fields(scope: Scope, site_id: str, free: list[Meter]) -> Fields:
    """The fields of a plain device's posts that can mean one of the meters only."""
    by_edge = {meter.edge_id: meter.id for meter in free if meter.role == "main" and meter.edge_id}
    conditions = [meter.id for meter in free if meter.role == "condition"]
    fields: dict[str, tuple[str, str]] = {}
    for first in proposed(scope, site_id):
        meter_id = by_edge.get(first.edge_id) if first.edge_id else conditions[0] if len(conditions) == 1 else None
        if meter_id:
            fields |= {field: (meter_id, quantity) for field, quantity in first.fields.items()}
    return fields
