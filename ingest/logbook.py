"""The last requests of each key and broker, as they came and what they were told: for whoever asks why nothing arrives.

They are in memory, a few of each sender and bounded in all, and cost a request next to nothing. Written to the records they
are only while somebody watches that sender, together with those that came just before. No header and no query is kept, and
what looks like a key in a body is blotted out.
"""

import asyncio
import logging
import re
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from config import clock
from config.language import _
from ingest.doubt import Held
from ingest.problem import Problem
from ingest.told import NOTHING, Told
from store.errors import StoreError
from store.records.plant import keys, received
from store.records.plant.received import Received
from store.scope import SYSTEM

log = logging.getLogger(__name__)

OF_EACH = 20  # requests of a sender
BODY = 4_096  # bytes of a body
TOLD = 50  # readings of a request of which is kept what was said of them
MOST = 8 * 2**20  # bytes of all senders together, about
ENTRY = 600  # bytes of a request beside its body, about
WRITE_S = 1.5
_KEY = re.compile(r"\b(key_[0-9a-z]{12})\.[\w-]{20,}")


class Entry(NamedTuple):
    """One request, or one message. `number` counts those of this process; `steady_s` is of the monotonic clock."""

    number: int
    steady_s: float
    site_id: str
    road: str
    path: str
    size: int
    body: bytes
    status: int | None
    told: Told


_BODY = Entry._fields.index("body")


class Logbook:
    """Of one process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, deque[tuple[Any, ...]]] = OrderedDict()  # by sender, whoever was heard last at the end
        self._bytes = 0
        self._number = 0
        self._written: dict[str, int] = {}  # of those that are watched: the number that was written last
        self._refused: Counter[str] = Counter()

    def note(
        self, sender: str, site_id: str, road: str, path: str, body: bytes, status: int | None, told: Told | None = None
    ) -> None:
        """A request of a sender that is known was answered."""
        self._number += 1
        size = len(body)
        if told is None:
            told = NOTHING
        elif len(told.rejected) > TOLD or len(told.held) > TOLD:
            told = told._replace(rejected=Cut(told.rejected), held=Cut(told.held))
        if size > BODY:
            body = body[:BODY]
        kept = self._kept.get(sender)
        if kept is None:
            kept = self._kept[sender] = deque()
        else:
            self._kept.move_to_end(sender)
        # Not yet an `Entry`: that would cost as much as all the rest.
        kept.append((self._number, time.monotonic(), site_id, road, path, size, body, status, told))
        self._bytes += ENTRY + len(body)
        if len(kept) > OF_EACH:
            self._bytes -= ENTRY + len(kept.popleft()[_BODY])
        while self._bytes > MOST:
            _sender, gone = self._kept.popitem(last=False)
            self._bytes -= sum(ENTRY + len(each[_BODY]) for each in gone)

    def refused(self, key_id: str) -> None:
        """Somebody came with the id of a key, and was not let in: counted, and nothing of it kept."""
        self._refused[key_id] += 1

    async def keep(self) -> None:
        """Write what is watched for ever."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self.write()

    async def write(self) -> None:
        """Write what is watched and not written yet; what cannot be written stays for the next time."""
        refused, self._refused = self._refused, Counter()
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._to_records, refused)
        except StoreError as error:
            log.warning("what came last cannot be written yet: %s", error)
            self._refused.update(refused)

    def _to_records(self, refused: Counter[str]) -> None:
        if refused:
            keys.note_refusals(SYSTEM, refused)
            refused.clear()
        watched = received.watched(SYSTEM)
        self._written = {sender: number for sender, number in self._written.items() if sender in watched}
        found = {sender: self._since(sender) for sender in watched}
        received.keep(SYSTEM, [row(sender, entry) for sender, entries in found.items() for entry in entries])
        self._written |= {sender: entries[-1].number for sender, entries in found.items() if entries}

    def _since(self, sender: str) -> Sequence[Entry]:
        kept = self._kept.get(sender)
        last = self._written.get(sender, 0)
        return [entry for each in kept.copy() if (entry := Entry(*each)).number > last] if kept else ()


class Cut(list[Any]):
    """The first of many; `len` of those that were there."""

    def __init__(self, every: Sequence[Any]) -> None:
        super().__init__(every[:TOLD])
        self.of = len(every)


def count(told: Sequence[Any]) -> int:
    """How many there were."""
    return told.of if isinstance(told, Cut) else len(told)


def row(sender: str, entry: Entry) -> Received:
    """A request as the records keep it."""
    told = entry.told
    return Received(
        entry.site_id,
        sender,
        clock.moment(clock.now_us() - round((time.monotonic() - entry.steady_s) * 1e6)),
        entry.road,
        clean(entry.path),
        told.dry_run,
        entry.size,
        entry.status,
        told.accepted,
        count(told.rejected),
        count(told.held),
        told.waiting,
        clean(entry.body.decode("utf-8", "replace")),
        list(_verdict(told)),
    )


def _verdict(told: Told) -> Iterator[dict[str, Any]]:
    for problem in told.rejected:
        yield _said("refused", problem)
    for held in told.held:
        yield _said("held", held)
    for note in told.notes:
        yield _said("note", note)


def _said(kind: str, of: Problem | Held) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: clean(value) if isinstance(value, str) else value for name, value in msgspec.to_builtins(of).items()
    }
    if "message" in said:
        said["message"] = _(said["message"])
    return {"kind": kind} | said


def clean(text: str) -> str:
    """A text without what looks like a key, and without what no database takes."""
    return _KEY.sub(r"\1.…", text).replace("\0", "\N{SYMBOL FOR NULL}")
