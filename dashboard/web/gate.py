"""One gate for what costs much time or memory at once: pictures, files of meters and devices, exports.

Each person has one such thing going on at a time, and each process few, whoever asks: a press on a button may never take
the memory or the threads that everybody else's pages need. An answer that is sent bit by bit is its person's until it has
ended; room is only taken while a bit is made, not while somebody reads it slowly.
"""

import functools
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar

from flask import Response
from werkzeug.exceptions import TooManyRequests

from dashboard.web.access import current_scope

P = ParamSpec("P")
R = TypeVar("R")

AT_ONCE = 2  # in each process
WAIT_S = 5.0
FORGOTTEN_S = 1800.0  # an answer that nobody ended by then is nobody's any more
GATED = "__gated__"

_room = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_inside: dict[str, float] = {}  # since when each person is


def costly(function: Callable[P, R]) -> Callable[P, R]:
    """Let the function run only as far as there is room: 429 otherwise. Stands directly under `guard`."""

    @functools.wraps(function)
    def gated(*args: P.args, **kwargs: P.kwargs) -> R:
        with ExitStack() as until_ended:
            until_ended.enter_context(_alone(current_scope().user_id or ""))
            if not _room.acquire(timeout=WAIT_S):
                raise TooManyRequests
            try:
                answer = function(*args, **kwargs)
            finally:
                _room.release()
            if isinstance(answer, Response) and answer.is_streamed:
                let_go = until_ended.pop_all().close
                answer.response = _by_turns(answer.response, let_go)
                answer.call_on_close(let_go)  # of one that nobody began to read
            return answer

    setattr(gated, GATED, True)
    return gated


@contextmanager
def _alone(person: str) -> Iterator[None]:
    began = time.monotonic()
    with _lock:
        if began - _inside.get(person, -FORGOTTEN_S) < FORGOTTEN_S:
            raise TooManyRequests
        _inside[person] = began
    try:
        yield
    finally:
        with _lock:
            if _inside.get(person) == began:
                del _inside[person]


def _by_turns(pieces: Iterable[Any], let_go: Callable[[], None]) -> Iterator[Any]:
    left = iter(pieces)
    try:
        while True:
            with _room:
                piece = next(left, None)
            if piece is None:
                return
            yield piece
    finally:
        let_go()
        if isinstance(left, Generator):
            left.close()
