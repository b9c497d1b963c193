"""What this process refuses, on its way to where a person can put it right.

A request costs its sender a note of itself, and that only where something of it was refused. It is taken apart and written a
moment later, away from whoever waits. Of a source of which as much is kept as may be, it is only counted. Senders are told of
every refusal anyway: what a kill takes along within that moment was never acknowledged.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ingest.directory import Caller
from ingest.problem import Problem, Refusal
from store.errors import Refused, StoreError
from store.records.plant import refused as records
from store.records.plant.refused import MOST
from store.records.plant.refused import Refused as RefusedReading
from store.scope import SYSTEM

log = logging.getLogger(__name__)

WRITE_S = 1.5
BYTES = 16 * 2**20  # of requests that are not written yet; of what comes beyond, readings are counted
FULL_S = 10.0  # a source that was full is full for so long
STATUSES = frozenset((200, 207, 400, 422))  # of requests that were looked at: others are to be sent again


class Came(NamedTuple):
    """A request of which something was refused: whose, by which road, when (µs since 1970), itself, what is wrong with it.

    `accepted` of its readings were stored.
    """

    caller: Caller
    road: str
    at_us: int
    query: str
    body: bytes
    problems: Sequence[Problem]
    accepted: int


TakeApart = Callable[[Came, int], Iterator[RefusedReading]]  # at most so many of its readings that were refused


class Quarantine:
    """Of one process."""

    def __init__(self, take_apart: TakeApart) -> None:
        self._take_apart = take_apart
        self._came: deque[Came] = deque()
        self._bytes = 0
        self._full: dict[str, float] = {}  # by source, since when
        self._beyond: Counter[tuple[str, str]] = Counter()

    def note(self, came: Came) -> None:
        """Something of a request was refused."""
        source = came.caller.source
        if self._is_full(source) or self._bytes + len(came.body) > BYTES:
            self._beyond[came.caller.site_id, source] += len(came.problems)
            return
        self._came.append(came)
        self._bytes += len(came.body)

    def keep(self, rows: Sequence[RefusedReading]) -> None:
        """Keep what was refused, at once. Runs in a thread of its own.

        Raises:
            StoreError: it is not known whether it is kept.
        """
        new = [each for each in rows if not self._is_full(each.source_id)]
        for each in rows:
            if self._is_full(each.source_id):
                self._beyond[each.site_id, each.source_id] += 1
        if not new:
            return
        try:
            self._full |= dict.fromkeys(records.keep(SYSTEM, new), time.monotonic())
        except Refused:  # a defect here, and no reason to try it for ever
            log.exception("%s readings that were refused cannot be kept", len(new))

    async def run(self) -> None:
        """Write what was refused, for ever."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self.write()

    async def write(self) -> None:
        """Write it now; what cannot be written stays for the next time."""
        came, self._came, self._bytes = self._came, deque(), 0
        beyond, self._beyond = self._beyond, Counter()
        if not (came or beyond):
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._write, came, beyond)
        except (StoreError, Refusal) as error:
            log.warning("what was refused cannot be written yet: %s", error)
            self._came.extendleft(reversed(came))
            self._bytes += sum(len(each.body) for each in came)
            self._beyond += beyond

    def _write(self, came: deque[Came], beyond: Counter[tuple[str, str]]) -> None:
        if beyond:
            records.count_beyond(SYSTEM, beyond)
            beyond.clear()
        while came:
            self.keep(list(self._taken_apart(came[0])))
            came.popleft()

    def _taken_apart(self, came: Came) -> Iterator[RefusedReading]:
        taken = 0
        for each in self._take_apart(came, MOST):
            taken += 1
            yield each
        if taken == MOST and (more := len(came.problems) - taken) > 0:
            self._beyond[came.caller.site_id, came.caller.source] += more

    def _is_full(self, source: str) -> bool:
        return source in self._full and time.monotonic() - self._full[source] < FULL_S
