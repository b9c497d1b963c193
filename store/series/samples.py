"""Samples of `telemetry`, aggregated in the database to stretches of time, with people's amendments applied."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pandas as pd

from store.series import amendments
from store.series.connection import frame, listed

# SAMPLE BY takes no parameter: what may stand there, by seconds.
GRAINS = {
    1: "1s", 5: "5s", 60: "1m", 300: "5m", 600: "10m", 900: "15m", 1800: "30m", 3600: "1h", 7200: "2h", 10800: "3h", 21600: "6h",
    86400: "1d",
}  # fmt: skip

KEY = ["ts", "meter", "quantity"]

# What can be asked of a stretch. `above` and `below` are the means of the positive and of the negated negative part.
MEASURES = {
    "mean": "avg(value)",
    "total": "sum(value)",
    "least": "min(value)",
    "greatest": "max(value)",
    "first": "first(value)",
    "first_ts": "min(ts)",
    "last": "last(value)",
    "last_ts": "max(ts)",
    "count": "count()",
    "above": "avg(CASE WHEN value > 0 THEN value ELSE 0 END)",
    "below": "avg(CASE WHEN value < 0 THEN -value ELSE 0 END)",
}


def aggregates(
    series_ids: Collection[str],
    quantities: Collection[str],
    start: datetime,
    end: datetime,
    grain_s: int,
    measures: Collection[str],
) -> pd.DataFrame:
    """`MEASURES` of the effective samples in [start, end), by series, quantity and stretch of `grain_s` (of `GRAINS`).

    Columns: `KEY`, where `ts` is the stretch's start in UTC, and the measures. Stretches without samples are absent. Who
    may see the series is the caller's to check.
    """
    if not series_ids or not quantities or start >= end:
        return pd.DataFrame(columns=[*KEY, *measures])
    wanted = ", ".join(f"{MEASURES[name]} {name}" for name in measures)
    which = f"meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)}) AND value != null"
    found = frame(
        f"SELECT ts, meter, quantity, {wanted} FROM telemetry WHERE ts >= %s AND ts < %s AND {which} SAMPLE BY {GRAINS[grain_s]}",
        [start, end],
    )
    changed = amendments.newest(series_ids, quantities, start, end, intervals=False)
    return _amended(found, changed, start, end, grain_s, measures) if len(changed) else found


def _amended(
    found: pd.DataFrame, changed: pd.DataFrame, start: datetime, end: datetime, grain_s: int, measures: Collection[str]
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
    again = _aggregate(rows.assign(moment=rows["ts"], ts=rows["ts"].dt.floor(grain)).merge(stretches, on=KEY), measures)
    both = [each for each in (amendments.without(found, stretches), again) if len(each)]
    return pd.concat(both, ignore_index=True) if both else found.iloc[:0]


def _aggregate(rows: pd.DataFrame, measures: Collection[str]) -> pd.DataFrame:
    """`MEASURES` of samples (columns `KEY`, moment, value), as the database would make them."""
    values = rows["value"].astype(float)
    groups = (
        rows.assign(value=values, above=values.clip(lower=0), below=(-values).clip(lower=0)).sort_values("moment").groupby(KEY)
    )
    every = {
        "mean": groups["value"].mean(),
        "total": groups["value"].sum(),
        "least": groups["value"].min(),
        "greatest": groups["value"].max(),
        "first": groups["value"].first(),
        "first_ts": groups["moment"].first(),
        "last": groups["value"].last(),
        "last_ts": groups["moment"].last(),
        "count": groups.size(),
        "above": groups["above"].mean(),
        "below": groups["below"].mean(),
    }
    return pd.DataFrame({name: every[name] for name in measures}).reset_index()
