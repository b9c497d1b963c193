"""Rows of `intervals`, aggregated in the database to stretches of time, with people's amendments applied."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pandas as pd

from store.series import amendments
from store.series.connection import frame, listed
from store.series.samples import GRAINS

LONGEST = timedelta(days=1)  # a row before the range may reach into it
ROLLUP = "rollup"  # the source of rows made from samples; of the others nothing is missing within the interval

KEY = ["ts", "meter", "quantity", "interval_s"]

# What can be asked of a stretch: `mean` is weighted by time, `above` and `below` are sums of value × seconds of either sign,
# `covered_s` the seconds for which a sample came every {expected}, `known_s` those that a derived energy is of
# (`store.series.rollup`).
MEASURES = {
    "total": "sum(value)",
    "mean": "sum(value * interval_s) / sum(interval_s)",
    "least": 'min("min")',
    "greatest": 'max("max")',
    "above": "sum(CASE WHEN value > 0 THEN value * interval_s ELSE 0 END)",
    "below": "sum(CASE WHEN value < 0 THEN -value * interval_s ELSE 0 END)",
    "covered_s": f"""sum(CASE WHEN source = '{ROLLUP}' AND "count" * {{expected}} < interval_s
        THEN "count" * {{expected}} ELSE interval_s END)""",
    "known_s": 'sum(CASE WHEN "min" > 0 THEN 3600.0 * value / "min" ELSE interval_s END)',
}


def aggregates(
    series_ids: Collection[str],
    quantities: Collection[str],
    start: datetime,
    end: datetime,
    grain_s: int,
    measures: Collection[str],
    *,
    expected_s: int = 1,
    interval_s: int | None = None,
    measured: bool = False,
) -> pd.DataFrame:
    """`MEASURES` of the effective rows that touch [start, end), by series, quantity, interval and stretch of `grain_s`.

    Columns: `KEY`, where `ts` is the stretch's start in UTC, and the measures. A row that began before `start` and reaches
    into the range is included: divide it by time. `interval_s` takes only rows of that length, `measured` leaves out what
    the rollup made. The caller checks the scope.
    """
    if not series_ids or not quantities or start >= end:
        return pd.DataFrame(columns=[*KEY, *measures])
    wanted = ", ".join(f"{MEASURES[name].format(expected=int(expected_s))} {name}" for name in measures)
    where = (
        "ts >= %s AND ts < %s AND (ts >= %s OR dateadd('s', interval_s, ts) > %s) AND value != null "
        f"AND meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)})"
    )
    where += f" AND interval_s = {int(interval_s)}" if interval_s is not None else ""
    where += f" AND source != '{ROLLUP}'" if measured else ""
    back = LONGEST if interval_s is None else timedelta(seconds=interval_s)
    found = frame(
        f"SELECT ts, meter, quantity, interval_s, {wanted} FROM intervals WHERE {where} SAMPLE BY {GRAINS[grain_s]}",
        [start - back, end, start, start],
    )
    changed = amendments.newest(series_ids, quantities, start - back, end, intervals=True)
    if interval_s is not None:
        changed = changed[changed["interval_s"] == interval_s]
    changed = changed[changed["ts"] + pd.to_timedelta(changed["interval_s"], unit="s") > start]
    return _amended(found, changed, start, end, grain_s, measures, expected_s) if len(changed) else found


def _amended(
    found: pd.DataFrame,
    changed: pd.DataFrame,
    start: datetime,
    end: datetime,
    grain_s: int,
    measures: Collection[str],
    expected_s: int,
) -> pd.DataFrame:
    """The same with the stretches that hold an amended row computed again from their rows."""
    grain = f"{grain_s}s"
    stretches = changed.assign(ts=changed["ts"].dt.floor(grain))[KEY].drop_duplicates()
    raw = frame(
        'SELECT ts, meter, quantity, interval_s, value, "min" least, "max" greatest, "count" n, source FROM intervals '
        "WHERE ts >= %s AND ts < %s AND (ts >= %s OR dateadd('s', interval_s, ts) > %s) "
        f"AND meter IN ({listed(stretches['meter'])}) AND quantity IN ({listed(stretches['quantity'])})",
        [max(stretches["ts"].min(), start - LONGEST), min(stretches["ts"].max() + timedelta(seconds=grain_s), end), start, start],
    )
    rows = amendments.apply(raw, changed, KEY)
    rows = rows.assign(ts=rows["ts"].dt.floor(grain)).merge(stretches, on=KEY)
    both = [each for each in (amendments.without(found, stretches), _aggregate(rows, measures, expected_s)) if len(each)]
    return pd.concat(both, ignore_index=True) if both else found.iloc[:0]


def _aggregate(rows: pd.DataFrame, measures: Collection[str], expected_s: int) -> pd.DataFrame:
    """`MEASURES` of rows of `intervals`, as the database would make them; an amended row is what its person said."""
    value, lasts = rows["value"].astype(float), rows["interval_s"].astype(float)
    amended = rows["amended"]
    least, greatest = (rows[name].astype(float).mask(amended, value) for name in ("least", "greatest"))
    made = (rows["source"] == ROLLUP) & ~amended
    covered = (rows["n"].astype(float) * expected_s).clip(upper=lasts).where(made, lasts)
    known = (3600 * value / least).where((least > 0) & ~amended, lasts)
    groups = rows.assign(
        value=value, least=least, greatest=greatest, above=value.clip(lower=0) * lasts, below=(-value).clip(lower=0) * lasts,
        covered_s=covered, known_s=known,
    ).groupby(KEY)  # fmt: skip
    every = {
        "total": groups["value"].sum(),
        "mean": groups["value"].mean(),
        "least": groups["least"].min(),
        "greatest": groups["greatest"].max(),
        "above": groups["above"].sum(),
        "below": groups["below"].sum(),
        "covered_s": groups["covered_s"].sum(),
        "known_s": groups["known_s"].sum(),
    }
    return pd.DataFrame({name: every[name] for name in measures}).reset_index()
