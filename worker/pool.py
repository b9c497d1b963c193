"""What does jobs: it claims them from the records and runs each in a process of its own.

One thread does it all: it looks for what is due, starts it, keeps its heart beating, hears how far it is, ends what must end,
and writes what came of it. Each lane has places of its own, so that no queue waits for another lane's work. Embedded it looks
into the records itself; in production it is told of jobs, by `do`, and each is claimed all the same.
"""

import contextlib
import logging
import queue
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from config import identity
from config.settings import Settings
from store.errors import StoreAway, StoreError, StoreFull
from store.records.jobs import figures, working
from store.records.jobs.kinds import Problem, Queue
from store.records.schema import Job
from store.scope import SYSTEM
from worker.attempt import Attempt
from worker.process import Process
from worker.task import Task

log = logging.getLogger("loadstar.worker")

LOOK_S = 0.25  # between two looks for what is due
BEAT_S = 1.0
WARM_S = 120.0  # a process is kept so long for the next job: starting one takes a second or more of a processor
HUNG_S = 120.0  # without a turn, the longest of which waits for the records
GRACE_S = 2.5  # for what must not be done twice, when the worker is told to end


@dataclass(slots=True)
class PoolLane:
    """Queues that share places, and the attempts in them."""

    queues: Sequence[Queue]
    places: int
    attempts: list[Attempt] = field(default_factory=list)


def lanes(settings: Settings) -> list[PoolLane]:
    """Which queues share places, and how many: nothing waits for a forecast but forecasts."""
    return [
        PoolLane((Queue.CONTROL,), 1),
        PoolLane((Queue.MAIL,), 1),
        PoolLane((Queue.PULLING,), 1),
        PoolLane((Queue.FORECAST,), settings.forecast_at_once),
        PoolLane((Queue.FILES,), 1),
        PoolLane((Queue.CONSUMPTION, Queue.AGGREGATION, Queue.CLUSTERING, Queue.REPORT), 1),
    ]


