"""One broker, listened to: what arrives waits here until it is settled, and is acknowledged only then.

paho runs the connection in a thread of its own. The session is kept by the broker under a fixed client id, so that what comes
while nobody listens waits there; what was not acknowledged comes again with the next connection, under the same number. So a
number belongs to the connection that brought it: after that has ended it is never acknowledged, but known to be settled, and
the message is acknowledged when it comes again. While too much waits here nothing is read, and the broker keeps the rest.
"""

import asyncio
import logging
import ssl
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from config import clock
from ingest.mqtt.families import victron
from store.records.plant.brokers import Connection

log = logging.getLogger(__name__)

WAITING = 5_000  # messages, from which on nothing more is read
TAKEN = 1_000  # at once
KEEPALIVE_S = 60
KEPT_AWAKE_S = 30.0
SLOWEST_RETRY_S = 30


class Arrival(NamedTuple):
    """A message as it came: `connection` counts how often there was one, `number` is the broker's, within that one."""

    connection: int
    number: int
    qos: int
    topic: str
    payload: bytes
    retained: bool
    again: bool
    arrived_us: int

    @property
    def identity(self) -> tuple[int, str, bytes]:
        """What stays the same when it comes again."""
        return self.number, self.topic, self.payload


class Subscriber:
    """The connection to one broker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._arrived: deque[Arrival] = deque()
        self._settled: set[tuple[int, str, bytes]] = set()
        self._count = 0  # connections
        self._connected = False
        self._ending = False
        self.trouble: str | None = "not connected yet"  # why nothing is heard, if nothing is
        self.connected_since: datetime | None = None
        self.last_arrival: datetime | None = None
        self.arrivals = 0
        self.acknowledged = 0  # of those that are settled, and of which the broker waits to hear it
        self._unsettled = 0  # taken from here
        self._client = self._made()

    def start(self) -> None:
        """Connect, and again whenever it breaks, until `stop`."""
        self._client.connect_async(self._connection.host, self._connection.port, KEEPALIVE_S)
        self._client.loop_start()

    async def stop(self) -> None:
        """Say good-bye; the broker keeps what is not acknowledged."""
        with self._room:
            self._ending = True
            self._room.notify_all()
        await self._loop.run_in_executor(None, self._end)

    @property
    def waiting(self) -> int:
        """Messages that came and are not settled yet."""
        return len(self._arrived) + self._unsettled

    async def take(self) -> list[Arrival]:
        """Wait for messages; what is settled already, and only comes again, is acknowledged on the way."""
        while True:
            taken, known = self._take()
            self.acknowledge(known)
            if taken:
                return taken
            self._wake.clear()
            if not self._arrived:
                await self._wake.wait()

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """All of these are settled, whatever became of them: the broker may forget them."""
        with self._lock:
            for each in arrivals:
                self._unsettled -= 1
                self.acknowledged += 1
                if each.qos == 0:
                    continue
                if self._connected and each.connection == self._count:
                    self._client.ack(each.number, each.qos)
                else:
                    self._settled.add(each.identity)

    def _take(self) -> tuple[list[Arrival], list[Arrival]]:
        taken: list[Arrival] = []
        known: list[Arrival] = []
        with self._room:
            while self._arrived and len(taken) + len(known) < TAKEN:
                each = self._arrived.popleft()
                if each.again and each.identity in self._settled:
                    self._settled.discard(each.identity)
                    known.append(each)
                else:
                    taken.append(each)
            self._unsettled += len(taken) + len(known)
            self._room.notify_all()
        return taken, known

    def _made(self) -> mqtt.Client:
        to = self._connection
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=to.client_id, clean_session=False, manual_ack=True)
        if to.username is not None:
            client.username_pw_set(to.username, to.password)
        if to.tls:
            context = ssl.create_default_context(cadata=to.ca)
            client.tls_set_context(context)
        client.reconnect_delay_set(1, SLOWEST_RETRY_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.disconnect()  # it may have been connecting anew, and then left the connection open

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._troubled(f"the broker refuses: {reason}")
            return
        with self._lock:
            self._count += 1
            self._connected = True
            self.connected_since = clock.now()
            if not flags.session_present:  # it has forgotten all numbers, and may use them anew
                self._settled.clear()
        client.subscribe([(each.topic, 1) for each in self._connection.subscriptions])

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._troubled(f"{self._connection.host}:{self._connection.port} cannot be reached")

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._room:
            self._connected = False
            self.connected_since = None
            # What waits here comes again; what came without a promise does not, and stays.
            self._arrived = deque(each for each in self._arrived if each.qos == 0)
            self._room.notify_all()
        if not self._ending and self.trouble is None:
            self._troubled(f"the connection broke: {reason}")

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [each.topic for each, reason in zip(self._connection.subscriptions, reasons, strict=False) if reason.is_failure]
        self._troubled(f"the broker refuses the topics {', '.join(refused)}" if refused else None)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = message._topic.decode("utf-8", "replace")  # as it came
        with self._room:
            while len(self._arrived) >= WAITING and not self._ending:
                self._room.wait()
            first = not self._arrived
            self.arrivals += 1
            self.last_arrival = clock.now()
            self._arrived.append(
                Arrival(
                    self._count,
                    message.mid,
                    message.qos,
                    topic,
                    bytes(message.payload),
                    message.retain,
                    message.dup,
                    clock.now_us(),
                )
            )
        if first and not self._ending:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def keep_awake(self) -> None:
        """Ask Victron's devices, for ever, to go on: they are silent unless somebody does."""
        topics = victron.keepalive([each.topic for each in self._connection.subscriptions])
        while topics:
            if self._connected:
                for topic in topics:
                    self._client.publish(topic, b"", qos=0)
            await asyncio.sleep(KEPT_AWAKE_S)

    def _troubled(self, why: str | None) -> None:
        if why != self.trouble:
            name = self._connection.name
            if why is None:
                log.info("listening to %s at %s:%d", name, self._connection.host, self._connection.port)
            else:
                log.warning("%s: %s", name, why)
        self.trouble = why
