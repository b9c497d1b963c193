"""Must not be done twice: says that it began, and takes a moment."""

import time
from pathlib import Path

from faults.jobs import SET, SETS_POINT, Folder
from store.scope import Scope
from worker.task import Progress, Task

LASTS_S = 0.5


def set_point(_scope: Scope, told: Folder, progress: Progress) -> str:
    """Leave a line, and return its name a moment later."""
    with Path(told.folder, SET).open("a", encoding="utf-8") as file:
        file.write(f"{told.name}\n")
    progress(0.5, {"stage": "setting"})
    time.sleep(LASTS_S)
    return told.name


TASK = Task(SETS_POINT, set_point, most_s=60, most_mb=512, stays_warm=True)
