"""How far the rollup has come: what is before it is in `intervals`, what is after it only in `telemetry`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from store.series.connection import execute, query

LASTS_S = 1.0
GRACE = timedelta(seconds=75)  # a reading that came before the quarter's end is stored by then, and a minute's counter read again
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Checkpoint(NamedTuple):
    """Samples before `rolled_to` are rolled up, and so are late ones whose marker was received before `late_to`."""

    rolled_to: datetime
    late_to: datetime


_recent: list[Any] = [float("-inf"), None]


def read() -> Checkpoint:
    """The newest checkpoint; `NEVER` before the first rollup.

    One from the future was written while the clock was ahead: what it says was done is done again.
    """
    rows = query("SELECT rolled_to, late_to FROM rollups WHERE done_at <= now() ORDER BY done_at DESC LIMIT 1")
    return Checkpoint(*rows[0]) if rows else Checkpoint(NEVER, NEVER)


def recent() -> Checkpoint:
    """The newest checkpoint, at most a second old: an older one only means that more is read from the samples."""
    found: Checkpoint
    moment, found = _recent
    if time.monotonic() - moment > LASTS_S:
        found = read()
        _recent[:] = [time.monotonic(), found]
    return found


def forget() -> None:
    """Read the checkpoint afresh next time."""
    _recent[0] = float("-inf")


def write(checkpoint: Checkpoint) -> None:
    """Append a checkpoint; it lives beside the data that it describes, so that a restored backup agrees with itself."""
    rolled, late = (int(moment.timestamp() * 1e6) for moment in checkpoint)
    if execute("SELECT count() FROM rollups WHERE done_at > now()") != [(0,)]:
        execute("TRUNCATE TABLE rollups")  # else they would count once their time has come
    execute(f"INSERT INTO rollups VALUES (now(), {rolled}, {late})")
