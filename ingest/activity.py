"""What was heard of each device, and with which key: counted in memory, written to the records every second and at the end."""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime

from config import clock
from store.errors import StoreError
from store.records.plant import activity as records
from store.records.plant import keys
from store.scope import SYSTEM

log = logging.getLogger(__name__)

WRITE_S = 1.0
USED_S = 60.0  # a key that is in use is written no more often than this


HOUR_US = 3_600_000_000


@dataclass(slots=True)
class _Heard:
    accepted: int
    rejected: int
    last_us: int


class Activity:
    """The counts of this process that are not yet in the records."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, int], _Heard] = {}  # by device and the start of an hour (µs since 1970)
        self._used: dict[str, datetime] = {}
        self._used_until: dict[str, float] = {}  # nothing more is noted of a key before

    def used(self, key_id: str) -> None:
        """A key has opened the door."""
        steady = time.monotonic()
        if steady >= self._used_until.get(key_id, 0.0):
            self._used_until[key_id] = steady + USED_S
            self._used[key_id] = clock.now()

    def note(self, device_id: str, accepted: int, rejected: int, at_us: int | None = None) -> None:
        """A device has posted at that moment (µs since 1970), by default now: so many readings are stored, so many refused."""
        at_us = clock.now_us() if at_us is None else at_us
        of = device_id, at_us - at_us % HOUR_US
        heard = self._heard.get(of)
        if heard is None:
            self._heard[of] = _Heard(accepted, rejected, at_us)
        else:
            heard.accepted += accepted
            heard.rejected += rejected
            heard.last_us = max(heard.last_us, at_us)

    async def keep(self) -> None:
        """Write to the records for ever."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self.write()

    async def write(self) -> None:
        """Write what has been counted; keep it for the next time when the records cannot be written."""
        await self._write_used()
        taken, self._heard = self._heard, {}
        if not taken:
            return
        rows = [
            records.Activity(device_id, clock.moment(hour_us), heard.accepted, heard.rejected, clock.moment(heard.last_us))
            for (device_id, hour_us), heard in sorted(taken.items())
        ]
        try:
            await asyncio.get_running_loop().run_in_executor(None, records.add_activity, SYSTEM, rows)
        except StoreError as error:
            log.warning("the devices' activity cannot be written yet: %s", error)
            for key, heard in taken.items():
                newer = self._heard.get(key)
                if newer is None:
                    self._heard[key] = heard
                else:
                    newer.accepted += heard.accepted
                    newer.rejected += heard.rejected

    async def _write_used(self) -> None:
        taken, self._used = self._used, {}
        if not taken:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, keys.note_use, SYSTEM, taken)
        except StoreError as error:
            log.warning("when keys were used cannot be written yet: %s", error)
            self._used = taken | self._used

    async def of(self, device_id: str) -> records.Seen:
        """What all processes know of a device; those of other processes are a few seconds behind.

        Raises:
            StoreError: the records cannot be read.
        """
        await self.write()
        return await asyncio.get_running_loop().run_in_executor(None, records.activity_24h, SYSTEM, device_id)
