"""Sites, graph, meters, devices, keys and tariffs: what is impossible is refused with what to do."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.plant import declarations, devices, directory, graph, keys, meter_life, meters, regions, sites, tariffs
from store.records.schema import Site
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import BEGAN, SWITCH, World

DAY = timedelta(days=1)


def _site(world: World, **wrong: object) -> object:
    good: dict[str, object] = {
        "name": "East",
        "kind": "plant",
        "organisation_id": world.organisations["north"],
        "time_zone": "Asia/Kolkata",
        "currency": "INR",
        "latitude": 28.6,
        "longitude": 77.2,
    }
    return sites.create_site(SYSTEM, **(good | wrong))


def test_sites_are_numbered_one_after_the_other(world: World) -> None:
    assert sorted(site.public_number for site in sites.visible_sites(SYSTEM)) == [1, 2]
    assert _site(world).public_number == 3
    assert _site(world, name="West", public_number=70).public_number == 70
    assert _site(world, name="Far east").public_number == 71


def test_the_sites_of_a_distributor_have_different_names_in_whatever_spelling(world: World) -> None:
    made = _site(world, name="Bâtiment É")
    for name in ("Bâtiment É", " BA\u0302TIMENT E\u0301 ", "bâtiment é"):
        with pytest.raises(Refused, match="has a site of this name"):
            _site(world, name=name)
    assert _site(world, name="Bâtiment É", organisation_id=world.organisations["south"]).name == made.name
    other = _site(world)
    with pytest.raises(Refused, match="has a site of this name"):
        sites.describe_site(SYSTEM, other.id, **_described(other) | {"name": made.name})
    assert sites.describe_site(SYSTEM, made.id, **_described(made)).name == made.name, "its own name is free for it"


def _described(site: Site) -> dict[str, object]:
    left_out = {"id", "public_number", "organisation_id", "replay", "created_at", "archived_at"}
    return {name: getattr(site, name) for name in Site.__table__.columns.keys() if name not in left_out}  # noqa: SIM118


def test_an_archived_site_is_in_no_list_keeps_what_it_has_and_comes_back(world: World) -> None:
    north, scope = world.sites["north"], world.scope("north admin")
    names = [site.name for site in sites.visible_sites(scope)]
    before = [row.meter.id for row in meter_life.meters_page(scope, Wanted()).rows]
    sites.archive_site(scope, north)
    archived = sites.site(scope, north)
    assert archived.archived_at is not None
    assert archived.name not in [site.name for site in sites.visible_sites(scope)]
    assert [row.site.id for row in sites.sites_page(scope, Wanted(), archived=True).rows] == [north]
    assert sites.sites_page(scope, Wanted()).total == len(names) - 1
    assert meter_life.meters_page(scope, Wanted()).total == 0
    assert [
        row.meter.id for row in meter_life.meters_page(scope, Wanted(), retired=True).rows if not row.meter.retired_at
    ] == before
    sites.archive_site(scope, north)
    assert sites.site(scope, north).archived_at == archived.archived_at, "once is enough"
    sites.restore_site(scope, north)
    assert [site.name for site in sites.visible_sites(scope)] == names
    assert [row.meter.id for row in meter_life.meters_page(scope, Wanted()).rows] == before


def test_a_site_that_lost_its_name_meanwhile_does_not_come_back_under_it(world: World) -> None:
    first = _site(world)
    sites.archive_site(SYSTEM, first.id)
    second = _site(world)
    with pytest.raises(Refused, match="has a site of this name"):
        sites.restore_site(SYSTEM, first.id)
    sites.describe_site(SYSTEM, second.id, **_described(second) | {"name": "Other"})
    sites.restore_site(SYSTEM, first.id)


def test_only_its_administrators_archive_and_restore_a_site_and_the_audit_log_names_them(world: World) -> None:
    north = world.sites["north"]
    for act in (sites.archive_site, sites.restore_site):
        with pytest.raises(Refused, match="administrator"):
            act(world.scope("north operator"), north)
        with pytest.raises(NotFound):
            act(world.scope("south admin"), north)
    scope = world.scope("north admin")
    with audit.acting(scope.user_id or ""):
        sites.archive_site(scope, north)
    [entry] = audit.entries(SYSTEM, limit=1)
    assert (entry.actor, entry.subject_id) == (scope.user_id, north)
    assert list(entry.after or {}) == ["archived_at"]


def test_two_edges_that_are_the_same_are_one_too_many(world: World) -> None:
    edge = graph.wiring(SYSTEM, world.sites["north"]).edges[0]
    ends = {"from_node_id": edge.from_node_id, "to_node_id": edge.to_node_id}
    with pytest.raises(Refused, match="connected this way already"):
        graph.create_edge(SYSTEM, world.sites["north"], **ends, carrier=edge.carrier)
    heat = graph.create_edge(SYSTEM, world.sites["north"], **ends, carrier="heat")
    graph.end_edge(SYSTEM, heat.id, SWITCH + DAY)
    again = graph.create_edge(SYSTEM, world.sites["north"], **ends, carrier="heat", valid_from=SWITCH + DAY)
    assert again.carrier == "heat", "once the first has ended, another may begin"


def test_a_site_comes_with_its_region(world: World) -> None:
    region = regions.create_region(SYSTEM, name="Delhi").id
    assert sites.site(SYSTEM, _site(world, region_id=region).id).region.name == "Delhi"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "name"),
        ({"kind": "castle"}, "plant, a campus"),
        ({"time_zone": "Mars/Olympus"}, "IANA"),
        ({"currency": "pounds"}, "ISO 4217"),
        ({"latitude": 91.0}, "position"),
        ({"longitude": -181.0}, "position"),
        ({"public_number": 1}, "another"),
        ({"public_number": 0}, "above 0"),
        ({"nominal_frequency_hz": 0.0}, "above 0"),
    ],
)
def test_an_impossible_site_is_refused(world: World, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        _site(world, **wrong)


def test_a_customer_owns_no_site(world: World) -> None:
    with pytest.raises(Refused, match="distributor"):
        _site(world, organisation_id=world.organisations["shop"])


def _node(world: World, **wrong: object) -> object:
    return graph.create_node(SYSTEM, world.sites["north"], **({"name": "x", "kind": "bus", "valid_from": SWITCH} | wrong))


def _edge(world: World, start: str, end: str, **wrong: object) -> object:
    return graph.create_edge(SYSTEM, world.sites["north"], from_node_id=world.nodes[start], to_node_id=world.nodes[end], **wrong)


IMPOSSIBLE: dict[str, tuple[Callable[[World], object], str]] = {
    "a node of an unknown kind": (lambda w: _node(w, kind="cloud"), "source, storage"),
    "a node that ends before it starts": (lambda w: _node(w, valid_to=BEGAN), "dates"),
    "half a place on the plan": (lambda w: _node(w, plan_x=0.5), "give both"),
    "a place off the plan": (lambda w: _node(w, plan_x=0.5, plan_y=1.5), "give both"),
    "an edge from a node to itself": (lambda w: _edge(w, "north bus", "north bus"), "two nodes"),
    "an edge of an unknown carrier": (lambda w: _edge(w, "north bus", "north grid", carrier="air"), "electricity"),
    "an edge older than its nodes": (lambda w: _edge(w, "north bus", "north grid", valid_from=BEGAN - DAY), "node's dates"),
    "a second main meter on an edge": (
        lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x", edge_id=w.edges["north first"]),
        "main meter already",
    ),
    "a main meter of nothing": (lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x"), "measures an edge"),
    "a meter of an edge and a node": (
        lambda w: meters.create_meter(
            SYSTEM, w.sites["north"], name="x", role="check", edge_id=w.edges["north first"], node_id=w.nodes["north bus"]
        ),
        "one of the two",
    ),
    "a condition meter on an edge": (
        lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x", role="condition", edge_id=w.edges["north first"]),
        "condition",
    ),
    "a virtual meter without terms": (
        lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x", role="virtual"),
        "give its terms",
    ),
    "a real meter with terms": (
        lambda w: meters.create_meter(
            SYSTEM, w.sites["north"], name="x", role="check", edge_id=w.edges["north first"], terms=[(w.meters["north grid"], 1)]
        ),
        "leave them out",
    ),
    "a meter twice in a sum": (
        lambda w: meters.create_meter(
            SYSTEM, w.sites["north"], name="x", role="virtual", terms=[(w.meters["north grid"], 1), (w.meters["north grid"], -1)]
        ),
        "only once",
    ),
    "a sum of sums": (
        lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x", role="virtual", terms=[(w.meters["north losses"], 1)]),
        "main and check meters only",
    ),
    "a term that counts double": (
        lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="x", role="virtual", terms=[(w.meters["north grid"], 2)]),
        "taken away",
    ),
    "energy of a sum": (
        lambda w: declarations.declare_energy(SYSTEM, w.meters["north losses"], method="power", interval_s=5, valid_from=SWITCH),
        "main and check meters",
    ),
    "energy by an unknown method": (
        lambda w: declarations.declare_energy(SYSTEM, w.meters["north first"], method="guess", interval_s=5, valid_from=SWITCH),
        "choose one of counter, interval, power",
    ),
    "a rollover of what is no counter": (
        lambda w: declarations.declare_energy(
            SYSTEM, w.meters["north first"], method="power", interval_s=5, valid_from=SWITCH, rollover_kwh=1e6
        ),
        "only a counter",
    ),
    "two declarations at one moment": (
        lambda w: declarations.declare_energy(SYSTEM, w.meters["north first"], method="power", interval_s=5, valid_from=BEGAN),
        "choose another time",
    ),
    "two devices of one name": (
        lambda w: devices.create_device(SYSTEM, w.sites["north"], name="box first"),
        "another name",
    ),
    "a device that never reports": (
        lambda w: devices.create_device(SYSTEM, w.sites["north"], name="x", reporting_interval_s=0),
        "1 s or more",
    ),
    "a device of an unknown mode": (
        lambda w: devices.create_device(SYSTEM, w.sites["north"], name="x", energy_mode="both"),
        "interval",
    ),
    "two tariffs at one moment": (
        lambda w: tariffs.create_tariff(
            SYSTEM, w.sites["north"], name="x", import_price_per_kwh=1, export_price_per_kwh=1, co2_g_per_kwh=1, valid_from=BEGAN
        ),
        "choose another time",
    ),
    "a key of nothing": (lambda w: keys.create_key(SYSTEM), "one of the two"),
    "a key of a device and a site": (
        lambda w: keys.create_key(SYSTEM, device_id=w.devices["north first"], site_id=w.sites["north"]),
        "one of the two",
    ),
}


@pytest.mark.parametrize("record", IMPOSSIBLE)
def test_an_impossible_record_is_refused_with_what_to_do(world: World, record: str) -> None:
    make, said = IMPOSSIBLE[record]
    with pytest.raises(Refused, match=said):
        make(world)


FIELDS = {
    "an unknown quantity": ({"energy_consumed": ("north first", "energy_mwh")}, {}, "no quantity"),
    "a field in another unit": ({"voltage": ("north first", "current_a")}, {}, "choose a quantity in V"),
    "a counter from a device that posts intervals": ({"energy_consumed": ("north first", "energy_total_kwh")}, {}, "energy mode"),
    "an interval from a device that posts counters": (
        {"energy_consumed": ("north first", "energy_kwh")},
        {"energy_mode": "counter"},
        "energy mode",
    ),
    "a virtual meter": ({"energy_consumed": ("north losses", "energy_kwh")}, {}, "computed"),
    "a name that cannot be": ({"a field": ("north first", "voltage_v")}, {}, "letters, digits"),
    "what another device writes": ({"energy_consumed": ("north first", "energy_kwh")}, {}, "meter of its own"),
    "two fields into one": (
        {"current1": ("north first", "current_a"), "current2": ("north first", "current_a")},
        {},
        "meter of its own",
    ),
}


@pytest.mark.parametrize("wrong", FIELDS)
def test_a_field_that_cannot_be_meant_is_refused_and_no_device_is_left(world: World, wrong: str) -> None:
    fields, more, said = FIELDS[wrong]
    mapped = {field: (world.meters[meter], quantity) for field, (meter, quantity) in fields.items()}
    with pytest.raises(Refused, match=said):
        devices.create_device(SYSTEM, world.sites["north"], name="new", fields=mapped, **more)
    assert devices.find_devices(SYSTEM, "new") == []


def test_line_protocol_has_fields_of_its_own(world: World) -> None:
    mapped = {"inverter.ac:power": (world.meters["north first"], "power_kw")}
    made = devices.create_device(SYSTEM, world.sites["north"], name="new", fields=mapped)
    assert devices.device_fields(SYSTEM, [made.id]) == {made.id: mapped}


def test_fields_can_be_mapped_anew(world: World) -> None:
    device, meter = world.devices["north first"], world.meters["north first"]
    devices.map_fields(SYSTEM, device, {"voltage": (meter, "voltage_v"), "energy_consumed": (meter, "energy_kwh")})
    devices.map_fields(SYSTEM, device, {"voltage": (meter, "voltage_v")})
    assert devices.device_fields(SYSTEM, [device])[device] == {"voltage": (meter, "voltage_v")}


def test_a_retired_device_makes_room_for_the_one_that_takes_its_place(world: World) -> None:
    old = world.devices["north first"]
    devices.retire_device(SYSTEM, old)
    assert old not in {device.id for device in devices.devices_of(SYSTEM, world.sites["north"])}
    assert old in {device.id for device in devices.devices_of(SYSTEM, world.sites["north"], retired=True)}
    devices.create_device(
        SYSTEM, world.sites["north"], name="box first", fields={"energy_consumed": (world.meters["north first"], "energy_kwh")}
    )
    with pytest.raises(Refused, match="retired"):
        keys.create_key(SYSTEM, device_id=old)


def test_a_new_declaration_ends_the_one_before_it_and_gives_way_to_the_one_after(world: World) -> None:
    meter = world.meters["north first"]
    declarations.declare_energy(SYSTEM, meter, method="counter", interval_s=5, valid_from=SWITCH, rollover_kwh=1e6)
    declarations.declare_energy(SYSTEM, meter, method="power", interval_s=60, valid_from=SWITCH - DAY)
    found = declarations.energy_declarations(SYSTEM, [meter])[meter]
    assert [(each.method, each.valid_from, each.valid_to) for each in found] == [
        ("interval", BEGAN, SWITCH - DAY),
        ("power", SWITCH - DAY, SWITCH),
        ("counter", SWITCH, None),
    ]


def test_only_a_hash_of_a_keys_secret_is_kept(world: World) -> None:
    key_id, secret = world.keys["north first"].split(".")
    [kept] = [key for key in keys.keys(SYSTEM, world.sites["north"]) if key.id == key_id]
    assert kept.secret_hash == hashlib.sha256(secret.encode()).hexdigest() == keys.hash_of(secret)
    assert len(secret) >= 43, "256 random bits"


def test_the_directory_knows_meters_and_devices_as_the_device_api_needs_them(world: World) -> None:
    loaded = directory.load_directory()
    assert world.meters["north losses"] not in loaded.meters, "virtual meters are never written"
    assert loaded.meters[world.meters["north first"]].one_way
    assert not loaded.meters[world.meters["north grid"]].one_way
    assert loaded.meters[world.meters["north first"]].quantities == {"energy_kwh"}
    device = loaded.devices[world.devices["north first"]]
    assert (device.site_number, device.reporting_interval_s, device.energy_mode) == (1, 5, "interval")
    assert device.meter_ids == {world.meters["north first"]}


def _rate_node(world: World, kw: float | None) -> None:
    """What the node at the end of the edge of the meter `north first` is rated for."""
    edge_id = meters.require_meters(SYSTEM, [world.meters["north first"]])[world.meters["north first"]].edge_id
    wired = graph.wiring(SYSTEM, world.sites["north"])
    end = next(edge.to_node_id for edge in wired.edges if edge.id == edge_id)
    node = next(each for each in wired.nodes if each.id == end)
    kept = {name: getattr(node, name) for name in ("name", "kind", "technology", "capacity_kwh", "plan_x", "plan_y")}
    graph.describe_node(SYSTEM, end, capacity_kw=kw, **kept)


def test_the_directory_rates_a_meter_as_it_declares_itself_and_otherwise_as_its_nodes(world: World) -> None:
    def rated() -> float | None:
        return directory.load_directory().meters[world.meters["north first"]].rated_kw

    assert rated() is None
    _rate_node(world, 20.0)
    assert rated() == 20.0
    since = SWITCH + timedelta(days=1)
    said = {"method": "counter", "interval_s": 5}
    declarations.declare_energy(SYSTEM, world.meters["north first"], valid_from=since, rated_kw=7.5, **said)
    assert rated() == 7.5
    exchanged = meter_life.exchange(SYSTEM, world.meters["north first"], at=since + timedelta(days=1), serial_number="SN-2")
    assert (exchanged.rated_kw, rated()) == (7.5, 7.5), "another counter on the same circuit"
    for wrong in (0.0, -1.0, 1e9):
        with pytest.raises(Refused, match="rated for more than 0"):
            declarations.correct_declaration(SYSTEM, exchanged.id, valid_from=exchanged.valid_from, rated_kw=wrong, **said)


CHANGES: dict[str, Callable[[World], object]] = {
    "a key": lambda w: keys.create_key(SYSTEM, site_id=w.sites["north"]),
    "a revoked key": lambda w: keys.revoke_key(SYSTEM, w.keys["north first"].partition(".")[0]),
    "a device": lambda w: devices.create_device(SYSTEM, w.sites["north"], name="new"),
    "a retired device": lambda w: devices.retire_device(SYSTEM, w.devices["north first"]),
    "fields": lambda w: devices.map_fields(SYSTEM, w.devices["north first"], {}),
    "a meter": lambda w: meters.create_meter(SYSTEM, w.sites["north"], name="new", role="condition"),
    "a site": lambda w: _site(w),
    "a declaration": lambda w: declarations.declare_energy(
        SYSTEM, w.meters["north first"], method="power", interval_s=5, valid_from=SWITCH
    ),
    "an edge": lambda w: _edge(w, "north grid", "north first"),
    "what a node is rated for": lambda w: _rate_node(w, 20.0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_directory_changes_its_version(world: World, change: str) -> None:
    before = directory.directory_version()
    CHANGES[change](world)
    assert directory.directory_version() > before
    assert directory.load_directory().version == directory.directory_version()


def test_what_does_not_concern_the_directory_leaves_its_version(world: World) -> None:
    before = directory.directory_version()
    tariffs.create_tariff(
        SYSTEM, world.sites["north"], name="x", import_price_per_kwh=1, export_price_per_kwh=1, co2_g_per_kwh=1, valid_from=SWITCH
    )
    with pytest.raises(NotFound):
        keys.revoke_key(SYSTEM, "key_unknown")
    with pytest.raises(Refused):
        devices.create_device(SYSTEM, world.sites["north"], name="box first")
    assert directory.directory_version() == before
