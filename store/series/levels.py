"""Conditions over time: voltage, temperature, state of charge, prices: mean, least and greatest by step."""

from collections.abc import Collection
from datetime import datetime

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from store.records.meters import require_series
from store.scope import Scope
from store.series import checkpoint, kept, samples
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
) -> pd.DataFrame:
    """A quantity of meters or regions in steps of `step_s` over [start, end); `measure`: `mean`, `least` or `greatest`.

    Returns:
        Index: start of each step in UTC. A column a series, in the quantity's unit; NaN where there is no reading.

    Raises:
        NotFound: a series does not exist for the scope.
        ValueError: a step or a measure that is not offered.
        StoreAway: QuestDB cannot be reached.
    """
    if step_s not in STEPS_S or measure not in MEASURES:
        raise ValueError(f"not offered: step {step_s} s, measure {measure}")
    require_series(scope, series_ids)
    edges = steps(start, end, step_s)
    index = edges[:-1]
    parts = []
    closed = min(max(checkpoint.recent().rolled_to, edges[0]), edges[-1])
    if step_s < INTERVAL_S:
        closed = min(max(oldest_samples(), edges[0]), edges[-1])
    # Hourly history lies in `intervals` also where samples would be looked for; samples win where both are.
    found = kept.aggregates(series_ids, [quantity], edges[0], edges[-1], max(step_s, INTERVAL_S), [measure])
    if len(found):
        parts.append(_spread(found, measure, index, step_s))
    found = samples.aggregates(series_ids, [quantity], closed, edges[-1], step_s, [measure])
    if len(found):
        parts.insert(0, found.pivot_table(index="ts", columns="meter", values=measure).reindex(index))
    result = pd.DataFrame(np.nan, index=index, columns=list(series_ids))
    for part in parts:
        result = result.combine_first(part.astype(float))
    return result.reindex(columns=list(series_ids))


def _spread(found: pd.DataFrame, measure: str, index: pd.DatetimeIndex, step_s: int) -> pd.DataFrame:
    """Rows on the grid of steps; a row that lasts longer than a step holds for each step that begins within it."""
    wide: list[pd.DataFrame] = []
    for interval_s in found["interval_s"].unique().tolist():
        rows = found[found["interval_s"] == interval_s]
        table = rows.pivot_table(index="ts", columns="meter", values=measure)
        limit = max(interval_s // step_s, 1) - 1
        full = table.reindex(table.index.union(index)).sort_index()
        wide.append((full.ffill(limit=limit) if limit else full).reindex(index))
    result = wide[0]
    for other in wide[1:]:
        result = result.combine_first(other)
    return result
