"""`python -m faults.serving worker …` and `… worker.consumer QUEUE …`: a worker of the product that knows our tasks too."""

import sys
from collections.abc import Callable

from faults import jobs, tasks
from store.records.jobs import kinds
from worker import consumer, main, task


def serve(program: str) -> None:
    """Run that program of the worker as it is run in production.

    Raises:
        KeyError: there is no such program.
    """
    kinds.KINDS.update(jobs.ALL)
    own, product = task.all_tasks(tasks), task.all_tasks()
    for module in (main, consumer):
        vars(module)["all_tasks"] = lambda: own | product
    programs: dict[str, Callable[[], object]] = {"worker": main.main, "worker.consumer": consumer.main}
    programs[program]()


if __name__ == "__main__":
    serve(sys.argv.pop(1))
