"""Energy of meters over time, by where each declares that it comes from: its counter, its intervals, or its power.

This is the one place that says what a meter's energy is; two sources are never added. The closed quarters of counters
and powers that come more often than every quarter are computed by the rollup with these same functions and kept as
`derived_energy_kwh`; the open quarter, and steps below a quarter, are computed from the samples.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import INTERVAL_S
from config.settings import settings
from models import energy as arithmetic
from models import local_time
from store.records.meters import energy_declarations, virtual_terms
from store.scope import Scope
from store.series import checkpoint, counters, kept, samples
from store.series.counters import COUNTERS

Floats = NDArray[np.float64]
Edges = list[datetime] | pd.DatetimeIndex

FORWARD, EXPORT = "energy_kwh", "energy_export_kwh"
DERIVED = {"derived_energy_kwh": FORWARD, "derived_energy_export_kwh": EXPORT}
POWER = "power_kw"
PATIENCE = 2.5  # intervals without a reading after which a counter was silent
DAY_S = 86_400


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

    @property
    def sampled(self) -> bool:
        """Whether its readings are samples, of which the rollup makes quarters; registers are, however seldom they are read."""
        return self.method == "counter" or self.interval_s < INTERVAL_S


class Flow(NamedTuple):
    """Of one meter between successive edges: energies (kWh), seconds with readings, and seconds that the energy is of.

    The last two differ for counters: what was counted while no reading came is known when the next one comes.
    """

    forward: Floats
    export: Floats
    covered_s: Floats
    known_s: Floats


def energy(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """Energy of each meter in [start, end); a closed quarter that an end cuts is divided by time.

    Returns:
        Index: meter ids. Columns: `forward_kwh` and `export_kwh` (in and against the edge's direction), `coverage` (share
        of the expected readings that are there, 0..1), `provisional` (whether late data are still usual for the range).

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    closed = checkpoint.recent().rolled_to
    rows = {
        meter: [float(values[0]) for values in (flow.forward, flow.export, flow.covered_s)]
        for meter, flow in _total(scope, meter_ids, start, end).items()
    }
    lasting = (min(end, datetime.now(UTC)) - start).total_seconds()
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["forward_kwh", "export_kwh", "coverage"])
    found["coverage"] = (found["coverage"] / lasting).clip(0, 1) if lasting > 0 else 0.0
    found["provisional"] = end > closed
    return found


def _total(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, Flow]:
    """One stretch: its whole days are summed by the database, its ragged ends taken quarter by quarter."""
    first, last = ceil(start, DAY_S), floor(end, DAY_S)
    if last - first < timedelta(days=2):
        return flows(scope, meter_ids, [start, end], INTERVAL_S)
    grains = ((start, first, INTERVAL_S), (first, last, DAY_S), (last, end, INTERVAL_S))
    parts = [flows(scope, meter_ids, [a, b], grain) for a, b, grain in grains if a < b]
    return {meter: Flow(*(sum(values) for values in zip(*(part[meter] for part in parts), strict=True))) for meter in meter_ids}


def energy_by(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, step: str, time_zone: str
) -> pd.DataFrame:
    """Energy of each meter by local period (one of `local_time.STEPS`), from that which holds `start` to the one before `end`.

    Days of 23 and 25 hours are what they are. Returns as `energy`, with the index (meter id, start of the period in UTC).
    """
    edges = local_time.edges(start, end, step, ZoneInfo(time_zone))
    ids = list(meter_ids)
    if step == "month":
        months = [_total(scope, ids, a, b) for a, b in pairwise(edges)]
        by_meter = {
            each: Flow(*(np.concatenate(part) for part in zip(*(month[each] for month in months), strict=True))) for each in ids
        }
    else:
        by_meter = flows(scope, ids, edges, _grain_for(edges))
    closed, now = checkpoint.recent().rolled_to, datetime.now(UTC)
    until = [min(edge, now) for edge in edges]
    lasting = np.array([max((b - a).total_seconds(), 0) for a, b in pairwise(until)])
    parts = []
    for meter in ids:
        flow = by_meter[meter]
        with np.errstate(invalid="ignore", divide="ignore"):
            coverage = np.where(lasting > 0, np.clip(flow.covered_s / lasting, 0, 1), 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "forward_kwh": flow.forward,
                    "export_kwh": flow.export,
                    "coverage": coverage,
                    "provisional": [edge > closed for edge in edges[1:]],
                },
                index=pd.MultiIndex.from_product([[meter], edges[:-1]], names=["meter", "ts"]),
            )
        )
    return pd.concat(parts) if parts else pd.DataFrame(columns=["forward_kwh", "export_kwh", "coverage", "provisional"])


