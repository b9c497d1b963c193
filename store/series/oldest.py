"""Since when there is anything of meters."""

from collections.abc import Collection
from datetime import datetime, timedelta

from config import clock
from store.records.plant.metering import Metering, metering
from store.scope import ALWAYS, Scope, Times, within
from store.series.connection import listed, query
from store.series.grid import EPOCH


def oldest(scope: Scope, meter_ids: Collection[str], known: Metering | None = None) -> datetime | None:
    """When the oldest reading of all the meters together is of that the scope may see; none without any.

    `known`: how they measure, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    by_times: dict[Times, list[str]] = {}
    for meter in known.measured(meter_ids):
        by_times.setdefault(known.times.get(meter, ALWAYS), []).append(meter)
    found = [
        ts
        for times, ids in by_times.items()
        for start, end in within(times, EPOCH, clock.now() + timedelta(days=1))
        for table in ("intervals", "telemetry")
        for (ts,) in query(
            f"SELECT ts FROM {table} WHERE ts >= %s AND ts < %s AND value != null AND meter IN ({listed(ids)}) "
            "ORDER BY ts LIMIT 1",
            [start, end],
        )
    ]
    return min(found, default=None)
