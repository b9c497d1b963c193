"""The version of the data behind a result: late data and corrections change it, in every process."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config.quantities import INTERVAL_S
from store.records.meters import behind
from store.scope import Scope
from store.series import checkpoint
from store.series.connection import listed, query
from store.series.samples import GRAINS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REACH_S = 86_400  # the longest interval: one that began that long before reaches into a range
SETTLES = timedelta(hours=1)  # of what is closed that long, a change of the samples shows in a marker at once
BUCKETS_S = (86_400, 6 * 3600)  # looked through at a time, the longest that fits

Micros = NDArray[np.int64]


def settled_to() -> datetime:
    """Before it every sample is rolled up, and each change shows in the versions of `of_blocks`; may raise `StoreAway`."""
    return checkpoint.recent().rolled_to - SETTLES


def version(scope: Scope, series_ids: Collection[str], start: datetime, end: datetime) -> int:
    """The greatest time of receipt of the series' rows and amendments in [start, end), in µs since 1970; 0 without any.

    Raises:
        NotFound: a series does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    ids = behind(scope, series_ids)
    if not ids:
        return 0
    opened = max(start, settled_to())
    rows = query(f"SELECT max(received_at) FROM telemetry WHERE ts >= %s AND ts < %s AND meter IN ({listed(ids)})", [opened, end])
    newest = _micros(rows[0][0]) if rows and rows[0][0] is not None else 0
    return max([newest, *(at for _, at in _changes(ids, start, end, BUCKETS_S[0]))])


def of_blocks(scope: Scope, series_ids: Collection[str], start: datetime, end: datetime, block_s: int) -> Micros:
    """The versions (µs since 1970) of successive blocks of [start, end), all of it before `settled_to()`.

    `block_s` is a multiple of six hours, `start` and `end` are multiples of it since 1970. Raises as `version`.
    """
    found = np.zeros(round((end - start).total_seconds()) // block_s, dtype=np.int64)
    ids = behind(scope, series_ids)
    if not ids:
        return found
    bucket_s = next(each for each in BUCKETS_S if block_s % each == 0)
    for ts, changed_at in _changes(ids, start, end, bucket_s):
        # What began before a block may reach into it.
        seconds = (ts - start).total_seconds()
        first, last = max(int(seconds // block_s), 0), int((seconds + bucket_s + REACH_S - 1) // block_s)
        found[first : last + 1] = np.maximum(found[first : last + 1], changed_at)
    return found


def _changes(ids: Collection[str], start: datetime, end: datetime, bucket_s: int) -> Iterator[tuple[datetime, int]]:
    """When (µs since 1970) what reaches into [start, end) was last changed, by stretches of `bucket_s`."""
    which = f"meter IN ({listed(ids)})"
    for moment, table, reach_s in (
        ("received_at", "intervals", REACH_S),
        ("recorded_at", "amendments", REACH_S),
    ):
        since = start - timedelta(seconds=reach_s)
        rows = query(
            f"SELECT ts, max({moment}) FROM {table} WHERE ts >= %s AND ts < %s AND {which} "
            f"SAMPLE BY {GRAINS[bucket_s]} ALIGN TO CALENDAR",
            [since, end],
        )
        yield from ((ts, _micros(changed_at)) for ts, changed_at in rows if changed_at is not None)
    rows = query(
        f"SELECT ts, coalesce(ts_end, ts), max(received_at) FROM late WHERE ts < %s AND coalesce(ts_end, ts) > %s AND {which}",
        [end, start - timedelta(seconds=INTERVAL_S)],
    )
    bucket = timedelta(seconds=bucket_s)
    for ts, ts_end, changed_at in rows:
        while ts < min(ts_end, end):
            yield ts, _micros(changed_at)
            ts += bucket


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