def flows(scope: Scope, meter_ids: Collection[str], edges: Edges, grain_s: int) -> dict[str, Flow]:
    """Energy and coverage of each meter between successive edges; `grain_s` is the longest stretch that crosses none."""
    terms = virtual_terms(scope, meter_ids)
    measured = sorted({*meter_ids, *(term for each in terms.values() for term, _ in each)} - set(terms))
    found = _measured(scope, measured, edges, grain_s)
    for virtual, parts in terms.items():
        net = sum((sign * (found[term].forward - found[term].export) for term, sign in parts), np.zeros(len(edges) - 1))
        covered, known = (np.min([found[term][at] for term, _ in parts], axis=0) for at in (2, 3))
        found[virtual] = Flow(net.clip(min=0), (-net).clip(min=0), covered, known)
    return {meter: found[meter] for meter in meter_ids}


def _measured(scope: Scope, meter_ids: Sequence[str], edges: Edges, grain_s: int) -> dict[str, Flow]:
    edges_s = pd.DatetimeIndex(edges).as_unit("us").asi8 / 1e6
    size = len(edges) - 1
    found = {meter: Flow(*(np.zeros(size) for _ in Flow._fields)) for meter in meter_ids}
    for span, ids in spans(scope, meter_ids, edges[0], edges[-1]).items():
        for start, end, live in _parts(span, grain_s):
            pieces = [*(from_samples if live else _from_kept)(span, ids, start, end, grain_s)]
            for piece in pieces:
                _add(found[piece.meter], piece, edges_s, (start.timestamp(), end.timestamp()) if live else None)
            if live and grain_s < INTERVAL_S and span.method != "counter":
                for piece in _instead_of_samples(span, ids, start, end, pieces):
                    _add(found[piece.meter], piece, edges_s, None)
    return found


def _add(flow: Flow, piece: "Piece", edges_s: Floats, within: tuple[float, float] | None) -> None:
    first, last = piece.starts_s, piece.starts_s + piece.lasting_s
    if within:  # the first and the last stretch of samples reach beyond the range that was asked for
        first, last = np.maximum(first, within[0]), np.minimum(last, within[1])
    lasting = last - first
    register = flow.forward if piece.register == FORWARD else flow.export
    register += arithmetic.spread(edges_s, first, lasting, piece.kwh)
    if piece.register == FORWARD:
        flow.covered_s[:] += arithmetic.spread(edges_s, first, lasting, piece.covered_s)
        flow.known_s[:] += arithmetic.spread(edges_s, first, lasting, piece.known_s)


