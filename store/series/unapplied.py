"""What was written to QuestDB and cannot be read from it yet.

QuestDB acknowledges a row when it is in its log and shows it a moment later. Until then this remembers it, so that the
verdict on a reading (new, the same again, another value) is exact for a device that sends twice in quick succession,
also when its second request meets another process of this machine: each process publishes what it wrote in a ring in a
shared file, and reads those of the others. Between machines the verdict is exact once the row can be read.

Forgetting is always safe: a row that is not remembered is written again, and QuestDB keeps one of each key.
"""

import contextlib
import itertools
import math
import mmap
import os
import time
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from store.series.frontier import Frontier
from store.series.write import Key

REMEMBERED = 300_000  # rows; at 100,000 a second QuestDB is rarely more than a second behind
SLOTS = 1 << 17  # rows of a ring: 5 MB, of which only what was used takes memory
COLUMNS = 5
FLUSHES = 1_000  # remembered to tell which of two came last
DOUBT = math.nan  # a value equal to none: the row may or may not be stored, so it is always written
MARGIN = SLOTS // 4  # rows that a writer may be overwriting before it says so
_HEADER = 8  # 64-bit words before the rows: the number of rows ever published, then nothing
_DEAD_AFTER_S = 60.0  # a ring of a process that is gone may be unlinked after this long


@dataclass(frozen=True, slots=True)
class Flush:
    """Rows written together: when that began and ended (ns of this machine's monotonic clock)."""

    began: int
    ended: int
    rows: Mapping[Key, float]


class Ring:
    """Rows in a shared file, five columns of 64-bit words that one process writes: series key, moment, value, began, ended."""

    def __init__(self, path: Path, create: bool):
        size = 8 * (_HEADER + COLUMNS * SLOTS)
        flags = os.O_RDWR | (os.O_CREAT | os.O_TRUNC if create else 0)
        file = os.open(path, flags, 0o600)
        try:
            if create:
                os.ftruncate(file, size)
            elif os.fstat(file).st_size != size:
                raise FileNotFoundError(path)  # being made at this moment
            self._map = mmap.mmap(file, size)
        finally:
            os.close(file)
        words = memoryview(self._map)
        self._count = words[: 8 * _HEADER].cast("q")
        places = [8 * (_HEADER + n * SLOTS) for n in range(COLUMNS + 1)]
        columns = [words[start:stop] for start, stop in itertools.pairwise(places)]
        self._columns = [column.cast("d" if n == 2 else "q") for n, column in enumerate(columns)]
        self.read_to = 0
        self.missed = False  # whether rows were overwritten before they were read

    def publish(self, flush: Flush) -> None:
        """Append the rows of a flush; the count is written last, so that a reader never sees half of a part."""
        keys, values = list(flush.rows), list(flush.rows.values())
        for first in range(0, len(keys), MARGIN):
            self._append(keys[first : first + MARGIN], values[first : first + MARGIN], flush)

    def _append(self, keys: list[Key], values: list[float], flush: Flush) -> None:
        count = self._count[0]
        start, stop = count % SLOTS, count % SLOTS + len(keys)
        new: tuple[array[int] | array[float], ...] = (
            array("q", [key for key, _ in keys]),
            array("q", [at for _, at in keys]),
            array("d", values),
            array("q", [flush.began]) * len(keys),
            array("q", [flush.ended]) * len(keys),
        )
        for column, one in zip(self._columns, new, strict=True):
            words = memoryview(one)
            if stop <= SLOTS:
                column[start:stop] = words
            else:
                column[start:] = words[: SLOTS - start]
                column[: stop - SLOTS] = words[SLOTS - start :]
        self._count[0] = count + len(keys)

    def news(self) -> list[Flush]:
        """What was published since the last call, in order; rows that may have been overwritten meanwhile are left out."""
        count = self._count[0]
        if count == self.read_to:
            return []
        before = self.read_to
        first = max(before, count - SLOTS)
        start, stop = first % SLOTS, first % SLOTS + count - first
        spans = [(start, stop)] if stop <= SLOTS else [(start, SLOTS), (0, stop - SLOTS)]
        keys, moments, values, began, ended = (
            [word for start, stop in spans for word in column[start:stop].tolist()] for column in self._columns
        )
        self.read_to = count
        at = max(0, self._count[0] + MARGIN - SLOTS - first)
        self.missed = at > 0 or first > before
        flushes = []
        while at < len(keys):
            end = bisect_right(began, began[at], at)  # one process' flushes begin one after the other
            rows = dict(zip(zip(keys[at:end], moments[at:end], strict=True), values[at:end], strict=True))
            flushes.append(Flush(began[at], ended[at], rows))
            at = end
        return flushes


