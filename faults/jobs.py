"""Somebody who asks for jobs all the time, and remembers which they were told that they are waiting."""

import random
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec

from store.errors import StoreAway, StoreFull
from store.ids import new_id
from store.records.jobs import asking, kinds
from store.records.jobs.kinds import Kind, Queue
from store.scope import SYSTEM

EVERY_S = 0.5
MOST_WAITING = 20  # asked for and not seen to have ended


class Folder(msgspec.Struct, frozen=True):
    """Where a task leaves traces."""

    folder: str
    name: str = ""


ADDS = Kind("adds", Queue.REPORT, Folder, most_attempts=100)
SETS_POINT = Kind("sets_point", Queue.CONTROL, Folder, repeatable=False)
ALL = {each.name: each for each in (ADDS, SETS_POINT)}

BEGAN, SET = "began", "set"  # the traces: a line for each time


class Done(NamedTuple):
    """What became of the jobs that were asked for."""

    asked: int
    lost: int
    done: int
    interrupted: int
    repeated: int  # of those that must not be


class Asker:
    """A thread that asks, by turns, for what may be repeated and for what must not be done twice."""

    def __init__(self, folder: Path) -> None:
        kinds.KINDS.update(ALL)
        self._folder = folder
        self._asked: dict[str, Kind] = {}
        self._open: list[str] = []
        self._random = random.Random(1)  # noqa: S311 - which of two
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Ask for nothing more."""
        self._end.set()
        self._thread.join()

    @property
    def ended(self) -> int:
        """How many jobs were seen to have ended."""
        return len(self._asked) - len(self._open)

    def unfinished(self) -> list[str]:
        """The jobs that have not ended.

        Raises:
            StoreAway: the records cannot be reached.
        """
        self._open = [job_id for job_id in self._open if asking.job(SYSTEM, job_id).state in ("queued", "running")]
        return self._open

    def done(self) -> Done:
        """What became of all of them, by their rows and by the traces that they left."""
        began, set_points = (Counter(self._traces(name)) for name in (BEGAN, SET))
        states = {job_id: asking.job(SYSTEM, job_id).state for job_id in self._asked}
        lost = 0
        for job_id, kind in self._asked.items():
            name, state = job_id, states[job_id]
            if kind is ADDS:
                lost += state != "done" or not began[name]
            else:
                lost += state not in ("done", "failed") or (state == "done" and not set_points[name])
        told = Counter(states.values())
        return Done(len(states), lost, told["done"], told["failed"], sum(count > 1 for count in set_points.values()))

    def _traces(self, name: str) -> list[str]:
        file = self._folder / name
        return file.read_text(encoding="utf-8").split() if file.exists() else []

    def _run(self) -> None:
        while not self._end.wait(EVERY_S):
            try:
                if len(self.unfinished()) < MOST_WAITING:
                    self._ask(self._random.choice((ADDS, SETS_POINT)))
            except (StoreAway, StoreFull):  # nobody was told that it waits: it may be there, and may not
                continue

    def _ask(self, kind: Kind) -> None:
        job_id = new_id("job")
        made = asking.ask(SYSTEM, kind, Folder(str(self._folder), job_id), job_id=job_id)
        self._asked[made.id] = kind
        self._open.append(made.id)
