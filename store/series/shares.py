"""Of what class an energy is: read (A), its sender's estimate (S), ours to say when it flowed (E), or a person's word (M)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S, LONGEST_INTERVAL_S, TELLING
from models import energy as arithmetic
from models.energy import ON_TIME, Floats
from store.records.plant.metering import Metering, metering
from store.scope import Scope
from store.series import amendments, energy, estimated
from store.series.declared import spans_of
from store.series.energy import Flow
from store.series.energy_of_intervals import lengths
from store.series.grid import ceil, floor
from store.series.interval_sums import KEY
from store.series.other_lengths import beside
from store.series.pieces import EXPORT, FORWARD, REGISTERS, seconds

CLASSES = ("A", "S", "E", "M")
AT_ONCE = timedelta(days=31)  # of quarters of an hour that are looked at together
QUARTERS, SAME_S = 96, 1e-3  # of a day
REACH = timedelta(seconds=LONGEST_INTERVAL_S)  # beyond a range, within which a register that people said tells of its end


def shares(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """What part of each meter's energy in [start, end), both directions together, is of which class.

    S is what its sender says that it is an estimate. E is what a counter counted while it was not read, spread evenly over the
    quarters of an hour of that silence, or what of an interval longer than the declared ones nothing within it tells: the sum is
    right, its course is ours. M is what people said: of intervals their energy,
    of samples what flowed in the time that each tells of. All else is A. What is of several is M before S before E. A virtual
    meter's energy is of the classes of those that it is made of, whatever their signs.

    Returns:
        Index: meter ids. Columns: `CLASSES`, each 0..1, 1 together; NaN for a meter without energy in the range.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids)
    parts = _kwh(scope, known, known.measured(meter_ids), start, end)
    rows = {}
    for meter in meter_ids:
        kwh = (
            sum((parts[term] for term, _sign in known.terms[meter]), np.zeros(len(CLASSES)))
            if meter in known.terms
            else parts[meter]
        )
        total = kwh.sum()
        rows[meter] = kwh / total if total > 0 else np.full(len(CLASSES), np.nan)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CLASSES))


def together(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, float]:
    """The same of the energy of all of these meters together; raises as `shares`."""
    known = metering(scope, meter_ids)
    kwh = sum(_kwh(scope, known, known.measured(meter_ids), start, end).values(), np.zeros(len(CLASSES)))
    total = kwh.sum()
    return dict(zip(CLASSES, (kwh / total if total > 0 else np.full(len(CLASSES), np.nan)).tolist(), strict=True))


def _kwh(scope: Scope, known: Metering, meters: Collection[str], start: datetime, end: datetime) -> dict[str, Floats]:
    """The energy (kWh) of each measuring meter by class, both directions together."""
    found = {meter: np.zeros(len(CLASSES)) for meter in meters}
    if not found:
        return found
    cuts = pd.date_range(ceil(start, INTERVAL_S), end, freq=AT_ONCE, inclusive="neither").to_pydatetime()
    for first, last in pairwise([start, *cuts, end]):
        for meter, kwh in _stretch_kwh(scope, known, meters, first, last).items():
            found[meter] += kwh
    return found


def _stretch_kwh(scope: Scope, known: Metering, meters: Collection[str], start: datetime, end: datetime) -> dict[str, Floats]:
    """The same of a stretch that fits into memory."""
    inner = pd.date_range(ceil(start, INTERVAL_S), floor(end, INTERVAL_S), freq=pd.Timedelta(seconds=INTERVAL_S))
    edges = sorted({start, *inner.to_pydatetime(), end})
    edges_s = np.array([each.timestamp() for each in edges])
    persons, samples = _persons(known, meters, start, end), _samples(known, meters, edges_s)
    senders = estimated.told(known, meters, edges_s)
    said = {*persons, *samples, *(meter for meter, _register in senders)}
    days = sorted({start, *inner[::QUARTERS].to_pydatetime(), end})
    read = {meter: kwh for meter, kwh in _all_read(scope, known, meters, days).items() if meter not in said}
    nothing = np.zeros(len(edges) - 1)
    return {meter: np.array([kwh, 0.0, 0.0, 0.0]) for meter, kwh in read.items()} | {
        meter: _by_class(
            flow,
            persons.get(meter, 0.0),
            samples.get(meter, nothing),
            {register: senders.get((meter, register), nothing) for register in REGISTERS},
        )
        for meter, flow in energy.flows(scope, [each for each in meters if each not in read], edges, known).items()
    }


