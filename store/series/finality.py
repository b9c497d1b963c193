"""Whether a number of a period may still change.

It is provisional until the period's quarters are rolled up and its lateness window is over, and again as long as anything
that reaches into it waits: late readings and corrections that are not in the intervals yet, a declaration by which they are
not made yet, or what QuestDB has committed and does not show. What a counter counted in a silence is known when it ends.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from config import clock
from config.quantities import INTERVAL_S
from models.energy import PATIENCE
from store.records.plant import restatements
from store.records.plant.metering import Declared, Metering, metering
from store.scope import ALWAYS, Scope
from store.series import checkpoint
from store.series.checkpoint import GRACE
from store.series.connection import listed, query
from store.series.counters import COUNTERS
from store.series.interval_sums import ROLLUP

FIRST, FOREVER = ALWAYS[0]
QUARTER = timedelta(seconds=INTERVAL_S)
SHOWN_WITHIN_S = 0.25  # QuestDB shows what is committed within milliseconds; else it is not known of whom it is
WAITING = ("late", "amendments", "intervals")


def provisional(
    scope: Scope, meter_ids: Collection[str], edges: Sequence[datetime], known: Metering | None = None
) -> dict[str, list[bool]]:
    """Of each meter, whether its energy between successive edges (rising, in UTC) may still change.

    A virtual meter's may as long as any of its terms' may. `known`: how they measure, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    measured = known.measured(meter_ids)
    found = _measured(scope, known, measured, edges) if len(edges) > 1 else {meter: [] for meter in measured}
    for virtual, parts in known.sums(meter_ids).items():
        found[virtual] = [any(each) for each in zip(*(found[term] for term, _ in parts), strict=True)]
    return {meter: found[meter] for meter in meter_ids}


def _measured(scope: Scope, known: Metering, meter_ids: Collection[str], edges: Sequence[datetime]) -> dict[str, list[bool]]:
    if not meter_ids:
        return {}
    if not _shown():
        return {meter: [True] * (len(edges) - 1) for meter in meter_ids}
    done, now = checkpoint.recent(), clock.now()
    counting = {meter for meter in meter_ids if any(source.method == "counter" for source in known.declared[meter])}
    waiting = _waiting(scope, known, meter_ids, counting, done.late_to)
    still = counting - known.retired
    silent = _silent(still, done.rolled_to) if still and edges[1] <= done.rolled_to else {}
    changing: dict[str, list[bool]] = {}
    for meter in meter_ids:
        stretches = waiting.get(meter, [])
        changing[meter] = [
            end > min(done.rolled_to, now - _window(known.declared[meter], end))
            or end > silent.get(meter, end)
            or any(start < last and end > first for first, last in stretches)
            for start, end in pairwise(edges)
        ]
    return changing


def _shown() -> bool:
    """Whether everything that is committed can be read, within a moment."""
    deadline = time.monotonic() + SHOWN_WITHIN_S
    sql = f"SELECT name, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN ({listed(WAITING)})"
    shown = query(sql)
    wanted = {name: committed for name, _, committed in shown}
    while any(written < wanted[name] for name, written, _ in shown):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
        shown = query(sql)
    return True


def _window(declared: Iterable[Declared], end: datetime) -> timedelta:
    """For how long after a period's end its readings may still come as usual."""
    holding = [each for each in declared if each.valid_from < end and (each.valid_to is None or end <= each.valid_to)]
    return max([GRACE, *(timedelta(seconds=PATIENCE * each.interval_s) for each in holding)])


def _waiting(
    scope: Scope, known: Metering, meter_ids: Collection[str], counting: Collection[str], late_to: datetime
) -> dict[str, list[tuple[datetime, datetime]]]:
    """The stretches of each meter of which something waits. A counter's readings tell of what is beside them too."""
    waiting: dict[str, list[tuple[datetime, datetime]]] = {}
    rows = query(
        f"SELECT meter, min(ts), max(coalesce(ts_end, dateadd('s', {INTERVAL_S}, ts))) FROM late "
        f"WHERE received_at >= %s AND meter IN ({listed(meter_ids)})",
        [late_to],
    )
    for meter, first, last in rows:
        waiting.setdefault(meter, []).append((FIRST, FOREVER) if meter in counting else (first, last))
    for each in restatements.waiting(scope, meter_ids, known):
        waiting.setdefault(each.meter_id, []).append((each.since, each.until or FOREVER))
    return waiting


def _silent(counting: Collection[str], until: datetime) -> dict[str, datetime]:
    """Until when counters are read and rolled up: what follows is told by their next reading."""
    rows = query(
        f"SELECT meter, ts FROM intervals WHERE ts < %s AND meter IN ({listed(counting)}) AND quantity IN ({listed(COUNTERS)}) "
        f"AND source = '{ROLLUP}' AND interval_s = {INTERVAL_S} AND value != null LATEST ON ts PARTITION BY meter",
        [until],
    )
    return {meter: ts + QUARTER for meter, ts in rows}
