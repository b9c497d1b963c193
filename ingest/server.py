"""One process of the device API: what it answers, and its beginning and end.

Bodies, keys and statuses are those of the design's §5. Nothing that goes wrong here is a 500: a defect is logged and
answered with 503, because whatever a device sent may be sent again.
"""

import asyncio
import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Coroutine
from functools import partial
from typing import Any, NoReturn

import uvloop

from config import call, clock, heart, language
from config import settings as configuration
from config.language import N_, _
from config.settings import Settings
from ingest import disk_figures, health, job_figures, manual, openapi
from ingest import refused as refused_readings
from ingest.activity import Activity
from ingest.answers import Answer, refused
from ingest.channels import Channels
from ingest.committer import Committer
from ingest.connection import Connection, Connections
from ingest.directory import Directory
from ingest.door import Door, Handler, Routes
from ingest.ledger import LateLedger, Ledger
from ingest.logbook import Logbook
from ingest.metrics import Metrics
from ingest.problem import Problem, Refusal
from ingest.quarantine import STATUSES, Came, Quarantine
from ingest.request import Request
from ingest.roads import hardware, lines, readings
from ingest.times import Window
from ingest.told import Told
from ingest.turns import Turns
from store.errors import StoreError

log = logging.getLogger(__name__)

ROADS = (hardware.ROUTES, readings.ROUTES, lines.ROUTES)
LOGGED = {"/api/hardware/data": "hardware", "/api/v1/readings": "readings", "/write": "lines", "/api/v2/write": "lines"}
CALL_S = 1.0  # between looks whether there is a broker
PARENT_S = 1.0  # between looks whether the parent is still there
CONNECTIONS = 2048
BACKLOG = 2048
ANSWER_S = 1.0  # for what was committed to be answered when the process ends
STOP_S = 5.0  # to commit what waits when the process ends

_AWAY = Refusal(
    503, Problem("store_away", N_("the store cannot be reached; nothing of this request is acknowledged: send it again")), 2
)
_DEFECT = Refusal(
    503, Problem("try_again", N_("something went wrong here; nothing of this request is acknowledged: send it again")), 5
)


async def healthz(_request: Request, door: Door) -> Answer:
    """Whether readings are taken now."""
    return health.answered(door)


async def metrics(_request: Request, door: Door) -> Answer:
    """Figures for Prometheus, of all processes."""
    health.measure(door)
    door.metrics.write()
    loop = asyncio.get_running_loop()
    asked = (door.metrics.text, job_figures.text, partial(disk_figures.text, door.settings))
    told = await asyncio.gather(*(loop.run_in_executor(None, each) for each in asked))
    return Answer(200, b"".join(told), (("content-type", "text/plain; version=0.0.4; charset=utf-8"),))


OWN: Routes = {
    ("GET", "/healthz"): healthz,
    ("GET", "/metrics"): metrics,
    ("GET", "/openapi.json"): openapi.document,
    ("GET", "/"): manual.page,
    ("GET", "/docs"): manual.page,
}


def _plain(path: str) -> str:
    """A path without slashes too many, as come of an address that ends with one."""
    return "/" + "/".join(filter(None, path.split("/")))