def _all_read(scope: Scope, known: Metering, meters: Collection[str], days: list[datetime]) -> dict[str, float]:
    """The energy (kWh) of those meters that were heard for as long as they are known: of theirs nothing is ours to say when."""
    return {
        meter: float((flow.forward + flow.export).sum())
        for meter, flow in energy.flows(scope, meters, days, known).items()
        if (np.abs(flow.known_s - flow.covered_s) < SAME_S).all()
    }


def _by_class(flow: Flow, persons_kwh: float, persons_s: Floats, senders_s: Mapping[str, Floats]) -> Floats:
    """A flow's energy by class: of people's intervals, and of the seconds that their samples and senders' estimates tell of."""
    known = flow.known_s
    by_person = np.minimum(persons_s, known)
    unheard = np.clip(known - flow.covered_s, 0, None)
    parts = np.zeros(3)  # M, S, E
    for register, kwh in ((FORWARD, flow.forward), (EXPORT, flow.export)):
        by_sender = np.minimum(senders_s[register], known - by_person)
        by_us = np.minimum(unheard, known - by_person - by_sender)
        for place, part in enumerate((by_person, by_sender, by_us)):
            parts[place] += (kwh * np.divide(part, known, out=np.zeros(len(kwh)), where=known > 0)).sum()
    total = float((flow.forward + flow.export).sum())
    person = min(persons_kwh + parts[0], total)
    sender = min(parts[1], total - person)
    ours = min(parts[2], total - person - sender)
    return np.array([total - person - sender - ours, sender, ours, person])


def _persons(known: Metering, meters: Collection[str], start: datetime, end: datetime) -> dict[str, float]:
    """The energy (kWh) of intervals that people said, of each meter; one that an end cuts is divided by time.

    Of another length than is declared it is what counts of it beside what is told otherwise.
    """
    if not meters:
        return {}
    said = amendments.newest(meters, REGISTERS, start - REACH, end, intervals=True)
    said = said[~said["void"].astype(bool)]
    found: dict[str, float] = {}
    for span, ids in spans_of(known, meters, start, end).items() if len(said) else ():
        mine = said[said["meter"].isin(ids) & (span.method == "interval")]
        declared = mine["interval_s"].between(*lengths(span))
        starts, lasts, kwh = (mine.loc[declared, name] for name in ("ts", "interval_s", "value"))
        parts = [(mine.loc[declared, "meter"], seconds(starts), lasts.to_numpy(float), kwh.to_numpy(float))]
        if others := sorted({*mine.loc[~declared, "meter"]}):
            told = beside(span, others, span.start, span.end)
            theirs = told.rows.merge(mine[KEY].assign(theirs=True), on=KEY, how="left")["theirs"].notna().to_numpy()
            pieces = told.pieces.only(theirs[told.of])
            whose = pd.Series(np.array(others, object)[pieces.whose], dtype=object)
            parts.append((whose, pieces.starts_s, pieces.lasting_s, pieces.kwh))
        for whose, first, lasting, amount in parts:
            within = np.minimum(first + lasting, span.end.timestamp()) - np.maximum(first, span.start.timestamp())
            of = pd.Series(amount * np.clip(within, 0, None) / lasting).groupby(whose.to_numpy(object)).sum()
            for meter, each in of.items():
                found[str(meter)] = found.get(str(meter), 0.0) + float(each)
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
