"""The version of the data behind a result: late data and corrections change it, in every process."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from config.quantities import INTERVAL_S
from store.records.meters import require_series
from store.scope import Scope
from store.series import checkpoint
from store.series.connection import listed, query

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def version(scope: Scope, series_ids: Collection[str], start: datetime, end: datetime) -> int:
    """The greatest time of receipt of the series' rows and amendments in [start, end), in µs since 1970; 0 without any.

    Raises:
        NotFound: a series does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    require_series(scope, series_ids)
    if not series_ids:
        return 0
    # Of quarters that are closed, a change of the samples shows in a marker at once, and in the intervals a moment later.
    opened = max(start, checkpoint.recent().rolled_to - timedelta(hours=1))
    ids, reaching = listed(series_ids), start - timedelta(days=1)
    newest = 0
    for moment, table, since in (
        ("received_at", "telemetry", opened),
        ("received_at", "intervals", reaching),
        ("received_at", "late", start - timedelta(seconds=INTERVAL_S)),
        ("recorded_at", "amendments", reaching),
    ):
        rows = query(f"SELECT max({moment}) FROM {table} WHERE ts >= %s AND ts < %s AND meter IN ({ids})", [since, end])
        if rows and rows[0][0] is not None:
            newest = max(newest, (rows[0][0] - EPOCH) // timedelta(microseconds=1))
    return newest
