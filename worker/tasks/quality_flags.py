"""Flags on the days of meters: of those that have ended, and again of those that late data and corrections have changed."""

from datetime import timedelta

from config import clock
from insight import quality_flags
from store.records.jobs.kinds import QUALITY_FLAGS, Nothing
from store.scope import Scope
from worker.task import Progress, Task

EVERY = timedelta(minutes=15)


def flag(scope: Scope, _told: Nothing, _progress: Progress) -> dict[str, int]:
    """How many flags came or went."""
    return {"changed": quality_flags.make(scope, clock.now())}


TASK = Task(QUALITY_FLAGS, flag, most_s=1800, most_mb=1024, every=EVERY)
