"""What a site's quantities may be: as the standard says, until its administrators say otherwise; and what sites share."""

import pytest

from config.limits import Limit
from store.errors import NotFound, Refused
from store.records.plant import devices, directory, limits, regions, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World

TIGHT = Limit("voltage_v", 225.0, 235.0, 220.0, None, "the contract of 2026")


def test_the_standards_limits_hold_until_a_site_has_its_own(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    standard = limits.site_limits(scope, site)["voltage_v"]
    assert (standard.low, "EN 50160" in standard.source) == (0.9 * 230, True)
    limits.set_limit(scope, site, TIGHT)
    assert limits.site_limits(scope, site)["voltage_v"] == TIGHT
    assert limits.limits_of_its_own(scope, site) == {"voltage_v"}
    assert limits.site_limits(SYSTEM, world.sites["south"])["voltage_v"].low == standard.low
    limits.reset_limit(scope, site, "voltage_v")
    assert limits.site_limits(scope, site)["voltage_v"] == standard


def test_devices_are_told_the_limits_of_their_site(world: World) -> None:
    limits.set_limit(SYSTEM, world.sites["north"], TIGHT)
    known = directory.load_directory().devices
    assert known[world.devices["north first"]].limits["voltage_v"] == TIGHT
    assert known[world.devices["south first"]].limits["voltage_v"].high == pytest.approx(253)


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (Limit("voltage_v", 240.0, 230.0, None, None, "x"), "below its upper one"),
        (Limit("voltage_v", None, None, None, None, "x"), "at least one"),
        (Limit("voltage_v", 220.0, 240.0, 230.0, None, "x"), "critical lies beyond"),
        (Limit("colour", 1.0, 2.0, None, None, "x"), "no quantity"),
        (Limit("voltage_v", 220.0, 240.0, None, None, " "), "name the standard"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(world: World, limit: Limit, says: str) -> None:
    with pytest.raises(Refused, match=says):
        limits.set_limit(world.scope("north admin"), world.sites["north"], limit)


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_sets_its_limits(world: World, who: str, error: type[Exception]) -> None:
    for act in (
        lambda: limits.set_limit(world.scope(who), world.sites["north"], TIGHT),
        lambda: limits.reset_limit(world.scope(who), world.sites["north"], "voltage_v"),
    ):
        with pytest.raises(error):
            act()


def test_a_device_posts_as_often_as_its_site_says_unless_it_says_otherwise(world: World) -> None:
    site = sites.site(SYSTEM, world.sites["north"])
    kept = {name: getattr(site, name) for name in ("name", "kind", "time_zone", "currency", "latitude", "longitude", "region_id")}
    nominal = {"nominal_voltage_v": site.nominal_voltage_v, "nominal_frequency_hz": site.nominal_frequency_hz}
    sites.describe_site(SYSTEM, site.id, reporting_interval_s=900, **kept, **nominal)
    made = [devices.create_device(SYSTEM, site.id, name=f"new {every}", reporting_interval_s=every) for every in (None, 30)]
    assert [each.reporting_interval_s for each in made] == [900, 30]
    assert devices.reporting_intervals(world.scope("north admin"), site.id) == {5: 3, 30: 1, 900: 1}
    with pytest.raises(Refused, match="1 s or more"):
        sites.describe_site(SYSTEM, site.id, reporting_interval_s=0, **kept, **nominal)


def test_a_region_is_named_anew_and_goes_when_no_site_is_in_it(world: World) -> None:
    region = world.regions["north"]
    assert regions.describe_region(SYSTEM, region, name=" Isles ", note="").name == "Isles"
    [row] = regions.regions_page(SYSTEM, Wanted("isles")).rows
    assert (row.region.id, row.sites) == (region, 1)
    with pytest.raises(Refused, match="still has 1 site"):
        regions.delete_region(SYSTEM, region)
    empty = regions.create_region(SYSTEM, name="Nowhere").id
    regions.delete_region(SYSTEM, empty)
    assert regions.regions_page(SYSTEM, Wanted("nowhere")).total == 0
    for act in (
        lambda: regions.describe_region(world.scope("north admin"), region, name="Mine"),
        lambda: regions.delete_region(world.scope("north admin"), region),
        lambda: regions.regions_page(world.scope("north admin"), Wanted()),
    ):
        with pytest.raises(Refused):
            act()
