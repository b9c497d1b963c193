"""Brokers belong to a site, and their passwords to nobody who asks."""

import pytest

from ingest.mqtt.families import FAMILIES
from store.errors import NotFound, Refused
from store.ids import channel_id
from store.records.access.audit import Filter, entries
from store.records.plant import broker_states, brokers, channels, devices, directory, meters
from store.records.plant.broker_states import Noted
from store.records.plant.brokers import Description, Subscription
from store.records.schema.columns import now
from store.scope import SYSTEM, Scope
from tests.store.records.world import World

TOPICS = [Subscription("tele/#", "tasmota")]
ACCOUNT = {"host": "broker.example.org", "username": "loadstar", "subscriptions": TOPICS}


def made(world: World, scope: Scope = SYSTEM) -> str:
    return brokers.create_broker(scope, world.sites["north"], Description("yard", password="salt and pepper", **ACCOUNT)).id


def test_an_administrator_of_the_site_describes_a_broker_and_the_process_learns_its_password(world: World) -> None:
    broker = made(world, world.scope("north admin"))
    (found,) = brokers.brokers_of(world.scope("north admin"), world.sites["north"])
    assert (found.port, found.tls) == (1883, False)
    assert found.password is not None
    assert "salt" not in found.password
    told = brokers.connections(SYSTEM)[broker]
    assert (told.password, told.subscriptions, told.client_id) == ("salt and pepper", tuple(TOPICS), found.client_id)
    assert directory.load_directory().brokers == {broker: world.sites["north"]}


def test_nobody_else_sees_or_changes_it(world: World) -> None:
    broker = made(world)
    stranger = world.scope("south admin")
    with pytest.raises(NotFound):
        brokers.require_broker(stranger, broker)
    with pytest.raises(NotFound):
        brokers.brokers_of(stranger, world.sites["north"])
    with pytest.raises(NotFound):
        brokers.delete_broker(stranger, broker)
    for ask in (brokers.connections, lambda scope: broker_states.note_presence(scope, broker, {})):
        with pytest.raises(Refused):
            ask(world.scope("north admin"))


