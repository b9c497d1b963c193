"""Energy of meters over time, by where each declares that it comes from: its counter, its intervals, or its power.

This is the one place that says what a meter's energy is; two sources are never added. The closed quarters of counters
and powers that come more often than every quarter are computed by the rollup with these same functions and kept as
`derived_energy_kwh`; the open quarter, and steps below a quarter, are computed from the samples.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.quantities import DAY_S, INTERVAL_S, LOCAL_DAY_S, LONGEST_INTERVAL_S
from config.settings import settings
from models import energy as arithmetic
from models import local_time
from models.energy import PATIENCE
from models.local_days import NO_DAY, local_day
from models.presence import GRACE_S, LATE_AFTER
from store.records.plant.metering import Metering, metering
from store.scope import ALWAYS, Scope, Times, Window, within
from store.series import checkpoint, counters, finality, interval_sums, samples, short_intervals
from store.series.counters import COUNTERS
from store.series.grid import EPOCH

Floats = NDArray[np.float64]
Microseconds = NDArray[np.int64]
Edges = list[datetime] | pd.DatetimeIndex

FORWARD, EXPORT = "energy_kwh", "energy_export_kwh"
DERIVED = {"derived_energy_kwh": FORWARD, "derived_energy_export_kwh": EXPORT}
POWER = "power_kw"


class Span(NamedTuple):
    """Meters whose energy comes from the same source, in the same rhythm, during the same part of a range.

    `since` and `until` are the declaration's own dates: readings outside them are of another counter.
    """

    method: str
    interval_s: int
    rollover_kwh: float | None
    start: datetime
    end: datetime
    since: datetime
    until: datetime
    zone: str = ""  # of local days, if its values are of days

    @property
    def rhythm_s(self) -> int:
        """How long the shortest interval is of which it tells the energy, once that is closed (s)."""
        return INTERVAL_S if self.sampled else self.interval_s

    @property
    def sampled(self) -> bool:
        """Whether its readings are samples, of which the rollup makes quarters; registers are, however seldom they are read."""
        return self.method == "counter" or self.interval_s < INTERVAL_S


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
    found = _table(scope, meter_ids, [start, end])
    return found.droplevel("ts").rename_axis(None)


def energy_by(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, step: str, time_zone: str
) -> pd.DataFrame:
    """Energy of each meter by local period (one of `local_time.STEPS`), from that which holds `start` to the one before `end`.

    Days of 23 and 25 hours are what they are. Returns as `energy`, with the index (meter id, start of the period in UTC).
    """
    edges = local_time.edges(start, end, step, ZoneInfo(time_zone))
    return _table(scope, meter_ids, edges)


def _table(scope: Scope, meter_ids: Collection[str], edges: list[datetime]) -> pd.DataFrame:
    """A row a meter and stretch."""
    # Asked before the energies: what is final then is what they are, and no number from before a change is taken for final.
    known = metering(scope, meter_ids)
    may_change = finality.provisional(scope, meter_ids, edges, known)
    found = flows(scope, meter_ids, edges, known)
    names = ["forward_kwh", "export_kwh", "coverage", "known_s", "due_s"]
    columns = [
        np.concatenate([np.zeros(0), *values])
        for values in zip(
            *((each.forward, each.export, each.coverage, each.known_s, each.due_s) for each in found.values()), strict=True
        )
    ] or [np.zeros(0)] * len(names)
    index = pd.MultiIndex.from_product([list(found), list(edges[:-1])], names=["meter", "ts"])
    table = pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)
    return table.assign(provisional=np.concatenate([np.zeros(0, bool), *may_change.values()]))


def flows(scope: Scope, meter_ids: Collection[str], edges: Edges, known: Metering | None = None) -> dict[str, Flow]:
    """Energy and coverage of each meter between successive edges, which may be anywhere.

    `known`: how they measure, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    terms = known.sums(meter_ids)
    found = _measured(known, [meter for meter in meter_ids if meter not in terms], edges)
    for virtual, parts in terms.items():
        found[virtual] = _netted(known, parts, edges)
    return {meter: found[meter] for meter in meter_ids}


