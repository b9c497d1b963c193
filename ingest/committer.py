"""Group commit: all that waits is written in one flush, and only then is any of it acknowledged.

One task a process takes everything that has been queued, lets a thread write it (so that the loop goes on reading
requests), and answers all of it. The queue is bounded; when it is full, or the store is away, a request is refused at
once, because a device that waits cannot do anything better than a device that is told to come back.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from config.language import N_, _
from ingest.problem import Problem, Refusal
from ingest.rows import Outcome, Rows
from store.errors import StoreAway, StoreError
from store.series.write import now_us

log = logging.getLogger(__name__)

GROUP = 20_000  # rows of one flush: about 50 ms
PROBE_S = 0.5  # between questions whether the store is back
ASK_S = 2.0  # a store that nothing was written to for so long is asked whether it is there
STUCK_S = 10.0  # a flush that takes longer is answered with 503; its thread is waited for
BUSY = 4  # posts of one flush, from which on the next one waits a moment for as many
LITTLE = 1_000  # rows of one flush; of more the next one is not worth waiting for, which others could be judged meanwhile
LINGER_S = 0.012
KEY_SHARE = 4  # one key may hold this part of the queue
RETRY_AWAY_S, RETRY_BUSY_S, RETRY_FULL_S = 2, 1, 60


class Store(Protocol):
    """What the committer writes to; used by one thread at a time."""

    def commit(self, posts: list[Rows], now_us: int) -> list[Outcome]:
        """Write the rows of these posts; returns when they are committed."""

    def is_up(self) -> bool:
        """Whether writing would work now."""

    def close(self) -> None:
        """Let go of all connections."""


class Committer:
    """The queue of one process, and the task that empties it."""

    def __init__(self, make_store: Callable[[], Store], limit: int, flushed: Callable[[int, float], None] | None = None):
        self._make_store = make_store
        self._store: Store | None = None
        self._limit = limit
        self._queue: deque[tuple[Rows, str, asyncio.Future[Outcome]]] = deque()
        self._by_key: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._task: asyncio.Task[None] | None = None
        self._flushed = flushed
        self._closing = False
        self._enough = 1  # posts that wake the task
        self.waiting = 0  # rows
        self.away: str | None = None  # why nothing can be written now
        self.full: str | None = None  # why nothing more should be written
        self.heard = -math.inf  # when (of the monotonic clock) the store answered last

    def start(self) -> None:
        """Begin to empty the queue; within the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def admit(self, rows: int, key_id: str) -> None:
        """Raise unless so many rows of this key can be taken now.

        Raises:
            Refusal: 507 store nearly full, 503 store away or queue full, 429 too much of the queue is this key's.
        """
        if self.full is not None:
            raise _refusal(
                507, "store_full", _("the store takes nothing more until there is room: %(why)s", why=self.full), RETRY_FULL_S
            )
        if self.away is not None or self._closing:
            raise _refusal(
                503,
                "store_away",
                N_("the store cannot be reached; nothing of this request is stored: send it again"),
                RETRY_AWAY_S,
            )
        if self.waiting + rows > self._limit:
            raise _refusal(
                503,
                "queue_full",
                N_("more is waiting than can be stored now; nothing of this request is stored: send it again"),
                RETRY_BUSY_S,
            )
        held = self._by_key[key_id]
        if held and held + rows > self._limit // KEY_SHARE:
            raise _refusal(
                429,
                "too_much_at_once",
                _("%(held)s readings of this key are still waiting: send this again a little later", held=held),
                RETRY_BUSY_S,
            )

    async def commit(self, rows: Rows, key_id: str) -> Outcome:
        """Queue rows and wait until they are committed.

        Raises:
            Refusal: they are not acknowledged, for one of the reasons of `admit`.
        """
        self.admit(len(rows), key_id)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append((rows, key_id, future))
        self.waiting += len(rows)
        self._by_key[key_id] += len(rows)
        if len(self._queue) >= self._enough:
            self._wake.set()
        return await future

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        expected = 1  # posts
        while not (self._closing and not self._queue):
            if not self._queue:
                await self._sleep(1, PROBE_S)
            if 0 < len(self._queue) < expected:
                # A flush costs QuestDB about the same for one post as for twenty; those just answered are about to send again.
                await self._sleep(expected, LINGER_S)
            if self._queue:
                group = self._take()
                await self._flush(group)
                little = sum(len(rows) for rows, _key, _future in group) < LITTLE
                expected = len(group) if len(group) >= BUSY and little else 1
            elif not self._closing:
                await self._look()

    async def _sleep(self, enough: int, longest_s: float) -> None:
        """Until so many posts are waiting, or this long."""
        self._enough = enough
        self._wake.clear()
        if not self._closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), longest_s)

    def _take(self) -> list[tuple[Rows, str, asyncio.Future[Outcome]]]:
        group = []
        size = 0
        while self._queue and size < GROUP:
            rows, key_id, future = self._queue.popleft()
            size += len(rows)
            group.append((rows, key_id, future))
        return group

    async def _flush(self, group: list[tuple[Rows, str, "asyncio.Future[Outcome]"]]) -> None:
        began = time.perf_counter()
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._write, [rows for rows, _key, _future in group])
        done, _pending = await asyncio.wait({running}, timeout=STUCK_S)
        if not done:
            self._refuse(group, "the store does not answer")
            await asyncio.wait({running})
        try:
            outcomes = running.result()
        except StoreError as error:
            self._refuse(group, str(error))
        except Exception:  # a defect must not end the task that everybody waits for
            log.exception("a flush failed")
            self._refuse(group, "the flush failed")
        else:
            self.away = None
            self.heard = time.monotonic()
            for (_rows, _key, future), outcome in zip(group, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
            if self._flushed is not None:
                self._flushed(sum(outcome.written for outcome in outcomes), time.perf_counter() - began)
        for rows, key_id, _future in group:
            self._release(rows, key_id)

    def _refuse(self, group: list[tuple[Rows, str, "asyncio.Future[Outcome]"]], why: str) -> None:
        """Refuse a group and all that waits behind it: nobody is kept waiting for a store that is away."""
        if self.away is None:
            log.warning("the store is away: %s", why)
        self.away = why
        behind = list(self._queue)
        self._queue.clear()
        for rows, key_id, _future in behind:
            self._release(rows, key_id)
        for _rows, _key, future in group + behind:
            if not future.done():
                future.set_exception(
                    _refusal(
                        503,
                        "store_away",
                        N_("the store cannot be reached; nothing of this request is acknowledged: send it again"),
                        RETRY_AWAY_S,
                    )
                )

    def _release(self, rows: Rows, key_id: str) -> None:
        self.waiting -= len(rows)
        self._by_key[key_id] -= len(rows)
        if self._by_key[key_id] <= 0:
            del self._by_key[key_id]

    async def _look(self) -> None:
        """Nothing waits: see whether the store is back, or still there."""
        if self.away is None and time.monotonic() - self.heard < ASK_S:
            return
        if await asyncio.get_running_loop().run_in_executor(self._thread, self._is_up):
            self.heard = time.monotonic()
            if self.away is not None:
                log.warning("the store is back")
                self.away = None
        else:
            self._refuse([], "it does not answer")

    def _write(self, posts: list[Rows]) -> list[Outcome]:
        return self._opened().commit(posts, now_us())

    def _is_up(self) -> bool:
        try:
            return self._opened().is_up()
        except StoreAway:
            return False

    def _opened(self) -> Store:
        if self._store is None:  # made in the thread that uses it
            self._store = self._make_store()
        return self._store


def _refusal(status: int, code: str, message: str, retry_after_s: int) -> Refusal:
    return Refusal(status, Problem(code, message), retry_after_s)
