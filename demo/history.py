"""The demo's past as rows for the store: what its meters would have posted, from the same replay as what they post now.

Long ago it is hourly intervals, as recorded. Where the demo was switched off it is quarters of an hour. Close to now it is
the samples themselves.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from demo import plant
from demo.plant import Plant, Series
from demo.replay import HOUR_S, Flags, Floats, Integers
from store.series import bulk

LEVEL_EVERY_S = 300  # how often conditions are sampled to make an interval's mean, least and greatest
SUPPLY_EVERY_S, SUPPLY_CHUNK_S = 10, 6 * HOUR_S  # as often as means of the frequency are counted
CHUNK_STEPS = 744  # a month of hours: what is held in memory at a time

Ids = dict[str, str]  # key of a meter, or "region", → id of its series


def interval_rows(site: Plant, ids: Ids, start: int, end: int, step_s: int) -> Iterator[pd.DataFrame]:
    """Rows of `intervals` from `start` to `end` (seconds since 1970), a frame for each month or so, oldest first."""
    for first in range(start, end, CHUNK_STEPS * step_s):
        edges = np.arange(first, min(first + CHUNK_STEPS * step_s, end) + 1, step_s)
        energies = plant.intervals(site, edges)
        yield _intervals(ids, edges[:-1], energies, step_s, None, 1)
        every = min(LEVEL_EVERY_S, step_s)
        inside = np.arange(every // 2, step_s, every)
        moments = (edges[:-1, None] + inside).ravel()
        levels = plant.levels(site, moments)
        levels |= {("region", quantity): values for quantity, values in plant.conditions(site, moments).items()}
        sampled = {key: values.reshape(-1, len(inside)) for key, values in levels.items()}
        means = {key: values.mean(axis=1) for key, values in sampled.items()}
        extremes = tuple(_matrix({key: f(values, axis=1) for key, values in sampled.items()}).ravel() for f in (np.min, np.max))
        yield _intervals(ids, edges[:-1], means, step_s, extremes, len(inside))


def sample_rows(site: Plant, ids: Ids, start: int, end: int, step_s: int) -> Iterator[pd.DataFrame]:
    """Rows of `telemetry` for the steps from `start` to `end`, a frame for each hour or so, oldest first.

    What a device in its outage would have posted is missing. Counters and powers are also told of `start` itself.
    """
    begun = {key: values for key, values in plant.samples(site, [start - step_s, start]).items() if plant.holds_on(key[1])}
    edge = np.array([start - step_s, start])
    yield _samples(ids, edge, begun, _spoken(site, begun, edge[1:]))
    for first in range(start, end, HOUR_S):
        edges = np.arange(first, min(first + HOUR_S, end) + 1, step_s)
        if len(edges) > 1:
            series = plant.samples(site, edges)
            yield _samples(ids, edges, series, _spoken(site, series, edges[1:]))
        moments = np.arange(-(-(first + 1) // plant.REGION_EVERY_S) * plant.REGION_EVERY_S, edges[-1] + 1, plant.REGION_EVERY_S)
        if len(moments):
            region: Series = {("region", quantity): values for quantity, values in plant.conditions(site, moments).items()}
            yield _samples(ids, np.concatenate([moments[:1], moments]), region, np.ones((len(moments), len(region)), dtype=bool))


def supply_rows(site: Plant, ids: Ids, start: int, end: int) -> Iterator[pd.DataFrame]:
    """Rows of `telemetry` of how good the supply of the grid's meter was, a frame for each six hours or so, oldest first."""
    [grid, *_others] = (edge.meter for edge in site.edges if edge.meter and "frequency_hz" in edge.meter.levels)
    for first in range(start, end, SUPPLY_CHUNK_S):
        moments = np.arange(first, min(first + SUPPLY_CHUNK_S, end), SUPPLY_EVERY_S)
        of_supply = {
            key: each for key, each in plant.levels(site, moments).items() if key[0] == grid.key and key[1] != "load_pct"
        }
        edges = np.concatenate([moments[:1] - SUPPLY_EVERY_S, moments])
        yield _samples(ids, edges, of_supply, np.ones((len(moments), len(of_supply)), dtype=bool))


def late_rows(site: Plant, ids: Ids, start: int, end: int) -> pd.DataFrame:
    """Rows of `late` for what `sample_rows` wrote into quarters of an hour that are over: they are to be rolled up again."""
    keys = [*plant.samples(site, [start, start + 1]), *(("region", quantity) for quantity in site.region_quantities)]
    meters = sorted(set(_names(ids, keys, 1)[0]))
    first, last = (moment // INTERVAL_S * INTERVAL_S * 1_000_000 for moment in (start, end))
    return bulk.late([(meter, first, last) for meter in meters] if first < last else [])


def _spoken(site: Plant, series: Series, moments: Integers) -> Flags:
    device_of = {meter.key: meter.device for meter in site.meters}
    silent = plant.silent(site, site.outage, moments)
    return np.stack([~silent if device_of[meter] == site.outage else np.ones_like(silent) for meter, _ in series], axis=1)


def _samples(ids: Ids, edges: Integers, series: Series, kept: Flags) -> pd.DataFrame:
    starts = np.array([plant.is_energy(quantity) for _, quantity in series])
    ts = np.where(starts, edges[:-1, None], edges[1:, None])
    meter, quantity = _names(ids, series, len(edges) - 1)
    rows = kept.ravel()
    return bulk.telemetry(ts.ravel()[rows] * 1_000_000, meter[rows], quantity[rows], _matrix(series).ravel()[rows], plant.SOURCE)


def _intervals(
    ids: Ids, starts: Integers, series: Series, step_s: int, extremes: tuple[Floats, ...] | None, count: int
) -> pd.DataFrame:
    meter, quantity = _names(ids, series, len(starts))
    ts = np.repeat(starts, len(series)) * 1_000_000
    value = _matrix(series).ravel()
    both = (extremes[0], extremes[1]) if extremes else None
    return bulk.intervals(ts, meter, quantity, value, plant.SOURCE, interval_s=step_s, extremes=both, count=count)


def _matrix(series: Series) -> Floats:
    return np.stack(list(series.values()), axis=1)


def _names(ids: Ids, series: Iterable[tuple[str, str]], steps: int) -> tuple[bulk.Texts, bulk.Texts]:
    keys = list(series)
    meter = np.array([ids[key] for key, _ in keys], dtype=object)
    quantity = np.array([quantity for _, quantity in keys], dtype=object)
    return np.tile(meter, steps), np.tile(quantity, steps)