class Application:
    """Answers requests."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Handler] = {}
        for routes in (OWN, *ROADS):
            self._routes.update(routes)
        self._paths = {path for _method, path in self._routes}
        self._door: Door | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def respond(self, request: Request) -> Answer:
        """The answer to a request."""
        door = self._door
        assert door is not None  # noqa: S101  # it has been started
        if request.path not in self._paths and (plain := _plain(request.path)) in self._paths:
            request.path = plain
        named = request.headers.get("accept-language")  # devices name none
        if named is None:
            answer = await self._answer(request, door)
        else:
            with language.speaking(language.best(language.preferred(named))):
                answer = await self._answer(request, door)
        door.metrics.answered(request.path if request.path in self._paths else "", answer.status)
        return answer

    async def _answer(self, request: Request, door: Door) -> Answer:
        answer = await self._handled(request, door)
        if request.caller is not None and request.path in LOGGED:
            caller, told = request.caller, request.told
            door.logbook.note(
                caller.key_id, caller.site_id, LOGGED[request.path], request.path, request.content, answer.status, told
            )
            if told is not None and told.rejected and not told.dry_run and answer.status in STATUSES:
                road = LOGGED[request.path]
                door.quarantine.note(
                    Came(caller, road, clock.now_us(), request.query, request.content, told.rejected, told.accepted)
                )
        return answer

    async def _handled(self, request: Request, door: Door) -> Answer:
        path = request.path
        try:
            handler = self._routes.get((request.method, path)) or self._no_handler(request.method, path)
            return await handler(request, door)
        except Refusal as refusal:
            request.told = Told(rejected=(refusal.problem,))
            return refused(refusal)
        except StoreError as error:
            log.warning("%s %s: %s", request.method, path, error)
            request.told = Told(rejected=(_AWAY.problem,))
            return refused(_AWAY)
        except Exception:
            log.exception("%s %s failed", request.method, path)
            request.told = Told(rejected=(_DEFECT.problem,))
            return refused(_DEFECT)

    def _no_handler(self, method: str, path: str) -> NoReturn:
        if path not in self._paths:
            raise Refusal(404, Problem("not_found", _("no such address; / describes them all"), value=path[:100]))
        allowed = ", ".join(sorted(known for known, of in self._routes if of == path))
        raise Refusal(
            405,
            Problem(
                "wrong_method", _("this address is not asked by this method: use one that is allowed"), "method", method, allowed
            ),
            headers=(("allow", allowed),),
        )

    async def start(self, settings: Settings) -> None:
        """Begin the process's tasks, before it listens."""
        counted = Metrics()
        committer = Committer(partial(Ledger, settings), settings.device_queue, counted.flushed)
        late = Committer(partial(LateLedger, settings), settings.device_queue, counted.flushed)
        waiting = Committer(partial(Ledger, settings), settings.device_queue, counted.flushed)
        channels = Channels(settings.waiting_values)
        directory = Directory()
        activity, logbook = Activity(), Logbook()
        window = Window(settings.accepted_back_days, settings.accept_ahead_s)
        quarantine = Quarantine(partial(refused_readings.refused, window))
        self._door = Door(
            settings, directory, committer, late, window, activity, waiting, channels, counted, Turns(), logbook, quarantine
        )
        committer.start()
        late.start()
        waiting.start()
        await directory.renew()
        for work in (
            directory.keep(),
            activity.keep(),
            channels.keep(),
            logbook.keep(),
            quarantine.run(),
            counted.keep(),
            health.watch(self._door),
            _beat(heart.Heart(settings.run / heart.DEVICE_WORKERS)),
            _watch_parent(),
            _call_listener(self._door),
        ):
            self._tasks.append(asyncio.create_task(_guarded(work)))
        # What lives as long as the process is not looked through again and again: ten thousand objects took 100 ms, now 5.
        gc.collect()
        gc.freeze()

    async def stop(self) -> None:
        """Commit what waits, and write the books."""
        door = self._door
        assert door is not None  # noqa: S101  # it has been started
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*(each.close() for each in door.committers))
                await door.activity.write()
                await door.channels.write()
                await door.logbook.write()
                await door.quarantine.write()
        door.metrics.write()


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    """Run work that never ends; a defect in it ends the process, and its parent starts another."""
    try:
        await work
    except Exception:
        log.exception("%s failed", work)
        os.kill(os.getpid(), signal.SIGTERM)


async def _beat(own: heart.Heart) -> None:
    """Give signs of life, from the loop that all requests need."""
    while True:
        own.beat()
        await asyncio.sleep(heart.BEAT_S)


async def _call_listener(door: Door) -> None:
    """Have the process that listens to brokers started as soon as there is one."""
    while True:
        if door.directory.brokers and call.call(door.settings.run, call.LISTENER):
            log.info("there is a broker: whoever listens to it is called")
        await asyncio.sleep(CALL_S)


async def _watch_parent() -> None:
    """End this process when its parent is gone: nobody would restart or stop it any more."""
    parent = multiprocessing.parent_process()
    while parent is None or os.getppid() == parent.pid:
        await asyncio.sleep(PARENT_S)
    log.warning("the parent process is gone; ending")
    os.kill(os.getpid(), signal.SIGTERM)


def work() -> None:
    """Listen at the settings' address, beside the other processes that do, until SIGTERM or SIGINT."""
    uvloop.run(_serve(configuration.settings()))


async def _serve(settings: Settings) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    application, connections = Application(), Connections(CONNECTIONS)
    await application.start(settings)
    keeping = asyncio.create_task(_guarded(connections.keep()))
    listening = await loop.create_server(
        partial(Connection, application.respond, connections), sock=_shared(settings), backlog=BACKLOG
    )
    await ended.wait()
    listening.close()
    await application.stop()
    keeping.cancel()
    await connections.stop(ANSWER_S)


def _shared(settings: Settings) -> socket.socket:
    """A socket at the address that other processes listen at as well."""
    made = socket.socket(socket.AF_INET6 if ":" in settings.device_host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((settings.device_host, settings.device_port))
    return made
