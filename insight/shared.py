"""Something computed once for everybody who asks at the same time, and kept for a while.

Keys carry the scope's key: who sees something else never shares an answer. The language is part of every key, for answers may
hold words.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from config import language

R = TypeVar("R")
Place = tuple[str, Hashable]  # of an answer: its language, and its key

KEPT = 512  # answers, in each process
RENEWERS = 4  # threads of a process
REST = 4  # a fifth of a thread's time at most goes into one answer

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    """An answer or one that is being computed; `until` counts from when it was ready."""

    future: Future[Any] = field(default_factory=Future)
    until: float = float("inf")
    renewing: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it was computed, and did not fail."""
        return self.future.done() and self.future.exception() is None


class Shared:
    """Answers by key: the first who asks computes, whoever asks meanwhile waits for the same answer."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Place, _Answer] = OrderedDict()
        self._kept = kept
        # Few, and always the same: what a thread opens for itself (a cache's database) is closed long after the thread is gone.
        self._renewers = ThreadPoolExecutor(RENEWERS, thread_name_prefix="renew")  # starts them at the first use, after any fork

    def get(
        self,
        key: Hashable,
        lasts_s: float,
        compute: Callable[[], R],
        stale_s: float = 0.0,
        good: Callable[[R], bool] = lambda _: True,
    ) -> R:
        """The answer for the key, kept for `lasts_s` from when it was ready: a busy machine computes less, not more.

        For `stale_s` longer the old answer is given while a thread computes the new one, so that nobody waits for what
        need not be of this second; one that took long is kept `REST` times as long as it took, so that a large site's does not
        take the time of what is live. What fails is raised to all who waited, and not kept. An answer that is `good` no more is
        computed anew whatever its age.
        """
        now, place = time.monotonic(), (language.spoken(), key)
        with self._lock:
            before = self._answers.get(place)
            if before is None or before.until + stale_s <= now or (before.is_ready and not good(before.future.result())):
                answer, renew = self._begin(place), None
            else:
                answer, renew = before, before if before.until <= now and not before.renewing else None
                if renew:
                    renew.renewing = True
        if renew:
            self._renewers.submit(self._renew, place, lasts_s, compute, renew)
        if answer is not before:
            self._compute(place, answer, lasts_s, compute, rests=stale_s > 0)
        got: R = answer.future.result()
        return got

    def soon(self, key: Hashable, lasts_s: float, compute: Callable[[], R], stale_s: float) -> R | None:
        """The answer as `get` gives it where there is one; else none, and a thread computes it for whoever asks next."""
        now, place = time.monotonic(), (language.spoken(), key)
        with self._lock:
            before = self._answers.get(place)
            is_there = before is not None and before.is_ready and now < before.until + stale_s
            is_begun = before is not None and not before.future.done()
            answer = None if is_there or is_begun else self._begin(place)
        if answer is not None:
            self._renewers.submit(self._compute_apart, place, answer, lasts_s, compute)
        return self.get(key, lasts_s, compute, stale_s) if is_there else None

    def clear(self, *kinds: str) -> None:
        """Forget everything, or the answers whose keys begin so; for tests."""
        with self._lock:
            for place in [
                place for place in self._answers if not kinds or (isinstance(place[1], tuple) and place[1][0] in kinds)
            ]:
                del self._answers[place]

    def _begin(self, place: Place) -> _Answer:
        answer = self._answers[place] = _Answer()
        self._answers.move_to_end(place)
        while len(self._answers) > self._kept:
            self._answers.popitem(last=False)
        return answer

    def _compute(self, place: Place, answer: _Answer, lasts_s: float, compute: Callable[[], Any], rests: bool) -> None:
        began = time.monotonic()
        try:
            result = compute()
        except BaseException as error:
            with self._lock:
                if self._answers.get(place) is answer:
                    del self._answers[place]
            answer.future.set_exception(error)
            return
        ready = time.monotonic()
        answer.until = ready + (max(lasts_s, REST * (ready - began)) if rests else lasts_s)
        answer.future.set_result(result)

    def _compute_apart(self, place: Place, answer: _Answer, lasts_s: float, compute: Callable[[], Any]) -> None:
        with language.speaking(place[0]):
            self._compute(place, answer, lasts_s, compute, rests=True)
        if error := answer.future.exception():
            log.warning("%s was not computed: %s", place[1], error)

    def _renew(self, place: Place, lasts_s: float, compute: Callable[[], Any], old: _Answer) -> None:
        new = _Answer()
        try:
            with language.speaking(place[0]):
                self._compute(place, new, lasts_s, compute, rests=True)
            error = new.future.exception()
            if error is not None:
                log.warning("%s was not renewed: %s", place[1], error)
                return
            with self._lock:
                if self._answers.get(place) is old:
                    self._answers[place] = new
        finally:
            old.renewing = False


shared = Shared()
