"""Takes more memory than it may, in three processes that it has started: no limit of one process knows."""

import subprocess
import sys

from tests.worker.kinds import EATS
from worker.task import Task

PROGRAM = "import time\nheld = bytearray(b'x' * 90 * 2**20)\ntime.sleep(3600)"


def eat(scope, told, progress):
    for each in [subprocess.Popen([sys.executable, "-c", PROGRAM]) for _ in range(3)]:
        each.wait()


TASK = Task(EATS, eat, most_s=60, most_mb=200)
