"""Conditions over time: voltage, temperature, state of charge, prices: mean, least and greatest by step."""

from collections.abc import Collection
from datetime import datetime
from functools import reduce

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from store.records.plant.metering import Metering, times_of
from store.scope import ALWAYS, Scope, Times, Window, within
from store.series import checkpoint, interval_sums, samples
from store.series.energy import oldest_samples
from store.series.power import STEPS_S, steps

MEASURES = {"mean": "mean", "least": "min", "greatest": "max"}


def levels(
    scope: Scope,
    series_ids: Collection[str],
    quantity: str,
    start: datetime,
    end: datetime,
    step_s: int,
    measure: str = "mean",
    known: Metering | None = None,
) -> pd.DataFrame:
    """A quantity of meters or regions in steps of `step_s` over [start, end); `measure`: `mean`, `least` or `greatest`.

    `known`: how the meters measure, if that was read already.

    Returns:
        Index: start of each step in UTC. A column a series, in the quantity's unit; NaN where there is no reading.

    Raises:
        NotFound: a series does not exist for the scope.
        ValueError: a step or a measure that is not offered.
        StoreAway: QuestDB cannot be reached.
    """
    if step_s not in STEPS_S or measure not in MEASURES:
        raise ValueError(f"not offered: step {step_s} s, measure {measure}")
    times = times_of(scope, series_ids, known)
    edges = steps(start, end, step_s)
    index = edges[:-1]
    together: dict[Times, list[str]] = {}
    for series_id in series_ids:
        together.setdefault(within(times.get(series_id, ALWAYS), edges[0], edges[-1]), []).append(series_id)
    parts = [_between(ids, quantity, window, edges, step_s, measure) for windows, ids in together.items() for window in windows]
    return reduce(pd.DataFrame.combine_first, parts, pd.DataFrame(index=index, dtype=float)).reindex(columns=list(series_ids))


def _between(
    series_ids: Collection[str], quantity: str, window: Window, edges: pd.DatetimeIndex, step_s: int, measure: str
) -> pd.DataFrame:
    """The steps between the edges that have readings of the window."""
    (start, end), index = window, edges[:-1]
    parts = []
    closed = oldest_samples() if step_s < INTERVAL_S else checkpoint.recent().rolled_to
    closed = min(max(closed, start), end)
    # Hourly history lies in `intervals` also where samples would be looked for; samples win where both are.
    found = interval_sums.aggregates(series_ids, [quantity], start, end, step_s, [measure, "rows_s"])
    # Of values of several lengths the shortest tell most.
    parts += [in_steps(rows, measure, edges) for _, rows in found.groupby("interval_s")]
    found = samples.aggregates(series_ids, [quantity], closed, end, step_s, [measure])
    if len(found):
        parts.insert(0, found.pivot_table(index="ts", columns="meter", values=measure).reindex(index))
    result = pd.DataFrame(np.nan, index=index, columns=list(series_ids))
    for part in parts:
        result = result.combine_first(part.astype(float))
    return result


def in_steps(found: pd.DataFrame, measure: str, edges: pd.DatetimeIndex) -> pd.DataFrame:
    """Rows in steps: their mean weighted by the time that each has in a step, or the extreme of all that reach into it."""
    edges_s = edges.as_unit("us").asi8 / 1e6
    starts_s = pd.DatetimeIndex(found["ts"]).as_unit("us").asi8 / 1e6
    lasting_s, values = found["lasting_s"].to_numpy(float), found[measure].to_numpy(float)
    first = np.clip(np.searchsorted(edges_s, starts_s, side="right") - 1, 0, None)
    last = np.clip(np.searchsorted(edges_s, starts_s + lasting_s, side="left"), None, len(edges_s) - 1)
    row = np.repeat(np.arange(len(found)), np.maximum(last - first, 0))
    step = first[row] + np.arange(len(row)) - np.searchsorted(row, row)
    overlap = np.minimum(starts_s[row] + lasting_s[row], edges_s[step + 1]) - np.maximum(starts_s[row], edges_s[step])
    reaching = pd.DataFrame({"meter": found["meter"].to_numpy()[row], "ts": edges[step], "value": values[row]}).assign(
        weight=overlap * (found["rows_s"].to_numpy(float) / lasting_s)[row]
    )
    if measure == "mean":
        sums = reaching.assign(value=reaching["value"] * reaching["weight"]).groupby(["ts", "meter"])[["value", "weight"]].sum()
        return (sums["value"] / sums["weight"]).unstack("meter")
    return reaching.groupby(["ts", "meter"])["value"].agg(MEASURES[measure]).unstack("meter")
