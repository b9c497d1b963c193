"""The channels that this process hears of, and how many of their values may wait until somebody maps them.

A channel is in the records before a value of it is acknowledged: the name of what waits is never lost. What was heard last of
each is written about once a minute, never while a request waits.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection

from config import clock
from store.errors import StoreError
from store.ids import channel_id
from store.records.plant import channels as records
from store.records.plant.channels import Heard, Source, Told
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import waiting

log = logging.getLogger(__name__)

WRITE_S = 60.0
COUNT_S = 10.0  # how old a count of what waits may be


class Channels:
    """Of one process."""

    def __init__(self, most_waiting: int) -> None:
        self.most_waiting = most_waiting
        self._known: dict[tuple[str, str], set[str]] = {}  # by source and road
        self._heard: dict[str, Heard] = {}
        self._waits: dict[str, int] = {}  # by source
        self._added: Counter[str] = Counter()
        self._counted: dict[str, float] = {}
        self._turned_away: Counter[str] = Counter()  # by channel
        self._told: dict[str, Told] = {}
        self._written: dict[str, Told] = {}

    async def known(self, source: Source, road: str, names: Collection[str]) -> set[str]:
        """Those of the names that are in the records, now at the latest.

        Raises:
            StoreError: the records cannot be read.
        """
        known = self._known.setdefault((source.id, road), set())
        new = [name for name in names if name not in known]
        if new:
            known |= await asyncio.get_running_loop().run_in_executor(None, records.known, SYSTEM, source, road, new)
        return {name for name in names if name in known}

    async def room(self, source: Source) -> int:
        """How many more values of a source may wait.

        Raises:
            StoreError: they cannot be counted.
        """
        began = time.monotonic()
        if began - self._counted.get(source.id, -COUNT_S) >= COUNT_S:
            self._added[source.id] = 0
            found = await asyncio.get_running_loop().run_in_executor(None, waiting.counted, SYSTEM, [source.id])
            self._waits |= found
            self._counted[source.id] = began
        return self.most_waiting - self._waits[source.id] - self._added[source.id]

    def waits(self, source: Source, count: int) -> None:
        """So many more values of a source wait."""
        self._added[source.id] += count

    def heard(self, source: Source, road: str, name: str, value: float) -> None:
        """A value of a channel came."""
        which = channel_id(source.id, road, name)
        self._heard[which] = Heard(which, clock.now(), value)

    def turned_away(self, source: Source, road: str, name: str) -> None:
        """A value of a channel was refused: too many wait already."""
        self._turned_away[channel_id(source.id, road, name)] += 1

    def told(self, source: Source, road: str, channel: str, *, unit: str | None, name: str = "", kind: str = "") -> None:
        """The source says what a channel is: with a value, by its unit alone, or in a description."""
        which = channel_id(source.id, road, channel)
        told = Told(which, unit, name or None, kind or None)
        place = f"{which} {'described' if name or kind else 'with values'}"
        if self._written.get(place) != told:
            self._told[place] = told

    async def keep(self) -> None:
        """Write what was heard for ever."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self.write()

    async def write(self) -> None:
        """Write what was heard last; keep it for the next time when the records cannot be written."""
        heard, self._heard = self._heard, {}
        turned_away, self._turned_away = self._turned_away, Counter()
        told, self._told = self._told, {}
        if not (heard or turned_away or told):
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, _write, heard, turned_away, told)
        except StoreError as error:
            log.warning("what was heard of channels cannot be written yet: %s", error)
            self._heard = heard | self._heard
            self._turned_away += turned_away
            self._told = told | self._told
        else:
            self._written |= told


def _write(heard: dict[str, Heard], turned_away: Counter[str], told: dict[str, Told]) -> None:
    with engine.session():  # all of it, or nothing
        records.note_heard(SYSTEM, list(heard.values()))
        records.note_turned_away(SYSTEM, turned_away)
        records.note_told(SYSTEM, list(told.values()))
