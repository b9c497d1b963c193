"""Messages by MQTT with QoS 1: what waits at mosquitto is read, judged, stored and acknowledged, on 32 topics.

The messages wait at the broker before they are counted, so that whoever publishes takes no time of whoever listens.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import plant
from bench.broker import Broker
from bench.figures import Figure
from bench.run import Run
from cli import machine

TOPICS = 32
MESSAGES, FEW = 60_000, 4_000
PATIENT_S = 300.0
LOOK_S = 0.05


def mqtt(run: Run) -> list[Figure]:
    """Messages acknowledged a second; nothing where there is no mosquitto."""
    if machine.mosquitto() is None:
        run.say("there is no mosquitto on this machine: messages are not measured")
        return []
    with run.fresh(), ExitStack() as ending:
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="loadstar-bench-"))
        mosquitto = Broker(Path(folder), keeps=False).start()
        ending.callback(mosquitto.stop)
        broker, count = _listened_to(run, mosquitto.port), MESSAGES if run.sizes.apart else FEW
        rate = _rate(run, broker, mosquitto.port, count)
        return [Figure("MQTT with QoS 1, 32 topics, acknowledged", rate, "messages/s", at_least=3000)]


def _listened_to(run: Run, port: int) -> str:
    """A broker of a site whose channels are all mapped, once it is listened to; its id."""
    from store.ids import channel_id
    from store.records.plant import broker_states, brokers, channels, meters
    from store.records.plant.brokers import Description, Subscription
    from store.scope import SYSTEM

    run.say("having a broker listened to")
    site = plant.site("MQTT")
    topics = [Subscription("bench/#", "plain", "?time=at")]
    broker = brokers.create_broker(SYSTEM, site, Description("bench", "127.0.0.1", topics, port)).id
    names = [f"bench/{number}#v" for number in range(TOPICS)]
    channels.known(SYSTEM, channels.Source(site, broker_id=broker), "mqtt", names)
    for number, name in enumerate(names):
        meter = meters.create_meter(SYSTEM, site, name=f"meter {number}", role="condition").id
        channels.map_channel(SYSTEM, channel_id(broker, "mqtt", name), meter_id=meter, quantity="power_kw")
    _await(lambda: (state := broker_states.states_of(SYSTEM, site).get(broker)) is not None and state.connected_since is not None)
    return broker


def _rate(run: Run, broker: str, port: int, count: int) -> float:
    from store.records.plant import broker_states, brokers
    from store.scope import SYSTEM

    site = brokers.require_broker(SYSTEM, broker).site_id
    brokers.archive_broker(SYSTEM, broker)
    _await(lambda: broker_states.states_of(SYSTEM, site)[broker].connected_since is None)
    run.say(f"publishing {count:,} messages")
    _publish(port, count)
    run.say("counting what is acknowledged")
    brokers.restore_broker(SYSTEM, broker)
    _await(lambda: _stored(site)[0] >= count)
    _all, first, seconds = _stored(site)
    return (count - first) / seconds if seconds else float("nan")


def _publish(port: int, count: int) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=count // TOPICS + 60)
    sent = [
        client.publish(
            f"bench/{number % TOPICS}", f'{{"at":"{(start + timedelta(seconds=number // TOPICS)).isoformat()}","v":12.5}}', qos=1
        )
        for number in range(count)
    ]
    for each in sent:
        each.wait_for_publish(PATIENT_S)
    client.disconnect()
    client.loop_stop()


def _stored(site: str) -> tuple[int, int, float]:
    """How many values of the site's meters are stored, how many with the first commit, and how long it is until the last (s)."""
    from store.records.plant import meters
    from store.scope import SYSTEM
    from store.series.connection import listed, query

    named = listed([each.id for each in meters.meters_of(SYSTEM, site)])
    commits = query(f"SELECT received_at, count() FROM telemetry WHERE meter IN ({named}) ORDER BY received_at")  # noqa: S608 - our own ids
    if not commits:
        return 0, 0, 0.0
    return sum(count for _at, count in commits), commits[0][1], (commits[-1][0] - commits[0][0]).total_seconds()


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("what is published does not arrive")
        time.sleep(LOOK_S)
