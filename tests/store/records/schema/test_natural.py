"""Names come in the order that people expect, on every database the same."""

from models.natural_order import natural
from store.records.people import lists, organisations, users
from store.records.plant import devices, meters
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World

NAMES = ["Home 10", "home 2", "Home 1", "Home 02 b", "Öl 3", "Zähler", "3 West", "10 West"]


def test_a_list_of_devices_is_in_natural_order_both_ways(world: World) -> None:
    site = world.sites["north"]
    for name in NAMES:
        devices.create_device(SYSTEM, site, name=name)
    for backwards in (False, True):
        page = devices.devices_page(SYSTEM, site, Wanted(sort="name", descending=backwards, count=100))
        there = [each.name for each in page.rows if each.name in NAMES]
        assert there == sorted(NAMES, key=natural, reverse=backwards)


def test_people_organisations_and_lists_to_choose_from_are_too(world: World) -> None:
    site = world.sites["north"]
    for number, name in enumerate(NAMES):
        organisations.create_organisation(SYSTEM, name=name, kind="customer")
        users.create_user(SYSTEM, email=f"n{number}@example.org", name=name, password="seventeen calm otters")
        devices.create_device(SYSTEM, site, name=name)
        meters.create_meter(SYSTEM, site, name=name, role="condition")
    everything = Wanted(count=100)
    for listed in (
        [each.name for each in lists.people(SYSTEM, everything).rows],
        [each.organisation.name for each in lists.organisations_page(SYSTEM, everything).rows],
        [each.name for each in organisations.organisations(SYSTEM)],
        [each.name for each in devices.devices_of(SYSTEM, site)],
        [each.name for each in meters.meters_of(SYSTEM, site)],
    ):
        assert [name for name in listed if name in NAMES] == sorted(NAMES, key=natural)


def test_ten_comes_after_two_and_capitals_make_no_difference() -> None:
    assert sorted(["Home 10", "home 2", "Home 1"], key=natural) == ["Home 1", "home 2", "Home 10"]
    assert sorted(["b", "A", "C"], key=natural) == ["A", "b", "C"]
    assert natural("10" * 30) == "10" * 30, "a number of any length is one"
