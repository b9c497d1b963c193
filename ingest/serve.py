"""The device API's processes: started again when they die or hang, ended with their parent."""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

from config import heart
from config.settings import Settings
from ingest import STARTED_BY, metrics

log = logging.getLogger(__name__)

STOP_S = 8.0  # a worker that has not ended by then is killed
BREATH_S = 1.0  # between two starts of the same worker


class PortTaken(Exception):
    """Something else listens at the device API's address; the message says where."""


def run(settings: Settings) -> None:
    """Listen at the settings' address until SIGTERM, SIGINT, or the parent's end.

    Raises:
        PortTaken: the address is in use.
    """
    owned = _own(settings.device_host, settings.device_port)
    import_module("ingest.server")  # once, before the workers are forked: they start faster and share its memory
    # A collector that looks through it would write to, and so copy, every shared page.
    gc.collect()
    gc.freeze()
    with owned, metrics.shared(f"loadstar-devices-{settings.device_port}", settings.run / "device-metrics"):
        Workers(settings).run()


class Workers:
    """The processes that answer devices, and the one above them, which sees that they do."""

    def __init__(self, settings: Settings):
        self._hearts, self._own = settings.run / heart.DEVICE_WORKERS, heart.Heart(settings.run / heart.PROCESSES)
        self._count = settings.device_workers
        self._running: dict[ForkProcess, float] = {}  # since when
        self._born: list[float] = []  # of those that have died and are not started again yet
        self._woken, self._wake = os.pipe()
        self._ended = False

    def run(self) -> None:
        """Keep them up until this process is told to end, or nobody is there who would tell it."""
        heart.clear(self._hearts)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        for _ in range(self._count):
            self._start()
        watcher = heart.Watcher()
        while not self._ended and os.getppid() == STARTED_BY:
            self._own.beat()
            if (now := watcher.looks(self._wait)) is not None:
                self._end_hung(now)
            self._replace()
        self._stop()

    def _start(self) -> None:
        started = multiprocessing.get_context("fork").Process(target=_work, name="device worker")
        started.start()
        self._running[started] = time.monotonic()

    def _wait(self, seconds: float) -> None:
        """Until a worker has died, this process is to end, or so long."""
        wait([self._woken, *(each.sentinel for each in self._running)], seconds)

    def _end_hung(self, now: float) -> None:
        born = {each.pid or 0: since for each, since in self._running.items()}
        heart.end_hung(self._hearts, born, now)
        self._running = {each: born[each.pid or 0] for each in self._running}

    def _replace(self) -> None:
        """Start others in the place of those that have died; one that dies again and again, a second after it began."""
        for each in [each for each in self._running if not each.is_alive()]:
            log.error("a worker of the device API ended unexpectedly: %s", each.exitcode)
            if each.pid is not None:
                metrics.end(each.pid)
                heart.forget(self._hearts, each.pid)
            self._born.append(self._running.pop(each))
        now = time.monotonic()
        due = [born for born in self._born if now - born >= BREATH_S]
        self._born = [born for born in self._born if now - born < BREATH_S]
        for _ in due:
            self._start()

    def _stop(self) -> None:
        until = time.monotonic() + STOP_S
        for each in self._running:
            each.terminate()
        for each in self._running:
            each.join(max(0.0, until - time.monotonic()))
            if each.is_alive():
                log.warning("a worker of the device API does not end: it is killed")
                each.kill()
                each.join()

    def _end(self, _number: int, _frame: object) -> None:
        self._ended = True
        os.write(self._wake, b"\0")


def _work() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    from ingest.server import work

    work()


def _own(host: str, port: int) -> socket.socket:
    """Make the port this process's own before its workers share it; it stays so until the socket is closed.

    Workers share the port (SO_REUSEPORT), so a second server would silently take half of the devices. Whether it is free is
    asked without sharing; that nobody else is just asking the same is known by a name in the system that one process has.

    Raises:
        PortTaken: it is somebody else's.
    """
    taken = PortTaken(f"the device API cannot listen at {host}:{port}: Address already in use; set LOADSTAR_DEVICE_PORT")
    name = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":  # elsewhere there are no names without a file
            name.bind(f"\0loadstar device API {port}")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        name.close()
        raise taken from error
    return name
