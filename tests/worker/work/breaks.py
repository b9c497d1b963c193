"""Is a mistake."""

from tests.worker.kinds import BREAKS
from worker.task import Task


def break_down(scope, told, progress):
    raise RuntimeError("secret password")


TASK = Task(BREAKS, break_down, most_s=60, most_mb=512, stays_warm=True)
