"""Takes more and more memory, in a process that it has started: no limit of one process knows."""

import subprocess
import sys

from tests.worker.kinds import EATS
from worker.task import Task

PROGRAM = "import time\nheld = []\nwhile True:\n    held.append(bytearray(b'x' * 2**20))\n    time.sleep(0.005)"


def eat(scope, told, progress):
    subprocess.run([sys.executable, "-c", PROGRAM], check=False)


TASK = Task(EATS, eat, most_s=60, most_mb=200)
