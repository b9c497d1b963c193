"""Starts a process that leaves its group, and never ends."""

import subprocess
import threading

from tests.worker.kinds import STRAYS
from worker.task import Task


def stray(scope, told, progress):
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
    progress(0.5, {"stage": "straying"})
    threading.Event().wait()


TASK = Task(STRAYS, stray, most_s=300, most_mb=512)
