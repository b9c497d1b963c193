"""What a source calls its values is noted once, and means what an administrator says."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.ids import channel_id
from store.records.access.audit import Filter, entries
from store.records.plant import channels, devices, directory, keys, meters
from store.records.plant.channels import Heard, Source, Told
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World

NAMES = ["power,phase=l1 active", "power,phase=l2 active", "température,ort=zürich value"]


def of_device(world: World) -> Source:
    return Source(world.sites["north"], world.devices["north first"])


def noted(world: World) -> list[str]:
    source = of_device(world)
    assert channels.known(SYSTEM, source, "lines", NAMES) == set(NAMES)
    return [channel_id(source.id, "lines", name) for name in NAMES]


def test_a_channel_is_noted_once_however_often_it_is_heard(world: World) -> None:
    first = noted(world)
    assert noted(world) == first
    page = channels.channels_page(world.scope("north admin"), world.sites["north"], Wanted(""))
    assert page.total == 3
    assert {each.full_name for each in page.rows} == set(NAMES)


def test_what_was_heard_last_stays_although_an_older_word_comes_after_it(world: World) -> None:
    [channel, *_] = noted(world)
    soon = now() + timedelta(minutes=1)
    channels.note_heard(SYSTEM, [Heard(channel, soon, 2.0)])
    channels.note_heard(SYSTEM, [Heard(channel, soon - timedelta(seconds=5), 1.0)])
    found = channels.require_channel(world.scope("north admin"), channel)
    assert (found.last_seen, found.last_value) == (soon, 2.0)


@pytest.mark.parametrize("name", ["", "a\x07b value", "x" * 1001 + " v", "e\u0301 value", "a\u202eb value"])
def test_a_name_that_cannot_be_kept_is_not_known(world: World, name: str) -> None:
    assert channels.known(SYSTEM, of_device(world), "lines", [name, NAMES[0]]) == {NAMES[0]}


def test_a_source_has_no_more_channels_than_can_be_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST", 4)
    noted(world)
    assert len(channels.known(SYSTEM, of_device(world), "lines", [f"id={n} v" for n in range(9)])) == 1
    other = Source(world.sites["north"])
    assert len(channels.known(SYSTEM, other, "lines", NAMES)) == 3


def test_a_device_that_is_gone_has_no_channels(world: World) -> None:
    assert channels.known(SYSTEM, Source(world.sites["north"], "dev_nobody"), "lines", NAMES) == set()


def test_the_device_api_is_told_what_a_channel_means(world: World) -> None:
    mapped, ignored, _waits = noted(world)
    scope, before = world.scope("north admin"), directory.directory_version()
    meter = meters.create_meter(scope, world.sites["north"], name="phase", role="condition", node_id=world.nodes["north bus"]).id
    channels.map_channel(scope, mapped, meter_id=meter, quantity="power_kw", unit="W")
    channels.ignore(scope, ignored)
    loaded = directory.load_directory()
    assert loaded.version > before
    assert loaded.channels == {
        world.devices["north first"]: {
            ("lines", NAMES[0]): directory.ChannelEntry(meter, "power_kw", "W", None),
            ("lines", NAMES[1]): directory.ChannelEntry(None, "", None, None),
        }
    }
    assert loaded.meters[meter].device_id == world.devices["north first"]
    channels.unmap(scope, mapped)
    assert ("lines", NAMES[0]) not in directory.load_directory().channels[world.devices["north first"]]


def test_noting_a_channel_makes_no_process_read_its_directory_again(world: World) -> None:
    before = directory.directory_version()
    channels.note_heard(SYSTEM, [Heard(each, now(), 1.0) for each in noted(world)])
    assert directory.directory_version() == before


def test_what_a_channel_means_stands_in_the_audit_log(world: World) -> None:
    [channel, *_] = noted(world)
    channels.ignore(world.scope("north admin"), channel)
    [entry, *_] = entries(SYSTEM, Filter(subject_id=channel))
    assert (entry.subject_kind, entry.action) == ("channels", "change")


def test_two_do_not_write_the_same_quantity_of_a_meter(world: World) -> None:
    first, second, _ = noted(world)
    scope, site = world.scope("north admin"), world.sites["north"]
    meter = meters.create_meter(scope, site, name="phase", role="condition", node_id=world.nodes["north bus"]).id
    channels.map_channel(scope, first, meter_id=meter, quantity="power_kw")
    with pytest.raises(Refused, match="another channel writes"):
        channels.map_channel(scope, second, meter_id=meter, quantity="power_kw")
    channels.map_channel(scope, second, meter_id=meter, quantity="voltage_v")
    with pytest.raises(Refused, match="channel writes"):
        devices.create_device(scope, site, name="other", fields={"load": (meter, "power_kw")})
    devices.retire_device(scope, world.devices["north first"])
    devices.create_device(scope, site, name="other", fields={"load": (meter, "power_kw")})
    third = Source(site)
    channels.known(SYSTEM, third, "lines", ["x v"])
    with pytest.raises(Refused, match="a device writes"):
        channels.map_channel(scope, channel_id(site, "lines", "x v"), meter_id=meter, quantity="power_kw")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"quantity": "colour"}, "no quantity 'colour'"),
        ({"quantity": "energy_total_kwh", "interval_s": 900}, "counter"),
        ({"quantity": "power_kw", "interval_s": 0}, "1 to"),
        ({"quantity": "power_kw", "interval_s": 10**9}, "1 to"),
    ],
)
def test_a_channel_cannot_mean_what_no_reading_is(world: World, said: dict[str, object], says: str) -> None:
    [channel, *_] = noted(world)
    with pytest.raises(Refused, match=says):
        channels.map_channel(world.scope("north admin"), channel, meter_id=world.meters["north grid"], **said)  # type: ignore[arg-type]


def test_values_that_come_with_their_unit_are_not_converted_once_more(world: World) -> None:
    [which] = noted(world)[:1]
    channels.note_told(SYSTEM, [Told(which, "kW")])
    meter = meters.create_meter(SYSTEM, world.sites["north"], name="phase", role="condition").id
    with pytest.raises(Refused, match="leave the unit empty"):
        channels.map_channel(SYSTEM, which, meter_id=meter, quantity="power_kw", unit="W")
    assert channels.map_channel(SYSTEM, which, meter_id=meter, quantity="power_kw", unit="kW").unit == "kW"


def test_what_a_description_says_of_the_unit_a_person_may_know_better(world: World) -> None:
    [which] = noted(world)[:1]
    channels.note_told(SYSTEM, [Told(which, "kW", "Hall", "power measurement")])
    meter = meters.create_meter(SYSTEM, world.sites["north"], name="phase", role="condition").id
    assert channels.map_channel(SYSTEM, which, meter_id=meter, quantity="power_kw", unit="W").unit == "W"


def test_a_channel_is_not_mapped_to_another_sites_meter(world: World) -> None:
    [channel, *_] = noted(world)
    with pytest.raises(NotFound):
        channels.map_channel(SYSTEM, channel, meter_id=world.meters["south grid"], quantity="power_kw")


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_sees_and_maps_channels(world: World, who: str, error: type[Exception]) -> None:
    [channel, *_] = noted(world)
    for act in (
        lambda: channels.channels_page(world.scope(who), world.sites["north"], Wanted("")),
        lambda: channels.require_channel(world.scope(who), channel),
        lambda: channels.map_channel(world.scope(who), channel, meter_id=world.meters["north grid"], quantity="power_kw"),
        lambda: channels.ignore(world.scope(who), channel),
        lambda: channels.unmap(world.scope(who), channel),
    ):
        with pytest.raises(error):
            act()
    for own in (
        lambda: channels.known(world.scope("north admin"), of_device(world), "lines", NAMES),
        lambda: channels.note_heard(world.scope("north admin"), []),
    ):
        with pytest.raises(Refused):
            own()


def test_a_sites_own_key_has_channels_of_its_own(world: World) -> None:
    noted(world)
    site = world.sites["north"]
    channels.known(SYSTEM, Source(site), "lines", NAMES[:1])
    own = channels.channels_page(SYSTEM, site, Wanted(""), source_id=site)
    assert (own.total, own.rows[0].source_id) == (1, site)
    assert channels.channels_page(SYSTEM, site, Wanted(""), source_id=world.devices["north first"]).total == 3
    assert keys.create_key(SYSTEM, site_id=site)
