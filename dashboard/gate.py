"""One gate for what costs much time or memory at once: pictures, files of meters and devices.

Each person has one such thing going on at a time, and each process few, whoever asks: a press on a button may never take
the memory or the threads that everybody else's pages need.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from werkzeug.exceptions import TooManyRequests

from dashboard.access import current_scope

P = ParamSpec("P")
R = TypeVar("R")

AT_ONCE = 2  # in each process
WAIT_S = 5.0

_room = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_inside: set[str] = set()


def costly(function: Callable[P, R]) -> Callable[P, R]:
    """Let the function run only as far as there is room: 429 otherwise. Stands directly under `guard`."""

    @functools.wraps(function)
    def gated(*args: P.args, **kwargs: P.kwargs) -> R:
        with _through(current_scope().user_id or ""):
            return function(*args, **kwargs)

    return gated


@contextmanager
def _through(person: str) -> Iterator[None]:
    with _lock:
        if person in _inside:
            raise TooManyRequests
        _inside.add(person)
    try:
        if not _room.acquire(timeout=WAIT_S):
            raise TooManyRequests
        try:
            yield
        finally:
            _room.release()
    finally:
        with _lock:
            _inside.discard(person)
