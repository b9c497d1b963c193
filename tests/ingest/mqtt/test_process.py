"""The process that listens, at a real mosquitto: what the broker was told is settled is stored, once, whoever dies meanwhile."""

import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cli.ports import free_ports
from store.records.plant import broker_states, brokers, received, refused
from store.records.plant.activity import activity_24h
from store.records.plant.brokers import Description, Subscription
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.mqtt.broker import Broker, Listener, Publisher
from tests.ingest.mqtt.conftest import Mapped
from worker.tasks import waiting_values

pytestmark = pytest.mark.mosquitto

STAMPED = "?time=at"
PATIENT_S = 60


def stamped(moment: datetime, value: float) -> str:
    return json.dumps({"at": moment.isoformat(), "v": value})


def values_of(stored, meter):
    return [value for (value,) in stored("SELECT value FROM telemetry WHERE meter = %s ORDER BY ts", meter)]


def codes_of(mapped):
    return [each.code for each in refused.readings_page(SYSTEM, mapped.site_id, Wanted(search=mapped.id, count=500)).rows]


def listens(listener: Listener, times: int = 1):
    eventually(lambda: listener.log().count("listening to yard") >= times, PATIENT_S)


def recent(seconds: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)


def test_a_message_is_stored_in_its_unit_and_its_device_is_heard_of(world, stored, broker, publisher, listener):
    mapped = Mapped(world.site_id, broker.port)
    meter = mapped.channel("plant/power", unit="W", interval_s=60)
    with free_ports(1) as (port,):
        listener.settings = listener.settings.model_copy(update={"listener_port": port})
    listener.start()
    listens(listener)
    before = datetime.now(UTC)
    received.watch(SYSTEM, world.site_id, mapped.id)
    publisher.say("plant/power", "many").wait_for_publish(PATIENT_S)
    publisher.say("plant/power", "1500").wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [1.5], PATIENT_S)
    ((at,),) = stored("SELECT ts FROM telemetry WHERE meter = %s", meter)
    assert at.replace(tzinfo=UTC).second == 0  # of its arrival, at the beginning of the device's interval
    assert before - timedelta(seconds=60) <= at.replace(tzinfo=UTC) <= datetime.now(UTC)
    taken, refused = eventually(
        lambda: len(found := received.of_source(SYSTEM, world.site_id, mapped.id)) == 2 and found, PATIENT_S, 0.3
    )
    assert (taken.path, taken.body, taken.accepted, taken.status) == ("plant/power", "1500", 1, None)
    assert (refused.body, refused.refused, refused.verdict[0]["code"]) == ("many", 1, "unreadable_payload")
    told = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENT_S)
    assert (told.status_code, told.json()["status"]) == (200, "ok")

    def figures() -> str:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENT_S).text

    for name, number in (("up", 1), ("messages_total", 2), ("acknowledged_total", 2), ("waiting", 0)):
        line = f'loadstar_broker_{name}{{broker="{mapped.id}"}} {number}.0'
        eventually(lambda line=line: line in figures(), PATIENT_S, 0.3)
    eventually(lambda: 'loadstar_readings_total{verdict="accepted"} 1.0' in figures(), PATIENT_S, 0.3)
    assert httpx.post(f"http://127.0.0.1:{port}/metrics", timeout=PATIENT_S).status_code == 404
    assert listener.stop() == 0
    assert activity_24h(SYSTEM, mapped.device).accepted == 1
    state = broker_states.states_of(SYSTEM, world.site_id)[mapped.id]
    assert (state.messages, state.acknowledged, state.waiting, state.refused, state.trouble) == (2, 2, 0, 1, None)


def test_a_meter_that_was_created_and_mapped_a_moment_ago_misses_no_message(world, stored, broker, publisher, listener):
    mapped = Mapped(world.site_id, broker.port)
    first = mapped.channel("plant/first")
    listener.start()
    listens(listener)
    publisher.say("plant/new", "1200").wait_for_publish(PATIENT_S)
    meter = mapped.channel("plant/new")
    publisher.say("plant/new", "1300").wait_for_publish(PATIENT_S)
    publisher.say("plant/first", "1000").wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, first) == [1.0], PATIENT_S)
    stored.settle()
    waiting_values.settle(SYSTEM, waiting_values.TASK.kind.arguments(), lambda _share, _what: None)
    assert values_of(stored, meter)[-1] == 1.3
    assert codes_of(mapped) == []


