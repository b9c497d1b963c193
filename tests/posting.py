"""Devices that post all the time and remember, reading by reading, what was acknowledged."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from store.records.plant import keys
from store.scope import SYSTEM
from store.series import connection
from tests.dashboard.journeys import Product

OF_A_POST = 20
SPACED = timedelta(milliseconds=1)  # readings of a meter
PAUSE_S = 0.02
AS_THEY_SHOULD = {200, 207, 422, 400, 413, 503, 507}  # every answer that a device may get here, malformed posts included

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


class Poster:
    """One device's thread; `malformed` is the share of its posts that are wrong somewhere."""

    def __init__(self, product: Product, meter: str, malformed: float = 0.0) -> None:
        self.answers: Counter[int] = Counter()
        self.unreached = 0  # posts without an answer
        self.acknowledged: dict[datetime, float] = {}
        self._url = f"{product.devices}/api/v1/readings"
        self._key = {"X-API-Key": keys.create_key(SYSTEM, site_id=product.site)}
        self._meter = meter
        self._malformed = malformed
        self._random = random.Random(meter)
        self._at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._end.set()
        self._thread.join()

    def stored(self) -> Kept:
        """What the store has of what was acknowledged, value by value; once all that is committed can be read."""
        rows = connection.query("SELECT ts, value FROM telemetry WHERE meter = %s", [self._meter])
        found = dict(rows)
        lost = sum(at not in found for at in self.acknowledged)
        wrong = sum(found.get(at, value) != value for at, value in self.acknowledged.items())
        return Kept(len(self.acknowledged), lost, wrong, len(rows) - len(found))

    def _run(self) -> None:
        with httpx.Client(timeout=15) as client:
            while not self._end.wait(PAUSE_S):
                self._post(client)

    def _post(self, client: httpx.Client) -> None:
        moments = [self._at + n * SPACED for n in range(OF_A_POST)]
        self._at = moments[-1] + SPACED
        values = [round(self._random.uniform(0, 100), 6) for _ in moments]
        post: Any = {
            "readings": [
                {"meter": self._meter, "quantity": "power_kw", "ts": at.isoformat(), "value": value}
                for at, value in zip(moments, values, strict=True)
            ]
        }
        if self._random.random() < self._malformed:
            post = self._random.choice(SPOILT)(post)
        sent = {"content": post, "headers": self._key} if isinstance(post, bytes) else {"json": post, "headers": self._key}
        try:
            answer = client.post(self._url, **sent)
        except httpx.HTTPError:
            self.unreached += 1
            time.sleep(0.1)
            return
        self.answers[answer.status_code] += 1
        if answer.status_code in (200, 207):
            refused = {each["index"] for each in answer.json()["rejected"]}
            self.acknowledged |= {
                at: value for n, (at, value) in enumerate(zip(moments, values, strict=True)) if n not in refused
            }
