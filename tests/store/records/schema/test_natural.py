"""Names come in the order that people expect, on every database the same."""

from models.natural_order import natural
from store.records.plant import devices
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


def test_ten_comes_after_two_and_capitals_make_no_difference() -> None:
    assert sorted(["Home 10", "home 2", "Home 1"], key=natural) == ["Home 1", "home 2", "Home 10"]
    assert sorted(["b", "A", "C"], key=natural) == ["A", "b", "C"]
    assert natural("10" * 30) == "10" * 30, "a number of any length is one"
