"""Meters by file: nothing is written before everything is right, and nobody writes what is not theirs."""

import pytest

from store import sheets
from store.errors import Refused
from store.records.plant import declarations, devices, graph, holders, meter_files, meter_life, meters, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World


def _number(world: World, name: str = "north") -> int:
    return sites.site(SYSTEM, world.sites[name]).public_number


def _file(*lines: str) -> str:
    return "\n".join(lines)


def _edge_for_a_third(world: World) -> None:
    node = graph.create_node(SYSTEM, world.sites["north"], name="third", kind="sink").id
    graph.create_edge(SYSTEM, world.sites["north"], from_node_id=world.nodes["north bus"], to_node_id=node)


def test_a_file_is_tried_first_and_nothing_is_written(world: World) -> None:
    _edge_for_a_third(world)
    scope = world.scope("north admin")
    text = _file(
        "id,site,name,from,to,serial_number,method,interval_s",
        f",{_number(world)},Third,bus,third,SN-3,interval,900",
        f"{world.meters['north first']},,Renamed,,,SN-1,,",
        f"{world.meters['north second']},,second,,,,,",
    )
    before = meter_life.meters_page(SYSTEM, Wanted(count=500)).rows
    tried = meter_files.try_file(scope, text)
    assert [(line.number, line.does, line.problem) for line in tried] == [(2, "new", ""), (3, "changed", ""), (4, "same", "")]
    assert tried[1].words == "name first → Renamed, serial number none → SN-1"
    assert [row.meter.name for row in meter_life.meters_page(SYSTEM, Wanted(count=500)).rows] == [
        row.meter.name for row in before
    ]
    assert meter_files.import_file(scope, text) == tried
    [third] = meter_life.meters_page(scope, Wanted("SN-3")).rows
    [declared] = declarations.energy_declarations(scope, [third.meter.id])[third.meter.id]
    assert (third.meter.name, declared.method, declared.interval_s) == ("Third", "interval", 900)
    assert meters.require_meters(SYSTEM, [world.meters["north first"]])[world.meters["north first"]].name == "Renamed"


def test_one_bad_line_and_nothing_is_imported(world: World) -> None:
    scope = world.scope("north admin")
    text = _file(
        "id,site,name,role,from,to,latitude,longitude,since,method",
        f"{world.meters['north first']},,Renamed,,,,,,,",
        f"{world.meters['south first']},,Foreign,,,,,,,",
        f",{_number(world, 'south')},Foreign,condition,,,,,,",
        f",{_number(world)},No way,main,bus,nowhere,,,,",
        f",{_number(world)},Second truth,main,bus,first,,,,",
        f",{_number(world)},Far,condition,,,95,0,,",
        f",{_number(world)},Odd,condition,,,north,0,,",
        f",{_number(world)},,condition,,,,,,",
        ",99,Elsewhere,condition,,,,,,",
        f",{_number(world)},Late,check,bus,first,,,soon,interval",
    )
    tried = meter_files.try_file(scope, text)
    assert [line.number for line in tried if line.problem] == list(range(3, 12))
    says = " | ".join(line.problem for line in tried)
    for words in (
        "no meter",
        "no site has the number",
        "no node named nowhere",
        "main meter already",
        "latitude",
        "'north'",
        "name",
    ):
        assert words in says
    with pytest.raises(Refused, match="nothing was imported: line 3"):
        meter_files.import_file(scope, text)
    assert meters.require_meters(SYSTEM, [world.meters["north first"]])[world.meters["north first"]].name == "first"


def test_a_file_of_two_lines_cannot_take_the_same_edge(world: World) -> None:
    _edge_for_a_third(world)
    line = f"{_number(world)},Third,bus,third"
    tried = meter_files.try_file(SYSTEM, _file("site,name,from,to", line, line))
    assert ["main meter already" in each.problem for each in tried] == [False, True]


