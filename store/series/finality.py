"""Whether a number of a period may still change.

It is provisional until the period's quarters are rolled up and its lateness window is over, and again as long as anything
that reaches into it waits: late readings and corrections that are not in the intervals yet, a declaration by which they are
not made yet, or what QuestDB has committed and does not show. What a counter counted in a silence is known when it ends.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config import clock
from config.quantities import INTERVAL_S, LOCAL_DAY_S, LONGEST_INTERVAL_S
from models.energy import PATIENCE, Floats
from store.records.plant import restatements
from store.records.plant.metering import Declared, Metering, metering
from store.scope import ALWAYS, Scope
from store.series import checkpoint
from store.series.checkpoint import GRACE
from store.series.connection import listed, query
from store.series.counters import COUNTERS
from store.series.energy_of_samples import POWER
from store.series.grid import Edges, micros
from store.series.interval_sums import ROLLUP
from store.series.pieces import REGISTERS

Stretch = tuple[datetime, datetime]
Flags = NDArray[np.bool_]

FIRST, FOREVER = ALWAYS[0]
QUARTER = timedelta(seconds=INTERVAL_S)
SHOWN_WITHIN_S = 0.25  # QuestDB shows what is committed within milliseconds; else it is not known of whom it is
WAITING = ("late", "amendments", "intervals")


def provisional(scope: Scope, meter_ids: Collection[str], edges: Edges, known: Metering | None = None) -> dict[str, list[bool]]:
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


def _measured(scope: Scope, known: Metering, meter_ids: Collection[str], edges: Edges) -> dict[str, list[bool]]:
    if not meter_ids:
        return {}
    if not shown():
        return {meter: [True] * (len(edges) - 1) for meter in meter_ids}
    done, now = checkpoint.recent(), clock.now()
    counting = {meter for meter in meter_ids if any(source.method == "counter" for source in known.declared[meter])}
    waiting = _waiting(scope, known, meter_ids, counting, done.late_to)
    still = counting - known.retired
    silent = _silent(still, done.rolled_to) if still and edges[1] <= done.rolled_to else {}
    edges_s = micros(edges) / 1e6
    starts, ends = edges_s[:-1], edges_s[1:]
    rolled_to, by_declaration = done.rolled_to.timestamp(), dict[tuple[Declared, ...], Flags]()
    changing: dict[str, list[bool]] = {}
    for meter in meter_ids:
        # Most meters of a site declare the same.
        declared = tuple(known.declared[meter])
        if declared not in by_declaration:
            by_declaration[declared] = ends > np.minimum(rolled_to, now.timestamp() - _windows_s(declared, ends))
        found = by_declaration[declared].copy()
        if meter in silent:
            found |= ends > silent[meter].timestamp()
        for first, last in waiting.get(meter, []):
            found |= (starts < last.timestamp()) & (ends > first.timestamp())
        changing[meter] = found.tolist()
    return changing


def shown() -> bool:
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


def _windows_s(declared: Iterable[Declared], ends_s: Floats) -> Floats:
    """For how long after the end of each period (s) its readings may still come as usual."""
    found = np.full(len(ends_s), GRACE.total_seconds())
    for each in declared:
        until_s = np.inf if each.valid_to is None else each.valid_to.timestamp()
        holding = (each.valid_from.timestamp() < ends_s) & (ends_s <= until_s)
        found[holding] = np.maximum(found[holding], PATIENCE * each.interval_s)
    return found


def _waiting(
    scope: Scope, known: Metering, meter_ids: Collection[str], counting: Collection[str], late_to: datetime
) -> dict[str, list[Stretch]]:
    """The stretches of each meter of which something waits. A counter's readings tell of what is beside them too.

    So does what comes within a longer interval, which is spread over what nothing else tells.
    """
    waiting: dict[str, list[Stretch]] = {}
    rows = query(
        f"SELECT meter, min(ts), max(coalesce(ts_end, dateadd('s', {INTERVAL_S}, ts))) FROM late "
        f"WHERE received_at >= %s AND meter IN ({listed(meter_ids)})",
        [late_to],
    )
    late = {meter: (first, last) for meter, first, last in rows}
    for meter, stretch in (late | _longer({meter: late[meter] for meter in late.keys() - counting})).items():
        waiting.setdefault(meter, []).append((FIRST, FOREVER) if meter in counting else stretch)
    for each in restatements.waiting(scope, meter_ids, known):
        waiting.setdefault(each.meter_id, []).append((each.since, each.until or FOREVER))
    return waiting


def _longer(late: Mapping[str, Stretch]) -> dict[str, Stretch]:
    """The stretches of meters with all intervals of more than a quarter of an hour that they touch; without any: absent."""
    if not late:
        return {}
    since, until = min(first for first, _ in late.values()), max(last for _, last in late.values())
    rows = query(
        f"SELECT meter, ts, interval_s FROM intervals WHERE ts > %s AND ts < %s AND interval_s > {INTERVAL_S} AND value != null "
        f"AND meter IN ({listed(late)}) AND quantity IN ({listed([*REGISTERS, POWER])})",
        [since - timedelta(seconds=LONGEST_INTERVAL_S), until],
    )
    found: dict[str, Stretch] = {}
    for meter, ts, interval_s in rows:
        # A day as of 24 hours is the local day, which may be longer.
        beyond = timedelta(seconds=LOCAL_DAY_S[1] - interval_s if interval_s >= LOCAL_DAY_S[0] else 0)
        first, last = ts - beyond, ts + timedelta(seconds=interval_s) + beyond
        if first < late[meter][1] and last > late[meter][0]:
            least, most = found.get(meter, late[meter])
            found[meter] = min(first, least), max(last, most)
    return found


def _silent(counting: Collection[str], until: datetime) -> dict[str, datetime]:
    """Until when counters are read and rolled up: what follows is told by their next reading."""
    rows = query(
        f"SELECT meter, ts FROM intervals WHERE ts < %s AND meter IN ({listed(counting)}) AND quantity IN ({listed(COUNTERS)}) "
        f"AND source = '{ROLLUP}' AND interval_s = {INTERVAL_S} AND value != null LATEST ON ts PARTITION BY meter",
        [until],
    )
    return {meter: ts + QUARTER for meter, ts in rows}
