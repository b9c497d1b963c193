"""Keeps the newest value of each series in the records, where a meter that falls silent is still found.

`store.series.latest` relies on it: everything that QuestDB shows and that is older than the newest kept moment, less
`OVERLAP`, is kept already.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from config import clock
from config.settings import settings
from store.records import last_values
from store.records.last_values import Last
from store.scope import Scope
from store.series.connection import listed, query
from store.series.latest import OVERLAP, end_of

LONGEST = timedelta(days=1)  # an interval stands at its start
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
OLD_EVERY_S = 300.0
SLACK = timedelta(minutes=10)  # between clocks, and between receiving a row and showing it

_searched: dict[str, float] = {}


def keep(scope: Scope, late: Mapping[str, datetime] | None = None) -> None:
    """Keep what has become newest since the last time; `late` says from when on series have got samples out of turn.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    kept = last_values.kept_to(scope)
    since = BEGINNING if kept is None else min(kept, clock.now()) - OVERLAP
    rows = _samples("ts > %s", [since])
    if late:
        rows += _samples(f"ts >= %s AND meter IN ({listed(late)})", [min(late.values())])
    rows += _intervals("ts > %s", [since - LONGEST])
    rows += _old_intervals(kept is None)
    last_values.keep(scope, rows)


def _old_intervals(first: bool) -> list[Last]:
    """Intervals of long ago that came lately: no marker tells of them, so they are searched by when they came."""
    now, before = time.monotonic(), _searched.get("at")
    if not first and before is not None and now - before < OLD_EVERY_S:
        return []
    _searched["at"] = now
    oldest = clock.now() - timedelta(days=settings().accepted_back_days) - LONGEST
    came = BEGINNING if before is None else clock.now() - timedelta(seconds=now - before) - SLACK
    return _intervals("ts > %s AND received_at > %s", [oldest, came])


def _samples(where: str, params: list[object]) -> list[Last]:
    rows = query(
        f"SELECT meter, quantity, ts, value FROM telemetry WHERE {where} LATEST ON ts PARTITION BY meter, quantity", params
    )
    return [Last(*row) for row in rows if row[-1] is not None]


def _intervals(where: str, params: list[object]) -> list[Last]:
    rows = query(
        "SELECT meter, quantity, ts, value, interval_s FROM intervals "
        f"WHERE {where} AND source != 'rollup' LATEST ON ts PARTITION BY meter, quantity",
        params,
    )
    return [
        Last(meter, quantity, end_of(quantity, ts, lasts), value)
        for meter, quantity, ts, value, lasts in rows
        if value is not None
    ]
