"""Samples of `telemetry`, aggregated in the database to stretches of time, with people's amendments applied."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pandas as pd

from models import energy as arithmetic
from models.energy import ON_TIME, PATIENCE
from store.series import amendments
from store.series.connection import frame, listed, no_rows

# SAMPLE BY takes no parameter: what may stand there, by seconds.
GRAINS = {
    1: "1s", 5: "5s", 10: "10s", 60: "1m", 300: "5m", 600: "10m", 900: "15m", 1800: "30m", 3600: "1h", 7200: "2h", 10800: "3h",
    21600: "6h", 86400: "1d",
}  # fmt: skip

KEY = ["ts", "meter", "quantity"]

# What can be asked of a stretch.
MEASURES = {
    "mean": "avg(value)",
    "total": "sum(value)",
    "mean_square": "avg(value * value)",
    "least": "min(value)",
    "greatest": "max(value)",
    "first": "first(value)",
    "first_ts": "min(ts)",
    "last": "last(value)",
    "last_ts": "max(ts)",
    "count": "count()",
}

# The same of what lies between the readings of a stretch: the seconds for which one held until the next (`models.energy.holds`),
# the integrals (value × s) of its positive and of its negated negative part over them, the seconds that readings of a counter
# tell of (`models.energy.heard`), and how long before the last one came another. `gap_s` is the time from the reading before
# if that is in the stretch, `held` its value, and `pace_s` the time from one to the next wherever they are.
BETWEEN = {
    "held_s": "sum(CASE WHEN gap_s <= {patience} THEN gap_s ELSE lasts_s END)",
    "above": "sum(CASE WHEN held <= 0 THEN 0.0 WHEN gap_s <= {patience} THEN held * gap_s ELSE held * lasts_s END)",
    "below": "sum(CASE WHEN held >= 0 THEN 0.0 WHEN gap_s <= {patience} THEN -held * gap_s ELSE -held * lasts_s END)",
    "pace_s": "last(pace_s)",
    "heard_s": f"""sum(CASE WHEN gap_s <= {ON_TIME} * {{expected}} THEN gap_s
        WHEN gap_s <= {{patience}} THEN {{expected}} ELSE 0.0 END)""",
}


def aggregates(
    series_ids: Collection[str],
    quantities: Collection[str],
    start: datetime,
    end: datetime,
    grain_s: int,
    measures: Collection[str],
    expected_s: int = 1,
) -> pd.DataFrame:
    """`MEASURES` and `BETWEEN` of the effective samples in [start, end), by series, quantity and stretch of `grain_s`.

    Columns: `KEY`, where `ts` is the stretch's start in UTC, and the measures. Stretches without samples are absent.
    `grain_s` is one of `GRAINS`, and a sample is expected every `expected_s`. Who may see the series is the caller's to check.
    """
    if not series_ids or not quantities or start >= end:
        return no_rows([*KEY, *measures])
    which = f"ts >= %s AND ts < %s AND meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)}) AND value != null"
    grain = GRAINS[grain_s]
    if BETWEEN.keys().isdisjoint(measures):
        wanted = ", ".join(f"{MEASURES[name]} {name}" for name in measures)
        sql = f"SELECT ts, meter, quantity, {wanted} FROM telemetry WHERE {which} SAMPLE BY {grain}"
    else:
        numbers = {"patience": float(PATIENCE * expected_s), "expected": float(expected_s)}
        wanted = ", ".join(f"{(MEASURES | BETWEEN)[name].format(**numbers)} {name}" for name in measures)
        sql = f"""SELECT stretch ts, meter, quantity, {wanted} FROM (
            SELECT ts, meter, quantity, value, stretch, (ts - before) / 1000000.0 pace_s,
                CASE WHEN before >= stretch THEN (ts - before) / 1000000.0 ELSE 0.0 END gap_s,
                CASE WHEN before >= stretch THEN held ELSE 0.0 END held,
                CASE WHEN (before - earlier) < {1e6 * expected_s / PATIENCE} THEN (before - earlier) / 1000000.0
                    ELSE {PATIENCE * expected_s} END lasts_s
            FROM (SELECT ts, meter, quantity, value, timestamp_floor('{grain}', ts) stretch,
                lag(ts) OVER (PARTITION BY meter, quantity ORDER BY ts) before,
                lag(ts, 2) OVER (PARTITION BY meter, quantity ORDER BY ts) earlier,
                lag(value) OVER (PARTITION BY meter, quantity ORDER BY ts) held FROM telemetry WHERE {which})
            ) GROUP BY stretch, meter, quantity"""
    rows = frame(sql, [start, end])
    changed = amendments.newest(series_ids, quantities, start, end, intervals=False)
    return _amended(rows, changed, start, end, grain_s, measures, expected_s) if len(changed) else rows


def effective(series_ids: Collection[str], quantities: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """Each sample in [start, end) as it counts, in the order of time; columns `KEY` and `value`. The caller checks the scope."""
    raw = frame(
        "SELECT ts, meter, quantity, value FROM telemetry WHERE ts >= %s AND ts < %s "
        f"AND meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)})",
        [start, end],
    )
    changed = amendments.newest(series_ids, quantities, start, end, intervals=False)
    return amendments.apply(raw, changed, KEY)[[*KEY, "value"]].sort_values("ts")


def _amended(
    found: pd.DataFrame,
    changed: pd.DataFrame,
    start: datetime,
    end: datetime,
    grain_s: int,
    measures: Collection[str],
    expected_s: int,
) -> pd.DataFrame:
    """The same with the stretches that hold an amended sample computed again from their samples."""
    grain = f"{grain_s}s"
    stretches = changed.assign(ts=changed["ts"].dt.floor(grain))[KEY].drop_duplicates()
    parts = []
    for day, those in stretches.groupby(stretches["ts"].dt.floor("1D")):
        first, last = max(those["ts"].min(), start), min(those["ts"].max() + timedelta(seconds=grain_s), end)
        raw = frame(
            "SELECT ts, meter, quantity, value FROM telemetry WHERE ts >= %s AND ts < %s "
            f"AND meter IN ({listed(those['meter'])}) AND quantity IN ({listed(those['quantity'])})",
            [first, last],
        )
        parts.append(amendments.apply(raw, changed[changed["ts"].dt.floor("1D") == day], KEY))
    rows = pd.concat(parts, ignore_index=True)
    again = _aggregate(
        rows.assign(moment=rows["ts"], ts=rows["ts"].dt.floor(grain)).merge(stretches, on=KEY), measures, expected_s
    )
    both = [each for each in (amendments.without(found, stretches), again) if len(each)]
    return pd.concat(both, ignore_index=True) if both else found.iloc[:0]


def _aggregate(rows: pd.DataFrame, measures: Collection[str], expected_s: int) -> pd.DataFrame:
    """The measures of samples (columns `KEY`, moment, value), as the database would make them."""
    rows = rows.assign(value=rows["value"].astype(float)).sort_values("moment")
    series = rows.groupby(["meter", "quantity"])
    pace_s = series["moment"].diff().dt.total_seconds()
    gap_s = rows.groupby(KEY)["moment"].diff().dt.total_seconds().fillna(0.0)
    held_s = arithmetic.holds(gap_s.to_numpy(), pace_s.groupby([rows["meter"], rows["quantity"]]).shift().to_numpy(), expected_s)
    held = series["value"].shift().fillna(0.0)
    groups = rows.assign(
        held_s=held_s, above=held.clip(lower=0) * held_s, below=(-held).clip(lower=0) * held_s, pace_s=pace_s,
        heard_s=arithmetic.heard(gap_s.to_numpy(), expected_s),
    ).groupby(KEY)  # fmt: skip
    every = {
        "mean": groups["value"].mean(),
        "mean_square": rows.assign(square=rows["value"] ** 2).groupby(KEY)["square"].mean(),
        "total": groups["value"].sum(),
        "least": groups["value"].min(),
        "greatest": groups["value"].max(),
        "first": groups["value"].first(),
        "first_ts": groups["moment"].first(),
        "last": groups["value"].last(),
        "last_ts": groups["moment"].last(),
        "count": groups.size(),
        **{name: groups[name].sum() for name in BETWEEN if name != "pace_s"},
        "pace_s": groups["pace_s"].last(),
    }
    return pd.DataFrame({name: every[name] for name in measures}).reset_index()
