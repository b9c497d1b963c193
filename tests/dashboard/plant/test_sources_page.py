"""An administrator has brokers listened to, sees how it goes with them, tries them, changes and archives them."""

from datetime import timedelta

import pytest

from ingest.mqtt.trial import Step
from store.ids import channel_id
from store.records.plant import activity, broker_states, brokers, channels, meters
from store.records.plant.broker_states import Noted
from store.records.schema import BrokerState
from store.records.schema.columns import now
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.plant.asking import plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

TOPICS = "tele/# = tasmota\nplant/# = plain, plant/{building}/{what}?time=at"
WRITTEN = {"name": "Yard", "host": "broker.example.org", "username": "loadstar", "password": "salt and pepper", "topics": TOPICS}


def made(world: World) -> str:
    assert "is listened to within seconds" in said(fill(world, world.client("admin"), "brokers", world.site, **WRITTEN))
    [found] = brokers.brokers_of(SYSTEM, world.site)
    return found.id


def act(browser, world: World, what: str, broker: str, **given: str) -> str:
    return said(press(browser, "brokers", world.site, searched=False, do="act", act=what, row=broker, given=given))


def listed(browser, world: World) -> str:
    return said(press(browser, "brokers", world.site, searched=False, do="sort", column="name"))


def test_a_broker_is_added_and_its_password_never_shown_again(world: World) -> None:
    broker, browser = made(world), world.client("admin")
    assert (brokers.connection(SYSTEM, broker).password, brokers.connection(SYSTEM, broker).port) == ("salt and pepper", 1883)
    asked = said(press(browser, "brokers", world.site, searched=False, do="ask", act="edit", row=broker))
    assert "plant/# = plain, plant/{building}/{what}?time=at" in asked
    page = browser.get(f"/site/{world.site}/sources").get_data(as_text=True)
    for shown in (asked, page, listed(browser, world)):
        assert "salt" not in shown
    kept = WRITTEN | {"password": "", "name": "Garden", "tls": ""}
    assert "Saved" in act(browser, world, "edit", broker, **kept)
    assert brokers.connection(SYSTEM, broker).password == "salt and pepper"
    assert "type it again" in act(browser, world, "edit", broker, **(kept | {"host": "elsewhere.example.org"}))
    assert brokers.connection(SYSTEM, broker).host == "broker.example.org"
    assert "Saved" in act(browser, world, "edit", broker, **(kept | {"tls": "tls", "password": "other"}))
    assert brokers.connection(SYSTEM, broker).port == 8883


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Fill this in"),
        ({"host": "mqtt://broker"}, "a name or an address alone"),
        ({"topics": ""}, "Fill this in"),
        ({"topics": "tele/#"}, "does not say what publishes there"),
        ({"topics": "tele/# = tosmota"}, "No family"),
        ({"topics": "# = plain"}, "everything"),
        ({"topics": "a/#/b = plain"}, "no filter of topics"),
        ({"port": "70000"}, "port"),
        ({"port": "x"}, "not a number"),
        ({"ca": "x"}, "with TLS only"),
        ({"ca": "x", "tls": "tls"}, "no certificate"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_listened_to(world: World, wrong: dict[str, str], words: str) -> None:
    told = said(fill(world, world.client("admin"), "brokers", world.site, **(WRITTEN | wrong)))
    assert words.lower() in told.lower()
    assert "salt" not in told
    assert brokers.brokers_of(SYSTEM, world.site) == []


def test_how_it_goes_is_told(world: World) -> None:
    broker, browser = made(world), world.client("admin")
    assert "about to be listened to" in listed(browser, world)
    broker_states.note_state(SYSTEM, broker, Noted(now() - timedelta(minutes=5), None, now(), 61.7, 1234, 5))
    shown = listed(browser, world)
    for words in ("connected 5 min ago", '"62"', '"5"'):
        assert words in shown
    broker_states.note_state(SYSTEM, broker, Noted(None, "the broker refuses: Not authorized", None, 0.0, 0, 0))
    assert "the broker refuses: Not authorized" in listed(browser, world)
    with engine.session() as records:
        records.get(BrokerState, broker).noted_at = now() - timedelta(hours=3)
    assert "not listened to; last 3 h ago" in listed(browser, world)


def test_it_is_tried_and_each_step_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, browser = made(world), world.client("admin")
    steps = [Step("Address", True), Step("TLS", None, "not asked for"), Step("Account", False, "check it"), Step("Topics", None)]
    monkeypatch.setattr("ingest.mqtt.trial.tried", lambda to: steps if to.password == "salt and pepper" else [])
    told = act(browser, world, "try", broker)
    for words in ("Yard does not work yet.", "check it", "not come to", "not asked for"):
        assert words in told
    assert "salt" not in told


def test_it_is_archived_listened_to_again_and_deleted(world: World) -> None:
    broker, browser = made(world), world.client("admin")
    assert "is archived" in act(browser, world, "archive", broker)
    assert brokers.connections(SYSTEM) == {}
    assert "broker.example.org" not in listed(browser, world)
    told = press(browser, "brokers", world.site, {"filters": {"archived": "all"}}, searched=False, do="sort", column="name")
    assert "Listen again" in said(told)
    act(browser, world, "restore", broker)
    assert set(brokers.connections(SYSTEM)) == {broker}
    act(browser, world, "archive", broker)
    act(browser, world, "delete", broker)
    assert brokers.brokers_of(SYSTEM, world.site) == []


def test_a_device_whose_sender_has_said_good_bye_is_offline_at_once(world: World) -> None:
    broker, browser, ids = made(world), world.client("admin"), plant(world)
    name = "tele/hall/SENSOR#ENERGY.Power"
    channels.known(SYSTEM, channels.Source(world.site, broker_id=broker), "mqtt", [name])
    meters.put_into_device(SYSTEM, ids["meter"], ids["device"])
    channels.map_channel(SYSTEM, channel_id(broker, "mqtt", name), meter_id=ids["meter"], quantity="power_kw")
    hour = now().replace(minute=0, second=0, microsecond=0)
    activity.add_activity(SYSTEM, [activity.Activity(ids["device"], hour, 1, 0, now())])
    for online, state in ((True, '"data-state": "live"'), (False, '"data-state": "offline"')):
        broker_states.note_presence(SYSTEM, broker, {"tele/hall": online})
        assert state in said(press(browser, "devices", world.site, do="sort", column="name"))


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_there_are_no_sources(world: World, who: str) -> None:
    broker, browser = made(world), world.client(who)
    assert browser.get(f"/site/{world.site}/sources").status_code == 404
    for answer in (
        press(browser, "brokers", world.site, searched=False, do="act", act="archive", row=broker, given={}),
        fill(world, browser, "brokers", world.site, **WRITTEN),
    ):
        assert answer.status_code == 404
    assert set(brokers.connections(SYSTEM)) == {broker}


def test_a_broker_of_another_site_is_not_there_in_this_ones_table(world: World) -> None:
    broker = made(world)
    told = said(
        press(world.client("root"), "brokers", world.foreign_site, searched=False, do="act", act="try", row=broker, given={})
    )
    assert "no longer exists" in told
