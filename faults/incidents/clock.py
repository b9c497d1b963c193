"""The machine's clock is set a day ahead, a day back, and right again: no reading is lost, moved, or dropped as too old."""

import time
from datetime import timedelta
from pathlib import Path

from faults import embedded
from faults.house import until
from faults.set_clock import NoCompiler, SetClock
from faults.verdict import Verdict

LASTS_S = 30.0
STEPS = (timedelta(days=1), timedelta(days=-1), timedelta(0))


def happen(folder: Path, share: float) -> list[Verdict]:
    """Half a minute each; the device, whose own clock is right, goes on all the time."""
    try:
        clock = SetClock(folder)
    except NoCompiler:
        return [Verdict("clocks that were set (there is no C compiler here)", 0)]
    with embedded.posted_to(folder / "clocked", **clock.environment()) as (_product, poster):
        until("readings are taken", lambda: len(poster.acknowledged) > 500)
        for ahead in STEPS:
            clock.set(ahead)
            time.sleep(LASTS_S * share)
            taken = len(poster.acknowledged)
            until(f"readings are taken with a clock {ahead} ahead", lambda taken=taken: len(poster.acknowledged) > taken)  # type: ignore[misc]
        poster.end()
        until("all is applied", embedded.is_applied)
        return [Verdict("clocks that were set", len(STEPS)), *embedded.kept(poster, "while the clock was set")]
