"""Records the demo's sites: organisation, people, graph, devices with their keys, meters, grants, tariffs.

All of it in one transaction: there is a whole demo or none.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from config.quantities import INTERVAL_S
from demo.plant import INTERVAL, Plant
from demo.recordings import HOMES
from demo.state import State
from demo.tariffs import TARIFFS, dated
from store.records.access import grants
from store.records.people import organisations, users
from store.records.plant import buildings, declarations, devices, graph, keys, meters, regions, sites, tariffs
from store.records.transaction import engine
from store.scope import SYSTEM

ORGANISATION = "Northgate Energy (demo)"
DOMAIN = "demo.example"  # RFC 2606: an address that is nobody's
OPERATOR, ADMINISTRATOR = f"operator@{DOMAIN}", f"admin@{DOMAIN}"

HISTORY_S = 3600  # what the recordings are in
LIVE_S = 5


def resident(home: int) -> str:
    """The address of who lives in a home (1 …)."""
    return f"resident{home}@{DOMAIN}"


def record(plants: tuple[Plant, ...], known: State, keep: Callable[[], None]) -> None:
    """Make the records of the plants, which begin to hold with its history, and put their ids and keys into `known`.

    `keep` is called when everything is in `known` and nothing is committed yet: keys that were not kept would be lost.
    """
    began, switch = (datetime.fromtimestamp(moment, UTC) for moment in (known.start, known.switch))
    with engine.session():
        owner = organisations.create_organisation(SYSTEM, name=ORGANISATION, kind="distributor")
        _staff(owner.id)
        for plant in plants:
            _site(plant, owner.id, known, began, switch)
            _energy(plant, known, began, switch)
        _residents(known, began)
        keep()


def _staff(organisation_id: str) -> None:
    for email, name, role in ((ADMINISTRATOR, "Demo administrator", "admin"), (OPERATOR, "Demo operator", "operator")):
        users.create_user(
            SYSTEM,
            email=email,
            name=name,
            password=None,
            organisation_id=organisation_id,
            role=role,
            platform_admin=email == ADMINISTRATOR,
        )


def _site(plant: Plant, owner_id: str, known: State, began: datetime, switch: datetime) -> None:
    region = regions.create_region(SYSTEM, name=plant.region, note=plant.region_note)
    site = sites.create_site(
        SYSTEM,
        name=plant.name,
        kind=plant.kind,
        organisation_id=owner_id,
        time_zone=plant.time_zone,
        currency=plant.currency,
        latitude=plant.latitude,
        longitude=plant.longitude,
        region_id=region.id,
        nominal_voltage_v=plant.nominal_voltage_v,
        nominal_frequency_hz=plant.nominal_frequency_hz,
        replay=True,
        source_note=plant.source_note,
    )
    for since, tariff in dated(TARIFFS[plant.key], began, switch, ZoneInfo(plant.time_zone)):
        tariffs.create_tariff(
            SYSTEM,
            site.id,
            name=tariff.name,
            import_price_per_kwh=tariff.import_price_per_kwh,
            export_price_per_kwh=tariff.export_price_per_kwh,
            co2_g_per_kwh=tariff.co2_g_per_kwh,
            valid_from=since,
            region_first=False,
            hours=tariff.hours,
            note=tariff.note,
            components=tariff.components,
        )
    known.sites[plant.key] = site.id
    known.facility[plant.key] = site.public_number
    known.series[plant.key] = {"region": region.id}
    known.keys[plant.key] = {}
    hardware = {
        device.key: devices.create_device(
            SYSTEM,
            site.id,
            name=device.name,
            reporting_interval_s=LIVE_S,
            energy_mode=device.energy_mode,
            plan_x=device.x,
            plan_y=device.y,
        ).id
        for device in plant.devices
    }
    _graph(plant, site.id, known, hardware, began)
    series = known.series[plant.key]
    for device in plant.devices:
        mapped = {field: (series[meter], quantity) for field, (meter, quantity) in device.fields.items()}
        devices.map_fields(SYSTEM, hardware[device.key], mapped)
        known.keys[plant.key][device.key] = keys.create_key(SYSTEM, device_id=hardware[device.key])


def _graph(plant: Plant, site_id: str, known: State, hardware: dict[str, str], began: datetime) -> None:
    nodes = {
        node.key: graph.create_node(
            SYSTEM,
            site_id,
            name=node.name,
            kind=node.kind,
            technology=node.technology,
            capacity_kw=node.capacity_kw,
            capacity_kwh=node.capacity_kwh,
            simulated=node.simulated,
            plan_x=node.x,
            plan_y=node.y,
            valid_from=began,
        ).id
        for node in plant.nodes
    }
    for node in plant.nodes:
        if node.building:
            facts = buildings.Facts(node.building, plan_x=node.x, plan_y=node.y)
            buildings.describe_building(SYSTEM, site_id, nodes[node.key], facts)
    for edge in plant.edges:
        drawn = graph.create_edge(
            SYSTEM,
            site_id,
            from_node_id=nodes[edge.source],
            to_node_id=nodes[edge.target],
            two_way=edge.two_way,
            valid_from=began,
        )
        if edge.meter:
            known.series[plant.key][edge.meter.key] = meters.create_meter(
                SYSTEM,
                site_id,
                name=edge.meter.name,
                edge_id=drawn.id,
                device_id=hardware[edge.meter.device],
                simulated=edge.meter.simulated,
                source_note=edge.meter.note,
            ).id


def _energy(plant: Plant, known: State, began: datetime, switch: datetime) -> None:
    """Hourly intervals until the switch, then what the meter posts."""
    for meter in plant.meters:
        meter_id = known.series[plant.key][meter.key]
        declarations.declare_energy(SYSTEM, meter_id, method=INTERVAL, interval_s=HISTORY_S, valid_from=began)
        declarations.declare_energy(SYSTEM, meter_id, method=meter.method, interval_s=LIVE_S, valid_from=switch)


def declare_quarters(plants: tuple[Plant, ...], known: State, start: int, end: int) -> None:
    """Declare that between two moments (seconds since 1970) quarters of an hour took the place of what meters post live."""
    first, last = (datetime.fromtimestamp(moment, UTC) for moment in (start, end))
    with engine.session():
        for plant in plants:
            ids = known.series[plant.key]
            declared = declarations.energy_declarations(SYSTEM, [ids[meter.key] for meter in plant.meters])
            for meter in plant.meters:
                begins = {each.valid_from for each in declared[ids[meter.key]]}
                for moment, method, every_s in ((first, INTERVAL, INTERVAL_S), (last, meter.method, LIVE_S)):
                    if moment not in begins:
                        declarations.declare_energy(SYSTEM, ids[meter.key], method=method, interval_s=every_s, valid_from=moment)


def _residents(known: State, began: datetime) -> None:
    """Each home's meters belong to one residential user, who sees no other home's."""
    series = known.series["homes"]
    for home in range(1, HOMES + 1):
        user = users.create_user(SYSTEM, email=resident(home), name=f"Resident of home {home}", password=None)
        for part in ("grid", "pv", "battery", "load"):
            grants.create_grant(SYSTEM, user_id=user.id, meter_id=series[f"home_{home}_{part}"], valid_from=began)
