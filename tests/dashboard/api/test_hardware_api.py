"""What a site's hardware says now, for programs and for whoever is signed in; and what a device is told at the wrong port."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from config.settings import Settings
from dashboard.app import create_app
from insight import site_state
from insight.now import now_of
from insight.shared import shared
from store.ids import channel_id
from store.records.access.policy import scope_of
from store.records.plant import broker_states, brokers, channels, devices, meters, sites
from store.records.plant.brokers import Description, Subscription
from store.records.signin import tokens
from store.scope import SYSTEM, Scope
from tests.dashboard.live_world import PASSWORD, LiveWorld
from tests.dashboard.world import World, sign_in

LATEST, CHECK = "/api/latest-hardware-data", "/api/hardware-status-check"


@pytest.fixture
def live(questdb_tables: Settings) -> LiveWorld:
    """The small true site, on a QuestDB without readings."""
    return LiveWorld(questdb_tables)


Ask = Callable[..., Any]


@pytest.fixture
def ask(live: LiveWorld) -> Ask:
    """Ask as a person's program, by default the operator's."""
    program = create_app(live.settings).test_client()

    def asked(path: str, who: str = "operator", number: object = None) -> Any:
        scope = Scope(user_id=live.people[who])
        header = {"Authorization": f"Bearer {tokens.create_token(scope, name=f'{who} {datetime.now(UTC)}')}"}
        given = sites.site(SYSTEM, live.site).public_number if number is None else number
        return program.get(path, query_string={"facility_id": given}, headers=header)

    return asked


def gateway(live: LiveWorld, name: str = "gateway") -> str:
    """A device whose fields are of meters of the live site; its name among the world's devices."""
    live.meters[f"{name} panel"] = meters.create_meter(SYSTEM, live.site, name=f"{name} panel", role="condition").id
    of = live.meters[f"{name} panel"]
    fields = {"current_load": (of, "load_pct"), "voltage": (of, "voltage_v"), "frequency": (of, "frequency_hz")}
    made = devices.create_device(SYSTEM, live.site, name=name, reporting_interval_s=30, fields=fields).id
    live.devices[f"{name} panel"] = made
    return f"{name} panel"


def test_the_last_minute_is_told_by_the_names_of_the_road(live: LiveWorld, ask: Ask) -> None:
    panel, at = gateway(live), datetime.now(UTC)
    live.post({(panel, "load_pct"): 41.5, (panel, "voltage_v"): 231.25}, at)
    live.post({(panel, "frequency_hz"): 49.9}, at - timedelta(seconds=90))  # too old to be now
    answer = ask(LATEST)
    told = answer.get_json()
    assert answer.status_code == 200
    assert set(told) == {"facility_id", "timestamp", "age_s", "current_load", "voltage"}
    assert (told["current_load"], told["voltage"]) == (41.5, 231.25)
    assert told["facility_id"] == sites.site(SYSTEM, live.site).public_number
    assert datetime.fromisoformat(told["timestamp"]) == at
    assert 0 <= told["age_s"] <= 60


def test_of_several_devices_the_one_that_told_last_is_told(live: LiveWorld, ask: Ask) -> None:
    now = datetime.now(UTC)
    first, second = gateway(live, "first"), gateway(live, "second")
    live.post({(first, "load_pct"): 10.0, (first, "voltage_v"): 230.0}, now - timedelta(seconds=20))
    live.post({(second, "load_pct"): 20.0}, now - timedelta(seconds=5))
    told = ask(LATEST).get_json()
    assert (told["current_load"], "voltage" in told) == (20.0, False)


def test_without_a_word_in_the_last_minute_it_says_when_the_last_one_was(live: LiveWorld, ask: Ask) -> None:
    assert ask(LATEST).get_json() == {"data": None, "last_seen": None}
    assert ask(CHECK).get_json() == {"connected": False, "last_seen": None, "state": "never"}
    panel, at = gateway(live), datetime.now(UTC) - timedelta(hours=1)
    live.post({(panel, "load_pct"): 41.5}, at)
    told = ask(LATEST).get_json()
    assert (told["data"], datetime.fromisoformat(told["last_seen"])) == (None, at)
    assert ask(CHECK).get_json()["state"] == "offline"


