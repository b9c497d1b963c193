"""Energies of meters by quarter, local hour, day and month, of which the days that are over are kept on disk for every process.

The same numbers as `store.series.energy` gives, in the time that it takes to read them. A block of quarters or hours is a month,
one of days or months a year where that is over; of the month that is not, the days so far are one. It is kept with the moment
until which all that came is in it: before it is used QuestDB is asked what has come since, so that late data, corrections and
imports that are taken back show at once. How a meter gets its energy, and of which times it is seen, is part of the key.
"""

import functools
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from diskcache import Cache
from numpy.typing import NDArray

from config import clock
from config.settings import settings
from insight import cache
from models import local_time
from models.energy import Floats
from store.records.plant.metering import Metering, metering
from store.scope import ALWAYS, Scope
from store.series import energy, finality, versions
from store.series.energy import Flow, Flows
from store.series.grid import micros, moments

FORMAT = 2  # of what is kept and how it is computed: a new number forgets what older programs kept
STEPS = ("quarter", "hour", "day", "month")
TOGETHER = {"quarter": 1, "hour": 24, "day": 400, "month": 1}  # so many periods a stretch are read and added up, at the most
SHORT = 0.45  # of the usual length, when clocks change
AT_ONCE = 1_000  # blocks of meters that are computed together
LEVEL = 1  # of compression: most seconds of most steps are the same
LITTLE = 4  # a block of which less than this part is asked is not computed as a whole
# What is written is stamped that long before it can be read, at the most, clocks' differences included.
ON_THE_WAY = timedelta(minutes=5)
ASKED_ANEW_US = 86_400_000_000  # what has stood for a day is kept as of now, so that little has come since

Microseconds = NDArray[np.int64]


class _Block(NamedTuple):
    """A meter's columns of `Flow`, shape (5, stretches), with all that came before a moment (µs since 1970).

    `written` is of `store.series.versions`: a backup that was played back has not seen what is kept.
    """

    as_of: int
    written: int
    columns: Floats


def energy_by(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, step: str, time_zone: str
) -> pd.DataFrame:
    """As `store.series.energy.energy_by`, which says what it returns and raises."""
    edges = energy.periods(start, end, step, time_zone)
    known = metering(scope, meter_ids)
    may_change = finality.provisional(scope, meter_ids, edges, known)  # asked before the energies, like theirs
    return energy.table(flows(scope, meter_ids, edges, known), may_change, edges)


