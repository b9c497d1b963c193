"""The device API's processes: granian's workers, started again when they die, ended with their parent."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from config import heart
from config.settings import Settings
from ingest import STARTED_BY, metrics

log = logging.getLogger(__name__)

TARGET = "ingest.server:application"
BACKLOG = 2048
STOP_S = 8  # a worker that has not ended by then is killed
BREATH_S = 1.0  # between two starts of the same worker
HEADERS_MS = 15_000  # for a request's head to arrive


class PortTaken(Exception):
    """Something else listens at the device API's address; the message says where."""


class Server(MPServer):
    """Granian's parent process (which declares few types), but a worker that dies again and again is started again and again.

    Granian gives up when one dies twice within 5.5 s and ends its neighbours with it; a device API should not.
    """

    hearts: Path

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        for index in workers:
            if not self.wrks[index].is_alive():
                metrics.end(self.wrks[index]._id())
                heart.forget(self.hearts, self.wrks[index]._id())
            age = time.monotonic() - self.wrks[index].birth
            if age < BREATH_S:
                self.main_loop_interrupt.wait(BREATH_S - age)
            if self.interrupt_signal:
                return
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()
        # One that died while another was being started would not be noticed.
        for worker in self.wrks:
            if not worker.is_alive() and worker.idx not in self.interrupt_children:
                self.interrupt_children.append(worker.idx)
                self.main_loop_interrupt.set()


def run(settings: Settings) -> None:
    """Listen at the settings' address until SIGTERM, SIGINT, or the parent's end.

    Raises:
        PortTaken: the address is in use.
    """
    owned = _own(settings.device_host, settings.device_port)
    server = Server(
        TARGET,
        address=settings.device_host,
        port=settings.device_port,
        interface=Interfaces.RSGI,
        workers=settings.device_workers,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_MS),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig={"loggers": {"_granian": {}}},  # to the handlers that are there
    )
    server.hearts = settings.run / heart.DEVICE_WORKERS
    heart.clear(server.hearts)
    import_module("ingest.server")  # once, before the workers are forked: they start faster and share its memory
    # A collector that looks through it would write to, and so copy, every shared page.
    gc.collect()
    gc.freeze()
    threading.Thread(target=_watch_parent, args=(server,), daemon=True, name="parent").start()
    threading.Thread(target=_watch_hearts, args=(server, settings), daemon=True, name="hearts").start()
    with owned, metrics.shared(f"loadstar-devices-{settings.device_port}", settings.run / "device-metrics"):
        server.serve()


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


def _watch_hearts(server: Server, settings: Settings) -> None:
    """End workers that hang: granian starts others in their place. Whoever watches over this process knows that it does so."""
    own, watcher = heart.Heart(settings.run / heart.PROCESSES), heart.Watcher()
    while not server.interrupt_signal:
        own.beat()
        if (now := watcher.looks()) is not None:
            born = {pid: worker.birth for worker in server.wrks if (pid := worker._id()) is not None}
            heart.end_hung(server.hearts, born, now)


def _watch_parent(server: Server) -> None:
    while os.getppid() == STARTED_BY:
        time.sleep(1.0)
    server.signal_handler_interrupt()  # type: ignore[no-untyped-call]  # by its parent, which declares none
    # Workers that do not end by themselves are killed by granian after STOP_S; this process must not outlive them.
    time.sleep(STOP_S + 2)
    os.kill(os.getpid(), signal.SIGKILL)
