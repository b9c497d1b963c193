"""Meters are listed by the thousand, described, given another counter, and retired."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.plant import declarations, directory, meter_life, meters
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import SWITCH, World


def test_the_table_of_meters_holds_what_one_may_see(world: World) -> None:
    def names(who: str) -> list[str]:
        return [f"{row.site} {row.meter.name}" for row in meter_life.meters_page(world.scope(who), Wanted()).rows]

    assert names("resident") == ["North Homes first"]
    assert names("stranger") == names("shop admin") == []
    assert names("north viewer") == [f"North Homes {name}" for name in ("first", "grid", "losses", "second")]
    assert len(names("root")) == 8
    with pytest.raises(NotFound):
        meter_life.meters_page(world.scope("south admin"), Wanted(), site_id=world.sites["north"])


def test_the_table_of_meters_is_searched_sorted_and_cut(world: World) -> None:
    meter_life.describe_meter(SYSTEM, world.meters["north first"], name="Kitchen", serial_number="SN-77")
    found = meter_life.meters_page(SYSTEM, Wanted(search="sn-77"))
    assert [row.meter.name for row in found.rows] == ["Kitchen"]
    page = meter_life.meters_page(SYSTEM, Wanted(sort="site", count=1, first=4))
    assert (page.rows[0].site, page.total) == ("South Homes", 8)
    assert meter_life.meters_page(SYSTEM, Wanted(), site_id=world.sites["south"]).total == 4


def test_a_meter_has_a_position_of_its_own_or_the_sites(world: World) -> None:
    meter = world.meters["north first"]
    described = meter_life.describe_meter(world.scope("north admin"), meter, name="first", latitude=52.5, longitude=-1.0)
    assert (described.latitude, described.longitude) == (52.5, -1.0)
    for wrong in ({"latitude": 52.5}, {"longitude": 1.0}, {"latitude": 91.0, "longitude": 0.0}):
        with pytest.raises(Refused, match="latitude"):
            meter_life.describe_meter(SYSTEM, meter, name="first", **wrong)


def test_an_exchanged_counter_is_a_declaration_of_its_own_on_the_same_meter(world: World) -> None:
    meter, scope = world.meters["north first"], world.scope("north admin")
    meter_life.describe_meter(scope, meter, name="first", serial_number="OLD-1")
    meter_life.exchange(scope, meter, at=SWITCH, serial_number="NEW-2", note="broken display")
    before, after = declarations.energy_declarations(scope, [meter])[meter]
    assert before.valid_to == after.valid_from == SWITCH
    assert (after.method, after.interval_s) == (before.method, before.interval_s)
    assert after.note == "counter NEW-2 in the place of OLD-1: broken display"
    assert meters.require_meters(scope, [meter])[meter].serial_number == "NEW-2"
    with pytest.raises(Refused, match="already"):
        meter_life.exchange(scope, meter, at=SWITCH, serial_number="NEW-3")
    with pytest.raises(Refused, match="declares no energy"):
        meter_life.exchange(scope, meter, at=SWITCH - timedelta(days=9999), serial_number="NEW-3")
    with pytest.raises(Refused, match="serial number"):
        meter_life.exchange(scope, meter, at=SWITCH + timedelta(days=1), serial_number=" ")


def test_a_retired_meter_takes_no_readings_and_is_still_there(world: World) -> None:
    meter, scope = world.meters["north first"], world.scope("north admin")
    version = directory.directory_version()
    meter_life.retire_meter(scope, meter)
    assert meter not in directory.load_directory().meters
    assert directory.directory_version() > version
    assert meter in {each.id for each in meters.meters_of(world.scope("resident"), world.sites["north"])}
    assert meter_life.meters_page(scope, Wanted()).total == 3
    assert meter_life.meters_page(scope, Wanted(), retired=True).total == 4
    with pytest.raises(Refused, match="retired"):
        meter_life.exchange(scope, meter, at=SWITCH, serial_number="NEW")


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_changes_a_meter(world: World, who: str, error: type[Exception]) -> None:
    meter, scope = world.meters["north first"], world.scope(who)
    for act in (
        lambda: meter_life.describe_meter(scope, meter, name="x"),
        lambda: meter_life.exchange(scope, meter, at=SWITCH, serial_number="x"),
        lambda: meter_life.retire_meter(scope, meter),
    ):
        with pytest.raises(error):
            act()
