"""The quarters of an hour of what is sampled: means, sums, extremes and counts, made inside QuestDB."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from config.quantities import INTERVAL_S, QUANTITIES, Kind
from store.series import samples
from store.series.connection import execute, listed, query
from store.series.grid import floor
from store.series.interval_sums import ROLLUP

# In SQL, of how much of a quarter (s) a sample tells: of one that does not say how long its interval was, of all of it.
LASTING = f"CASE WHEN value = null THEN 0.0 WHEN lasts_s > 0 THEN lasts_s ELSE {INTERVAL_S}.0 END"


def aggregate(start: datetime, end: datetime, series_ids: Collection[str] | None) -> int:
    """Make the quarters of [start, end), of all series or of these; returns of how many samples.

    Those with amended samples are made again, from their effective samples.
    """
    only = f"AND meter IN ({listed(series_ids)})" if series_ids is not None else ""
    added, read = (
        listed(name for name, quantity in QUANTITIES.items() if quantity.kind is kind) for kind in (Kind.ENERGY, Kind.COUNTER)
    )
    first, last = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'" for moment in (start, end))
    # All text here is ours: times, names of quantities, and ids made by `store.ids`. A quarter that a device or a file told
    # itself stands. Samples without a value were taken away (`store.series.replaced`): a quarter of nothing else is empty.
    execute(
        f"""INSERT INTO intervals (ts, meter, quantity, interval_s, value, min, max, count, source, received_at,
                estimated_s, covered_s)
            SELECT made.ts, made.meter, made.quantity, {INTERVAL_S}, CASE WHEN made.quantity IN ({added}) THEN total
                WHEN made.quantity IN ({read}) THEN last ELSE mean END, least, greatest, count::INT, '{ROLLUP}', now(),
                CASE WHEN guessed > 0 AND made.quantity IN ({added}) THEN {INTERVAL_S}.0 * guessed / count END,
                CASE WHEN longest > 0 AND made.quantity IN ({added}) THEN least(lasting, {INTERVAL_S}.0) END
            FROM (SELECT ts, meter, quantity, sum(value) total, avg(value) mean, last_not_null(value) last, min(value) least,
                max(value) greatest, count(value) count, sum(CASE WHEN estimated THEN 1 ELSE 0 END) guessed,
                max(lasts_s) longest, sum({LASTING}) lasting FROM telemetry
                WHERE ts >= {first} AND ts < {last} {only} SAMPLE BY 15m) made
            LEFT JOIN ({told(first, last)}) told
                ON made.ts = told.ts AND made.meter = told.meter AND made.quantity = told.quantity
            WHERE told.meter = null"""
    )
    rows = query("SELECT DISTINCT meter, quantity FROM amendments WHERE ts >= %s AND ts < %s AND interval_s = 0", [start, end])
    amended = [(meter, quantity) for meter, quantity in rows if series_ids is None or meter in series_ids]
    theirs = {*query(told(first, last))} if amended else set()
    for meter, quantity in amended:
        _aggregate_amended(meter, quantity, start, end, {ts for ts, *series in theirs if series == [meter, quantity]})
    counted = query(f"SELECT count() FROM telemetry WHERE ts >= %s AND ts < %s {only}", [start, end])
    return int(counted[0][0])


def told(first: str, last: str) -> str:
    """The quarters that do not come from the rollup."""
    return (
        f"SELECT ts, meter, quantity FROM intervals "
        f"WHERE ts >= {first} AND ts < {last} AND interval_s = {INTERVAL_S} AND source != '{ROLLUP}'"
    )


def _aggregate_amended(meter: str, quantity: str, start: datetime, end: datetime, theirs: Collection[datetime]) -> None:
    every = query(
        "SELECT DISTINCT ts FROM amendments WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND interval_s = 0",
        [start, end, meter, quantity],
    )
    kind = QUANTITIES[quantity].kind
    value = {Kind.ENERGY: "total", Kind.COUNTER: "last"}.get(kind, "mean")
    found = samples.aggregates([meter], [quantity], start, end, INTERVAL_S, [value, "least", "greatest", "count"]).set_index("ts")
    lasting = "SELECT max(lasts_s) FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s"
    [(lasts_s,)] = query(lasting, [start, end, meter, quantity])
    rows = []
    for quarter in sorted({floor(ts, INTERVAL_S) for (ts,) in every}.difference(theirs)):
        numbers, count = "null, null, null", 0  # every sample of the quarter is void
        if quarter in found.index:
            row: Any = found.loc[quarter].to_dict()
            numbers, count = ", ".join(repr(float(row[name])) for name in (value, "least", "greatest")), int(row["count"])
        moment = int(quarter.timestamp() * 1e6)
        covered_s = float(min(count * lasts_s, INTERVAL_S)) if kind is Kind.ENERGY and lasts_s else "null"
        rows.append(f"({moment}, '{meter}', '{quantity}', {INTERVAL_S}, {numbers}, {count}, '{ROLLUP}', now(), {covered_s})")
    if rows:
        columns = "ts, meter, quantity, interval_s, value, min, max, count, source, received_at, covered_s"
        execute(f"INSERT INTO intervals ({columns}) VALUES {', '.join(rows)}")
