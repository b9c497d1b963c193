"""Energy of meters over time, by where each declares that it comes from: its counter, its intervals, or its power.

This is the one place that says what a meter's energy is; two sources are never added. The closed quarters of counters
and powers that come more often than every quarter are computed by the rollup with these same functions and kept as
`derived_energy_kwh`; the open quarter, and steps below a quarter, are computed from the samples.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.quantities import DAY_S, INTERVAL_S
from config.settings import settings
from models import energy as arithmetic
from models import local_time
from models.energy import Floats
from models.presence import GRACE_S, LATE_AFTER
from store.records.plant.metering import Declared, Metering, metering
from store.scope import ALWAYS, Scope, Times
from store.series import as_if, checkpoint, finality, samples
from store.series.declared import Rhythm, Span, edges_of, rhythms, spans_of
from store.series.energy_of_intervals import as_declared, derived
from store.series.energy_of_samples import from_samples
from store.series.grid import EPOCH, Edges, floor, micros, moment, moments, runs
from store.series.other_lengths import from_intervals
from store.series.pieces import Pieces, places, together

Microseconds = NDArray[np.int64]


class Flow(NamedTuple):
    """Of one meter between successive edges: energies (kWh), seconds with readings, seconds that the energy is of, seconds due.

    `covered_s` and `known_s` differ for counters: what was counted while no reading came is known when the next one comes.
    `due_s` is what could have come by now: an interval that is not over, or only just, is not missing.
    """

    forward: Floats
    export: Floats
    covered_s: Floats
    known_s: Floats
    due_s: Floats

    @property
    def coverage(self) -> Floats:
        """The share (0..1) of what was due that is there; 0 where nothing was due and nothing came."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.covered_s > 0, np.minimum(self.covered_s / np.maximum(self.due_s, 1e-9), 1.0), 0.0)


class Flows(Mapping[str, Flow]):
    """The flow of each of many meters; `every` has them all in columns, of shape (meters, stretches)."""

    def __init__(self, ids: Sequence[str], every: Flow) -> None:
        self.every = every
        self._rows = {meter: row for row, meter in enumerate(ids)}

    def __getitem__(self, meter: str) -> Flow:
        row = self._rows[meter]
        return Flow(*(column[row] for column in self.every))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, meters: Sequence[str]) -> Flow:
        """The columns of some of them, in that order."""
        rows = [self._rows[meter] for meter in meters]
        return Flow(*(column[rows] for column in self.every))


TellsFlows = Callable[[Scope, Collection[str], Edges, Metering | None], Flows]
"""Whoever tells energies as `flows` does, such as one that keeps some of them."""