def test_what_is_exported_changes_nothing_when_it_is_imported(world: World) -> None:
    scope = world.scope("north admin")
    meter_life.describe_meter(scope, world.meters["north first"], name="=HYPERLINK(1)", latitude=-1.5, longitude=-2.0)
    text = "".join(meter_files.export_file(scope))
    assert "'=HYPERLINK(1)" in text
    assert "South" not in text
    assert meters.require_meters(SYSTEM, [world.meters["north first"]])[world.meters["north first"]].claim_code not in text
    tried = meter_files.try_file(scope, text)
    assert [line.does for line in tried] == ["same"] * 4


def test_those_who_do_not_administer_a_site_export_and_change_nothing(world: World) -> None:
    for who in ("north operator", "resident", "stranger"):
        text = "".join(meter_files.export_file(world.scope(who)))
        assert sheets.read(text, meter_files.COLUMNS, (), 10) == []
        tried = meter_files.try_file(world.scope(who), f"id,name\n{world.meters['north first']},Mine")
        assert [line.does for line in tried] == [""]
        assert tried[0].problem


def _held(world: World, part: str) -> list[str]:
    meter = world.meters[f"north {part}"]
    return [each.email or each.name for each in holders.holders(SYSTEM, [meter])[meter]]


def test_a_file_assigns_meters_in_bulk_and_nobody_loses_one_by_it(world: World) -> None:
    scope = world.scope("north admin")
    text = _file(
        "id,assigned_to,assigned_role",
        f"{world.meters['north grid']},stranger@example.org; North,operator",
        f"{world.meters['north first']},resident@example.org,admin",
    )
    tried = meter_files.try_file(scope, text)
    assert [(line.name, line.does) for line in tried] == [("grid", "changed"), ("first", "same")]
    assert tried[0].words == "assigned to stranger@example.org, North"
    assert _held(world, "grid") == []
    assert meter_files.import_file(scope, text) == tried
    assert _held(world, "grid") == ["stranger@example.org", "North"]
    assert [line.does for line in meter_files.try_file(scope, text)] == ["same", "same"]
    [role] = {each.grant.role for each in holders.holders(SYSTEM, [world.meters["north grid"]])[world.meters["north grid"]]}
    assert role == "operator"


def test_one_assignment_that_cannot_be_and_no_meter_is_assigned(world: World) -> None:
    scope = world.scope("north admin")
    text = _file(
        "id,assigned_to,assigned_role,assigned_from",
        f"{world.meters['north grid']},stranger@example.org,,",
        f"{world.meters['north first']},neighbour@example.org,,",
        f"{world.meters['north second']},nobody@example.org,,",
        f"{world.meters['north second']},North,chief,",
        f"{world.meters['north second']},North,,yesterday",
        f"{world.meters['north second']},North,,0001-01-01T00:00:00+14:00",
        f"{world.meters['south first']},stranger@example.org,,",
    )
    problems = [line.problem for line in meter_files.try_file(scope, text)]
    for says, problem in zip(
        ("", "another resident", "nobody to assign it to", "a role is", "not a date", "not of our time", "no meter"),
        problems,
        strict=True,
    ):
        assert says in problem
        assert bool(says) == bool(problem)
    with pytest.raises(Refused, match="nothing was imported: line 3"):
        meter_files.import_file(scope, text)
    assert _held(world, "grid") == []


def test_the_file_that_is_exported_says_who_has_what_and_changes_nothing(world: World) -> None:
    scope = world.scope("north admin")
    text = "".join(meter_files.export_file(scope))
    assert "resident@example.org" in text
    assert {line.does for line in meter_files.try_file(scope, text)} == {"same"}


def test_a_file_declares_the_energy_of_a_meter_that_exists_with_its_rollover(world: World) -> None:
    scope, meter = world.scope("north admin"), world.meters["north first"]
    for declared in declarations.energy_declarations(SYSTEM, [meter])[meter]:
        declarations.withdraw_declaration(SYSTEM, declared.id)
    text = _file("id,method,interval_s,rollover_kwh", f"{meter},counter,60,42.94967295")
    [line] = meter_files.import_file(scope, text)
    assert (line.does, line.words) == ("changed", "energy by counter, a reading every 60 s")
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    assert (declared.interval_s, declared.rollover_kwh, declared.valid_from) == (60, 42.94967295, declarations.BEGINNING)
    assert [line.does for line in meter_files.import_file(scope, text)] == ["same"]
    again = "".join(meter_files.export_file(scope))
    assert "42.94967295" in again
    [line] = meter_files.import_file(scope, _file("id,method,interval_s", f"{meter},interval,900"))
    assert line.words == "energy by counter → interval"
    assert [each.rollover_kwh for each in declarations.energy_declarations(SYSTEM, [meter])[meter]] == [None]


