"""Devices that send all the time, by each road, and remember, reading by reading, what was acknowledged."""

import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from store.series import connection

OF_A_POST = 20
SPACED = timedelta(milliseconds=1)  # readings of a meter
PAUSE_S = 0.02
AGAIN_S = 0.1  # before a post without an answer, or that was to come later, is sent again
TRIES = 5
MOST_PENDING = 200  # messages that the broker has not acknowledged yet
PATIENCE_S = 15.0
AS_THEY_SHOULD = {200, 207, 422, 400, 413, 503, 507}  # every answer that a device may get here, malformed posts included
LATER = {503, 507}

Spoil = Callable[[dict[str, Any]], Any]
SPOILT: tuple[Spoil, ...] = (
    lambda _: b'{"readings": [{"meter"',
    lambda _: [1, 2, 3],
    lambda post: {**post, "more": 1},
    lambda post: {"readings": [{**each, "value": "7"} for each in post["readings"]]},
    lambda post: {
        "readings": [{**each, "ts": "2026-13-45T00:00:00Z"} if n % 2 else each for n, each in enumerate(post["readings"])]
    },
    lambda post: {"readings": [{**each, "meter": "nobody"} if n % 3 else each for n, each in enumerate(post["readings"])]},
)


class Kept(NamedTuple):
    """What became of the acknowledged readings."""

    acknowledged: int
    lost: int
    wrong: int
    doubled: int


class Sender:
    """One device's thread: it sends what a meter has measured, and remembers what it was told is taken.

    Args:
        meter: whose power it sends.
        pause_s: after each post or message.
    """

    road = ""

    def __init__(self, meter: str, pause_s: float) -> None:
        self._pause_s = pause_s
        self.answers: Counter[int] = Counter()
        self.unreached = 0  # posts without an answer
        self.acknowledged: dict[datetime, float] = {}
        self.meter = meter
        self._random = random.Random(meter)  # noqa: S311 - numbers to compare with
        self._at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Send nothing more."""
        self._end.set()
        self._thread.join()

    def stored(self) -> Kept:
        """What the store has of what was acknowledged, value by value; once all that is committed can be read."""
        rows = connection.query("SELECT ts, value FROM telemetry WHERE meter = %s", [self.meter])
        kept: dict[datetime, float] = dict(rows)
        lost = sum(at not in kept for at in self.acknowledged)
        wrong = sum(kept.get(at, value) != value for at, value in self.acknowledged.items())
        return Kept(len(self.acknowledged), lost, wrong, len(rows) - len(kept))

    def _run(self) -> None:
        raise NotImplementedError

    def _measured(self) -> dict[datetime, float]:
        moments = [self._at + n * SPACED for n in range(OF_A_POST)]
        self._at = moments[-1] + SPACED
        return {at: round(self._random.uniform(0, 100), 6) for at in moments}


class _Client(Sender):
    """Posts by HTTP. A post that gets no answer, or is told to come later, is sent again, to the next address."""

    path = ""

    def __init__(self, addresses: Sequence[str], headers: dict[str, str], meter: str, pause_s: float) -> None:
        self._addresses = cycle(addresses)
        self._headers = headers
        super().__init__(meter, pause_s)

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE_S) as client:
            while not self._end.wait(self._pause_s):
                self._post(client)

    def _post(self, client: httpx.Client) -> None:
        raise NotImplementedError

    def _answer(self, client: httpx.Client, sent: dict[str, Any]) -> httpx.Response | None:
        for _ in range(TRIES):
            try:
                answer = client.post(f"{next(self._addresses)}{self.path}", headers=self._headers, **sent)
            except httpx.HTTPError:
                self.unreached += 1
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code not in LATER:
                    return answer
            if self._end.wait(AGAIN_S):
                break
        return None


class Poster(_Client):
    """A device that posts JSON.

    Args:
        addresses: of the device API, or of each of its replicas.
        key: an API key of the meter's site.
        meter: whose power it posts.
        malformed: the share of its posts that are wrong somewhere.
        pause_s: after each post.
    """

    road = "JSON"
    path = "/api/v1/readings"

    def __init__(self, addresses: Sequence[str], key: str, meter: str, malformed: float = 0.0, pause_s: float = PAUSE_S) -> None:
        self._malformed = malformed
        super().__init__(addresses, {"X-API-Key": key}, meter, pause_s)

    def _post(self, client: httpx.Client) -> None:
        measured = self._measured()
        post: Any = {
            "readings": [
                {"meter": self.meter, "quantity": "power_kw", "ts": at.isoformat(), "value": value}
                for at, value in measured.items()
            ]
        }
        if self._random.random() < self._malformed:
            post = self._random.choice(SPOILT)(post)
        answer = self._answer(client, {"content": post} if isinstance(post, bytes) else {"json": post})
        if answer is not None and answer.status_code in (200, 207):
            refused = {each["index"] for each in answer.json()["rejected"]}
            self.acknowledged |= {at: value for n, (at, value) in enumerate(measured.items()) if n not in refused}


class LinePoster(_Client):
    """An agent that posts line protocol; what it calls its meter's power is `line_channel`."""

    road = "line protocol"
    path = "/api/v2/write?precision=us"

    def __init__(self, addresses: Sequence[str], key: str, meter: str, pause_s: float = PAUSE_S) -> None:
        super().__init__(addresses, {"Authorization": f"Token {key}"}, meter, pause_s)

    def _post(self, client: httpx.Client) -> None:
        measured, head = self._measured(), line_channel(self.meter)
        lines = "".join(f"{head}={value} {at.timestamp() * 1e6:.0f}\n" for at, value in measured.items())
        answer = self._answer(client, {"content": lines})
        if answer is not None and answer.status_code == httpx.codes.NO_CONTENT:
            self.acknowledged |= measured


class Publisher(Sender):
    """A device that publishes by MQTT with QoS 1; what the broker has acknowledged has to be stored, sooner or later."""

    road = "MQTT"

    def __init__(self, port: int, meter: str, pause_s: float = PAUSE_S) -> None:
        self._pending: dict[int, dict[datetime, float]] = {}  # by the number of the message
        self._settled: deque[int] = deque()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=meter, clean_session=False)
        self._client.max_inflight_messages_set(MOST_PENDING)
        self._client.reconnect_delay_set(1, 1)
        # Called while the client holds its own locks: nothing of ours may be waited for there.
        self._client.on_publish = lambda _client, _data, number, *_more: self._settled.append(number)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        super().__init__(meter, pause_s)

    def end(self) -> None:
        """Publish nothing more."""
        super().end()
        self._client.loop_stop()
        self._settle()
        self._client.disconnect()

    def _run(self) -> None:
        while not self._end.wait(self._pause_s):
            self._settle()
            if len(self._pending) >= MOST_PENDING:
                continue
            measured = self._measured()
            telemetry = [{"ts": round(at.timestamp() * 1000), "values": {"kw": value}} for at, value in measured.items()]
            said = self._client.publish(mqtt_topic(self.meter), json.dumps(telemetry), qos=1)
            self._pending[said.mid] = measured

    def _settle(self) -> None:
        while self._settled:
            self.acknowledged |= self._pending.pop(self._settled.popleft(), {})


def line_channel(meter: str) -> str:
    """What a meter's power is called by line protocol."""
    return f"power,meter={meter} kw"


def mqtt_topic(meter: str) -> str:
    """Where a meter's telemetry is published."""
    return f"gauges/{meter}/telemetry"


def mqtt_channel(meter: str) -> str:
    """What a meter's power is called by MQTT."""
    return f"{mqtt_topic(meter)}#kw"
