"""What a task is, and which there are: the files of `worker/tasks/`."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

from config.settings import Settings
from store.records.jobs.kinds import Kind
from store.scope import Scope
from worker import tasks

Progress = Callable[[float, Mapping[str, Any] | None], None]
"""Told how much is done, from 0 to 1, and what is being done, as JSON for the screen to put into words."""


@dataclass(frozen=True, slots=True)
class Task:
    """The program of a kind of work.

    `run` is given what the job may see, its arguments as `kind.arguments`, and a `Progress`; it returns JSON. It is ended after
    `most_s` seconds, which settings may say, and when it and what it started take more than `most_mb`. By the clock it is asked
    for `every` so often, where it can be found out `only_if` there is anything to do. Where people wait for it, `stays_warm`: its
    process is kept for a while for the next job of such a kind.
    """

    kind: Kind
    run: Callable[[Scope, Any, Progress], Any]
    most_s: float | Callable[[Settings], float]
    most_mb: int
    every: timedelta | None = None
    stays_warm: bool = False
    only_if: Callable[[Scope], bool] | None = None

    def lasts_s(self, settings: Settings) -> float:
        """After how many seconds it is ended."""
        return self.most_s(settings) if callable(self.most_s) else self.most_s

    @property
    def module(self) -> str:
        """The file that it stands in."""
        return self.run.__module__


def all_tasks(package: ModuleType = tasks) -> dict[str, Task]:
    """The tasks by the name of their kind.

    Raises:
        TypeError: a file holds no task, or one of another name.
    """
    found = {}
    for each in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{each.name}")
        task = getattr(module, "TASK", None)
        if not isinstance(task, Task) or task.kind.name != each.name or task.module != module.__name__:
            raise TypeError(f"{module.__name__} must hold TASK, of the kind {each.name!r}, with a function of its own")
        found[each.name] = task
    return found
