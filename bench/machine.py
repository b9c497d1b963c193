"""Whether the machine is quiet: what of its processors went to others while the bench ran."""

import resource
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

QUIET = 0.05  # the share that a quiet machine's own housekeeping may take


def _busy_s() -> float:
    """Seconds of all processors that anybody has used, or that were taken from this machine by its host."""
    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal")))


def own_s() -> float:
    """Seconds that the bench has used, and everything that it started and that has ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def spent_s(roots: Iterable[int]) -> float:
    """Processor seconds that these processes, and all below them that have not ended, have used."""
    spent = 0.0
    for root in roots:
        process = psutil.Process(root)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                spent += times.user + times.system
    return spent


class Machine:
    """The machine from now on."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_s(), own_s()

    def others(self) -> float:
        """The share (0..1) of its processors that others used since; ask once everything of the bench's own has ended."""
        available = (time.monotonic() - self._began) * (psutil.cpu_count() or 1)
        others = (_busy_s() - self._busy) - (own_s() - self._own)
        return min(max(others / available, 0.0), 1.0) if available else 0.0
