"""Figures for Prometheus at `/metrics`.

Whichever process answers, the answer is of all of them: each keeps its counts in files of a shared folder
(`prometheus_client`'s multiprocess mode), counters add up, also those of processes that have ended, and gauges carry
the `pid` they belong to.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.problem import Problem

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
WRITE_S = 1.0


@contextmanager
def shared(name: str, otherwise: Path) -> Iterator[None]:
    """Keep the counts of this process and its children together while the block runs; before anything is counted.

    They are mapped into memory, and whoever writes to a mapped file on a full disk can be killed: so they are in memory, in a
    folder of this `name`, of which a machine has one at a time, and in the folder `otherwise` only where there is no such place.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        for left in MEMORY.glob(f"{name}-*"):
            if left.lstat().st_uid == os.getuid():
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=MEMORY))
    else:
        shutil.rmtree(otherwise, ignore_errors=True)
        otherwise.mkdir(parents=True, mode=0o700)
        folder = otherwise
    os.environ[FOLDER_VARIABLE] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Metrics:
    """The counts of one process. They go to its file once a second: to write it with every request would cost a tenth of one."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()
        self._requests = Counter("loadstar_requests", "Requests answered", ["path", "status"], registry=registry)
        self._readings = Counter("loadstar_readings", "Readings judged", ["verdict"], registry=registry)
        self._rejected = Counter("loadstar_rejected_readings", "Readings rejected, by code", ["code"], registry=registry)
        self._refused_keys = Counter(
            "loadstar_refused_keys",
            "Requests without a key, with an unknown one, or a known one that opens nothing",
            ["key"],
            registry=registry,
        )
        self._flushes = Histogram(
            "loadstar_flush_seconds",
            "Time of one group commit",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=registry,
        )
        self._flushed = Counter("loadstar_flushed_rows", "Rows written to the store", registry=registry)
        self._waiting = Gauge("loadstar_queue_rows", "Rows waiting for the store", multiprocess_mode="liveall", registry=registry)
        self._store = Gauge(
            "loadstar_store_up", "1 when the store takes readings", multiprocess_mode="liveall", registry=registry
        )
        self._registry = registry
        self._answers: Tally[tuple[str, int]] = Tally()
        self._verdicts: Tally[str] = Tally()
        self._codes: Tally[str] = Tally()
        self._keys: Tally[str] = Tally()

    def answered(self, path: str, status: int) -> None:
        """A request got its answer; `path` is one of ours, or empty."""
        self._answers[path, status] += 1

    def judged(self, accepted: int, replaced: int | None, rejected: Sequence[Problem], held: int = 0) -> None:
        """Readings of one post got their verdict."""
        self._verdicts["accepted"] += accepted
        if replaced:
            self._verdicts["replaced"] += replaced
        if held:
            self._verdicts["held"] += held
        if rejected:
            self._verdicts["rejected"] += len(rejected)
            self._codes.update(problem.code for problem in rejected)

    def refused_key(self, key: str) -> None:
        """Nobody was let in by what came as a key: `none`, `unknown`, or the id of one that is `known`."""
        self._keys[key] += 1

    async def keep(self) -> None:
        """Write what was counted for ever."""
        while True:
            await asyncio.sleep(WRITE_S)
            self.write()

    def write(self) -> None:
        """Let the other processes see what was counted."""
        for (path, status), count in self._answers.items():
            self._requests.labels(path, str(status)).inc(count)
        for verdict, count in self._verdicts.items():
            self._readings.labels(verdict).inc(count)
        for code, count in self._codes.items():
            self._rejected.labels(code).inc(count)
        for key, count in self._keys.items():
            self._refused_keys.labels(key).inc(count)
        for counted in (self._answers, self._verdicts, self._codes, self._keys):
            counted.clear()

    def waiting(self, waiting: int, dropped: int, no_reading: int) -> None:
        """So many values wait for a mapping, came on channels that are ignored, or were a text or a boolean."""
        for verdict, count in (("waiting", waiting), ("dropped", dropped), ("no_reading", no_reading)):
            if count:
                self._verdicts[verdict] += count

    def flushed(self, rows: int, seconds: float) -> None:
        """A group was committed, or refused."""
        self._flushed.inc(rows)
        self._flushes.observe(seconds)

    def state(self, waiting: int, up: bool) -> None:
        """How many rows wait in this process, and whether its store takes them."""
        self._waiting.set(waiting)
        self._store.set(up)

    def text(self) -> bytes:
        """The figures of all processes, in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, Metric, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector
        from prometheus_client.registry import Collector

        registry = self._registry
        if FOLDER_VARIABLE in os.environ:
            files = _written(Path(os.environ[FOLDER_VARIABLE]))

            class OfAll(Collector):
                def collect(self) -> Iterable[Metric]:
                    figures: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)
                    return figures

            registry = CollectorRegistry()
            registry.register(OfAll())
        return generate_latest(registry)


def _written(folder: Path) -> list[str]:
    """The files that hold figures: one that a process opens at this moment is empty, and cannot be read."""
    with os.scandir(folder) as files:
        return [each.path for each in files if each.name.endswith(".db") and each.stat().st_size]


def end(pid: int) -> None:
    """Forget the gauges of a process that has ended; its counts stay."""
    if FOLDER_VARIABLE in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)
