"""One attempt at a job: in a process of its own, bounded in time and memory, and what came of it written down."""

import logging
import threading
import time

from store.records.jobs import working
from store.records.jobs.kinds import Problem, plain_scope
from store.records.schema import Job
from store.scope import SYSTEM, Scope
from worker.process import Process
from worker.task import Task

log = logging.getLogger("loadstar.worker")

STARTS_S = 120.0  # that a process may take until its task begins, on a machine that is busy
TELL_S = 0.3  # between two words on how far it is
WEIGH_S = 0.5
AGAIN = (Problem.STORE_AWAY, Problem.ENDED)  # what another attempt may overcome


class Attempt:
    """A claimed job whose task runs."""

    def __init__(self, job: Job, task: Task, scope: Scope, process: Process, lasts_s: float) -> None:
        assert job.claim is not None  # noqa: S101 - it was claimed
        self.job, self.task, self.claim, self.process = job, task, job.claim, process
        self.outcome: dict[str, object] | None = None
        self.over = threading.Event()  # for whoever waits until it is written
        self._lasts_s = lasts_s
        self._ends = time.monotonic() + STARTS_S
        self._told = self._weighed = time.monotonic()
        self._news: tuple[float, dict[str, object] | None] | None = None
        process.tell({"module": task.module, "scope": plain_scope(scope), "arguments": job.arguments})

    def listen(self) -> None:
        """Hear what its process says, and end it when it has taken too long or too much."""
        if self.outcome is not None:
            return
        for said in self.process.says():
            if said is None:
                self._over(Problem.ENDED)
            elif "began" in said:
                self._ends = time.monotonic() + self._lasts_s
            elif "progress" in said:
                self._news = float(said["progress"]), said["message"]
            else:
                self.outcome = said
        now = time.monotonic()
        if self.outcome is None and now > self._ends:
            self._over(Problem.TOO_LONG)
        if self.outcome is None and now - self._weighed > WEIGH_S:
            self._weighed = now
            if self.process.memory_mb() > self.task.most_mb:
                self._over(Problem.TOO_MUCH_MEMORY)

    def _over(self, problem: Problem) -> None:
        if self.outcome is None:
            self.process.end()
            self.outcome = {"problem": problem.value}

    @property
    def stays_warm(self) -> bool:
        """Whether its process is kept for another job: people wait for such, and nothing went wrong in it."""
        return self.task.stays_warm and self.outcome is not None and "result" in self.outcome

    def tell(self) -> None:
        """Write how far it is, now and then."""
        now = time.monotonic()
        if self._news is not None and self.outcome is None and now - self._told > TELL_S:
            progress, message = self._news
            self._news, self._told = None, now
            working.advance(SYSTEM, self.claim, progress, message)

    def write(self) -> None:
        """Write what came of it.

        Raises:
            StoreAway, StoreFull: the records take nothing now: it is to be written later.
        """
        assert self.outcome is not None  # noqa: S101 - it is over
        if "result" in self.outcome:
            working.finish(SYSTEM, self.claim, self.outcome["result"])
            return
        problem = Problem(str(self.outcome["problem"]))
        log.warning("job %s (%s), attempt %d: %s", self.job.id, self.job.kind, self.job.attempts, problem.value)
        if problem in AGAIN:
            working.try_again(SYSTEM, self.claim, problem)
        else:
            working.fail(SYSTEM, self.claim, problem)

    def drop(self) -> None:
        """End it: it was called off, given to another, or its asker is not there any more."""
        self._over(Problem.NOT_THEIRS)
