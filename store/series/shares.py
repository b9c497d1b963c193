"""Of what class an energy is: read (A), or ours to say when it flowed (E), or a person's word (M)."""

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S, LONGEST_INTERVAL_S
from store.records.plant.metering import metering
from store.scope import Scope
from store.series import amendments, energy
from store.series.grid import ceil, floor
from store.series.pieces import REGISTERS, seconds

CLASSES = ("A", "E", "M")


def shares(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """What part of each meter's energy in [start, end), both directions together, is of which class.

    E is what a counter counted while it was not read, spread evenly over the quarters of an hour of that silence: the sum is
    right, its course is ours. M is of intervals whose energy a person said. All else is A.

    Returns:
        Index: meter ids. Columns: `CLASSES`, each 0..1, 1 together; NaN for a meter without energy in the range.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids)
    inner = pd.date_range(ceil(start, INTERVAL_S), floor(end, INTERVAL_S), freq=pd.Timedelta(seconds=INTERVAL_S))
    edges = sorted({start, *inner.to_pydatetime(), end})
    rows = {}
    persons = _persons(known.measured(meter_ids), start, end)
    for meter, flow in energy.flows(scope, meter_ids, edges, known).items():
        kwh = flow.forward + flow.export
        unheard = np.clip(flow.known_s - flow.covered_s, 0, None)
        spread = kwh * np.divide(unheard, flow.known_s, out=np.zeros(len(kwh)), where=flow.known_s > 0)
        total = kwh.sum()
        said = min(persons.get(meter, 0.0), total)
        parts = np.array([total - spread.sum() - said, spread.sum(), said])
        rows[meter] = parts / total if total > 0 else np.full(len(CLASSES), np.nan)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CLASSES))


def _persons(meters: Collection[str], start: datetime, end: datetime) -> dict[str, float]:
    """The energy (kWh) of intervals that people said, of each meter; one that an end cuts is divided by time."""
    if not meters:
        return {}
    said = amendments.newest(meters, REGISTERS, start - timedelta(seconds=LONGEST_INTERVAL_S), end, intervals=True)
    said = said[~said["void"].astype(bool)]
    starts, lasts = seconds(said["ts"]), said["interval_s"].to_numpy(float)
    within = np.minimum(starts + lasts, end.timestamp()) - np.maximum(starts, start.timestamp())
    kwh = said["value"].astype(float) * np.clip(within, 0, None) / lasts
    found: dict[str, float] = kwh.groupby(said["meter"]).sum().to_dict()
    return found
