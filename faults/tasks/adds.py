"""May be done again: says that it began, and returns."""

from pathlib import Path
from typing import Any

from faults.jobs import ADDS, BEGAN, Folder
from store.scope import Scope
from worker.task import Progress, Task


def add(_scope: Scope, told: Folder, progress: Progress) -> dict[str, Any]:
    """Leave a line, and return its name."""
    with Path(told.folder, BEGAN).open("a", encoding="utf-8") as file:
        file.write(f"{told.name}\n")
    progress(0.5, {"stage": "adding"})
    return {"name": told.name}


TASK = Task(ADDS, add, most_s=60, most_mb=512, stays_warm=True)
