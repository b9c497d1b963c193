"""The version of the data behind a result: late data and corrections change it, in every process."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config import clock
from config.quantities import DAY_S, INTERVAL_S, LONGEST_INTERVAL_S
from store.records.plant.metering import Metering, metering
from store.records.plant.meters import behind
from store.scope import Scope
from store.series import checkpoint
from store.series.connection import listed, query
from store.series.samples import GRAINS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SETTLES = timedelta(hours=1)  # of what is closed that long, a change of the samples shows in a marker at once
LATE = timedelta(hours=1)  # after the end of a stretch that is looked through
BUCKET_S = 6 * 3600  # looked through at a time where it matters when something changed

Micros = NDArray[np.int64]


def settled_to() -> datetime:
    """Before it every sample is rolled up, and each change shows in the versions of `of_blocks`; may raise `StoreAway`."""
    return checkpoint.recent().rolled_to - SETTLES


def now() -> datetime:
    """The time by QuestDB's clock or by ours, whichever is behind: what is written from now on is stamped no earlier."""
    [(theirs,)] = query("SELECT now()")
    return min(clock.now(), datetime.fromtimestamp(theirs.timestamp(), UTC))


def written() -> int:
    """How many times something was written to what energies are made of: fewer than before where QuestDB was set back."""
    rows = query("SELECT sequencerTxn FROM wal_tables() WHERE name IN ('intervals', 'amendments')")
    return sum(int(count) for (count,) in rows)


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
    return max([newest, *(at for _, at in _changes(ids, start, end, DAY_S))])


def of_blocks(scope: Scope, series_ids: Collection[str], edges: Sequence[datetime]) -> Micros:
    """The versions (µs since 1970) of the blocks between successive edges, all of them before `settled_to()`.

    Raises as `version`.
    """
    found = np.zeros(len(edges) - 1, dtype=np.int64)
    ids = behind(scope, series_ids)
    if not ids or not len(found):
        return found
    longest, bucket = timedelta(seconds=LONGEST_INTERVAL_S), timedelta(seconds=BUCKET_S)
    for ts, changed_at in _changes(ids, edges[0], edges[-1] + longest, BUCKET_S):
        # What began before a block may reach into it. What comes late may come after a longer row around it, of which it
        # leaves less to the time before.
        late = changed_at > _micros(ts + bucket + LATE)
        first, last = bisect_right(edges, ts - longest if late else ts) - 1, bisect_left(edges, ts + bucket + longest)
        first = max(first, 0)
        found[first:last] = np.maximum(found[first:last], changed_at)
    return found


def changed_since(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, since: datetime, known: Metering | None = None
) -> dict[str, list[tuple[datetime, datetime, datetime]]]:
    """The stretches of [start, end), and beyond, that rows or amendments received after `since` may reach into, by meter.

    Each with when the last of these was received.

    The meters are these and the terms of those that are virtual; of which nothing came are absent. `known`: how they measure,
    if that was read already. Raises as `version`.
    """
    ids = metering(scope, meter_ids, known).measured(meter_ids)
    reach, found = timedelta(seconds=LONGEST_INTERVAL_S), dict[str, list[tuple[datetime, datetime, datetime]]]()
    for moment, table in (("received_at", "intervals"), ("recorded_at", "amendments")):
        which = f"FROM {table} WHERE {moment} > %s AND ts >= %s AND ts < %s"
        asked = [since, start - 2 * reach, end + 2 * reach]
        # Mostly nothing came: that is told many times as fast as of whom it would be.
        if not ids or query(f"SELECT count() {which}", asked) == [(0,)]:
            continue
        sql = f"SELECT meter, timestamp_floor('d', ts) day, max({moment}) {which} AND meter IN ({listed(ids)})"
        for meter, day, at in query(sql, asked):
            # What began before a day may end in it, and what lies beside a row is judged by it.
            found.setdefault(meter, []).append((day - reach, day + timedelta(days=1) + 2 * reach, at))
    return found


def _changes(ids: Collection[str], start: datetime, end: datetime, bucket_s: int) -> Iterator[tuple[datetime, int]]:
    """When (µs since 1970) what reaches into [start, end) was last changed, by stretches of `bucket_s`."""
    which = f"meter IN ({listed(ids)})"
    since = start - timedelta(seconds=LONGEST_INTERVAL_S)
    for moment, table in (("received_at", "intervals"), ("recorded_at", "amendments")):
        rows = query(
            f"SELECT ts, max({moment}) FROM {table} WHERE ts >= %s AND ts < %s AND {which} "
            f"SAMPLE BY {GRAINS[bucket_s]} ALIGN TO CALENDAR",
            [since, end],
        )
        yield from ((ts, _micros(changed_at)) for ts, changed_at in rows if changed_at is not None)
    # A marker is received after what it is of, and of those from before nothing is read; a day is more than clocks differ.
    rows = query(
        "SELECT ts, coalesce(ts_end, ts), max(received_at) FROM late "
        f"WHERE received_at >= %s AND ts < %s AND coalesce(ts_end, ts) > %s AND {which}",
        [since, end, start - timedelta(seconds=INTERVAL_S)],
    )
    bucket = timedelta(seconds=bucket_s)
    for ts, ts_end, changed_at in rows:
        while ts < min(ts_end, end):
            yield ts, _micros(changed_at)
            ts += bucket


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
