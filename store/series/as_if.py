"""Numbers as they would be if values were corrected, or a declaration were another: computed, and nothing is written.

What is tried out is not in what the rollup keeps of samples: of the quarters that it would make anew the samples are read
instead, by the functions that it makes them with.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from config.quantities import INTERVAL_S
from store.scope import Window
from store.series.grid import ceil, floor

Amendment = tuple[datetime, str, str, int, float | None, bool, str, str, datetime]  # as `store.series.amendments.COLUMNS`

_tried: ContextVar[list[Amendment] | None] = ContextVar("tried", default=None)
_supposed: ContextVar[Sequence[Amendment]] = ContextVar("supposed", default=())
_anew: ContextVar[Window | None] = ContextVar("made_anew", default=None)


@contextmanager
def tried() -> Iterator[list[Amendment]]:
    """Within the block what is said of values is listed, and none of it is written."""
    said: list[Amendment] = []
    before = _tried.set(said)
    try:
        yield said
    finally:
        _tried.reset(before)


@contextmanager
def as_if(said: Sequence[Amendment], anew: Window | None) -> Iterator[None]:
    """Within the block these amendments count as if they were recorded, and samples tell the quarters that `anew` touches."""
    counted = _supposed.set(said)
    made = _anew.set(anew and Window(floor(anew.start, INTERVAL_S), ceil(anew.end, INTERVAL_S)))
    try:
        yield
    finally:
        _anew.reset(made)
        _supposed.reset(counted)


def trying() -> list[Amendment] | None:
    """Where an amendment that is only tried is listed; none: it is meant."""
    return _tried.get()


def supposed() -> Sequence[Amendment]:
    """The amendments that count as if they were recorded."""
    return _supposed.get()


def parts(start: datetime, end: datetime) -> list[tuple[datetime, datetime, bool]]:
    """[start, end) in the parts of which what is kept counts (False), and those that samples tell (True)."""
    window = _anew.get()
    if window is None:
        return [(start, end, False)] if start < end else []
    first, last = (min(max(each, start), end) for each in window)
    cut = ((start, first, False), (first, last, True), (last, end, False))
    return [each for each in cut if each[0] < each[1]]
