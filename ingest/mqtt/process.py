"""The process that listens: every broker that the records name, each held by one process of all at a time.

What is configured is looked at every second or two, as the device API does: a broker that is added is listened to within
seconds, one that was changed is connected to anew. Of several processes each broker has one, by a lease in the records.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Coroutine
from functools import partial
from typing import Any

from config import heart
from config.settings import Settings
from ingest import health
from ingest.activity import Activity
from ingest.channels import Channels
from ingest.committer import Committer
from ingest.directory import Directory
from ingest.door import Door
from ingest.lease import Lease
from ingest.ledger import LateLedger, Ledger
from ingest.logbook import Logbook
from ingest.metrics import Metrics
from ingest.mqtt import figures
from ingest.mqtt.road import Road
from ingest.mqtt.subscriber import Subscriber
from ingest.quarantine import Quarantine
from ingest.refused import refused
from ingest.times import Window
from ingest.turns import Turns
from store.errors import StoreError
from store.records.plant import brokers
from store.records.plant.brokers import Connection
from store.scope import SYSTEM

log = logging.getLogger(__name__)

LOOK_S = 1.0
STOP_S = 3.0


class Listening:
    """One broker, as long as this process holds it."""

    def __init__(self, door: Door, connection: Connection) -> None:
        self.connection = connection
        self._subscriber = Subscriber(connection)
        self._road = Road(door, connection, self._subscriber)
        self._tasks = [
            asyncio.create_task(_guarded(work, connection.name))
            for work in (self._road.run(), self._road.note(), self._subscriber.keep_awake())
        ]
        self._subscriber.start()

    @property
    def heard(self) -> figures.Heard:
        """How it goes."""
        listened = self._subscriber
        return figures.Heard(listened.trouble, listened.arrivals, listened.acknowledged, listened.waiting)

    async def end(self) -> None:
        """Stop; what is not settled comes again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._subscriber.stop()
        await self._road.write()
        self._road.close()


class Process:
    """All brokers of this process."""

    def __init__(self, settings: Settings) -> None:
        counted = Metrics()
        committer = Committer(partial(Ledger, settings), settings.device_queue, counted.flushed)
        late = Committer(partial(LateLedger, settings), settings.device_queue, counted.flushed)
        waiting = Committer(partial(Ledger, settings), settings.device_queue, counted.flushed)
        channels = Channels(settings.waiting_values)
        window = Window(settings.accepted_back_days, settings.accept_ahead_s)
        self._door = Door(
            settings,
            Directory(),
            committer,
            late,
            window,
            Activity(),
            waiting,
            channels,
            counted,
            Turns(),
            Logbook(),
            Quarantine(partial(refused, window)),
        )
        self._heart = heart.Heart(settings.run / heart.PROCESSES)
        self._leases: dict[str, Lease] = {}
        self._listening: dict[str, Listening] = {}
        self._version: object = None
        self._wanted: dict[str, Connection] = {}

    async def run(self) -> None:
        """Listen until SIGTERM or SIGINT."""
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        door = self._door
        door.committer.start()
        door.late.start()
        door.waiting.start()
        await door.directory.renew()
        works = [
            door.directory.keep(),
            door.activity.keep(),
            door.channels.keep(),
            door.logbook.keep(),
            door.quarantine.run(),
            door.metrics.keep(),
            health.watch(door),
            self._keep_brokers(),
            self._beat(),
        ]
        if (port := door.settings.listener_port) is not None:
            works.append(figures.serve(door, lambda: {name: each.heard for name, each in self._listening.items()}, port))
        tasks = [asyncio.create_task(_guarded(work, "listening")) for work in works]
        await ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end()

    async def _end(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*(each.end() for each in self._listening.values()))
                for lease in self._leases.values():
                    with contextlib.suppress(StoreError):
                        await asyncio.to_thread(lease.let_go)
                await asyncio.gather(*(each.close() for each in self._door.committers))
                await self._door.activity.write()
                await self._door.channels.write()
                await self._door.logbook.write()
                await self._door.quarantine.write()
        self._door.metrics.write()
        self._heart.stop()

    async def _beat(self) -> None:
        while True:
            self._heart.beat()
            await asyncio.sleep(heart.BEAT_S)

    async def _keep_brokers(self) -> None:
        """Hold what is wanted and free, and let go of the rest, for ever."""
        while True:
            try:
                await self._look()
            except StoreError as error:
                log.warning("which brokers there are cannot be read: what is known stays in force: %s", error)
            await self._follow()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        version = self._door.directory.version
        if version is not None and version != self._version:
            self._wanted = await asyncio.to_thread(brokers.connections, SYSTEM)
            self._version = version
        for broker_id in self._wanted:
            lease = self._leases.setdefault(broker_id, Lease(f"mqtt {broker_id}"))
            await asyncio.to_thread(lease.turn)

    async def _follow(self) -> None:
        """Listen to what is held as it is wanted, and to nothing else."""
        for broker_id, listening in list(self._listening.items()):
            if self._wanted.get(broker_id) != listening.connection or not self._leases[broker_id].is_ours:
                del self._listening[broker_id]
                await listening.end()
        for broker_id in set(self._leases) - set(self._wanted):
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._leases.pop(broker_id).let_go)
        for broker_id, connection in self._wanted.items():
            known = broker_id in self._door.directory.brokers
            if broker_id not in self._listening and known and (lease := self._leases.get(broker_id)) and lease.is_ours:
                self._listening[broker_id] = Listening(self._door, connection)


async def _guarded(work: Coroutine[Any, Any, None], name: str) -> None:
    """Run work that never ends; a defect in it ends the process, and whoever watches over it starts another."""
    try:
        await work
    except Exception:
        log.exception("%s failed", name)
        os.kill(os.getpid(), signal.SIGTERM)