def energy(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """Energy of each meter in [start, end); an interval that an end cuts is divided by time.

    Returns:
        Index: meter ids. Columns: `forward_kwh` and `export_kwh` (in and against the edge's direction), `coverage` (share
        of the readings due by now that are there, 0..1), `known_s` (seconds that the energy is of: a counter's last until it
        is read again, also while it is silent), `due_s`, `provisional` (whether it may still change: `store.series.finality`).

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    rows = _table(scope, meter_ids, [start, end])
    return rows.droplevel("ts").rename_axis(None)


def energy_by(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, step: str, time_zone: str
) -> pd.DataFrame:
    """Energy of each meter by local period (one of `local_time.STEPS`), from that which holds `start` to the one before `end`.

    Days of 23 and 25 hours are what they are. Returns as `energy`, with the index (meter id, start of the period in UTC).
    """
    return _table(scope, meter_ids, periods(start, end, step, time_zone))


def periods(start: datetime, end: datetime, step: str, time_zone: str) -> pd.DatetimeIndex:
    """The edges of local periods (one of `local_time.STEPS`), from that which holds `start` to the first not before `end`."""
    return moments(local_time.edges_s(start, end, step, ZoneInfo(time_zone)) * 1_000_000)


def _table(scope: Scope, meter_ids: Collection[str], edges: Edges) -> pd.DataFrame:
    # Asked before the energies: what is final then is what they are, and no number from before a change is taken for final.
    known = metering(scope, meter_ids)
    may_change = finality.provisional(scope, meter_ids, edges, known)
    return table(flows(scope, meter_ids, edges, known), may_change, edges)


def table(found: Flows, may_change: Mapping[str, Sequence[bool]], edges: Edges) -> pd.DataFrame:
    """A row a meter and stretch between the edges, with the columns of `energy`; `may_change` as of `finality.provisional`."""
    of = found.every
    columns = {
        "forward_kwh": of.forward, "export_kwh": of.export, "coverage": of.coverage, "known_s": of.known_s, "due_s": of.due_s,
    }  # fmt: skip
    starts = moments(micros(edges)[:-1])
    index = pd.MultiIndex.from_product([pd.Index([*found], dtype=object), starts], names=["meter", "ts"])
    rows = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
    return rows.assign(provisional=np.concatenate([np.zeros(0, bool), *(may_change[meter] for meter in found)]))


def flows(scope: Scope, meter_ids: Collection[str], edges: Edges, known: Metering | None = None) -> Flows:
    """Energy and coverage of each meter between successive edges, which may be anywhere.

    `known`: how they measure, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    ids, terms = [*dict.fromkeys(meter_ids)], known.sums(meter_ids)
    own = [meter for meter in ids if meter not in terms]
    measured = _measured(known, own, edges)
    if not terms:
        return Flows(own, measured)
    found = zip(measured, _netted(known, terms, edges), strict=True)
    return Flows(ids, Flows([*own, *terms], Flow(*(np.concatenate(both) for both in found))).of(ids))


def _netted(known: Metering, sums: Mapping[str, Sequence[tuple[str, int]]], edges: Edges) -> Flow:
    """Sums of meters, each netted in the shortest intervals that all of its terms tell, each direction then added up.

    So the registers of a sum do not depend on the steps that are asked for. What a term does not tell, the sum does not.
    """
    edges_s = micros(edges) / 1e6
    total = Flow(*np.zeros((len(Flow._fields), len(sums), len(edges) - 1)))
    # Sums whose terms tell their energy in the same rhythm are read together.
    alike: dict[Rhythm, list[int]] = {}
    parts = list(sums.values())
    for row, terms in enumerate(parts):
        for rhythm in rhythms(known, [term for term, _ in terms], edges[0], edges[-1]):
            alike.setdefault(rhythm, []).append(row)
    for rhythm, rows in alike.items():
        cells = edges_of(rhythm)
        cells_s = micros(cells) / 1e6
        asked = (cells_s[1:] > edges_s[0]) & (cells_s[:-1] < edges_s[-1])
        if not asked.any():
            continue
        reaching = np.append(asked, False) | np.insert(asked, 0, False)
        cells, cells_s = cells[reaching], cells_s[reaching]
        ids = sorted({term for row in rows for term, _ in parts[row]})
        found = Flows(ids, _measured(known, ids, cells))
        for row in rows:
            signs = np.array([sign for _, sign in parts[row]], float)[:, None]
            of = found.of([term for term, _ in parts[row]])
            told = of.known_s.min(axis=0)
            net = np.where(told > 0, np.cumsum(signs * (of.forward - of.export), axis=0)[-1], 0.0)
            amounts = [net.clip(min=0), (-net).clip(min=0), of.covered_s.min(axis=0), told, of.due_s.min(axis=0)]
            spread = arithmetic.spread(edges_s, cells_s[:-1], np.diff(cells_s), amounts)
            for column, amount in zip(total, spread, strict=True):
                column[row] += amount
    return total


def _measured(known: Metering, meter_ids: Sequence[str], edges: Edges) -> Flow:
    edges_us = micros(edges)
    tally = _Tally(
        edges_us / 1e6,
        [known.times.get(meter, ALWAYS) for meter in meter_ids],
        np.array([patience_s(known.declared[meter], edges[-1]) for meter in meter_ids], float),
    )
    for span, ids in spans_of(known, meter_ids, edges[0], edges[-1], whole_quarters=True).items():
        rows = places(ids, meter_ids)
        for first, last in runs(edges_us):
            start, end = max(span.start, moment(edges_us[first])), min(span.end, moment(edges_us[last]))
            if start < end:
                for told, since, until in _told(span, ids, start, end, edges_us[first : last + 1]):
                    tally.add(told.of(rows), slice(first, last + 1), since, until)
    return tally.flow(clock.now().timestamp())


def _told(
    span: Span, ids: list[str], start: datetime, end: datetime, edges_us: Microseconds
) -> Iterable[tuple[Pieces, datetime, datetime]]:
    """What a declaration tells of parts of [start, end), which lies within successive edges equally far apart."""
    grain_s = _grain_of_samples(edges_us)
    width_s, origin = (edges_us[1] - edges_us[0]) / 1e6, moment(edges_us[0])
    for first, last, live in _parts(span, start, end, grain_s):
        told = from_samples(span, ids, first, last, grain_s) if live else from_intervals(span, ids, first, last, width_s, origin)
        yield told, first, last
        if live and span.method != "counter":
            yield _instead_of_samples(span, ids, first, last, told), first, last
        if span.method == "power" and not span.sampled:
            yield _beside_intervals(span, ids, first, last, told), first, last


class _Tally:
    """What pieces of meters add up to between successive edges (s); a meter is a row."""

    def __init__(self, edges_s: Floats, times: Sequence[Times], patience_s: Floats) -> None:
        self._edges_s, self._times, self._patience_s = edges_s, times, patience_s
        count, stretches = len(times), len(edges_s) - 1
        self._sums = np.zeros((3, 2, count, stretches))  # kWh, covered and known seconds of each register
        self._heard_to = np.full(count, -np.inf)

    def add(self, told: Pieces, where: slice, start: datetime, end: datetime) -> None:
        """Pieces, as far as they lie in [start, end), between the edges at `where`."""
        edges_s = np.clip(self._edges_s[where], start.timestamp(), end.timestamp())
        self._sums[..., where.start : where.stop - 1] += told.sums(edges_s, len(self._times))
        heard = (told.covered_s > 0) & (told.starts_s < edges_s[-1])
        until = np.minimum(np.minimum(told.starts_s + told.lasting_s, told.until_s), edges_s[-1])
        np.maximum.at(self._heard_to, told.whose[heard], until[heard])

    def flow(self, now_s: float) -> Flow:
        """All of it, as things are now."""
        due_to = np.minimum(np.maximum(self._heard_to, now_s - self._patience_s), now_s)
        first, last = self._edges_s[:-1], np.minimum(self._edges_s[1:], due_to[:, None])
        due = np.clip(last - first, 0, None)
        for row, times in enumerate(self._times):
            if times != ALWAYS:
                due[row] = _overlap_s(first, last[row], times)
        kwh, covered, known = self._sums
        # The other register tells nothing more, but of a meter that has only that one.
        covered, known = (np.where(forward > 0, forward, export) for forward, export in (covered, known))
        return Flow(kwh[0], kwh[1], covered, known, due)


def patience_s(declared: Iterable[Declared], end: datetime) -> float:
    """For how long (s) what a meter measures is not missed, by the latest of its declarations that begins before `end`."""
    begun = [each for each in declared if each.valid_from < end]
    return LATE_AFTER * begun[-1].interval_s + GRACE_S if begun else 0.0


def _overlap_s(first_s: Floats, last_s: Floats, times: Times) -> Floats:
    """How much of each stretch is in the times."""
    ends = [(start.timestamp(), end.timestamp()) for start, end in times]
    within = (np.clip(np.minimum(last_s, end_s) - np.maximum(first_s, start_s), 0, None) for start_s, end_s in ends)
    return sum(within, np.zeros(len(first_s)))


def _parts(span: Span, start: datetime, end: datetime, grain_s: int) -> Iterable[tuple[datetime, datetime, bool]]:
    """Which part of [start, end) is read from `intervals`, and which from samples (True)."""
    if not span.sampled:
        return [(start, end, False)]
    closed = checkpoint.recent().rolled_to
    if grain_s < INTERVAL_S:
        closed = min(closed, oldest_samples())
    middle = min(max(closed, start), end)
    return [*as_if.parts(start, middle), *([(middle, end, True)] if middle < end else [])]


def oldest_samples() -> datetime:
    """From when on samples are surely still there: whole days are dropped."""
    return floor(clock.now() - timedelta(days=settings().kept_telemetry_days - 1), DAY_S)


def _instead_of_samples(span: Span, ids: Sequence[str], start: datetime, end: datetime, told: Pieces) -> Pieces:
    """Closed quarters of which there are no samples at all but an interval: a gap that was filled later."""
    end = min(end, checkpoint.recent().rolled_to)
    if start >= end:
        return told.only(np.zeros(0, np.intp))
    edges_s = np.arange(floor(start, INTERVAL_S).timestamp(), end.timestamp() + 1, INTERVAL_S)
    heard = told.sums(edges_s, len(ids))[1].sum(axis=0)
    silent = np.flatnonzero((heard == 0).any(axis=1))
    found = from_intervals(span, [ids[place] for place in silent.tolist()], start, end, INTERVAL_S, EPOCH).of(silent)
    at = np.searchsorted(edges_s, found.starts_s, side="right") - 1
    inside = (at >= 0) & (at < len(edges_s) - 1)
    inside[inside] = heard[found.whose[inside], at[inside]] == 0
    return found.only(inside)


def _beside_intervals(span: Span, ids: Sequence[str], start: datetime, end: datetime, told: Pieces) -> Pieces:
    """Power that was posted as samples although longer intervals are declared, where none of these tells it."""
    closed = min(max(checkpoint.recent().rolled_to, start), end)
    parts = [derived(ids, start, closed, INTERVAL_S, EPOCH)]
    for first, last, live in (*as_if.parts(start, closed), (closed, end, closed < end)):
        if live:
            edges_s = np.arange(floor(first, INTERVAL_S).timestamp(), last.timestamp() + INTERVAL_S, INTERVAL_S)
            edges_s = np.unique(np.clip(edges_s, first.timestamp(), last.timestamp()))
            parts.append(from_samples(span, ids, first, last, INTERVAL_S).between(edges_s, len(ids)))
    found = together(parts)
    telling = np.unique(told.whose)
    if not len(telling) or not len(found.whose):
        return found
    intervals = as_declared(span, [ids[place] for place in telling.tolist()], start, end, span.interval_s, EPOCH).of(telling)
    order = np.lexsort((intervals.starts_s, intervals.whose))
    intervals = intervals.only(order)
    return found.only(~_within(found, intervals))


def _within(found: Pieces, others: Pieces) -> NDArray[np.bool_]:
    """Which stretches begin within one of others of the same meter, which are sorted by whose they are and by time."""
    moments = np.unique(others.starts_s)
    axis = others.whose * (len(moments) + 1) + np.searchsorted(moments, others.starts_s)
    asked = found.whose * (len(moments) + 1) + np.searchsorted(moments, found.starts_s, side="right")
    at = np.searchsorted(axis, asked) - 1
    same = (at >= 0) & (others.whose[at] == found.whose)
    return np.asarray(same & (found.starts_s < (others.starts_s + others.lasting_s)[at]), bool)


def _grain_of_samples(edges_us: Microseconds) -> int:
    """The longest stretch, up to a quarter, of which none crosses an edge between the first and the last."""
    inner = edges_us[1:-1]
    return next(
        grain_s
        for grain_s in sorted(samples.GRAINS, reverse=True)
        if grain_s <= INTERVAL_S and not (inner % (grain_s * 1_000_000)).any()
    )
