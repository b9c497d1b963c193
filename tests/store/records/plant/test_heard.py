"""When the devices of many sites were last heard, in one question, as far as one sees them."""

from datetime import UTC, datetime

import pytest

from store.errors import NotFound
from store.records.plant import activity, devices
from store.records.plant.activity import Activity, Heard
from store.scope import SYSTEM
from tests.store.records.world import World

HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_each_site_tells_of_its_devices_in_use(world: World) -> None:
    activity.add_activity(SYSTEM, [Activity(world.devices["north first"], HOUR, 1, 0, HOUR)])
    devices.retire_device(SYSTEM, world.devices["north grid"])
    sites = [world.sites["north"], world.sites["south"]]
    heard = activity.heard_by_site(SYSTEM, sites)
    assert sorted(heard[sites[0]], key=str) == sorted([Heard(5, HOUR), Heard(5, None)], key=str)
    assert heard[sites[1]] == [Heard(5, None)] * 3


def test_of_a_site_that_one_sees_in_part_only_what_has_ones_meters(world: World) -> None:
    activity.add_activity(SYSTEM, [Activity(world.devices["north first"], HOUR, 1, 0, HOUR)])
    assert activity.heard_by_site(world.scope("resident"), [world.sites["north"]]) == {world.sites["north"]: [Heard(5, HOUR)]}
    assert activity.heard_by_site(world.scope("neighbour"), [world.sites["north"]]) == {world.sites["north"]: [Heard(5, None)]}
    with pytest.raises(NotFound):
        activity.heard_by_site(world.scope("stranger"), [world.sites["north"]])
