"""Means of what a meter tells of its supply, in the stretches that a standard judges: ten minutes, or ten seconds."""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.power_quality import FREQUENCY_MEAN_S, MEAN_S, Counted, counted
from store.records.plant.metering import Metering, times_of
from store.scope import ALWAYS, Scope, Times, within
from store.series import amendments, interval_sums, samples
from store.series.connection import query
from store.series.energy import oldest_samples
from store.series.levels import in_steps
from store.series.power import steps

Floats = NDArray[np.float64]
Band = tuple[float | None, float | None]  # from and to a value; none: without a bound

FREQUENCY = "frequency_hz"
COLUMNS = ["ts", "quantity", "value", "readings"]


def means(
    scope: Scope, meter_id: str, quantities: Collection[str], start: datetime, end: datetime, known: Metering | None = None
) -> pd.DataFrame:
    """What a meter told in each ten minutes of [start, end), which are of the hour in UTC (IEC 61000-4-30, 4.5).

    Of voltages and currents the root of the mean square, as IEC 61000-4-30 adds them up, else the mean. What is kept only as a
    longer interval is the mean of each ten minutes that it reaches into. `known`: how the meter measures, if that was read.

    Returns:
        Columns `ts` (its start in UTC), `quantity`, `value` and `readings`: how many it is of, 0 where it is of a longer
        interval. What was not told is absent.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    parts = []
    for since, until in _windows(scope, meter_id, start, end, known):
        edges = steps(since, until, MEAN_S)
        found = samples.aggregates([meter_id], quantities, since, until, MEAN_S, ["mean", "mean_square", "count"])
        rms = np.array([each.endswith(("_v", "_a")) for each in found["quantity"]], bool)
        value = np.where(rms, np.sqrt(found["mean_square"].astype(float)), found["mean"].astype(float))
        parts.append(found.assign(value=value).rename(columns={"count": "readings"})[COLUMNS])
        silent = np.isin(edges[:-1].asi8, _told_by_all(parts[-1], quantities), invert=True)
        if silent.any():
            first, last = np.flatnonzero(silent)[[0, -1]]
            reached = edges[first : last + 2]
            parts.append(_of_intervals(meter_id, quantities, max(since, reached[0]), min(until, reached[-1]), reached))
    every = pd.concat([each for each in parts if len(each)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    # Readings come first: what is told by them is not told by a longer interval.
    return every.drop_duplicates(["ts", "quantity"])


def frequencies_within(
    scope: Scope, meter_id: str, start: datetime, end: datetime, bands: Sequence[Band], known: Metering | None = None
) -> list[Counted]:
    """How many of the ten seconds of [start, end) have a mean frequency (Hz), and one within each band; raises as `means`."""
    windows = _windows(scope, meter_id, start, end, known)
    parts = [_frequencies_within(meter_id, since, until, bands) for since, until in windows]
    return [Counted(*np.sum([(0, 0), *(part[at] for part in parts)], axis=0).tolist()) for at in range(len(bands))]


def told_as_means(scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime) -> bool:
    """Whether the meter itself says that each of its readings in [start, end) is a mean of ten minutes; raises as `means`."""
    told: set[tuple[int, int]] = set()
    for since, until in _windows(scope, meter_id, start, end, None):
        rows = query(
            "SELECT min(lasts_s), max(lasts_s) FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s",
            [since, until, meter_id, quantity],
        )
        told |= {(least, most) for least, most in rows if least is not None}
    return told == {(MEAN_S, MEAN_S)}


def _windows(scope: Scope, meter_id: str, start: datetime, end: datetime, known: Metering | None) -> Times:
    """The parts of [start, end) in which the meter is the holder's."""
    return within(times_of(scope, [meter_id], known).get(meter_id, ALWAYS), start, end)


def _told_by_all(found: pd.DataFrame, quantities: Collection[str]) -> NDArray[np.int64]:
    """The starts (µs since 1970) of the ten minutes of which every quantity is known by readings."""
    starts, of = np.unique(pd.DatetimeIndex(found["ts"]).as_unit("us").asi8, return_counts=True)
    every: NDArray[np.int64] = starts[of == len(quantities)]
    return every


def _of_intervals(
    meter_id: str, quantities: Collection[str], start: datetime, end: datetime, edges: pd.DatetimeIndex
) -> pd.DataFrame:
    """What longer intervals tell: all of them where samples are no longer kept, else those that no samples are behind."""
    kept = min(max(oldest_samples(), start), end)
    parts = []
    for since, until, measured in ((start, kept, False), (kept, end, True)):
        found = interval_sums.aggregates(
            [meter_id], quantities, since, until, MEAN_S, ["mean", "rows_s"], origin=since, measured=measured
        )
        for _, rows in found.groupby("interval_s"):  # of values of several lengths the shortest tell most
            told = in_steps(rows.assign(meter=rows["quantity"]), "mean", edges).rename_axis(columns="quantity")
            parts.append(told.reset_index().melt("ts", value_name="value").dropna().assign(readings=0)[COLUMNS])
    return pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)


def _frequencies_within(meter_id: str, start: datetime, end: datetime, bands: Sequence[Band]) -> list[Counted]:
    if len(amendments.newest([meter_id], [FREQUENCY], start, end, intervals=False)):
        found = samples.aggregates([meter_id], [FREQUENCY], start, end, FREQUENCY_MEAN_S, ["mean"])
        return [counted(found["mean"].to_numpy(float), *band) for band in bands]
    # A week has sixty thousand: the database counts them.
    within_each = ", ".join("sum(CASE WHEN mean >= %s AND mean <= %s THEN 1 ELSE 0 END)" for _ in bands)
    bounds = [each for low, high in bands for each in (-np.inf if low is None else low, np.inf if high is None else high)]
    rows = query(
        f"SELECT count(), {within_each} FROM (SELECT avg(value) mean FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s "
        f"AND quantity = %s AND value != null SAMPLE BY {samples.GRAINS[FREQUENCY_MEAN_S]})",
        [*bounds, start, end, meter_id, FREQUENCY],
    )
    return [Counted(rows[0][0], each or 0) for each in rows[0][1:]]
