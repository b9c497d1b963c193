"""When meters were heard that tell no energy: how much of each stretch of time was read, of whichever quantity tells most."""

from collections.abc import Collection
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from config.quantities import QUANTITIES, Kind
from models.energy import spread_by
from store.records.plant.metering import Metering, times_of
from store.scope import ALWAYS, Scope, Times, within
from store.series import checkpoint, interval_sums
from store.series.grid import micros, moment, runs
from store.series.pieces import places, seconds

Floats = NDArray[np.float64]
CONDITIONS = [name for name, each in QUANTITIES.items() if each.kind in (Kind.LEVEL, Kind.POWER)]


def heard(
    scope: Scope, meter_ids: Collection[str], edges: list[datetime], known: Metering | None = None
) -> tuple[Floats, Floats]:
    """How long each meter was read between successive edges, and how long it could have been by now, in seconds.

    A quarter of an hour in which it was read once is read. `known`: how they measure, if that was read already.

    Returns:
        Both of shape (meters, stretches), the meters in the order in which they are given.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    ids, edges_us = [*dict.fromkeys(meter_ids)], micros(edges)
    times = times_of(scope, ids, known)
    edges_s = edges_us / 1e6
    due = np.diff(np.minimum(edges_s, checkpoint.recent().rolled_to.timestamp()))
    read, could = np.zeros((len(ids), len(due))), np.tile(due, (len(ids), 1))
    together: dict[Times, list[str]] = {}
    for meter in ids:
        together.setdefault(within(times.get(meter, ALWAYS), edges[0], edges[-1]), []).append(meter)
    for windows, alike in together.items():
        rows = places(alike, ids)
        cut = [np.diff(np.clip(edges_s, start.timestamp(), end.timestamp())) for start, end in windows]
        could[rows] = np.sum([np.zeros(len(due)), *cut], axis=0)
        for start, end in windows:
            for first, last in runs(edges_us):
                since, until = max(start, moment(edges_us[first])), min(end, moment(edges_us[last]))
                if since < until:
                    read[rows] += _read(alike, since, until, edges_us[first : last + 1], edges_s)
    return np.minimum(read, could), np.minimum(could, np.maximum(due, 0))


def _read(ids: list[str], start: datetime, end: datetime, run_us: NDArray[np.int64], edges_s: Floats) -> Floats:
    cell_s, origin = (run_us[1] - run_us[0]) / 1e6, moment(run_us[0])
    found = interval_sums.aggregates(ids, CONDITIONS, start, end, cell_s, ["rows_s"], origin=origin)
    quantity = places(found["quantity"], CONDITIONS)
    whose = places(found["meter"], ids) * len(CONDITIONS) + quantity
    amounts = found["rows_s"].to_numpy(float)[None]
    lasting = found["lasting_s"].to_numpy(float)
    told = spread_by(edges_s, seconds(found["ts"]), lasting, amounts, whose, len(ids) * len(CONDITIONS))
    most: Floats = told.reshape(len(ids), len(CONDITIONS), -1).max(axis=1)
    return most