def test_what_means_nothing_yet_and_what_cannot_be_read_is_kept_with_its_reason_and_stops_nothing(
    world, stored, broker, publisher, listener
):
    mapped = Mapped(world.site_id, broker.port)
    meter = mapped.channel("plant/power")
    listener.start()
    listens(listener)
    for topic, payload in (
        ("plant/new", "5"),
        ("plant/power", "12,5"),
        ("plant/power", "1e300"),
        ("plant/power", '{"cut": 1'),
        ("plant/odd name", '"\\\n'),
        ("plant/power", "2000"),
    ):
        publisher.say(topic, payload).wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [2.0], PATIENT_S)
    eventually(lambda: stored("SELECT value FROM waiting WHERE source = %s", mapped.id) == [(5.0,)], PATIENT_S)  # until mapped
    expected = sorted(["unreadable_payload", "out_of_range", "malformed_json", "unreadable_payload"])
    eventually(lambda: sorted(codes_of(mapped)) == expected, PATIENT_S)


def test_a_time_that_cannot_be_is_refused_also_of_what_nobody_has_mapped(world, stored, broker, publisher, listener):
    mapped = Mapped(world.site_id, broker.port, template=STAMPED)
    meter = mapped.channel("plant/power#v", unit="kW")
    listener.start()
    listens(listener)
    for topic, moment, value in (
        ("plant/new", datetime(4020, 1, 1, tzinfo=UTC), 1),
        ("plant/power", datetime(4020, 1, 1, tzinfo=UTC), 2),
        ("plant/power", recent(60), 3),
    ):
        publisher.say(topic, stamped(moment, value)).wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [3.0], PATIENT_S)
    eventually(lambda: codes_of(mapped) == ["in_future", "in_future"], PATIENT_S)
    assert stored("SELECT count() FROM waiting WHERE source = %s", mapped.id) == [(0,)]


def test_retained_messages_and_wills_are_no_readings_but_tell_who_is_there(world, stored, broker, publisher, listener):
    publisher.say("shellies/em/emeter/0/power", "3200", retain=True).wait_for_publish(PATIENT_S)
    publisher.say("shellies/em/online", "false", retain=True).wait_for_publish(PATIENT_S)
    mapped = Mapped(world.site_id, broker.port, "shelly1", "shellies/#")
    meter = mapped.channel("shellies/em/emeter/0/power", unit="kW")  # as the family turns it into
    listener.start()
    listens(listener)
    publisher.say("shellies/em/emeter/0/power", "100").wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [0.1], PATIENT_S)
    assert listener.stop() == 0  # writes what it has heard
    assert {source: seen.online for source, seen in broker_states.presences(SYSTEM, mapped.id).items()} == {"shellies/em": False}
    assert values_of(stored, meter) == [0.1]


@pytest.mark.parametrize("who", ["the process", "the broker"])
def test_a_kill_while_messages_flow_loses_none_and_stores_each_once(who, world, stored, broker, publisher, listener):
    mapped = Mapped(world.site_id, broker.port, template=STAMPED)
    meter = mapped.channel("plant/power#v", unit="kW")
    listener.start()
    listens(listener)
    start = recent(1200)
    for number in range(600):
        publisher.say("plant/power", stamped(start + timedelta(seconds=number), number))
        if number in (150, 300, 450):
            eventually(lambda sent=number + 1: publisher.acknowledged == sent, PATIENT_S)
            if who == "the process":
                listener.kill()
                listener.start()
            else:
                # mosquitto writes its state with each change, some time after it has acknowledged it.
                before = broker.written_ns
                publisher.say("another", "1")
                eventually(lambda sent=number + 1: publisher.acknowledged > sent, PATIENT_S)
                eventually(lambda before=before: broker.written_ns > before, PATIENT_S)
                publisher.acknowledged -= 1
                broker.kill()
                broker.start()
    eventually(lambda: publisher.acknowledged == 600, PATIENT_S)
    eventually(lambda: values_of(stored, meter) == list(range(600)), 2 * PATIENT_S, every_s=0.2)


def test_while_the_store_stands_still_nothing_is_acknowledged_and_nothing_lost(
    world, stored, broker, publisher, listener, questdb_server
):
    mapped = Mapped(world.site_id, broker.port, template=STAMPED)
    meter = mapped.channel("plant/power#v", unit="kW")
    listener.start()
    listens(listener)
    start = recent(1200)
    publisher.say("plant/power", stamped(start, 0)).wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [0], PATIENT_S)
    os.kill(questdb_server.process.pid, signal.SIGSTOP)
    try:
        for number in range(1, 200):
            publisher.say("plant/power", stamped(start + timedelta(seconds=number), number)).wait_for_publish(PATIENT_S)
        eventually(lambda: "the store is away" in listener.log(), PATIENT_S)
    finally:
        os.kill(questdb_server.process.pid, signal.SIGCONT)
    eventually(lambda: values_of(stored, meter) == list(range(200)), 2 * PATIENT_S, every_s=0.2)


