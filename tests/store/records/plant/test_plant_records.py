"""What administrators change of a plant: sites, nodes, devices, and the tables of them."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.plant import dated_graph, devices, graph, keys, sites
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World

PLACE = {"kind": "campus", "time_zone": "Europe/Paris", "currency": "EUR", "latitude": 48.0, "longitude": 2.0}
NOMINAL = {"nominal_voltage_v": 400.0, "nominal_frequency_hz": 50.0, "reporting_interval_s": 300}
NODE = {
    "name": "Hall",
    "kind": "sink",
    "technology": "load",
    "capacity_kw": 9.5,
    "capacity_kwh": None,
    "plan_x": 0.5,
    "plan_y": 0.25,
}


def test_a_site_is_described_anew(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    sites.describe_site(scope, site, name=" Lake ", region_id=None, source_note="own", **PLACE, **NOMINAL)
    found = sites.site(SYSTEM, site)
    assert (found.name, found.kind, found.currency, found.region, found.nominal_voltage_v) == ("Lake", "campus", "EUR", None, 400)
    for wrong in ({"name": " "}, {"time_zone": "Mars/Base"}, {"currency": "eur"}, {"latitude": 91}, {"nominal_voltage_v": 0}):
        with pytest.raises(Refused):
            sites.describe_site(scope, site, **({"name": "x", "region_id": None} | PLACE | NOMINAL | wrong))
    assert sites.site(SYSTEM, site).name == "Lake"


def test_the_table_of_sites_holds_those_that_one_administers(world: World) -> None:
    [row] = sites.sites_page(world.scope("north admin"), Wanted()).rows
    assert (row.site.name, row.owner, row.devices, row.meters) == ("North Homes", "North", 3, 4)
    assert sites.sites_page(SYSTEM, Wanted("south")).total == 1
    assert sites.sites_page(world.scope("north operator"), Wanted()).total == 0


def test_a_node_is_described_anew_and_ends_with_its_edges(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    node = world.nodes["north first"]
    graph.describe_node(scope, node, **NODE)
    shown = next(each for each in dated_graph.site_graph(scope, site).nodes if each.id == node)
    assert (shown.name, shown.capacity_kw, shown.plan_y) == ("Hall", 9.5, 0.25)
    with pytest.raises(Refused, match="plan"):
        graph.describe_node(scope, node, **(NODE | {"plan_x": None}))
    before = now()
    assert graph.end_node(scope, node) == 1
    assert node not in {each.id for each in dated_graph.site_graph(scope, site).nodes}
    assert world.edges["north first"] not in {each.id for each in dated_graph.site_graph(scope, site).edges}
    assert node in {each.id for each in dated_graph.site_graph(scope, site, before).nodes}
    assert node in {each.id for each in graph.wiring(scope, site).nodes}
    with pytest.raises(Refused, match="already"):
        graph.end_node(scope, node)


def test_a_node_does_not_end_before_an_edge_of_it_begins(world: World) -> None:
    soon = now() + timedelta(days=1)
    ends = {"from_node_id": world.nodes["north bus"], "to_node_id": world.nodes["north first"]}
    graph.create_edge(SYSTEM, world.sites["north"], **ends, carrier="heat", valid_from=soon)
    with pytest.raises(Refused, match="begins later"):
        graph.end_node(SYSTEM, world.nodes["north first"])


def test_a_device_is_described_anew_and_its_fields_still_fit(world: World) -> None:
    scope, device, meter = world.scope("north admin"), world.devices["north first"], world.meters["north first"]
    devices.describe_device(scope, device, name="Box", reporting_interval_s=30, energy_mode="interval")
    assert devices.device_fields(scope, [device])[device] == {"energy_consumed": (meter, "energy_kwh")}
    with pytest.raises(Refused, match="energy mode"):
        devices.describe_device(scope, device, name="Box", reporting_interval_s=30, energy_mode="counter")
    counter = {"energy_consumed": (meter, "energy_total_kwh")}
    devices.describe_device(scope, device, name="Box", reporting_interval_s=30, energy_mode="counter", fields=counter)
    [row] = devices.devices_page(scope, world.sites["north"], Wanted("Box")).rows[:1]
    assert (row.name, row.reporting_interval_s, row.energy_mode) == ("Box", 30, "counter")
    assert devices.device_fields(scope, [device])[device] == counter
    devices.retire_device(scope, device)
    assert devices.devices_page(scope, world.sites["north"], Wanted()).total == 2
    assert devices.devices_page(scope, world.sites["north"], Wanted(), retired=True).total == 3
    with pytest.raises(Refused, match="retired"):
        devices.describe_device(scope, device, name="Box", reporting_interval_s=30, energy_mode="counter")


def test_the_table_of_keys_shows_what_is_good_and_what_has_ended_when_asked(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    whole = keys.create_key(scope, site_id=site, name="import").partition(".")[0]
    named = {row.key.id: row.device for row in keys.keys_page(scope, site, Wanted()).rows}
    assert len(named) == 4
    assert named[whole] is None
    assert "box first" in named.values()
    keys.revoke_key(scope, whole)
    assert keys.keys_page(scope, site, Wanted()).total == 3
    assert keys.keys_page(scope, site, Wanted("import"), ended=True).total == 1


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_changes_its_plant(world: World, who: str, error: type[Exception]) -> None:
    scope, site, node, device = world.scope(who), world.sites["north"], world.nodes["north first"], world.devices["north first"]
    for act in (
        lambda: sites.describe_site(scope, site, name="x", region_id=None, **PLACE, **NOMINAL),
        lambda: graph.wiring(scope, site),
        lambda: devices.describe_device(scope, device, name="x", reporting_interval_s=1, energy_mode="interval"),
        lambda: devices.devices_page(scope, site, Wanted()),
        lambda: keys.keys_page(scope, site, Wanted()),
    ):
        with pytest.raises(error):
            act()
    for act in (lambda: graph.describe_node(scope, node, **NODE), lambda: graph.end_node(scope, node)):
        with pytest.raises((NotFound, Refused)):
            act()