class Unapplied:
    """This process's memory of rows that QuestDB does not show yet, its own and those of its neighbours."""

    def __init__(self, folder: Path | None = None):
        self._newest: dict[Key, float] = {}
        self._waiting: list[tuple[dict[str, int], dict[Key, float]]] = []  # closed generations and what each waits for
        self._flushes: deque[Flush] = deque(maxlen=FLUSHES)  # to tell which of two came last
        self.frontier = Frontier()
        self._folder = folder
        self._own: Ring | None = None
        self._peers: dict[str, Ring] = {}
        self._seen_folder = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sweep(folder)
            self._own = Ring(folder / self._name, create=True)
            self.hear()
            self._newest.clear()  # what was published before this process began can be read by now
            self._flushes.clear()

    @property
    def _name(self) -> str:
        return f"{os.getpid()}.ring"

    def __len__(self) -> int:
        return len(self._newest) + sum(len(rows) for _, rows in self._waiting)

    def hear(self) -> None:
        """Take in what the neighbours have published."""
        if self._folder is None:
            return
        changed = self._folder.stat().st_mtime_ns
        if changed != self._seen_folder:
            self._seen_folder = changed
            self._meet(self._folder)
        for ring in self._peers.values():
            self._read(ring)

    def _meet(self, folder: Path) -> None:
        for path in folder.glob("*.ring"):
            if path.name != self._name and path.name not in self._peers:
                try:
                    self._peers[path.name] = Ring(path, create=False)
                except (FileNotFoundError, ValueError):
                    self._seen_folder = 0  # not ready yet: look again
        for name in [name for name in self._peers if not (folder / name).exists()]:
            self._read(self._peers.pop(name))

    def _read(self, ring: Ring) -> None:
        for flush in ring.news():
            self._take(flush)
        if ring.missed:
            ring.missed = False
            self.frontier.distrust()

    def _take(self, flush: Flush) -> None:
        self.frontier.saw(flush.rows)
        differ = [key for key in self._newest.keys() & flush.rows.keys() if self._newest[key] != flush.rows[key]]
        last = {key: self._last(key, flush) for key in differ}
        self._newest |= flush.rows
        self._newest |= last
        self._flushes.append(flush)
        self._bound()

    def _last(self, key: Key, new: Flush) -> float:
        """Which value of a key came last: of the flushes remembered, or of a new one; in doubt if they overlapped."""
        others = [flush for flush in self._flushes if key in flush.rows]
        if not others:
            return DOUBT
        latest = max(others, key=lambda flush: flush.ended)
        if new.began >= latest.ended:
            return new.rows[key]
        alone = all(flush is latest or flush.ended <= latest.began for flush in others)
        return latest.rows[key] if alone and latest.began >= new.ended else DOUBT

    def find(self, keys: Iterable[Key]) -> dict[Key, float]:
        """The remembered values of these keys, the newest of each; NaN where it is in doubt."""
        if not len(self):
            return {}
        wanted = keys if isinstance(keys, dict) else dict.fromkeys(keys)
        found: dict[Key, float] = {}
        for rows in [rows for _, rows in self._waiting] + [self._newest]:
            if not wanted.keys().isdisjoint(rows.keys()):
                found |= {key: rows[key] for key in wanted.keys() & rows.keys()}
        return found

    def note(self, flush: Flush) -> None:
        """Remember rows that are committed, and tell the neighbours before the device is told."""
        self.frontier.saw(flush.rows)
        self._newest |= flush.rows
        self._flushes.append(flush)
        if self._own is not None:
            self._own.publish(flush)
        self._bound()

    def forget(self, applied: Mapping[str, tuple[int, int]]) -> None:
        """Drop what can be read by now; `applied` is the last readable and the last committed transaction by table."""
        self._waiting = [
            (until, rows)
            for until, rows in self._waiting
            if any(applied.get(table, (0, 0))[0] < transaction for table, transaction in until.items())
        ]
        if self._newest:
            self._waiting.append(({table: committed for table, (_, committed) in applied.items()}, self._newest))
            self._newest = {}

    def close(self) -> None:
        """Withdraw this process's ring; the neighbours have read it or will find the rows in QuestDB."""
        if self._folder is not None:
            (self._folder / self._name).unlink(missing_ok=True)

    def _bound(self) -> None:
        while self._waiting and len(self) > REMEMBERED:
            self._waiting.pop(0)
        if len(self._newest) > REMEMBERED:
            self._newest = {}


def _sweep(folder: Path) -> None:
    """Unlink the rings of processes that are long gone."""
    for path in folder.glob("*.ring"):
        with contextlib.suppress(FileNotFoundError, ValueError):
            if not _alive(int(path.stem)) and time.time() - path.stat().st_mtime > _DEAD_AFTER_S:
                path.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
