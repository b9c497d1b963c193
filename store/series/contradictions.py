"""Stretches of time of which intervals of several lengths tell different energies, so that one of them is not counted."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from models import granularity
from models.energy import Floats
from models.quality import Contradiction
from store.records.access.policy import Action, require
from store.records.plant.metering import metering
from store.scope import Scope
from store.series import energy
from store.series.declared import spans_of
from store.series.energy import Flow
from store.series.other_lengths import beside
from store.series.pieces import EXPORT


def contradicting(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, list[Contradiction]]:
    """Those that begin in [start, end), of each meter that has any; rows of one length that follow each other are one.

    Raises:
        Refused: not one of Loadstar's own processes.
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    known = metering(scope, meter_ids)
    found: dict[str, list[Contradiction]] = {}
    for span, ids in spans_of(known, meter_ids, start, end).items():
        if span.method == "counter":
            continue
        rows = beside(span, ids, span.start, span.end).rows
        begin = (rows["start_s"] >= span.start.timestamp()) & (rows["start_s"] < span.end.timestamp())
        for meter, own in rows[begin & (rows["became"] == granularity.CONTRADICTS)].groupby("meter"):
            runs = [*_runs(own)]
            moments = np.unique([(run.start_s, run.end_s) for run in runs])
            edges = [datetime.fromtimestamp(at, UTC) for at in moments.tolist()]
            flow = energy.flows(scope, [str(meter)], edges, known)[str(meter)]
            net = span.method == "power"
            found.setdefault(str(meter), []).extend(_counted(run, moments, flow, net=net) for run in runs)
    return found


def _runs(rows: pd.DataFrame) -> Iterator[Contradiction]:
    """What rows of one register and length tell of each stretch that they fill together; nothing is counted instead yet."""
    for (quantity, _length), own in rows.groupby(["quantity", "interval_s"]):
        ordered = own.sort_values("start_s")
        begins = ordered["start_s"] != ordered["end_s"].shift()
        runs = ordered.groupby(begins.cumsum()).agg(start=("start_s", "first"), end=("end_s", "last"), kwh=("kwh", "sum"))
        for start_s, end_s, kwh in runs.itertuples(index=False):
            yield Contradiction(start_s, end_s, kwh, 0.0, EXPORT if quantity == EXPORT else "")


def _counted(run: Contradiction, moments: Floats, flow: Flow, *, net: bool) -> Contradiction:
    """The same with what is counted of its time, of power in the one direction less the other."""
    within = slice(*np.searchsorted(moments, [run.start_s, run.end_s]))
    kwh = flow.export if run.quantity == EXPORT else flow.forward - flow.export if net else flow.forward
    return run._replace(counted_kwh=float(kwh[within].sum()))