class Pool:
    """Runs jobs until it is told to end. One that does not look for them itself does those that it is told of.

    `beat` is called with every turn, which comes several times a second.
    """

    def __init__(
        self,
        settings: Settings,
        tasks: Mapping[str, Task],
        lanes: Sequence[PoolLane],
        *,
        looks: bool = True,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._tasks, self._lanes, self._looks, self._beat = settings, tasks, lanes, looks, beat
        self._told: queue.SimpleQueue[tuple[str, threading.Event]] = queue.SimpleQueue()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs")
        self._warm: list[tuple[Process, float]] = []
        self._looked = self._beaten = 0.0
        self._away = False
        self._turned = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Hand back what may be done again, finish what may not if that is a matter of moments, and start nothing more."""
        self._end.set()

    def join(self) -> None:
        """Wait until that is done."""
        self._thread.join()

    def hangs(self) -> str | None:
        """What is under way, if it should have ended long ago."""
        return "a turn of the jobs" if time.monotonic() - self._turned > HUNG_S else None

    def do(self, job_id: str) -> None:
        """Do the job of that id, if it is still to be done and of our queues; come back when that is over."""
        over = threading.Event()
        self._told.put((job_id, over))
        while not over.wait(LOOK_S):
            if not self._thread.is_alive():
                return

    @property
    def _attempts(self) -> list[Attempt]:
        return [each for lane in self._lanes for each in lane.attempts]

    def _run(self) -> None:
        while not self._end.is_set():
            self._turn()
        self._hand_back()
        deadline = time.monotonic() + GRACE_S
        while self._attempts and time.monotonic() < deadline:
            self._turn(looks=False)
        for attempt in self._attempts:
            attempt.process.end()
            with contextlib.suppress(StoreError):
                working.hand_back(SYSTEM, attempt.claim)
        for process, _ in self._warm:
            process.end()

    def _turn(self, *, looks: bool = True) -> None:
        self._turned = time.monotonic()
        self._beat()
        attempts = self._attempts
        select.select([each.process for each in attempts if each.outcome is None], [], [], LOOK_S)
        try:
            self._keep_hearts()
            for attempt in attempts:
                attempt.listen()
                attempt.tell()
            self._settle()
            if looks and time.monotonic() - self._looked >= LOOK_S:
                self._looked = time.monotonic()
                self._look()
            self._away = False
        except (StoreAway, StoreFull) as why:
            if not self._away:
                log.warning("jobs wait for the records: %s", why)
            self._away = True
            time.sleep(LOOK_S)
        except Exception:
            log.exception("a turn of the jobs failed; the next one comes")
            time.sleep(BEAT_S)
        self._cool()

    def _keep_hearts(self) -> None:
        if time.monotonic() - self._beaten < BEAT_S:
            return
        self._beaten = time.monotonic()
        mine = {each.claim: each for each in self._attempts}
        for claim in mine.keys() - working.beat(SYSTEM, list(mine)):
            mine[claim].drop()

    def _settle(self) -> None:
        for lane in self._lanes:
            for attempt in [each for each in lane.attempts if each.outcome is not None]:
                try:
                    attempt.write()
                except (StoreAway, StoreFull):
                    raise
                except Exception:  # whatever it was, it must not keep the others: its heart stops, and it is given back
                    log.exception("what came of job %s could not be written", attempt.job.id)
                lane.attempts.remove(attempt)
                attempt.over.set()
                if attempt.stays_warm:
                    self._warm.append((attempt.process, time.monotonic()))
                else:
                    attempt.process.end()

    def _look(self) -> None:
        free = [lane for lane in self._lanes if len(lane.attempts) < lane.places]
        if not self._looks:
            for lane in free:
                self._take_told(lane)
            return
        if not free:
            return
        due = {each.queue for each in figures.queues(SYSTEM) if each.due}
        for lane in free:
            while due.intersection(lane.queues) and len(lane.attempts) < lane.places:
                job = working.claim(SYSTEM, identity.own(), lane.queues, self._tasks)
                if job is None:
                    break
                self._begin(lane, job)

    def _take_told(self, lane: PoolLane) -> None:
        while len(lane.attempts) < lane.places and not self._told.empty():
            job_id, over = self._told.get()
            try:
                job = working.claim(SYSTEM, identity.own(), lane.queues, self._tasks, job_id=job_id)
                if job is not None:
                    self._begin(lane, job, over)
                    continue
            except (StoreAway, StoreFull):
                self._told.put((job_id, over))
                raise
            except Exception:
                over.set()  # whoever told of it has one place, and would wait for ever
                raise
            over.set()

    def _begin(self, lane: PoolLane, job: Job, over: threading.Event | None = None) -> None:
        assert job.claim is not None  # noqa: S101 - it was claimed
        scope = working.scope_for(SYSTEM, job)
        if scope is None:
            working.fail(SYSTEM, job.claim, Problem.NOT_THEIRS)
            if over is not None:
                over.set()
            return
        task = self._tasks[job.kind]
        # A warm one has taken what its job may: of a kind that may take less, all that is left of that would be beyond its limit.
        process = self._warm.pop()[0] if self._warm and task.stays_warm else Process(self._settings)
        attempt = Attempt(job, task, scope, process, task.lasts_s(self._settings))
        attempt.over = over or attempt.over
        lane.attempts.append(attempt)

    def _cool(self) -> None:
        """End processes that nobody has needed for a while, and all but the newest at once."""
        while self._warm and (len(self._warm) > 1 or time.monotonic() - self._warm[0][1] > WARM_S):
            self._warm.pop(0)[0].end()

    def _hand_back(self) -> None:
        for lane in self._lanes:
            for attempt in [each for each in lane.attempts if each.task.kind.repeatable and each.outcome is None]:
                attempt.process.end()
                lane.attempts.remove(attempt)
                with contextlib.suppress(StoreError):
                    working.hand_back(SYSTEM, attempt.claim)
