"""Devices that post all the time and remember, reading by reading, what was acknowledged."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

import httpx

from store.series import connection

OF_A_POST = 20
SPACED = timedelta(milliseconds=1)  # readings of a meter
PAUSE_S = 0.02
AGAIN_S = 0.1  # before a post without an answer, or that was to come later, is sent again
TRIES = 5
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


class Poster:
    """One device's thread. A post that gets no answer, or is told to come later, is sent again, to the next address.

    Args:
        addresses: of the device API, or of each of its replicas.
        key: an API key of the meter's site.
        meter: whose power it posts.
        malformed: the share of its posts that are wrong somewhere.
    """

    def __init__(self, addresses: Sequence[str], key: str, meter: str, malformed: float = 0.0) -> None:
        self.answers: Counter[int] = Counter()
        self.unreached = 0  # posts without an answer
        self.acknowledged: dict[datetime, float] = {}
        self._addresses = cycle(addresses)
        self._key = {"X-API-Key": key}
        self._meter = meter
        self._malformed = malformed
        self._random = random.Random(meter)  # noqa: S311 - numbers to compare with
        self._at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Post nothing more."""
        self._end.set()
        self._thread.join()

    def stored(self) -> Kept:
        """What the store has of what was acknowledged, value by value; once all that is committed can be read."""
        rows = connection.query("SELECT ts, value FROM telemetry WHERE meter = %s", [self._meter])
        kept: dict[datetime, float] = dict(rows)
        lost = sum(at not in kept for at in self.acknowledged)
        wrong = sum(kept.get(at, value) != value for at, value in self.acknowledged.items())
        return Kept(len(self.acknowledged), lost, wrong, len(rows) - len(kept))

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE_S) as client:
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
        answer = self._answer(client, {"content": post} if isinstance(post, bytes) else {"json": post})
        if answer is not None and answer.status_code in (200, 207):
            refused = {each["index"] for each in answer.json()["rejected"]}
            self.acknowledged |= {
                at: value for n, (at, value) in enumerate(zip(moments, values, strict=True)) if n not in refused
            }

    def _answer(self, client: httpx.Client, sent: dict[str, Any]) -> httpx.Response | None:
        for _ in range(TRIES):
            try:
                answer = client.post(f"{next(self._addresses)}/api/v1/readings", headers=self._key, **sent)
            except httpx.HTTPError:
                self.unreached += 1
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code not in LATER:
                    return answer
            if self._end.wait(AGAIN_S):
                break
        return None
