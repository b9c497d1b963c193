"""Keeps the newest value of each series in the records, where a meter that falls silent is still found.

`store.series.latest` relies on it: everything that QuestDB shows and that is older than the newest kept moment, less
`OVERLAP`, is kept already.
"""

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from config import clock
from config.settings import settings
from store.records.plant import last_values
from store.records.plant.last_values import Last
from store.scope import Scope
from store.series.connection import listed, query
from store.series.latest import OVERLAP, end_of, not_ahead
from store.series.newest import newest

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
    until = not_ahead()
    rows = _samples("ts > %s AND ts <= %s", [since, until])
    if late:
        rows += _samples(f"ts >= %s AND ts <= %s AND meter IN ({listed(late)})", [min(late.values()), until])
    rows += _intervals("ts > %s AND ts <= %s", [since - LONGEST, until])
    rows += _old_intervals(kept is None, until)
    rows += _before_those_ahead(scope, rows, until)
    last_values.keep(scope, rows, until)


def look_again(scope: Scope, series: Collection[tuple[str, str]]) -> None:
    """Keep what is newest of these series and quantities now: it came out of turn, or what was kept was taken away.

    Only as far as all is kept: what is newer `keep` finds, and must go on to search there. Raises as `keep`.
    """
    if not series:
        return
    ids, names = {meter for meter, _ in series}, {quantity for _, quantity in series}
    rows = []
    for table, only in (("telemetry", ""), ("intervals", "AND source != 'rollup'")):
        for meter, quantity, ts, value, lasts in newest(ids, table, BEGINNING, not_ahead(), names, only):
            rows.append(Last(meter, quantity, end_of(quantity, ts, lasts), value))
    until = last_values.kept_to(scope) or BEGINNING
    last_values.forget(scope, series)
    last_values.keep(scope, [row for row in rows if (row.series_id, row.quantity) in series and row.ts <= until])


def _before_those_ahead(scope: Scope, rows: list[Last], until: datetime) -> list[Last]:
    """The newest values of series of which one is kept that has yet to come: it was written under a wrong clock.

    Where there is none before it, nothing stays kept.
    """
    ahead = last_values.ahead(scope, until) - {(row.series_id, row.quantity) for row in rows}
    if not ahead:
        return []
    theirs = f"ts <= %s AND meter IN ({listed(series for series, _ in ahead)})"
    values = _samples(theirs, [until]) + _intervals(theirs, [until])
    last_values.forget(scope, ahead - {(row.series_id, row.quantity) for row in values})
    return values


def _old_intervals(first: bool, until: datetime) -> list[Last]:
    """Intervals of long ago that came lately: no marker tells of them, so they are searched by when they came."""
    now, before = time.monotonic(), _searched.get("at")
    if not first and before is not None and now - before < OLD_EVERY_S:
        return []
    _searched["at"] = now
    oldest = clock.now() - timedelta(days=settings().accepted_back_days) - LONGEST
    came = BEGINNING if before is None else clock.now() - timedelta(seconds=now - before) - SLACK
    return _intervals("ts > %s AND ts <= %s AND received_at > %s", [oldest, until, came])


def _samples(where: str, params: list[object]) -> list[Last]:
    rows = query(
        f"SELECT meter, quantity, ts, value FROM telemetry WHERE {where} AND value != null "
        "LATEST ON ts PARTITION BY meter, quantity",
        params,
    )
    return [Last(*row) for row in rows]


def _intervals(where: str, params: list[object]) -> list[Last]:
    rows = query(
        "SELECT meter, quantity, ts, value, interval_s FROM intervals "
        f"WHERE {where} AND source != 'rollup' AND value != null LATEST ON ts PARTITION BY meter, quantity",
        params,
    )
    return [Last(meter, quantity, end_of(quantity, ts, lasts), value) for meter, quantity, ts, value, lasts in rows]
