"""Light work at its times, by the steady clock: a machine whose clock is set misses no turn and takes none twice.

What is done every few seconds runs here, in threads of the worker; what takes long is a job, which the clock asks for.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from store.errors import StoreAway, StoreFull

log = logging.getLogger("loadstar.worker")

LONGEST_S = 1800.0  # that a duty may take; one that takes longer hangs


class Duty:
    """Work whose turn comes so many seconds after its last; says once when the store goes away and once when it is back."""

    def __init__(self, name: str, every_s: float, work: Callable[[], object]) -> None:
        self.name = name
        self.every_s = every_s
        self._work = work
        self._waits = False

    def __call__(self) -> None:
        """Run once; never raises, so that the next run comes."""
        try:
            self._work()
        except (StoreAway, StoreFull) as error:
            if not self._waits:
                log.warning("%s waits for the store: %s", self.name, error)
            self._waits = True
        except Exception:
            log.exception("%s failed; it is tried again at its next time", self.name)
        else:
            if self._waits:
                log.info("%s goes on: the store takes it again", self.name)
            self._waits = False


class Lane:
    """Duties that are done one at a time, in a thread of their own. A turn that comes while another is done is late, not lost."""

    def __init__(self, name: str, duties: Sequence[Duty]) -> None:
        self._duties = duties
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        self._under_way: tuple[Duty, float] | None = None

    def start(self) -> None:
        """Give each duty its first turn now."""
        self._thread.start()

    def end(self) -> None:
        """Let the duty that is under way finish, and start no other."""
        self._end.set()

    def join(self) -> None:
        """Wait until it has finished."""
        self._thread.join()

    def hangs(self) -> str | None:
        """The name of the duty that is under way, if it should have ended long ago."""
        under_way = self._under_way
        return under_way[0].name if under_way and time.monotonic() - under_way[1] > LONGEST_S else None

    def _run(self) -> None:
        due = dict.fromkeys(self._duties, time.monotonic())
        while not self._end.is_set():
            duty = min(due, key=lambda each: due[each])
            if self._end.wait(max(0.0, due[duty] - time.monotonic())):
                return
            self._under_way = duty, time.monotonic()
            duty()
            self._under_way = None
            due[duty] = time.monotonic() + duty.every_s
