"""A process that runs tasks, seen from outside: started, told, listened to, weighed, and ended with all that it has started."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import psutil

from config import settings as configuration
from config.settings import PROJECT, Settings

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # there are several of us on the same processors
COMMAND = (sys.executable, "-m", "worker.child")


class Process:
    """A new interpreter, never a fork: locks that other threads hold are not inherited."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND,
            cwd=PROJECT,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._pending = b""
        os.set_blocking(self.fileno(), False)
        self.tell(configuration.plain(settings))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """What to wait on until it says something."""
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        return self._process.stdout.fileno()

    def tell(self, what: Mapping[str, Any]) -> None:
        """Send it a line; one that has ended hears nothing, and says so by its end."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()

    def says(self) -> Iterator[dict[str, Any] | None]:
        """The lines that it has said since; None when it has ended."""
        while True:
            try:
                piece = os.read(self.fileno(), 2**16)
            except BlockingIOError:
                return
            if not piece:
                yield None
                return
            *lines, self._pending = (self._pending + piece).split(b"\n")
            yield from map(json.loads, lines)

    def memory_mb(self) -> float:
        """What it and all that it has started take."""
        total = 0
        for each in self._family():
            with contextlib.suppress(psutil.Error):
                total += each.memory_info().rss
        return total / 2**20

    def end(self) -> None:
        """End it, at once, and all that it has started."""
        family = self._family()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for each in family:  # those that left the group
            with contextlib.suppress(psutil.Error):
                each.kill()
        with contextlib.suppress(BrokenPipeError):
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        self._process.wait()

    def _family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            itself = psutil.Process(self.pid)
            return [itself, *itself.children(recursive=True)]
        return []