def test_it_is_connected_while_one_device_is_heard(live: LiveWorld, ask: Ask) -> None:
    first, second, now = gateway(live, "first"), gateway(live, "second"), datetime.now(UTC)
    live.post({(first, "load_pct"): 1.0}, now - timedelta(hours=2))
    live.post({(second, "load_pct"): 1.0}, now)
    told = ask(CHECK).get_json()
    assert (told["connected"], told["state"], datetime.fromisoformat(told["last_seen"])) == (True, "online", now)


def test_what_says_good_bye_to_its_broker_is_offline_wherever_its_state_is_told(live: LiveWorld, ask: Ask) -> None:
    panel, seen = gateway(live), scope_of(live.people["operator"])
    live.post({(panel, "load_pct"): 41.5})
    assert ask(CHECK).get_json()["state"] == "online"
    broker = brokers.create_broker(
        SYSTEM, live.site, Description("Cellar", "broker.example.org", [Subscription("solar/#", "opendtu")])
    )
    channels.known(SYSTEM, channels.Source(live.site, broker_id=broker.id), "mqtt", ["solar/116/power"])
    named = channel_id(broker.id, "mqtt", "solar/116/power")
    channels.map_channel(SYSTEM, named, meter_id=live.meters[panel], quantity="power_kw")
    for there, told in ((False, "offline"), (True, "online")):
        broker_states.note_presence(SYSTEM, broker.id, {"solar/116": there})
        shared.clear()
        answer = ask(CHECK).get_json()
        assert (answer["connected"], answer["state"]) == (there, told)
        dots = site_state.states(seen, [live.site, live.empty_site])
        assert dots[live.site] == ("late" if there else "offline")  # its other devices were never heard
        assert site_state.by_need(seen, [live.empty_site, live.site], live.empty_site)[0] == (
            live.empty_site if there else live.site
        )
        [device] = [each for each in now_of(seen, live.site).devices if each.id == live.devices[panel]]
        assert device.state == ("live" if there else "offline")


def test_a_device_without_a_map_is_told_by_what_its_meters_allow(live: LiveWorld, ask: Ask) -> None:
    live.post({("library", "voltage_v"): 229.5})
    assert ask(LATEST).get_json()["voltage"] == 229.5


def test_who_sees_one_meter_is_told_of_that_alone(live: LiveWorld, ask: Ask) -> None:
    panel = gateway(live)
    live.post({(panel, "load_pct"): 41.5, ("labs", "voltage_v"): 204.0})
    assert ask(LATEST, "resident").get_json()["data"] is None
    live.post({("library", "voltage_v"): 231.0})
    assert ask(LATEST, "resident").get_json()["voltage"] == 231.0


@pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "٣", "1" * 400])
def test_what_is_no_number_of_a_site_is_named(number: str, live: LiveWorld, ask: Ask) -> None:
    for path in (LATEST, CHECK):
        answer = ask(path, number=number)
        assert (answer.status_code, answer.get_json()["error"]) == (422, "bad_parameter")
        assert ("is missing" in answer.get_json()["message"]) == (not number)


def test_it_is_there_for_whoever_is_signed_in_as_well(live: LiveWorld) -> None:
    browser: FlaskClient = create_app(live.settings).test_client()
    number = sites.site(SYSTEM, live.site).public_number
    answer = browser.get(f"{CHECK}?facility_id={number}")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "no_token")
    assert sign_in(browser, "operator@example.org", PASSWORD).status_code == 302
    assert browser.get(f"{CHECK}?facility_id={number}").get_json()["state"] == "never"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["data", "status", "config", "", "a/b"])
def test_a_device_at_the_wrong_port_is_told_the_right_one(method: str, path: str, world: World) -> None:
    sent = {"X-API-Key": "key_4k7q0x9v2n8e.secret"}
    answer = world.server.test_client().open(f"/api/hardware/{path}", method=method, json={"energy_produced": 1}, headers=sent)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "not_here")
    assert f"{world.settings.public_device_url}/api/hardware/{path}" in answer.get_json()["message"]
    assert "secret" not in answer.get_data(as_text=True)