def flows(
    scope: Scope, meter_ids: Collection[str], edges: list[datetime] | pd.DatetimeIndex, known: Metering | None = None
) -> Flows:
    """As `store.series.energy.flows`; from what is kept where each edge is one of local hours, days or months.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    ids, edges_us = [*dict.fromkeys(meter_ids)], micros(edges)
    zones = {known.zones[meter] for meter in ids}
    zone = ZoneInfo(*zones) if len(zones) == 1 else None
    step = _step(edges_us, zone) if zone else None
    blocks = _closed(known, ids, edges_us, step, zone) if zone and step else []
    until = min(blocks[-1], int(edges_us[-1])) if blocks else 0
    if zone is None or step is None or until <= edges_us[0]:
        return energy.flows(scope, ids, edges, known)
    cut = np.union1d(edges_us, [until])
    over = int(np.searchsorted(cut, until))
    parts = [_of_blocks(scope, known, ids, cut[: over + 1], _Blocks(blocks, step, zone))]
    if over < len(cut) - 1:
        parts.append(np.array(energy.flows(scope, ids, moments(cut[over:]), known).every))
    return Flows(ids, Flow(*_summed(np.concatenate(parts, axis=2), np.searchsorted(cut, edges_us))))


def _step(edges_us: Microseconds, zone: ZoneInfo) -> str | None:
    """The longest local periods that are kept and that make up each stretch between the edges; none where none do."""
    if len(edges_us) < 2:
        return None
    shortest_s = np.diff(edges_us).min() / 1e6
    for step in reversed(STEPS):
        if shortest_s < local_time.LENGTHS_S[step] * SHORT:
            continue
        periods = local_time.edges_s(_moment(edges_us[0]), _moment(edges_us[-1]), step, zone) * 1_000_000
        if len(periods) <= TOGETHER[step] * len(edges_us) and np.isin(edges_us, periods).all():
            return step
    return None


class _Blocks(NamedTuple):
    """What is kept together: of which periods, and the moments (µs) between which."""

    edges_us: Sequence[int]
    step: str
    zone: ZoneInfo

    def spans(self) -> list[str]:
        """What tells them apart. Of a month that is not over the days so far take the place of those of the day before."""
        ends = [_moment(each).astimezone(self.zone) for each in self.edges_us[1:]]
        until = [f"{last}" if end.day == 1 else "so far" for end, last in zip(ends, self.edges_us[1:], strict=True)]
        return [f"{FORMAT}|{self.step}|{first}|{last}" for first, last in zip(self.edges_us, until, strict=False)]

    def periods(self) -> Microseconds:
        """The edges of all their periods."""
        first, last = _moment(self.edges_us[0]), _moment(self.edges_us[-1])
        return local_time.edges_s(first, last, self.step, self.zone) * 1_000_000


def _closed(known: Metering, ids: Sequence[str], edges_us: Microseconds, step: str, zone: ZoneInfo) -> list[int]:
    """The edges of the blocks that hold what is asked, as far as nothing is missed of them that could still come as usual."""
    first, last = _moment(edges_us[0]), _moment(edges_us[-1])
    patience_s = max(energy.patience_s(known.declared[meter], last) for meter in known.measured(ids))
    over = clock.now() - timedelta(seconds=patience_s)
    if first >= local_time.begin(over, "day", zone):
        return []
    until = min(versions.settled_to(), over)
    months = [each for each in local_time.edges(first, last, "month", zone) if each <= until]
    years = [each for each in months if each.astimezone(zone).month == 1] if step in ("day", "month") else []
    blocks = [_us(each) for each in months if len(years) < 2 or each in years or not years[0] < each < years[-1]]
    if months and months[-1] < min(today := local_time.begin(until, "day", zone), last) and step != "month":
        blocks.append(_us(today))
    return blocks if len(blocks) > 1 else []


def _of_blocks(scope: Scope, known: Metering, ids: Sequence[str], edges_us: Microseconds, blocks: _Blocks) -> Floats:
    """The columns of flows between edges that blocks hold; of these what is missing, or has changed, is computed, and kept.

    Of a block of which little is asked only that is computed.
    """
    # Before the data: what comes in between is looked at again.
    shown, as_of, written = finality.shown(), _us(versions.now() - ON_THE_WAY), versions.written()
    periods = blocks.periods()
    at = np.searchsorted(periods, blocks.edges_us)
    asked_from, asked_to = np.searchsorted(periods, edges_us[[0, -1]]).tolist()
    keys = [[f"{span}|{each}" for span in blocks.spans()] for each in _whose(known, ids)]
    kept = [[_read(key, length) for key, length in zip(row, np.diff(at).tolist(), strict=True)] for row in keys]
    changed = _changed(scope, known, ids, blocks.edges_us, kept)
    columns = np.zeros((len(Flow._fields), len(ids), asked_to - asked_from))
    fresh: dict[str, _Block] = {}
    absent: dict[int, list[int]] = {}  # of which meters (rows) blocks (their places) are to be computed
    for place, (first, last) in enumerate(pairwise(at.tolist())):
        start, end = max(first, asked_from), min(last, asked_to)
        for row in range(len(ids)):
            there = kept[row][place]
            if there is None or there.written > written or (row, place) in changed:
                absent.setdefault(place, []).append(row)
                continue
            columns[:, row, start - asked_from : end - asked_from] = there.columns[:, start - first : end - first]
            # Else what has come to one block would be looked up for all the others each time.
            if there.as_of < (as_of if changed else as_of - ASKED_ANEW_US):
                fresh[keys[row][place]] = _Block(as_of, written, there.columns)
    for places, rows in _alike(absent):
        first, last = int(at[places[0]]), int(at[places[-1] + 1])
        start, end = max(first, asked_from), min(last, asked_to)
        if (end - start) * LITTLE < last - first:
            first, last = start, end
        computed = np.array(energy.flows(scope, [ids[row] for row in rows], moments(periods[first : last + 1]), known).every)
        columns[:, rows, start - asked_from : end - asked_from] = computed[..., start - first : end - first]
        for place in places:
            if first <= at[place] and at[place + 1] <= last:
                own = computed[..., at[place] - first : at[place + 1] - first]
                fresh |= {keys[row][place]: _Block(as_of, written, own[:, nth]) for nth, row in enumerate(rows)}
    if shown:
        _keep(fresh)
    return _summed(columns, np.searchsorted(periods[asked_from:], edges_us))


def _alike(absent: Mapping[int, list[int]]) -> Iterator[tuple[list[int], list[int]]]:
    """Successive places of which the same rows are to be computed, some at a time, and these rows."""
    places: list[int] = []
    for place, rows in absent.items():
        if places and (place != places[-1] + 1 or rows != absent[places[0]] or len(places) * len(rows) >= AT_ONCE):
            yield places, absent[places[0]]
            places = []
        places.append(place)
    if places:
        yield places, absent[places[0]]


def _summed(columns: Floats, at: NDArray[np.intp]) -> Floats:
    """Sums of the last axis between successive places of it."""
    return columns if len(at) == columns.shape[-1] + 1 else np.add.reduceat(columns, at[:-1], axis=-1)


def _changed(
    scope: Scope, known: Metering, ids: Sequence[str], blocks: Sequence[int], kept: Sequence[Sequence[_Block | None]]
) -> set[tuple[int, int]]:
    """Of which meter and block (their places) something has come since it was kept."""
    since = min((block.as_of for row in kept for block in row if block is not None), default=None)
    if since is None:
        return set()
    came = versions.changed_since(scope, ids, _moment(blocks[0]), _moment(blocks[-1]), _moment(since), known)
    found = set()
    for row, meter in enumerate(ids):
        terms = [term for term, _ in known.terms.get(meter, ())] or [meter]
        for first, last, at in (each for term in terms for each in came.get(term, ())):
            begin, end = np.searchsorted(blocks, [_us(first), _us(last)], side="right")
            for place in range(max(begin - 1, 0), min(end, len(blocks) - 1)):
                there = kept[row][place]
                if there is not None and _us(at) > there.as_of:
                    found.add((row, place))
    return found


def _whose(known: Metering, ids: Sequence[str]) -> list[str]:
    """Of each meter what its energies follow from beside its readings: declarations, terms, zone, the times that are seen."""
    told = []
    for meter in ids:
        terms = known.terms.get(meter, ((meter, 1),))
        of = [(each, sign, known.declared[each], known.times.get(each, ALWAYS), known.zones[each]) for each, sign in terms]
        told.append(sha256(repr((meter, of)).encode()).hexdigest()[:32])
    return told


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _moment(since_us: int) -> datetime:
    return datetime.fromtimestamp(int(since_us) / 1e6, UTC)


def _read(key: str, length: int) -> _Block | None:
    kept = cache.attempt(lambda: _cache(settings().home).get(key))
    numbers = _numbers(kept) if isinstance(kept, bytes) else None
    if numbers is None or len(numbers) != 2 + len(Flow._fields) * length:
        return None
    return _Block(int(numbers[0]), int(numbers[1]), numbers[2:].reshape(len(Flow._fields), length))


def _numbers(kept: bytes) -> Floats | None:
    try:
        return np.frombuffer(zlib.decompress(kept), np.float64)
    except (zlib.error, ValueError):
        return None


def _keep(blocks: Mapping[str, _Block]) -> None:
    if not blocks:
        return

    def write() -> None:
        kept = _cache(settings().home)
        with kept.transact():  # one commit, however many
            for key, (as_of, written, columns) in blocks.items():
                numbers = np.concatenate([[float(as_of), float(written)], columns.ravel()])
                kept.set(key, zlib.compress(numbers.tobytes(), LEVEL))

    cache.attempt(write)


@functools.cache
def _cache(_home: Path) -> Cache:
    return cache.closed_energy(settings())
