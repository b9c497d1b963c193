"""Signs of life, by which whoever watches over a process finds that it hangs, ends it, and so has another started.

A process notes the moment, of the clock that all processes share, every second: as the time of an empty file, which a full
disk takes too. One that is stopped, or busy with something that does not end, would otherwise keep its connections and its
work for ever. Only the standard library: the supervisor needs no more.
"""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path

log = logging.getLogger(__name__)

PROCESSES = "hearts"  # within the run folder: of what the supervisor keeps up
WORKERS = "worker-hearts"
DEVICE_WORKERS = "device-hearts"
BEAT_S = 1.0
HUNG_S = 10.0  # without a beat
BIRTH_S = 120.0  # until the first one


class Heart:
    """The sign of life of this process."""

    def __init__(self, folder: Path) -> None:
        self._file = _file(folder, os.getpid())

    def beat(self) -> None:
        """Note that this process lives."""
        moment = time.monotonic_ns()
        with contextlib.suppress(OSError):
            if not self._file.exists():
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file.touch(0o600)
            os.utime(self._file, ns=(moment, moment))

    def stop(self) -> None:
        """Remove the sign: this process ends."""
        self._file.unlink(missing_ok=True)

    def keep(self) -> None:
        """Go on beating in a thread, for a process whose own work always ends by itself."""

        def go_on() -> None:
            while True:
                self.beat()
                time.sleep(BEAT_S)

        threading.Thread(target=go_on, daemon=True, name="heart").start()


def _file(folder: Path, pid: int) -> Path:
    return folder / f"{pid}.beat"


def worker_silence_s(run: Path) -> float:
    """For how long (s) the workers of this run folder have been silent: the one that was heard last. Infinite when none was."""
    return last_heard_s(run / WORKERS)


def last_heard_s(folder: Path) -> float:
    """How long ago (s) one of a folder was heard last. Infinite when none was."""
    beaten = [file.stat().st_mtime_ns / 1e9 for file in folder.glob("*.beat")]
    return time.monotonic() - max(beaten) if beaten else math.inf


def silence_s(folder: Path, pid: int, born: float, now: float) -> float:
    """How long a process that was `born` then has given no sign of life (s); below 0 while it may still be starting."""
    try:
        beaten = _file(folder, pid).stat().st_mtime_ns / 1e9
    except OSError:
        beaten = 0.0
    if not born <= beaten <= now + BEAT_S:  # none yet: what may be there is of another, who had the same number
        return now - born - BIRTH_S
    return now - beaten


def end_hung(folder: Path, born: MutableMapping[int, float], now: float) -> list[int]:
    """Kill the processes, by when they were born, that have given no sign of life for `HUNG_S`; which they were.

    Those are taken for born now: until the system has taken one away it is not told of again.
    """
    ended = []
    for pid, birth in [*born.items()]:
        if (silent_s := silence_s(folder, pid, birth, now)) > HUNG_S:
            log.error("process %d has given no sign of life for %.0f s: it is ended, and another started", pid, silent_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            forget(folder, pid)
            born[pid] = now
            ended.append(pid)
    return ended


class Watcher:
    """Looks every second; one that was stopped itself, as everybody else may have been, waits for a round first."""

    def __init__(self) -> None:
        self._before = time.monotonic()

    def looks(self, wait: Callable[[float], object] = time.sleep) -> float | None:
        """Wait for the next look, at most a second; its moment, or None when it is not to be judged by."""
        wait(BEAT_S)
        before, self._before = self._before, time.monotonic()
        return self._before if self._before - before < HUNG_S / 2 else None


def forget(folder: Path, pid: int) -> None:
    """Remove the sign of a process that has ended."""
    _file(folder, pid).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove the signs of an earlier run, whose process ids may be used again."""
    for file in folder.glob("*.beat"):
        file.unlink(missing_ok=True)
