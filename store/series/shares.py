"""Of what class an energy is: read (A), or ours to say when it flowed (E), or a person's word (M)."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S, LONGEST_INTERVAL_S
from models import energy as arithmetic
from models.energy import ON_TIME, Floats
from store.records.plant.metering import Metering, metering
from store.scope import Scope
from store.series import amendments, energy
from store.series.declared import spans_of
from store.series.grid import ceil, floor
from store.series.pieces import REGISTERS, seconds
from store.series.uncounted import QUANTITIES as TELLING

CLASSES = ("A", "E", "M")
REACH = timedelta(seconds=LONGEST_INTERVAL_S)  # beyond a range, within which a register that people said tells of its end


def shares(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """What part of each meter's energy in [start, end), both directions together, is of which class.

    E is what a counter counted while it was not read, spread evenly over the quarters of an hour of that silence: the sum is
    right, its course is ours. M is what people said: of intervals their energy, of samples what flowed in the time that each
    tells of. All else is A.

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
    edges_s = np.array([each.timestamp() for each in edges])
    samples = _samples(known, known.measured(meter_ids), edges_s)
    for meter, flow in energy.flows(scope, meter_ids, edges, known).items():
        kwh = flow.forward + flow.export
        unheard = np.clip(flow.known_s - flow.covered_s, 0, None)
        told = np.minimum(samples.get(meter, np.zeros(len(kwh))), flow.known_s)
        share, spread = (
            kwh * np.divide(part, flow.known_s, out=np.zeros(len(kwh)), where=flow.known_s > 0) for part in (told, unheard)
        )
        spread = np.minimum(spread, kwh - share)
        total = kwh.sum()
        said = min(persons.get(meter, 0.0) + share.sum(), total)
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


def _samples(known: Metering, meters: Collection[str], edges_s: Floats) -> dict[str, Floats]:
    """The seconds of each stretch that people's samples tell of: a register of the time before, all else of that after."""
    found: dict[str, Floats] = {}
    first, last = (datetime.fromtimestamp(edge, UTC) for edge in (edges_s[0], edges_s[-1]))
    for span, ids in spans_of(known, meters, first, last).items():
        if not span.sampled:
            continue
        said = amendments.newest(ids, TELLING[span.method], span.start, span.end + REACH, intervals=False)
        for meter, rows in said[~said["void"].astype(bool)].groupby("meter") if len(said) else ():
            moments = np.unique(seconds(rows["ts"]))  # both registers are said at the same moments
            apart = np.diff(moments)
            between = np.where(apart <= ON_TIME * span.interval_s, apart, span.interval_s)
            of_counter = span.method == "counter"
            lasting = np.insert(between, 0 if of_counter else len(between), span.interval_s)
            told = arithmetic.spread(edges_s, moments - lasting if of_counter else moments, lasting, lasting)
            found[str(meter)] = found.get(str(meter), np.zeros(len(edges_s) - 1)) + told
    return found
