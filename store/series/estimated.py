"""What senders say that they estimated: it stands beside each interval (`estimated_s`) and each sample (`estimated`).

A row that takes the place of such a one and says nothing of it was read, so whoever writes need not look. What samples tell of
their quarters of an hour the rollup says in the quarters' own `estimated_s`, for samples go before those do.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from config.quantities import LONGEST_INTERVAL_S
from models import energy as arithmetic
from models.energy import PATIENCE, Floats
from store.records.plant.metering import Metering
from store.series import amendments
from store.series.connection import frame, listed, no_rows, query
from store.series.counters import COUNTERS
from store.series.declared import Span, spans_of
from store.series.energy_of_intervals import DERIVED, lengths
from store.series.energy_of_samples import POWER
from store.series.other_lengths import beside
from store.series.pieces import EXPORT, FORWARD, REGISTERS, places, seconds

LONGEST = timedelta(seconds=LONGEST_INTERVAL_S)
KEY = ["ts", "meter", "quantity", "interval_s"]
OF = {**COUNTERS, **DERIVED, FORWARD: FORWARD, EXPORT: EXPORT}  # quantity → the register of energy that it tells of
SAMPLED = (*COUNTERS, POWER, *REGISTERS)
SAMPLES = ["meter", "quantity", "at_s", "before_s", "next_s"]  # seconds since 1970; NaN where none is beside it


def samples(meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The samples in [start, end) that are estimates, each with those beside it; columns `SAMPLES`."""
    which = f"ts >= %s AND ts < %s AND quantity IN ({listed(SAMPLED)}) AND value != null"
    if not meter_ids:
        return no_rows(SAMPLES)
    some = query(
        f"SELECT DISTINCT meter FROM telemetry WHERE {which} AND estimated AND meter IN ({listed(meter_ids)})", [start, end]
    )
    if not some:
        return no_rows(SAMPLES)
    rows = frame(
        f"SELECT ts, meter, quantity, estimated FROM telemetry WHERE {which} AND meter IN ({listed(each for (each,) in some)})",
        [start, end],
    ).sort_values("ts", kind="stable")
    at_s = pd.Series(seconds(rows["ts"]), rows.index)
    beside = at_s.groupby([rows["meter"], rows["quantity"]])
    found = rows[["meter", "quantity"]].assign(at_s=at_s, before_s=beside.shift(), next_s=beside.shift(-1))
    return found[rows["estimated"].astype(bool)]


def of_samples(span: Span, ids: Sequence[str], said: pd.DataFrame, edges_s: Floats) -> Floats:
    """The seconds between successive edges that estimated samples tell of: shape (registers, meters, stretches).

    A register's reading tells of the time since the one before, all else of the time until the next, or as long as it lasts.
    """
    found = np.zeros((len(REGISTERS), len(ids), len(edges_s) - 1))
    quantities = {"counter": [*COUNTERS], "power": [POWER]}.get(span.method, [*REGISTERS])
    mine = said[said["meter"].isin(ids) & said["quantity"].isin(quantities)]
    if mine.empty:
        return found
    at_s, before_s, next_s = (mine[name].to_numpy(float) for name in ("at_s", "before_s", "next_s"))
    if span.method == "counter":
        starts = np.where(np.isnan(before_s), at_s - span.interval_s, before_s)
        lasting = at_s - starts
    elif span.method == "power":
        starts, lasting = at_s, np.fmin(next_s - at_s, PATIENCE * span.interval_s)
    else:
        starts, lasting = at_s, np.full(len(at_s), float(span.interval_s))
    some = lasting > 0
    for nth, register in enumerate(REGISTERS):
        of = some & (mine["quantity"].map(OF).fillna(register) == register).to_numpy(bool)
        whose = places(mine.loc[of, "meter"], ids)
        found[nth] = arithmetic.spread_by(edges_s, starts[of], lasting[of], lasting[of][None], whose, len(ids))[0]
    return found


def told(known: Metering, meter_ids: Collection[str], edges_s: Floats) -> dict[tuple[str, str], Floats]:
    """By meter and register: the seconds between successive edges of whose energy its sender says that it is an estimate.

    What a person said of an interval is no sender's word any more. The caller checks the scope.
    """
    if not meter_ids:
        return {}
    first, last = (datetime.fromtimestamp(edge, UTC) for edge in (edges_s[0], edges_s[-1]))
    rows = frame(
        "SELECT ts, meter, quantity, interval_s, estimated_s FROM intervals WHERE ts >= %s AND ts < %s AND estimated_s > 0 "
        f"AND value != null AND meter IN ({listed(meter_ids)}) AND quantity IN ({listed([*REGISTERS, *DERIVED, POWER])})",
        [first - LONGEST, last],
    )
    if rows.empty:
        return {}
    said = amendments.newest({*rows["meter"]}, {*rows["quantity"]}, first - LONGEST, last, intervals=True)
    rows = amendments.without(rows, said[KEY]) if len(said) else rows
    found: dict[tuple[str, str], Floats] = {}
    for span, ids in spans_of(known, meter_ids, first, last).items():
        quantities = _telling(span)
        mine = rows[rows["meter"].isin(ids)]
        declared = mine["interval_s"].between(*lengths(span))
        for (meter, quantity), those in mine[declared & mine["quantity"].isin(quantities)].groupby(["meter", "quantity"]):
            starts, lasting = seconds(those["ts"]), those["interval_s"].to_numpy(float)
            since, until = np.maximum(starts, span.start.timestamp()), np.minimum(starts + lasting, span.end.timestamp())
            amounts = those["estimated_s"].to_numpy(float) * np.clip(until - since, 0, None) / lasting
            some = amounts > 0
            sums = arithmetic.spread(edges_s, since[some], (until - since)[some], amounts[some])
            for register in [OF[quantity]] if quantity in OF else REGISTERS:
                _add(found, str(meter), register, sums)
        others = mine[~declared | (mine["quantity"] == POWER)]["meter"].unique().tolist()
        for meter, register, sums in _of_other_lengths(span, others, edges_s) if others else ():
            _add(found, meter, register, sums)
    return found


def _add(found: dict[tuple[str, str], Floats], meter: str, register: str, sums: Floats) -> None:
    before = found.get((meter, register))
    found[meter, register] = sums if before is None else before + sums


def _of_other_lengths(span: Span, ids: Sequence[str], edges_s: Floats) -> Iterator[tuple[str, str, Floats]]:
    """The same of what counts of rows of another length than is declared."""
    told = beside(span, ids, span.start, span.end)
    share = told.rows["estimated"].to_numpy(float)[told.of]
    since = np.maximum(told.pieces.starts_s, span.start.timestamp())
    until = np.minimum(told.pieces.starts_s + told.pieces.lasting_s, span.end.timestamp())
    some = (share > 0) & (until > since)
    for whose, register in sorted({*zip(told.pieces.whose[some].tolist(), told.pieces.register[some].tolist(), strict=True)}):
        mine = some & (told.pieces.whose == whose) & (told.pieces.register == register)
        lasting = (until - since)[mine]
        yield ids[whose], REGISTERS[register], arithmetic.spread(edges_s, since[mine], lasting, lasting * share[mine])


def _telling(span: Span) -> Sequence[str]:
    """The quantities of rows of `intervals` of the declared length that a span's energy is of."""
    if span.method == "interval":
        return REGISTERS
    return [*DERIVED] if span.sampled else [POWER]
