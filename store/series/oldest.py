"""Since when there is anything of meters."""

from collections.abc import Collection
from datetime import datetime

from store.records.plant.metering import Metering, metering
from store.scope import Scope
from store.series.connection import listed, query


def oldest(scope: Scope, meter_ids: Collection[str], known: Metering | None = None) -> datetime | None:
    """When the oldest reading of all the meters together is of; none without any. `known`: how they measure, if that was read.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    ids = listed(metering(scope, meter_ids, known).measured(meter_ids))
    which = f"WHERE meter IN ({ids}) AND value != null ORDER BY ts LIMIT 1"
    found = [ts for table in ("intervals", "telemetry") for (ts,) in query(f"SELECT ts FROM {table} {which}")]
    return min(found, default=None)
