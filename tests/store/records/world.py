"""Two distributors, a site each, two neighbours with a meter each: what one may see, another may not."""

from dataclasses import dataclass
from datetime import UTC, datetime

from store.records.access import grants, policy
from store.records.people import organisations, users
from store.records.plant import declarations, devices, graph, keys, meters, regions, sites, tariffs
from store.records.transaction import engine
from store.scope import SYSTEM, Scope

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
SWITCH = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "four words are enough"


@dataclass(frozen=True)
class World:
    """Ids by name."""

    organisations: dict[str, str]
    sites: dict[str, str]
    regions: dict[str, str]
    nodes: dict[str, str]
    edges: dict[str, str]
    meters: dict[str, str]
    devices: dict[str, str]
    keys: dict[str, str]
    people: dict[str, str]

    def scope(self, who: str, at: datetime | None = None) -> Scope:
        return policy.scope_of(self.people[who], at)


def build() -> World:
    with engine.session():
        made = World({}, {}, {}, {}, {}, {}, {}, {}, {})
        for name, kind in (("north", "distributor"), ("south", "distributor"), ("shop", "customer")):
            made.organisations[name] = organisations.create_organisation(SYSTEM, name=name.capitalize(), kind=kind).id
        for name in ("north", "south"):
            _site(made, name)
        _people(made)
    return made


def _site(made: World, name: str) -> None:
    region = made.regions[name] = regions.create_region(SYSTEM, name=f"{name} region").id
    site = sites.create_site(
        SYSTEM,
        name=f"{name.capitalize()} Homes",
        kind="pv_battery",
        organisation_id=made.organisations[name],
        region_id=region,
        time_zone="Europe/London",
        currency="GBP",
        latitude=52.0,
        longitude=0.1,
    ).id
    made.sites[name] = site
    node, edge, meter = {}, {}, {}
    for part, kind in (("grid", "source"), ("bus", "bus"), ("first", "sink"), ("second", "sink"), ("losses", "sink")):
        node[part] = graph.create_node(SYSTEM, site, name=part, kind=kind, valid_from=BEGAN).id
    for part, start, end in (
        ("grid", "grid", "bus"),
        ("first", "bus", "first"),
        ("second", "bus", "second"),
        ("losses", "bus", "losses"),
    ):
        edge[part] = graph.create_edge(
            SYSTEM, site, from_node_id=node[start], to_node_id=node[end], two_way=part == "grid", valid_from=BEGAN
        ).id
    for part in ("grid", "first", "second"):
        meter[part] = meters.create_meter(SYSTEM, site, name=part, edge_id=edge[part]).id
        declarations.declare_energy(SYSTEM, meter[part], method="interval", interval_s=3600, valid_from=BEGAN)
        device = devices.create_device(
            SYSTEM, site, name=f"box {part}", reporting_interval_s=5, fields={"energy_consumed": (meter[part], "energy_kwh")}
        ).id
        made.devices[f"{name} {part}"] = device
        made.keys[f"{name} {part}"] = keys.create_key(SYSTEM, device_id=device)
    sum_of = ((meter["grid"], 1), (meter["first"], -1), (meter["second"], -1))
    meter["losses"] = meters.create_meter(SYSTEM, site, name="losses", role="virtual", edge_id=edge["losses"], terms=sum_of).id
    for found, kept in ((node, made.nodes), (edge, made.edges), (meter, made.meters)):
        kept.update({f"{name} {part}": each for part, each in found.items()})
    tariffs.create_tariff(
        SYSTEM, site, name="flat", import_price_per_kwh=0.3, export_price_per_kwh=0.1, co2_g_per_kwh=200, valid_from=BEGAN
    )


def _people(made: World) -> None:
    for who, organisation, role in (
        ("root", None, None),
        ("north admin", "north", "admin"),
        ("north operator", "north", "operator"),
        ("north viewer", "north", "viewer"),
        ("south admin", "south", "admin"),
        ("shop admin", "shop", "admin"),
        ("shop viewer", "shop", "viewer"),
        ("resident", None, None),
        ("neighbour", None, None),
        ("stranger", None, None),
    ):
        made.people[who] = users.create_user(
            SYSTEM,
            email=f"{who.replace(' ', '.')}@example.org",
            name=who,
            password=None,  # hashing takes time; whoever signs in is given one by the test
            organisation_id=made.organisations[organisation] if organisation else None,
            role=role,
            platform_admin=who == "root",
        ).id
    for who, part in (("resident", "first"), ("neighbour", "second")):
        grants.create_grant(SYSTEM, user_id=made.people[who], meter_id=made.meters[f"north {part}"], valid_from=BEGAN)
