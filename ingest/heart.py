"""A sign of life of each device worker, by which the parent finds one that hangs and ends it: another is started.

A worker's event loop notes the moment, of the clock that all processes share, in a small file every second. One that is stopped,
or busy with something that does not end, would otherwise keep its connections, and get new ones, for ever.
"""

import asyncio
import contextlib
import logging
import os
import signal
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

FOLDER = Path("run", "device-hearts")  # within the state folder
BEAT_S = 1.0
HUNG_S = 10.0  # without a beat
BIRTH_S = 60.0  # until the first one


class Worker(Protocol):
    """A child of the parent process: its process id, and when it was started (of the monotonic clock)."""

    birth: float

    def _id(self) -> int | None: ...


def _file(folder: Path, pid: int) -> Path:
    return folder / f"{pid}.beat"


async def beat(folder: Path) -> None:
    """Note that this process lives, for ever."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(_file(folder, os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while True:
        with contextlib.suppress(OSError):  # a full disk is no sign of death; the eight bytes are there after the first time
            os.pwrite(file, struct.pack("q", time.monotonic_ns()), 0)
        await asyncio.sleep(BEAT_S)


def silence_s(folder: Path, worker: Worker, now: float) -> float:
    """How long a worker has given no sign of life (s); below 0 while it may still be starting."""
    try:
        (beaten,) = struct.unpack("q", _file(folder, worker._id() or 0).read_bytes())
    except (OSError, struct.error):
        return now - worker.birth - BIRTH_S
    return float(now - beaten / 1e9)


def end_hung(folder: Path, workers: Iterable[Worker], now: float) -> list[int]:
    """Kill the workers that have given no sign of life for `HUNG_S`; their process ids."""
    ended = []
    for worker in workers:
        pid, silent_s = worker._id(), silence_s(folder, worker, now)
        if pid is not None and silent_s > HUNG_S:
            log.error("worker %d has given no sign of life for %.0f s: it is ended, and another started", pid, silent_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            forget(folder, pid)
            ended.append(pid)
    return ended


def forget(folder: Path, pid: int) -> None:
    """Remove the sign of a worker that has ended."""
    _file(folder, pid).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove the signs of an earlier run, whose process ids may be used again."""
    for file in folder.glob("*.beat"):
        file.unlink(missing_ok=True)