def test_what_comes_while_nobody_listens_waits_at_the_broker(world, stored, broker, publisher, listener):
    mapped = Mapped(world.site_id, broker.port, template=STAMPED)
    meter = mapped.channel("plant/power#v", unit="kW")
    listener.start()
    listens(listener)
    assert listener.stop() == 0
    start = recent(1200)
    for number in range(100):
        publisher.say("plant/power", stamped(start + timedelta(seconds=number), number)).wait_for_publish(PATIENT_S)
    listener.start()
    eventually(lambda: values_of(stored, meter) == list(range(100)), PATIENT_S)


def test_a_broker_is_listened_to_from_when_it_is_added_and_as_it_is_changed(world, stored, broker, publisher, listener):
    listener.start()
    mapped = Mapped(world.site_id, broker.port)
    meter = mapped.channel("plant/power", unit="kW")
    listens(listener)
    publisher.say("plant/power", "1").wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, meter) == [1.0], PATIENT_S)
    topics = [Subscription("plant/#", "plain"), Subscription("more/#", "plain")]
    brokers.change_broker(SYSTEM, mapped.id, Description("yard", "127.0.0.1", topics, broker.port))
    other = mapped.channel("more/power", unit="kW")
    listens(listener, 2)
    publisher.say("more/power", "2").wait_for_publish(PATIENT_S)
    eventually(lambda: values_of(stored, other) == [2.0], PATIENT_S)


def test_of_two_processes_one_listens_and_the_other_takes_over_when_it_is_killed(
    world, stored, broker, publisher, listener, device_settings
):
    mapped = Mapped(world.site_id, broker.port, template=STAMPED)
    meter = mapped.channel("plant/power#v", unit="kW")
    listener.start()
    listens(listener)
    second = Listener(device_settings).start()
    try:
        start = recent(1200)
        publisher.say("plant/power", stamped(start, 1)).wait_for_publish(PATIENT_S)
        eventually(lambda: values_of(stored, meter) == [1], PATIENT_S)
        assert listener.log().count("listening to yard") == 1
        listener.kill()
        publisher.say("plant/power", stamped(start + timedelta(seconds=1), 2)).wait_for_publish(PATIENT_S)
        eventually(lambda: values_of(stored, meter) == [1, 2], PATIENT_S)
    finally:
        second.stop()


def test_a_wrong_password_is_told_and_a_right_one_heard(world, stored, tmp_path, listener):
    folder = tmp_path / "broker"
    folder.mkdir()
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "loadstar", "right"], check=True, capture_output=True)
    broker = Broker(folder, access=f"allow_anonymous false\npassword_file {passwords}").start()
    try:
        account = {"username": "loadstar", "password": "wrong"}
        mapped = Mapped(world.site_id, broker.port, **account)
        meter = mapped.channel("plant/power", unit="kW")
        listener.start()
        eventually(lambda: "Not authorized" in listener.log(), PATIENT_S)
        assert "wrong" not in listener.log()
        brokers.change_broker(
            SYSTEM,
            mapped.id,
            Description(
                "yard", "127.0.0.1", [Subscription("plant/#", "plain")], broker.port, username="loadstar", password="right"
            ),
        )
        listens(listener)
        publisher = Publisher(broker.port, username="loadstar", password="right")
        publisher.say("plant/power", "7").wait_for_publish(PATIENT_S)
        eventually(lambda: values_of(stored, meter) == [7.0], PATIENT_S)
        publisher.end()
    finally:
        broker.stop()


def test_a_broker_with_tls_has_to_prove_who_it_is(world, stored, tmp_path, listener):
    folder = tmp_path / "broker"
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    broker = Broker(folder, listener=f"certfile {certificate}\nkeyfile {key}").start()
    try:
        mapped = Mapped(world.site_id, broker.port, tls=True)
        meter = mapped.channel("plant/power", unit="kW")
        listener.start()
        eventually(lambda: "cannot be reached" in listener.log(), PATIENT_S)
        assert "listening to" not in listener.log()
        topics = [Subscription("plant/#", "plain")]
        described = Description("yard", "127.0.0.1", topics, broker.port, tls=True, ca=certificate.read_text())
        brokers.change_broker(SYSTEM, mapped.id, described)
        listens(listener)
        publisher = Publisher(broker.port, ca=certificate)
        publisher.say("plant/power", "9").wait_for_publish(PATIENT_S)
        publisher.end()
        eventually(lambda: values_of(stored, meter) == [9.0], PATIENT_S)
    finally:
        broker.stop()