def _netted(known: Metering, parts: Sequence[tuple[str, int]], edges: Edges) -> Flow:
    """A sum of meters, netted in the shortest intervals that all of them tell, each direction then added up.

    So the registers of a sum do not depend on the steps that are asked for. What a term does not tell, the sum does not.
    """
    edges_s = _edges_us(edges) / 1e6
    ids = [term for term, _ in parts]
    sums = [np.zeros(len(edges) - 1) for _ in Flow._fields]
    for start, end, rhythm_s, zone in _common_rhythms(known, ids, edges[0], edges[-1]):
        cells = _cells(start, end, rhythm_s, zone)
        cells_s = _edges_us(cells) / 1e6
        asked = (cells_s[1:] > edges_s[0]) & (cells_s[:-1] < edges_s[-1])
        if not asked.any():
            continue
        reaching = np.append(asked, False) | np.insert(asked, 0, False)
        cells, cells_s = cells[reaching], cells_s[reaching]
        found = _measured(known, ids, cells)
        net = sum((sign * (found[term].forward - found[term].export) for term, sign in parts), np.zeros(len(cells) - 1))
        covered, told, due = (np.min([found[term][at] for term in ids], axis=0) for at in (2, 3, 4))
        net = np.where(told > 0, net, 0.0)
        for total, amounts in zip(sums, (net.clip(min=0), (-net).clip(min=0), covered, told, due), strict=True):
            total += arithmetic.spread(edges_s, cells_s[:-1], np.diff(cells_s), amounts)
    return Flow(*sums)


def cells(
    scope: Scope, meter_ids: Sequence[str], start: datetime, end: datetime, known: Metering | None = None
) -> pd.DatetimeIndex:
    """The edges of the shortest intervals that all the meters tell within [start, end), which is cut by both.

    A virtual meter tells what its terms tell together. Where one of them declares nothing the others tell nothing together:
    one cell. `known`: how they measure, if that was read already. Raises `NotFound`.
    """
    known = metering(scope, meter_ids, known)
    parts = [
        _cells(max(first, start), min(last, end), rhythm_s, zone)
        for first, last, rhythm_s, zone in _common_rhythms(known, known.measured(meter_ids), start, end)
        if max(first, start) < min(last, end)
    ]
    every = np.concatenate([_edges_us([start, end]), *(_edges_us(part) for part in parts)])
    return pd.DatetimeIndex(np.unique(every).astype("datetime64[us]"), tz="UTC")


def _common_rhythms(
    known: Metering, meter_ids: Sequence[str], start: datetime, end: datetime
) -> Iterable[tuple[datetime, datetime, int, str]]:
    """Parts of a range, and a day beyond its ends, in which all the meters declare a source: the longest rhythm, and its zone."""
    reach = timedelta(seconds=LONGEST_INTERVAL_S)
    declared = _spans(known, meter_ids, start - reach, end + reach, whole_quarters=True)
    moments = sorted({moment for span in declared for moment in (span.start, span.end)})
    for first, last in pairwise(moments):
        holding = [(span, ids) for span, ids in declared.items() if span.start <= first < span.end]
        if len({meter for _, ids in holding for meter in ids}) == len(set(meter_ids)):
            slowest = max((span for span, _ in holding), key=lambda span: span.rhythm_s)
            yield first, last, slowest.rhythm_s, slowest.zone


