"""Takes its process along."""

import os
import signal

from tests.worker.kinds import DIES
from worker.task import Task


def die(scope, told, progress):
    os.kill(os.getpid(), signal.SIGKILL)


TASK = Task(DIES, die, most_s=60, most_mb=512)
