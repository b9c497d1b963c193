"""`python -m worker.child`: the process that runs tasks, one after the other, told by lines of JSON what to do.

The first line holds the settings, each further one a job. It answers by lines of JSON: `{"began"}` when it has imported the task,
`{"progress", "message"}` while it works, and then `{"result"}` or `{"problem"}`. When nobody is there any more to tell it
anything, it ends with all that it has started.
"""

import contextlib
import importlib
import json
import logging
import os
import queue
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

import msgspec

from config import settings as configuration
from config.settings import PRIVATE
from store.errors import NotFound, Refused, StoreAway, StoreFull
from store.records.access import audit
from store.records.jobs.kinds import LONGEST_RESULT, Problem, scope_from
from store.records.transaction import engine
from worker.task import Task

log = logging.getLogger("loadstar.worker.child")


def main() -> None:
    """Run what is asked for until nothing more can come."""
    os.umask(PRIVATE)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a task prints is for the log
    asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True, name="listening").start()
    made = configuration.load(**asked.get())
    configuration.use(made)
    logging.basicConfig(level=made.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    engine.configure(made.records_url)
    while True:
        _say(answers, **_done(asked.get(), answers))


def _listen(asked: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        asked.put(json.loads(line))
    import psutil  # only here: what is not needed until the end is not waited for at the beginning

    for each in psutil.Process().children(recursive=True):  # those that left the group
        with contextlib.suppress(psutil.Error):
            each.kill()
    os.killpg(0, signal.SIGKILL)  # of which it is the leader


def _say(answers: IO[bytes], **words: Any) -> None:
    answers.write(msgspec.json.encode(words) + b"\n")


def _done(asked: Mapping[str, Any], answers: IO[bytes]) -> dict[str, Any]:
    """What became of a job."""

    def progress(share: float, message: Mapping[str, Any] | None = None) -> None:
        _say(answers, progress=share, message=message)

    task: Task = importlib.import_module(asked["module"]).TASK
    _say(answers, began=True)
    most = task.most_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
    scope = scope_from(asked["scope"])
    audit.act_as(*([scope.user_id] if scope.user_id else []), only_looks=task.kind.only_reads)
    try:
        result = task.run(scope, msgspec.convert(asked["arguments"], task.kind.arguments), progress)
        if len(plain := msgspec.json.encode(result)) > LONGEST_RESULT:
            log.error("%s has a result of %d kB", task.kind.name, len(plain) // 2**10)
            return {"problem": Problem.TOO_LARGE}
        return {"result": msgspec.Raw(plain)}
    except (StoreAway, StoreFull) as away:
        log.warning("%s waits for the store: %s", task.kind.name, away)
        return {"problem": Problem.STORE_AWAY}
    except NotFound:
        return {"problem": Problem.NOT_THEIRS}
    except Refused as why:
        log.info("%s was refused: %s", task.kind.name, why)
        return {"problem": Problem.REFUSED}
    except MemoryError:
        return {"problem": Problem.TOO_MUCH_MEMORY}
    except Exception:
        log.exception("%s failed", task.kind.name)
        return {"problem": Problem.BROKE}


if __name__ == "__main__":
    main()
