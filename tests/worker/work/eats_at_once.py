"""Takes more memory than it may at once."""

from tests.worker.kinds import EATS_AT_ONCE
from worker.task import Task


def eat(scope, told, progress):
    return len(bytes(2**33))


TASK = Task(EATS_AT_ONCE, eat, most_s=60, most_mb=200)
