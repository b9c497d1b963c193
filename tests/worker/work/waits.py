"""Begins, has a process of its own, and ends when the test says so."""

import os
import subprocess
import time
from pathlib import Path

from tests.worker.kinds import WAITS
from worker.task import Task


def wait(scope, told, progress):
    folder = Path(told.folder)
    other = subprocess.Popen(["sleep", "3600"])
    (folder / f"{told.name}.pids").write_text(f"{os.getpid()} {other.pid}")
    progress(0.5, {"stage": "waiting"})
    while not (folder / "go").exists():
        time.sleep(0.02)
    other.kill()
    other.wait()
    return "done"


TASK = Task(WAITS, wait, most_s=300, most_mb=512, stays_warm=True)