def test_a_reading_is_expected_as_often_as_the_meters_device_posts_or_its_site_says(world: World) -> None:
    _edge_for_a_third(world)
    scope, number = world.scope("north admin"), _number(world)
    box = devices.create_device(SYSTEM, world.sites["north"], name="Quick box", reporting_interval_s=5).id
    lines = meter_files.import_file(
        scope,
        _file(
            "site,name,role,from,to,device,method",
            f"{number},In a device,main,bus,third,Quick box,interval",
            f"{number},Check,check,bus,third,,power",
            f"{number},As posted,check,bus,third,Quick box,",
            f"{number},Of nothing,check,bus,third,,",
        ),
    )
    assert [line.problem for line in lines] == [""] * 4
    found = {row.meter.name: row.meter for row in meter_life.meters_page(scope, Wanted(count=500)).rows}
    declared = declarations.energy_declarations(scope, [each.id for each in found.values()])

    def of(name: str) -> list[tuple[str, int]]:
        return [(each.method, each.interval_s) for each in declared[found[name].id]]

    assert found["As posted"].device_id == box
    assert [of(name) for name in ("In a device", "Check", "As posted", "Of nothing")] == [
        [("interval", 5)],
        [("power", 60)],
        [("interval", 5)],
        [],
    ]
    assert "every 5 s, as its device posts" in lines[2].words
    assert "not counted until a method is declared" in lines[3].words
    [again] = meter_files.import_file(scope, _file("id,method", f"{found['Of nothing'].id},counter"))
    assert again.words == "energy by counter, a reading every 60 s"


def test_of_several_edges_between_two_nodes_the_carrier_names_one(world: World) -> None:
    _edge_for_a_third(world)
    scope, number, north = world.scope("north admin"), _number(world), world.sites["north"]
    nodes = {node.name: node.id for node in graph.wiring(SYSTEM, north).nodes}
    heat = graph.create_edge(SYSTEM, north, from_node_id=nodes["bus"], to_node_id=nodes["third"], carrier="heat").id
    [line] = meter_files.try_file(scope, _file("site,name,from,to", f"{number},Third,bus,third"))
    assert "joined by edges of electricity and heat: name one under 'carrier'" in line.problem
    [line] = meter_files.try_file(scope, _file("site,name,from,to,carrier", f"{number},Third,bus,third,gas"))
    assert "no edge of gas from bus to third" in line.problem
    meter_files.import_file(scope, _file("site,name,from,to,carrier", f"{number},Third,bus,third,heat"))
    [row] = meter_life.meters_page(scope, Wanted("Third")).rows
    assert row.meter.edge_id == heat
    assert '"bus","third","heat"' in "".join(meter_files.export_file(scope, "Third"))


def test_what_a_meter_is_rated_for_goes_through_the_file(world: World) -> None:
    scope, meter = world.scope("north admin"), world.meters["north first"]

    def rated() -> list[float | None]:
        return [each.rated_kw for each in declarations.energy_declarations(SYSTEM, [meter])[meter]]

    meter_files.import_file(scope, _file("id,method,interval_s,rated_kw", f"{meter},counter,60,43.5"))
    assert rated()[-1] == 43.5
    exported = "".join(meter_files.export_file(scope))
    assert [line.does for line in meter_files.try_file(scope, exported) if line.does != "same"] == []
    meter_files.import_file(scope, _file("id,method", f"{meter},counter"))
    assert rated()[-1] == 43.5, "a column that is not there changes nothing"
    meter_files.import_file(scope, _file("id,method,rated_kw", f"{meter},counter,"))
    assert rated()[-1] is None
