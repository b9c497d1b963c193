"""Rows of `intervals`, aggregated in the database to stretches of time, with people's amendments applied."""

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import LONGEST_INTERVAL_S
from store.series import amendments
from store.series.connection import frame, listed, no_rows
from store.series.grid import EPOCH, Grid, moment

ROLLUP = "rollup"  # the source of rows made from samples; of the others nothing is missing within the interval

Floats = NDArray[np.float64]
Lengths = tuple[int, int]  # from the one to the other (s)

KEY = ["ts", "meter", "quantity", "interval_s"]

COLUMNS = 'meter, quantity, interval_s, value, "min" least, "max" greatest, "count" n, source, covered_s, known_s, estimated_s'

# What can be asked of a stretch: `mean` is weighted by time, `above` and `below` are sums of value × seconds of either sign,
# `covered_s` the seconds that samples tell of (one every {expected} where a quarter does not say), `known_s` those that a
# derived energy is of (`store.series.rollup`), `rows_s` those of the rows themselves, `estimated_s` those that their sender
# estimated, `until_s` when the last one ends (seconds since 1970).
MEASURES = {
    "total": "sum(value)",
    "mean": "sum(value * interval_s) / sum(interval_s)",
    "least": "min(least)",
    "greatest": "max(greatest)",
    "above": "sum(CASE WHEN value > 0 THEN value * interval_s ELSE 0 END)",
    "below": "sum(CASE WHEN value < 0 THEN -value * interval_s ELSE 0 END)",
    "covered_s": f"""sum(CASE WHEN covered_s != null THEN covered_s
        WHEN source = '{ROLLUP}' THEN least(n * {{expected}}, interval_s) ELSE interval_s END)""",
    "known_s": "sum(CASE WHEN known_s != null THEN known_s WHEN least > 0 THEN 3600.0 * value / least ELSE interval_s END)",
    "rows_s": "sum(interval_s)",
    "estimated_s": "sum(coalesce(estimated_s, 0.0))",
    "until_s": "max(began) / 1000000.0 + max(interval_s)",
}


def aggregates(
    series_ids: Collection[str],
    quantities: Collection[str],
    start: datetime,
    end: datetime,
    cell_s: float,
    measures: Collection[str],
    *,
    origin: datetime = EPOCH,
    expected_s: int = 1,
    lengths_s: Lengths | None = None,
    other: bool = False,
    measured: bool = False,
) -> pd.DataFrame:
    """`MEASURES` of the effective rows that touch [start, end), by series, quantity, interval and stretch of time.

    The rows that lie within one cell of a grid (cells of `cell_s` seconds from `origin`, which is not after `start`, the
    first and the last cut by the range) are one stretch. A row across the edge of a cell is a stretch by itself, whole also
    where it reaches out of the range: divide it by time.

    Columns: `KEY`, where `ts` is the stretch's start in UTC, `lasting_s`, and the measures. `lengths_s` takes only rows of
    these lengths, or with `other` only those of others; `measured` leaves out what the rollup made. The caller checks the scope.
    """
    if not series_ids or not quantities or start >= end:
        return no_rows([*KEY, "lasting_s", *measures])
    shortest, longest = lengths_s or (0, LONGEST_INTERVAL_S)
    reach_s = LONGEST_INTERVAL_S if other else longest
    grid = Grid.of(start, end, cell_s, origin)
    wanted = ", ".join(f"{MEASURES[name].format(expected=int(expected_s))} {name}" for name in measures)
    where = (
        "ts >= %s AND ts < %s AND (ts >= %s OR dateadd('s', interval_s, ts) > %s) AND value != null "
        f"AND meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)})"
    )
    where += f" AND {'NOT' if other else ''} {lasting(lengths_s)}" if lengths_s else ""
    only = f"AND source != '{ROLLUP}'" if measured else ""
    since = start - timedelta(seconds=reach_s)
    found = frame(
        f"SELECT stretch::TIMESTAMP ts, meter, quantity, interval_s, {wanted} FROM "
        f"(SELECT {grid.stretch('interval_s')} stretch, ts::LONG began, {COLUMNS} FROM intervals WHERE {where} {only})",
        [since, end, start, start],
    )
    changed = amendments.newest(series_ids, quantities, since, end, intervals=True)
    changed = changed[changed["interval_s"].between(shortest, longest) != other]
    changed = changed[changed["ts"] + pd.to_timedelta(changed["interval_s"], unit="s") > start]
    if len(changed):
        found = _amended(found, changed, grid, measures, expected_s, only)
    return found.assign(lasting_s=grid.lasting_s(found))


def lasting(lengths_s: Lengths) -> str:
    """In SQL, whether a row is of one of these lengths."""
    return f"(interval_s >= {int(lengths_s[0])} AND interval_s <= {int(lengths_s[1])})"


def _amended(
    found: pd.DataFrame, changed: pd.DataFrame, grid: Grid, measures: Collection[str], expected_s: int, only: str
) -> pd.DataFrame:
    """The same with the stretches that hold an amended row computed again from their rows."""
    stretches = changed.assign(ts=grid.stretches(changed))[KEY].drop_duplicates()
    raw = frame(
        f"SELECT ts, {COLUMNS} FROM intervals WHERE ts >= %s AND ts < %s AND dateadd('s', interval_s, ts) > %s "
        f"AND meter IN ({listed(stretches['meter'])}) AND quantity IN ({listed(stretches['quantity'])}) {only}",
        [
            stretches["ts"].min().to_pydatetime(),
            min(stretches["ts"].max().to_pydatetime() + timedelta(microseconds=grid.cell), moment(grid.end)),
            moment(grid.start),
        ],
    )
    rows = amendments.apply(raw, changed, KEY)
    rows = rows.assign(began=rows["ts"], ts=grid.stretches(rows)).merge(stretches, on=KEY)
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
    covered, known = (
        rows[name].astype(float).where(~amended).fillna(otherwise)
        for name, otherwise in (("covered_s", covered), ("known_s", known))
    )
    groups = rows.assign(
        value=value, least=least, greatest=greatest, above=value.clip(lower=0) * lasts, below=(-value).clip(lower=0) * lasts,
        covered_s=covered, known_s=known, lasts=lasts, guessed_s=rows["estimated_s"].astype(float).where(~amended).fillna(0.0),
        until=pd.DatetimeIndex(rows["began"]).as_unit("us").asi8 / 1e6 + lasts,
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
        "rows_s": groups["lasts"].sum(),
        "estimated_s": groups["guessed_s"].sum(),
        "until_s": groups["until"].max(),
    }
    return pd.DataFrame({name: every[name] for name in measures}).reset_index()
