"""Requests that do not come to an end: gunicorn's own time limit sees only whether a worker's main loop turns.

A thread that waits for ever is lost to its worker, and with the last one everything stands still although the loop turns
on. So each request's beginning is kept; one that is being sent, however slowly it is read, has not hung.
"""

import sys
import threading
import time
import traceback

LONGEST_S = 180.0  # for one request: no browser and no proxy waits that long
ALL_S = 60.0  # when every thread is taken, and none has got anywhere for so long
QUIET_S = 5.0  # younger ones are not looked at
SENDS = "gunicorn"  # where a thread stands that sends its answer, by the name of its module


class UnderWay:
    """The requests that threads of this process are working on: since when each has been silent, by thread."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def begin(self) -> None:
        """This thread begins one."""
        self._since[threading.get_ident()] = time.monotonic()

    def end(self) -> None:
        """This thread has answered."""
        self._since.pop(threading.get_ident(), None)

    def hung(self, threads: int) -> list[int]:
        """The threads, of so many that a worker has, that will not come back; empty while all is well."""
        now = time.monotonic()
        if any(now - since > QUIET_S for since in list(self._since.values())):
            for thread, frame in sys._current_frames().items():
                if thread in self._since and str(frame.f_globals.get("__name__", "")).startswith(SENDS):
                    self._since[thread] = now
        silent = {thread: now - since for thread, since in list(self._since.items())}
        if len(silent) >= threads and min(silent.values()) > ALL_S:
            return list(silent)
        return [thread for thread, silent_s in silent.items() if silent_s > LONGEST_S]


def where(thread: int) -> str:
    """Where a thread stands, for whoever finds out why."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame else "(gone)"