def _cells(start: datetime, end: datetime, rhythm_s: int, zone: str) -> pd.DatetimeIndex:
    """The edges of the intervals of a rhythm within [start, end), both among them: local days, or multiples since 1970."""
    if zone:
        inner = local_time.edges_s(start, end, "day", ZoneInfo(zone)) * 1_000_000
    else:
        step = rhythm_s * 1_000_000
        inner = np.arange(_us(start) // step * step, _us(end), step)
    inside = inner[(inner > _us(start)) & (inner < _us(end))]
    return pd.DatetimeIndex(np.concatenate([[_us(start)], inside, [_us(end)]]).astype("datetime64[us]"), tz="UTC")


def _measured(known: Metering, meter_ids: Sequence[str], edges: Edges) -> dict[str, Flow]:
    edges_us = _edges_us(edges)
    tallies = {meter: _Tally(edges_us / 1e6, known.times.get(meter, ALWAYS)) for meter in meter_ids}
    for span, ids in _spans(known, meter_ids, edges[0], edges[-1], whole_quarters=True).items():
        for meter in ids:
            tallies[meter].expects(span)
        for first, last in _runs(edges_us):
            start, end = max(span.start, _moment(edges_us[first])), min(span.end, _moment(edges_us[last]))
            if start < end:
                _tally(tallies, span, ids, start, end, slice(first, last + 1), edges_us[first : last + 1])
    now = clock.now().timestamp()
    return {meter: tally.flow(now) for meter, tally in tallies.items()}


def _runs(edges_us: Microseconds) -> Iterable[tuple[int, int]]:
    """The positions of edges between which all stretches are equally long: the database can number those, and add up each."""
    changes = np.flatnonzero(np.diff(np.diff(edges_us))) + 1
    return pairwise([0, *changes.tolist(), len(edges_us) - 1])


def _tally(
    tallies: "dict[str, _Tally]", span: Span, ids: list[str], start: datetime, end: datetime, where: slice, edges_us: Microseconds
) -> None:
    """Add what a declaration tells of [start, end), which lies within successive edges equally far apart."""
    grain_s = _grain_of_samples(edges_us)
    width_s, origin = (edges_us[1] - edges_us[0]) / 1e6, _moment(edges_us[0])
    for first, last, live in _parts(span, start, end, grain_s):
        pieces = [
            *(from_samples(span, ids, first, last, grain_s) if live else _from_kept(span, ids, first, last, width_s, origin))
        ]
        for piece in pieces:
            tallies[piece.meter].add(piece, where, first, last)
        if live and grain_s < INTERVAL_S and span.method != "counter":
            for piece in _instead_of_samples(span, ids, first, last, pieces):
                tallies[piece.meter].add(piece, where, first, last)
        if span.method == "power" and not span.sampled:
            for piece in _beside_intervals(span, ids, first, last, {piece.meter for piece in pieces}):
                tallies[piece.meter].add(piece, where, first, last)


class _Tally:
    """What a meter's pieces add up to between successive edges (s)."""

    def __init__(self, edges_s: Floats, times: Times) -> None:
        self._edges_s, self._times = edges_s, times
        self._kwh, self._covered_s, self._known_s = (
            {register: np.zeros(len(edges_s) - 1) for register in (FORWARD, EXPORT)} for _ in range(3)
        )
        self._heard_to = -np.inf
        self._latest: Span | None = None

    def expects(self, span: Span) -> None:
        """A declaration of the meter within the range."""
        if self._latest is None or span.start > self._latest.start:
            self._latest = span

    def add(self, piece: "Piece", where: slice, start: datetime, end: datetime) -> None:
        """A piece, as far as it lies in [start, end), between the edges at `where`."""
        first, last = piece.starts_s, piece.starts_s + piece.lasting_s
        edges_s = np.clip(self._edges_s[where], start.timestamp(), end.timestamp())
        inside = slice(where.start, where.stop - 1)
        alike = piece.known_s is piece.covered_s
        told = (piece.kwh, piece.covered_s) if alike else (piece.kwh, piece.covered_s, piece.known_s)
        amounts = [*arithmetic.spread(edges_s, first, last - first, told)]
        for sums, amount in zip((self._kwh, self._covered_s, self._known_s), (*amounts, amounts[-1]), strict=False):
            sums[piece.register][inside] += amount
        until = last if piece.until_s is None else np.minimum(last, piece.until_s)
        heard = until[(piece.covered_s > 0) & (first < edges_s[-1])]
        self._heard_to = max(self._heard_to, min(heard.max(initial=-np.inf), edges_s[-1]))

    def flow(self, now_s: float) -> Flow:
        """All of it, as things are now."""
        patience_s = LATE_AFTER * self._latest.interval_s + GRACE_S if self._latest else 0.0
        due_to = min(max(self._heard_to, now_s - patience_s), now_s)
        first, last = self._edges_s[:-1], np.minimum(self._edges_s[1:], due_to)
        due = sum((_overlap_s(first, last, window) for window in self._times), np.zeros(len(first)))
        # The other register tells nothing more, but of a meter that has only that one.
        covered, known = (np.where(sums[FORWARD] > 0, sums[FORWARD], sums[EXPORT]) for sums in (self._covered_s, self._known_s))
        return Flow(self._kwh[FORWARD], self._kwh[EXPORT], covered, known, due)


def spans(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, known: Metering | None = None
) -> dict[Span, list[str]]:
    """The meters by what they declare within [start, end), in the times that are the holder's; raises `NotFound`.

    `known`: how they measure, if that was read already.
    """
    return _spans(metering(scope, meter_ids, known), meter_ids, start, end)


def _spans(
    known: Metering, meter_ids: Collection[str], start: datetime, end: datetime, *, whole_quarters: bool = False
) -> dict[Span, list[str]]:
    """The same of meters that were checked.

    With `whole_quarters` the quarter of an hour in which somebody left and somebody came is neither's: what is kept of a
    quarter cannot be divided between them.
    """
    found: dict[Span, list[str]] = defaultdict(list)
    for meter in meter_ids:
        times = known.times.get(meter, ALWAYS)
        if whole_quarters and times != ALWAYS:
            times = _whole_quarters(times)
        for each in known.declared[meter]:
            dates = (each.valid_from, each.valid_to or ALWAYS[0].end)
            zone = known.zones[meter] if each.method != "counter" and each.interval_s == DAY_S else ""
            for first, last in within(times, max(start, dates[0]), min(end, dates[1])):
                found[Span(each.method, each.interval_s, each.rollover_kwh, first, last, *dates, zone)].append(meter)
    return found


def _overlap_s(first_s: Floats, last_s: Floats, window: Window) -> Floats:
    """How much of each stretch is in the window."""
    start_s, end_s = (moment.timestamp() for moment in window)
    overlap: Floats = np.clip(np.minimum(last_s, end_s) - np.maximum(first_s, start_s), 0, None)
    return overlap


def _whole_quarters(times: Times) -> Times:
    first, last = ALWAYS[0]
    windows = (
        Window(
            start if start == first else ceil(start, INTERVAL_S),
            end if end == last else floor(end, INTERVAL_S),
        )
        for start, end in times
    )
    return tuple(window for window in windows if window.start < window.end)


class Piece(NamedTuple):
    """Successive stretches of one register of a meter: their starts and lengths (s), energies (kWh), and seconds as in `Flow`."""

    meter: str
    register: str
    starts_s: Floats
    lasting_s: Floats
    kwh: Floats
    covered_s: Floats
    known_s: Floats
    until_s: Floats | None = None  # when the last of what a stretch sums ends, if that is not where the stretch does

    def only(self, which: NDArray[np.bool_]) -> "Piece":
        """Some of the stretches."""
        starts, lasting, kwh, covered, known = (values[which] for values in self[2:7])
        until = None if self.until_s is None else self.until_s[which]
        return Piece(self.meter, self.register, starts, lasting, kwh, covered, known, until)

    def between(self, edges_s: Floats) -> "Piece":
        """The same cut at these edges, a stretch between each two."""
        amounts = arithmetic.spread(edges_s, self.starts_s, self.lasting_s, self[4:7])
        return Piece(self.meter, self.register, edges_s[:-1], np.diff(edges_s), *amounts)


def _parts(span: Span, start: datetime, end: datetime, grain_s: int) -> Iterable[tuple[datetime, datetime, bool]]:
    """Which part of [start, end) is read from `intervals`, and which from samples (True)."""
    if not span.sampled:
        return [(start, end, False)]
    closed = checkpoint.recent().rolled_to
    if grain_s < INTERVAL_S:
        closed = min(closed, oldest_samples())
    middle = min(max(closed, start), end)
    return [(a, b, live) for a, b, live in ((start, middle, False), (middle, end, True)) if a < b]


def oldest_samples() -> datetime:
    """From when on samples are surely still there: whole days are dropped."""
    return floor(clock.now() - timedelta(days=settings().kept_telemetry_days - 1), DAY_S)


def _from_kept(span: Span, ids: list[str], start: datetime, end: datetime, cell_s: float, origin: datetime) -> Iterable[Piece]:
    """Energy from rows of `intervals`: a stretch a cell of the grid, and one a row that crosses an edge of it."""
    if span.method == "interval":
        registers, measures = {FORWARD: FORWARD, EXPORT: EXPORT}, ["total", "covered_s", "until_s"]
    elif span.sampled:
        registers, measures = DERIVED, ["total", "covered_s", "known_s", "until_s"]
    else:
        registers, measures = {POWER: POWER}, ["above", "below", "covered_s", "until_s"]
    if span.zone:
        return _local_days(span, ids, start, end, registers, measures)
    # Rows of another length are of another source: never added.
    lasts = INTERVAL_S if span.sampled else span.interval_s
    found = interval_sums.aggregates(
        ids, list(registers), start, end, cell_s, measures, origin=origin, expected_s=span.interval_s, lengths_s=(lasts, lasts)
    )
    return _pieces(_as_energy(span, found, registers))


def _as_energy(span: Span, found: pd.DataFrame, registers: Mapping[str, str]) -> pd.DataFrame:
    """Rows of a span's quantities as rows of its registers of energy."""
    found = found.assign(quantity=found["quantity"].map(registers))
    return _both_ways(found, 1 / 3600) if span.method == "power" and not span.sampled else found


def _local_days(
    span: Span, ids: list[str], start: datetime, end: datetime, registers: Mapping[str, str], measures: Collection[str]
) -> Iterable[Piece]:
    """Energy from values of days: one that ends or begins at a local midnight is of that local day, however long it was.

    Devices that know only days of 24 hours send those also where clocks change. A day that was told twice, as of 24 hours
    and as long as it was, counts as the latter says.
    """
    reach = timedelta(seconds=LOCAL_DAY_S[1] - LOCAL_DAY_S[0])
    asked = (start - reach, end + reach)
    found = interval_sums.aggregates(ids, list(registers), *asked, INTERVAL_S, measures, lengths_s=LOCAL_DAY_S)
    days_s = local_time.edges_s(asked[0] - reach, asked[1] + reach, "day", ZoneInfo(span.zone)).astype(float)
    first, last, rank = local_day(_seconds(found["ts"]), found["lasting_s"].to_numpy(float), days_s)
    told = found["lasting_s"].to_numpy(float)
    share = (last - first) / told if span.method == "power" else 1.0
    found = found.assign(
        ts=pd.to_datetime(first * 1e6, unit="us", utc=True),
        lasting_s=last - first,
        covered_s=last - first,
        until_s=last,
        rank=rank,
        **{name: found[name] * share for name in ("total", "above", "below") if name in found},
    )
    found = found[found["rank"] < NO_DAY].sort_values("rank", kind="stable").drop_duplicates(["ts", "meter", "quantity"])
    return _pieces(_as_energy(span, found, registers))


def from_samples(span: Span, ids: list[str], start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    """Energy of the span's meters in [start, end) from their samples, in stretches of at most a quarter."""
    grain_s = min(grain_s, INTERVAL_S)
    if span.method == "counter":
        return _between(span, ids, start, end, grain_s)
    if span.method == "power":
        return _held(span, ids, start, end, grain_s)
    return _pieces(short_intervals.energies(ids, start, end, grain_s, span.interval_s))


def _instead_of_samples(
    span: Span, ids: Collection[str], start: datetime, end: datetime, pieces: Iterable[Piece]
) -> Iterable[Piece]:
    """Closed quarters of which there are no samples at all but an interval: a gap that was filled later."""
    end = min(end, checkpoint.recent().rolled_to)
    if start >= end:
        return
    edges_s = np.arange(floor(start, INTERVAL_S).timestamp(), end.timestamp() + 1, INTERVAL_S)
    heard = {meter: np.zeros(len(edges_s) - 1) for meter in ids}
    for piece in pieces:
        heard[piece.meter] += arithmetic.spread(edges_s, piece.starts_s, piece.lasting_s, piece.covered_s)
    silent = [meter for meter, seconds in heard.items() if not seconds.all()]
    for piece in _from_kept(span, silent, start, end, INTERVAL_S, EPOCH):
        at = np.searchsorted(edges_s, piece.starts_s, side="right") - 1
        inside = (at >= 0) & (at < len(edges_s) - 1)
        inside[inside] = heard[piece.meter][at[inside]] == 0
        yield piece.only(inside)


def _beside_intervals(span: Span, ids: list[str], start: datetime, end: datetime, telling: Collection[str]) -> Iterable[Piece]:
    """Power that was posted as samples although longer intervals are declared, where none of these tells it."""
    closed = min(max(checkpoint.recent().rolled_to, start), end)
    measures = ["total", "covered_s", "known_s", "until_s"]
    found = interval_sums.aggregates(ids, list(DERIVED), start, closed, INTERVAL_S, measures, lengths_s=(INTERVAL_S, INTERVAL_S))
    pieces = [*_pieces(found.assign(quantity=found["quantity"].map(DERIVED)))]
    if closed < end:
        edges_s = np.arange(floor(closed, INTERVAL_S).timestamp(), end.timestamp() + INTERVAL_S, INTERVAL_S)
        edges_s = np.unique(np.clip(edges_s, closed.timestamp(), end.timestamp()))
        pieces += [piece.between(edges_s) for piece in from_samples(span, ids, closed, end, INTERVAL_S)]
    told: dict[str, list[Piece]] = defaultdict(list)
    if telling and pieces:
        for piece in _from_kept(span, sorted(telling), start, end, span.interval_s, EPOCH):
            told[piece.meter].append(piece)
    for piece in pieces:
        silent = np.ones(len(piece.starts_s), bool)
        for other in told[piece.meter]:
            order = np.argsort(other.starts_s)
            starts, ends = other.starts_s[order], (other.starts_s + other.lasting_s)[order]
            at = np.searchsorted(starts, piece.starts_s, side="right") - 1
            silent &= (at < 0) | (piece.starts_s >= ends[at])
        yield piece.only(silent)


def _both_ways(found: pd.DataFrame, hours: "pd.Series[float] | float") -> pd.DataFrame:
    """Power as the energies of two registers."""
    halves = [
        found.assign(quantity=register, total=found[sign] * hours) for register, sign in ((FORWARD, "above"), (EXPORT, "below"))
    ]
    return pd.concat(halves, ignore_index=True)


def _held(span: Span, ids: list[str], start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    """Energy of power: each sample holds until the next one, at most `PATIENCE` intervals; what was later is not guessed."""
    patience_s = PATIENCE * span.interval_s
    first = max(span.since, start - timedelta(seconds=patience_s))
    now_s = clock.now().timestamp()
    measures = ["first_ts", "last", "last_ts", "above", "below", "held_s", "pace_s"]
    # The samples before the range by quarters: of them only the last one reaches into it.
    before = samples.aggregates(ids, [POWER], first, start, INTERVAL_S, measures, span.interval_s)
    before = before.sort_values("last_ts").drop_duplicates("meter", keep="last")
    within = samples.aggregates(ids, [POWER], start, end, grain_s, measures, span.interval_s)
    found = pd.concat([each for each in (before, within) if len(each)] or [within], ignore_index=True).sort_values("last_ts")
    start_s, end_s = start.timestamp(), end.timestamp()
    first_s, last_s = _seconds(found["first_ts"]), _seconds(found["last_ts"])
    last, above, below, held, pace = (found[name].to_numpy(float) for name in ("last", "above", "below", "held_s", "pace_s"))
    for meter, at in found.groupby("meter", sort=False).indices.items():
        # Between the readings of each stretch, and from its last one to the first of the next.
        gaps = np.append(first_s[at][1:], np.inf) - last_s[at]
        until = np.clip(last_s[at] + arithmetic.holds(gaps, pace[at], span.interval_s), start_s, end_s)
        until[-1] = min(until[-1], max(now_s, last_s[at][-1]))
        starts = np.concatenate([first_s[at], np.maximum(last_s[at], start_s)])
        lasting = np.concatenate([last_s[at], until]) - starts
        inside = (starts >= start_s) & (lasting > 0)
        starts, lasting = starts[inside], lasting[inside]
        covered = np.concatenate([held[at], until - np.maximum(last_s[at], start_s)])[inside]
        for register, sign, integral in ((FORWARD, 1, above), (EXPORT, -1, below)):
            tails = np.clip(sign * last[at], 0, None) * (until - np.maximum(last_s[at], start_s))
            kwh = np.concatenate([integral[at], tails])[inside] / 3600
            yield Piece(str(meter), register, starts, lasting, kwh, covered, covered)


def _between(span: Span, ids: list[str], start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    """What counters counted in each stretch of the grid within [start, end)."""
    stretches, readings = counters.around(
        ids, start, end, grain_s, since=span.since, until=span.until, interval_s=span.interval_s
    )
    first, last = floor(start, grain_s), ceil(end, grain_s)
    edges_s = np.arange(first.timestamp(), last.timestamp() + grain_s / 2, grain_s)
    edges_s[0], edges_s[-1] = start.timestamp(), end.timestamp()
    lasting, patience_s = np.diff(edges_s), PATIENCE * span.interval_s
    read_s, register_kwh = _seconds(readings["ts"]), readings["value"].to_numpy(float)
    first_s, last_s = _seconds(stretches["first_ts"]), _seconds(stretches["last_ts"])
    heard_s = stretches["heard_s"].to_numpy(float)
    places = {(meter, quantity): at for meter, quantity, at in _by_register(stretches)}
    for meter, quantity, at in _by_register(readings):
        moments = read_s[at]
        counts = arithmetic.counted(moments, register_kwh[at], span.rollover_kwh, patience_s)
        known = arithmetic.between(edges_s, moments[[0, -1]], [0.0, moments[-1] - moments[0]])
        # Between the readings of each stretch, and from its last one to the first of the next.
        among = places[meter, quantity]
        gaps = first_s[among][1:] - last_s[among][:-1]
        starts = np.concatenate([first_s[among], last_s[among][:-1]])
        told = np.concatenate([heard_s[among], arithmetic.heard(gaps, span.interval_s)])
        reaching = np.concatenate([last_s[among] - first_s[among], gaps])
        covered = arithmetic.spread(edges_s, starts, np.maximum(reaching, 1e-6), told)
        kwh = arithmetic.between(edges_s, moments, counts)
        told_to = np.minimum(edges_s[1:], moments[-1])
        covered = np.minimum(covered, np.minimum(known, lasting))
        yield Piece(meter, COUNTERS[quantity], edges_s[:-1], lasting, kwh, covered, known, told_to)


def _pieces(found: pd.DataFrame) -> Iterable[Piece]:
    names = ["lasting_s", "total", "covered_s", *(name for name in ("known_s", "until_s") if name in found)]
    columns = [_seconds(found["ts"]), *(found[name].to_numpy(float) for name in names)]
    for meter, register, at in _by_register(found):
        told = dict(zip(("starts_s", *names), (values[at] for values in columns), strict=True))
        told["kwh"] = told.pop("total")
        yield Piece(meter, register, **{"known_s": told["covered_s"], **told})


def _by_register(found: pd.DataFrame) -> Iterable[tuple[str, str, NDArray[np.intp]]]:
    """Where the rows of each meter's register are: slices of arrays, because a frame for each costs more than its numbers."""
    places = found.groupby(["meter", "quantity"], sort=False).indices
    for (meter, register), at in cast("dict[tuple[str, str], NDArray[np.intp]]", places).items():
        yield meter, register, at


def _seconds(moments: "pd.Series[pd.Timestamp]") -> Floats:
    return pd.DatetimeIndex(moments).as_unit("us").asi8 / 1e6


def _grain_of_samples(edges_us: Microseconds) -> int:
    """The longest stretch, up to a quarter, of which none crosses an edge between the first and the last."""
    inner = edges_us[1:-1]
    return next(
        grain_s
        for grain_s in sorted(samples.GRAINS, reverse=True)
        if grain_s <= INTERVAL_S and not (inner % (grain_s * 1_000_000)).any()
    )


def _edges_us(edges: Edges) -> Microseconds:
    return pd.DatetimeIndex(edges).as_unit("us").asi8


def _us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(us))


def floor(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or before the moment."""
    return datetime.fromtimestamp(moment.timestamp() // step_s * step_s, UTC)


def ceil(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or after the moment."""
    return datetime.fromtimestamp(-(-moment.timestamp() // step_s) * step_s, UTC)
