"""Says that it began, and returns."""

from pathlib import Path

from tests.worker.kinds import ADDS
from worker.task import Task


def add(scope, told, progress):
    with Path(told.folder, "began").open("a") as file:
        file.write(f"{told.name}\n")
    progress(0.5, {"stage": "adding"})
    print("this is for the log, and no answer")  # noqa: T201
    return {"name": told.name}


TASK = Task(ADDS, add, most_s=60, most_mb=512)
