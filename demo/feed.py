"""The demo's devices: every 5 seconds each posts through the public device API, with its own key, what the replay says.

Devices with fields use Road 1 (`POST /api/hardware/data`), the others, and what Road 1 has no field for, Road 2
(`POST /api/v1/readings`). What could not be posted is made up for in Road-2 batches, a few in each step and at most an hour
back: a device that was away never floods. The replay is a function of time alone, so nothing has to be remembered but
until when each device has posted. What regions share (weather, price) comes from no device and is written by Loadstar itself.
"""

import http.client
import json
import logging
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType

import numpy as np

from config import heart
from config.settings import Settings
from demo import plant, state
from demo.campus import campus
from demo.homes import homes
from demo.plant import Device, Plant
from demo.state import State
from store.errors import StoreError
from store.series.write import Writer, now_us, series

log = logging.getLogger("loadstar.demo")

STEP_S = 5
BEHIND_S = 3600  # what a device that was away makes up for; older gaps are filled when Loadstar starts
CATCH_UP_STEPS = 60  # in one batch
CATCH_UP_POSTS = 40  # in one step, all devices together: at most 4,000 readings a second
PATIENCE_S = (1.0, 30.0)  # least and greatest wait after the device API was away
TIMEOUT_S = 10.0
KEEP_EVERY_S = 30  # how often it is noted until when was posted

ROAD_1, ROAD_2 = "/api/hardware/data", "/api/v1/readings"
AGAIN = frozenset({429, 500, 502, 503, 504, 507})  # nothing was acknowledged, and trying again may help
GOOD = frozenset({200, 204, 207})


class Away(Exception):
    """The device API does not answer or asks to be left alone; `wait_s` is how long, if it said so."""

    def __init__(self, why: str, wait_s: float = 0.0):
        super().__init__(why)
        self.wait_s = wait_s


@dataclass
class Post:
    """A device of a plant and until when (seconds since 1970) its samples are acknowledged."""

    plant: Plant
    device: Device
    key: str
    until: int

    @property
    def name(self) -> str:
        """What `state.read_posted` calls it."""
        return f"{self.plant.key}/{self.device.key}"