def spans(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[Span, list[str]]:
    """The meters by what they declare within [start, end); raises `NotFound` for a meter outside the scope."""
    found: dict[Span, list[str]] = defaultdict(list)
    for meter, declarations in energy_declarations(scope, meter_ids).items():
        for each in declarations:
            first, last = max(start, each.valid_from), min(end, each.valid_to or end)
            if first < last:
                dates = (each.valid_from, each.valid_to or datetime.max.replace(tzinfo=UTC))
                found[Span(each.method, each.interval_s, each.rollover_kwh, first, last, *dates)].append(meter)
    return found


class Piece(NamedTuple):
    """Successive stretches of one register of a meter: their starts and lengths (s), energies (kWh), and seconds as in `Flow`."""

    meter: str
    register: str
    starts_s: Floats
    lasting_s: Floats
    kwh: Floats
    covered_s: Floats
    known_s: Floats


def _parts(span: Span, grain_s: int) -> Iterable[tuple[datetime, datetime, bool]]:
    """Which part of the span is read from `intervals`, and which from samples (True)."""
    if not span.sampled:
        return [(span.start, span.end, False)]
    closed = checkpoint.recent().rolled_to
    if grain_s < INTERVAL_S:
        closed = min(closed, oldest_samples())
    middle = min(max(closed, span.start), span.end)
    return [(a, b, live) for a, b, live in ((span.start, middle, False), (middle, span.end, True)) if a < b]


def oldest_samples() -> datetime:
    """From when on samples are surely still there: whole days are dropped."""
    return floor(datetime.now(UTC) - timedelta(days=settings().kept_telemetry_days - 1), DAY_S)


def _from_kept(span: Span, ids: list[str], start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    grain_s = max(grain_s, INTERVAL_S)
    lasts = INTERVAL_S if span.sampled else span.interval_s  # rows of another length are of another source: never added
    if span.method == "interval":
        registers, measures = {FORWARD: FORWARD, EXPORT: EXPORT}, ["total", "covered_s"]
    elif span.sampled:
        registers, measures = DERIVED, ["total", "covered_s", "known_s"]
    else:
        registers, measures = {POWER: POWER}, ["above", "below", "covered_s"]
    found = kept.aggregates(ids, list(registers), start, end, grain_s, measures, expected_s=span.interval_s, interval_s=lasts)
    found["quantity"] = found["quantity"].map(registers)
    if span.method == "power" and not span.sampled:
        found = _both_ways(found, 1 / 3600)
    # A stretch that sums many short rows lasts as long as the grain; one long row lasts as long as itself.
    return _pieces(found.assign(lasting_s=float(max(lasts, grain_s))))


def from_samples(span: Span, ids: list[str], start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    """Energy of the span's meters in [start, end) from their samples, in stretches of at most a quarter."""
    grain_s = min(grain_s, INTERVAL_S)
    if span.method == "counter":
        found = counters.around(ids, start, end, grain_s, since=span.since, until=span.until, interval_s=span.interval_s)
        return _between(found, span, start, end, grain_s)
    registers, measures = ([FORWARD, EXPORT], ["total"]) if span.method == "interval" else ([POWER], ["above", "below"])
    found = samples.aggregates(ids, registers, start, end, grain_s, [*measures, "count"])
    covered = np.minimum(found["count"].astype(float) * span.interval_s, grain_s)
    found = found.assign(lasting_s=float(grain_s), covered_s=covered)
    # The mean power over the time that has samples: what happened in a gap is not guessed.
    return _pieces(found if span.method == "interval" else _both_ways(found, found["covered_s"] / 3600))


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
    for piece in _from_kept(span, silent, start, end, INTERVAL_S):
        at = np.searchsorted(edges_s, piece.starts_s, side="right") - 1
        inside = (at >= 0) & (at < len(edges_s) - 1)
        inside[inside] = heard[piece.meter][at[inside]] == 0
        yield Piece(piece.meter, piece.register, *(values[inside] for values in piece[2:]))


def _both_ways(found: pd.DataFrame, hours: "pd.Series[float] | float") -> pd.DataFrame:
    """Power as the energies of two registers."""
    halves = [
        found.assign(quantity=register, total=found[sign] * hours) for register, sign in ((FORWARD, "above"), (EXPORT, "below"))
    ]
    return pd.concat(halves, ignore_index=True)


def _between(found: pd.DataFrame, span: Span, start: datetime, end: datetime, grain_s: int) -> Iterable[Piece]:
    """What counters counted in each stretch of the grid within [start, end)."""
    first, last = floor(start, grain_s), ceil(end, grain_s)
    edges_s = np.arange(first.timestamp(), last.timestamp() + grain_s / 2, grain_s)
    edges_s[0], edges_s[-1] = start.timestamp(), end.timestamp()
    found = found.sort_values("last_ts")
    # The first and the last reading of each stretch, and between them the greatest.
    both_moments = np.stack([_seconds(found["first_ts"]), _seconds(found["last_ts"])], axis=1)
    both, highest = found[["first", "last"]].to_numpy(float), found[["first", "greatest"]].to_numpy(float)
    readings = found["count"].to_numpy(float)
    for meter, quantity, at in _by_register(found):
        counts = arithmetic.counted(both[at].ravel(), highest[at].ravel(), span.rollover_kwh)
        moments = both_moments[at].ravel()
        kwh = arithmetic.between(edges_s, moments, counts)
        lasting = np.diff(edges_s)
        known = arithmetic.between(edges_s, moments[[0, -1]], [0.0, moments[-1] - moments[0]])
        # A reading tells what was counted in the interval before it; after a silence, only that something was.
        first_s, last_s = moments[::2], moments[1::2]
        alone = (
            np.diff(first_s, prepend=-np.inf) - np.concatenate([[0.0], last_s[:-1] - first_s[:-1]]) > PATIENCE * span.interval_s
        )
        since = np.where(alone, first_s, first_s - span.interval_s)
        heard = np.clip((readings[at] - alone) * span.interval_s, 0, last_s - since)
        covered = arithmetic.spread(edges_s, since, np.maximum(last_s - since, 1e-6), heard)
        covered = np.minimum(covered, np.minimum(known, lasting))
        yield Piece(meter, COUNTERS[quantity], edges_s[:-1], lasting, kwh, covered, known)


def _pieces(found: pd.DataFrame) -> Iterable[Piece]:
    names = ("lasting_s", "total", "covered_s", "known_s" if "known_s" in found else "covered_s")
    columns = [_seconds(found["ts"]), *(found[name].to_numpy(float) for name in names)]
    for meter, register, at in _by_register(found):
        yield Piece(meter, register, *(values[at] for values in columns))


def _by_register(found: pd.DataFrame) -> Iterable[tuple[str, str, NDArray[np.intp]]]:
    """Where the rows of each meter's register are: slices of arrays, because a frame for each costs more than its numbers."""
    places: dict[tuple[str, str], NDArray[np.intp]] = found.groupby(["meter", "quantity"], sort=False).indices  # type: ignore[assignment]
    for (meter, register), at in places.items():
        yield meter, register, at


def _seconds(moments: "pd.Series[pd.Timestamp]") -> Floats:
    return pd.DatetimeIndex(moments).as_unit("us").asi8 / 1e6


def _grain_for(edges: Sequence[datetime]) -> int:
    """The longest stretch that the database may sum without crossing an edge."""
    for grain_s in (DAY_S, 3600):
        if all(edge.timestamp() % grain_s == 0 for edge in edges):
            return grain_s
    return INTERVAL_S


def floor(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or before the moment."""
    return datetime.fromtimestamp(moment.timestamp() // step_s * step_s, UTC)


def ceil(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or after the moment."""
    return datetime.fromtimestamp(-(-moment.timestamp() // step_s) * step_s, UTC)
