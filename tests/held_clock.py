"""A clock that stands still: what is shown is of one moment, however late and slowly a test runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from config import clock


@contextmanager
def held(moment: datetime) -> Iterator[None]:
    """Loadstar's processes of this test live at that moment."""
    us = round(moment.timestamp() * 1e6)
    clock.use(clock.Clock(None, "held", lambda: 0, lambda: us))
    try:
        yield
    finally:
        clock.use(None)