@dataclass
class Feed:
    """The devices of all plants, and one connection for them all."""

    settings: Settings
    known: State
    plants: tuple[Plant, ...]
    posts: list[Post]
    region_until: dict[str, int]
    refused: dict[str, int] = field(default_factory=dict)  # posts refused for good, by device
    _connection: http.client.HTTPConnection | None = None
    _writer: Writer | None = None

    @classmethod
    def of(cls, settings: Settings, known: State, now: int) -> "Feed":
        """A feed that goes on where the last one stopped, at most an hour back."""
        folder = state.folder(settings) / "tables"
        plants = (campus(folder), homes(folder))
        posted = state.read_posted(settings)
        start = now // STEP_S * STEP_S
        posts = [
            Post(site, device, key, max(posted.get(f"{site.key}/{device.key}", start), start - BEHIND_S))
            for site in plants
            for device in site.devices
            if (key := known.keys[site.key].get(device.key))
        ]
        region = {site.key: max(posted.get(f"{site.key}/region", start), start - BEHIND_S) for site in plants}
        return cls(settings, known, plants, posts, region)

    def step(self, now: int) -> None:
        """Post all that is due at `now` (a multiple of 5 s); raises `Away` when the API cannot take it now."""
        current: dict[str, plant.Series] = {}
        allowance = CATCH_UP_POSTS
        for post in self.posts:
            if post.until >= now:
                continue
            post.until = max(post.until, now - BEHIND_S)
            if post.until == now - STEP_S:
                if post.plant.key not in current:
                    current[post.plant.key] = plant.samples(post.plant, [now - STEP_S, now])
                if not plant.silent(post.plant, post.device.key, [now])[0]:
                    self._post_live(post, now, current[post.plant.key])
                post.until = now
            elif allowance:
                allowance -= 1
                self._catch_up(post, min(now, post.until + CATCH_UP_STEPS * STEP_S))
        self._post_regions(now)

    def _post_live(self, post: Post, now: int, found: plant.Series) -> None:
        body = hardware_body(post.device, found, now, self.known.facility[post.plant.key])
        ids = self.known.series[post.plant.key]
        if body:
            self._send(post, ROAD_1, body)
        readings = list(_readings(post, ids, found, np.array([now - STEP_S, now]), beside_road_1=True))
        if readings:
            self._send(post, ROAD_2, {"readings": readings})

    def _catch_up(self, post: Post, until: int) -> None:
        edges = np.arange(post.until, until + 1, STEP_S)
        ids = self.known.series[post.plant.key]
        readings = list(_readings(post, ids, plant.samples(post.plant, edges), edges, beside_road_1=False))
        if readings:
            self._send(post, ROAD_2, {"readings": readings})
        post.until = until

    def _send(self, post: Post, path: str, body: dict[str, object]) -> None:
        status, text, wait_s = self._exchange(path, post.key, json.dumps(body, separators=(",", ":")).encode())
        if status in AGAIN:
            raise Away(f"the device API answers {status}", wait_s)
        if status not in GOOD:
            self.refused[post.name] = self.refused.get(post.name, 0) + 1
            if self.refused[post.name] % 120 == 1:  # every ten minutes
                log.warning("%s: %s answers %d: %s", post.name, path, status, text[:300])

    def _exchange(self, path: str, key: str, body: bytes) -> tuple[int, str, float]:
        for attempt in (1, 2):
            fresh = self._connection is None
            if self._connection is None:
                host = self.settings.device_host.replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # listening anywhere, reached here
                self._connection = http.client.HTTPConnection(host, self.settings.device_port, timeout=TIMEOUT_S)
            try:
                self._connection.request("POST", path, body, {"X-API-Key": key, "Content-Type": "application/json"})
                answer = self._connection.getresponse()
                text = answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                self._connection = None
                if attempt == 1 and not fresh:  # a kept connection that was closed meanwhile; the same reading twice is one
                    continue
                raise Away(f"the device API does not answer: {error or type(error).__name__}") from error
            asked = answer.headers.get("Retry-After", "")
            return answer.status, text, float(asked) if asked.isdecimal() else 0.0
        raise AssertionError("two attempts either return or raise")

    def _post_regions(self, now: int) -> None:
        every = plant.REGION_EVERY_S
        for site in self.plants:
            since = max(self.region_until[site.key], now - BEHIND_S)
            moments = np.arange((since // every + 1) * every, now + 1, every)
            if not len(moments):
                self.region_until[site.key] = now
                continue
            region = self.known.series[site.key]["region"]
            lines = [
                f"{series(region, quantity, 0, plant.SOURCE).head}{value!r} {moment * 1_000_000}\n"
                for quantity, values in plant.conditions(site, moments).items()
                for moment, value in zip(moments.tolist(), values.tolist(), strict=True)
            ]
            self._writer = self._writer or Writer(self.settings)
            try:
                self._writer.write(lines, now_us())
            except StoreError as error:
                log.warning("the weather and prices of %s wait: %s", site.name, error)
                return
            self.region_until[site.key] = now

    def close(self) -> None:
        """Close the connections; they are opened again when needed."""
        if self._connection is not None:
            self._connection.close()
        if self._writer is not None:
            self._writer.close()
        self._connection = self._writer = None

    def posted(self) -> dict[str, int]:
        """Until when everything is in the store, for `state.write_posted`."""
        return {post.name: post.until for post in self.posts} | {f"{key}/region": at for key, at in self.region_until.items()}


def hardware_body(device: Device, found: plant.Series, now: int, facility: int) -> dict[str, object]:
    """What the device posts on Road 1 at a step's end; nothing for a device without fields."""
    if not device.fields:
        return {}
    shown = {name: float(found[meter, quantity][0]) for name, (meter, quantity) in device.fields.items()}
    required: dict[str, object] = {"energy_produced": 0.0, "energy_consumed": 0.0}
    return {**required, **shown, "facility_id": facility, "timestamp": _rfc3339(now)}


def _readings(
    post: Post,
    ids: dict[str, str],
    found: plant.Series,
    edges: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    *,
    beside_road_1: bool,
) -> Iterator[dict[str, object]]:
    """Road-2 readings of the device's meters for the steps between the moments, none of which is in its outage."""
    meters = {meter.key for meter in post.plant.meters if meter.device == post.device.key}
    mapped = set(post.device.fields.values()) if beside_road_1 else set()
    spoken = ~plant.silent(post.plant, post.device.key, edges[1:])
    times = [_rfc3339(int(moment)) for moment in edges[1:]]
    for (meter, quantity), values in found.items():
        if meter not in meters or (meter, quantity) in mapped:
            continue
        interval: dict[str, object] = {"interval_s": STEP_S} if plant.is_energy(quantity) else {}
        for ts, value, sent in zip(times, values.tolist(), spoken.tolist(), strict=True):
            if sent:
                yield {"meter": ids[meter], "quantity": quantity, "ts": ts, "value": value, **interval}


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run(settings: Settings, *, stopped: Callable[[], bool], clock: Callable[[], float] = lambda: now_us() / 1e6) -> None:
    """Post for ever, until `stopped`; waits for the demo to be loaded first."""
    feed = _begin(settings, stopped, clock)
    if feed is None:
        return
    wait_s, kept_at = PATIENCE_S[0], 0.0
    try:
        while not stopped():
            due = int(clock()) // STEP_S * STEP_S
            try:
                feed.step(due)
            except Away as away:
                pause = max(wait_s, away.wait_s)
                log.warning("%s; again in %.0f s", away, pause)
                wait_s = min(wait_s * 2, PATIENCE_S[1])
                _sleep(clock() + pause, stopped, clock)
                continue
            wait_s = PATIENCE_S[0]
            if clock() - kept_at > KEEP_EVERY_S:
                state.write_posted(settings, feed.posted())
                kept_at = clock()
            _sleep(due + STEP_S, stopped, clock)
    finally:
        state.write_posted(settings, feed.posted())
        feed.close()


def _begin(settings: Settings, stopped: Callable[[], bool], clock: Callable[[], float]) -> Feed | None:
    while not stopped():
        known = state.read(settings)
        if known and known.loaded:
            return Feed.of(settings, known, int(clock()))
        _sleep(clock() + 1, stopped, clock)
    return None


def _sleep(until: float, stopped: Callable[[], bool], clock: Callable[[], float]) -> None:
    while not stopped() and (left := until - clock()) > 0:
        time.sleep(min(left, 0.5))


def main() -> None:
    """Run the feed as a process: ends on SIGTERM and Ctrl-C after the post under way."""
    from config.settings import settings

    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(message)s")
    ended: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    heart.Heart(settings().run / heart.PROCESSES).keep()
    run(settings(), stopped=lambda: bool(ended))