def test_the_password_is_in_no_log_and_goes_to_no_other_host(world: World) -> None:
    broker = made(world)
    log = entries(SYSTEM, Filter(subject_kind="brokers"))
    assert log
    assert "salt" not in str(log)
    brokers.change_broker(SYSTEM, broker, Description("garden", **ACCOUNT))
    assert brokers.connections(SYSTEM)[broker].password == "salt and pepper"
    for change in ({"host": "elsewhere.example.org"}, {"port": 1884}, {"username": "other"}):
        with pytest.raises(Refused, match="type it again"):
            brokers.change_broker(SYSTEM, broker, Description("garden", **(ACCOUNT | change)))
    brokers.change_broker(SYSTEM, broker, Description("garden", **(ACCOUNT | {"username": None})))
    assert brokers.connections(SYSTEM)[broker].password is None


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"host": "mqtt://broker"}, "host"),
        ({"host": " "}, "host"),
        ({"subscriptions": []}, "subscriptions"),
        ({"subscriptions": [Subscription("#", "plain")]}, "subscriptions"),
        ({"subscriptions": [Subscription("$SYS/#", "plain")]}, "subscriptions"),
        ({"subscriptions": [Subscription("a/#/b", "plain")]}, "subscriptions"),
        ({"subscriptions": [Subscription("a+/b", "plain")]}, "subscriptions"),
        ({"subscriptions": [Subscription("a/b", "sparkplug")]}, "subscriptions"),
        ({"subscriptions": [Subscription("a/b", "plain", "a/x{b}")]}, "subscriptions"),
        ({"ca": "x"}, "ca"),
        ({"ca": "no certificate", "tls": True}, "ca"),
        ({"port": 70_000}, "port"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field_that_is_wrong(world: World, wrong: dict[str, object], about: str) -> None:
    with pytest.raises(Refused) as refused:
        brokers.create_broker(SYSTEM, world.sites["north"], Description("yard", **(ACCOUNT | wrong)))  # type: ignore[arg-type]
    assert refused.value.about == about


def test_who_is_there_is_kept_since_when_it_changed(world: World) -> None:
    broker = made(world)
    broker_states.note_presence(SYSTEM, broker, {"tele/plug": True})
    first = broker_states.presences(SYSTEM, broker)["tele/plug"]
    broker_states.note_presence(SYSTEM, broker, {"tele/plug": True})
    assert broker_states.presences(SYSTEM, broker) == {"tele/plug": first}
    broker_states.note_presence(SYSTEM, broker, {"tele/plug": False})
    assert not broker_states.presences(SYSTEM, broker)["tele/plug"].online
    broker_states.note_presence(SYSTEM, "brk_gone", {"tele/plug": False})


def test_how_it_goes_is_kept_and_what_comes_is_added_up(world: World) -> None:
    broker, site = made(world), world.sites["north"]
    assert broker_states.states_of(SYSTEM, site) == {}
    at = now()
    broker_states.note_state(SYSTEM, broker, Noted(at, None, at, 12.0, 40, 3))
    broker_states.note_state(SYSTEM, broker, Noted(None, "x" * 1000, None, 0.0, 2, 0))
    found = broker_states.states_of(world.scope("north admin"), site)[broker]
    assert (found.messages, found.refused, found.messages_a_minute, found.connected_since) == (42, 3, 0.0, None)
    assert (found.last_message_at, found.trouble) == (at, "x" * 300)
    broker_states.note_state(SYSTEM, "brk_gone", Noted(at, None, at, 1.0, 1, 0))
    with pytest.raises(NotFound):
        broker_states.states_of(world.scope("south admin"), site)
    with pytest.raises(Refused):
        broker_states.note_state(world.scope("north admin"), broker, Noted(None, None, None, 0.0, 0, 0))


@pytest.mark.parametrize(
    ("there", "is_gone"),
    [
        ({}, False),
        ({"solar/116": True}, False),
        ({"solar/116": False}, True),
        ({"solar": False, "solar/116": True}, True),  # what it sends through is gone
        ({"solar": True, "solar/116": False}, True),
        ({"solar/11": False, "sol": False}, False),  # others, of names that begin alike
        ({"solar/116": False, "tele/plug": True}, True),
    ],
)
def test_a_device_is_gone_when_its_senders_are(world: World, there: dict[str, bool], is_gone: bool) -> None:
    broker, site = made(world), world.sites["north"]
    device = devices.create_device(SYSTEM, site, name="inverter").id
    meter = meters.create_meter(SYSTEM, site, name="inverter", role="condition", device_id=device).id
    names = {"solar/116/0/power": "power_kw", "solar/116/0/voltage": "voltage_v"}
    channels.known(SYSTEM, channels.Source(site, broker_id=broker), "mqtt", names)
    for name, quantity in names.items():
        channels.map_channel(SYSTEM, channel_id(broker, "mqtt", name), meter_id=meter, quantity=quantity)
    broker_states.note_presence(SYSTEM, broker, there)
    assert set(broker_states.gone(world.scope("north admin"), [device])) == ({device} if is_gone else set())
    other = channel_id(site, "lines", "inverter temperature")
    channels.known(SYSTEM, channels.Source(site), "lines", ["inverter temperature"])
    channels.map_channel(SYSTEM, other, meter_id=meter, quantity="temperature_c")
    assert broker_states.gone(SYSTEM, [device]) == {}, "somebody else writes it too, of whom nothing is known"


def test_a_broker_that_is_deleted_takes_its_channels_along(world: World) -> None:
    broker = made(world)
    source = channels.Source(world.sites["north"], broker_id=broker)
    channels.known(SYSTEM, source, "mqtt", ["tele/plug/SENSOR#ENERGY.Power"])
    brokers.delete_broker(SYSTEM, broker)
    with pytest.raises(NotFound):
        channels.require_channel(SYSTEM, channel_id(broker, "mqtt", "tele/plug/SENSOR#ENERGY.Power"))
    assert directory.load_directory().brokers == {}


def test_one_that_is_turned_off_is_not_listened_to(world: World) -> None:
    broker = made(world)
    brokers.archive_broker(SYSTEM, broker)
    assert brokers.connections(SYSTEM) == {}
    assert directory.load_directory().brokers == {}


def test_the_families_that_can_be_chosen_are_those_that_are_read() -> None:
    assert set(brokers.FAMILIES) == set(FAMILIES)
