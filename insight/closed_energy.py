"""Energies of meters by local hour, day and month, of which the months that are over are kept on disk for every process.

The same numbers as `store.series.energy` gives, in the time that it takes to read them. A block of hours is a month, one of days
or months a year where that is over. It is kept with the moment until which all that came is in it: before it is used QuestDB is
asked what has come since, so that late data, corrections and imports that are taken back show at once. How a meter gets its
energy, and of which times it is seen, is part of the key.
"""

import functools
from collections.abc import Collection, Mapping, Sequence
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

FORMAT = 1  # of what is kept and how it is computed: a new number forgets what older programs kept
STEPS = ("hour", "day", "month")
ON_THE_WAY = timedelta(
    minutes=5
)  # what is written is stamped that long before it can be read, at the most, clocks' differences included
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
    """As `store.series.energy.flows`; from what is kept where the edges are those of local hours, days or months.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    ids = [*dict.fromkeys(meter_ids)]
    zones = {known.zones[meter] for meter in ids}
    edges_us = _micros(edges)
    step = _step(edges_us, ZoneInfo(*zones)) if len(zones) == 1 else None
    blocks = _closed(known, ids, edges_us, step, ZoneInfo(*zones)) if step else []
    if step is None or len(blocks) < 2:
        return energy.flows(scope, ids, edges, known)
    first, last = np.searchsorted(edges_us, [blocks[0], blocks[-1]]).tolist()
    parts = [energy.flows(scope, ids, edges[: first + 1], known)] if first else []
    parts.append(_of_blocks(scope, known, ids, edges_us[first : last + 1], blocks, step))
    parts += [energy.flows(scope, ids, edges[last:], known)] if last < len(edges) - 1 else []
    every = zip(*(part.every for part in parts), strict=True)
    return Flows(ids, Flow(*(np.concatenate(columns, axis=1) for columns in every)))


def _step(edges_us: Microseconds, zone: ZoneInfo) -> str | None:
    """Of which local periods the edges are; none when of no step that is kept."""
    longest_s = np.diff(edges_us).max(initial=0) / 1e6
    for step in STEPS:
        length_s = local_time.LENGTHS_S[step]
        if length_s * 0.8 < longest_s < length_s * 1.25:
            periods = local_time.edges_s(_moment(edges_us[0]), _moment(edges_us[-1]), step, zone) * 1_000_000
            return step if np.array_equal(periods, edges_us) else None
    return None


def _closed(known: Metering, ids: Sequence[str], edges_us: Microseconds, step: str, zone: ZoneInfo) -> list[int]:
    """The edges of the blocks between the edges of which nothing is missed any more that could still come as usual."""
    first, last = _moment(edges_us[0]), _moment(edges_us[-1])
    patience_s = max(energy.patience_s(known.declared[meter], last) for meter in known.measured(ids))
    until = min(versions.settled_to(), clock.now() - timedelta(seconds=patience_s))
    months = [each for each in local_time.edges(first, last, "month", zone) if first <= each <= min(until, last)]
    years = [each for each in months if each.astimezone(zone).month == 1] if step != "hour" else []
    return [_us(each) for each in months if len(years) < 2 or each in years or not years[0] < each < years[-1]]


def _of_blocks(
    scope: Scope, known: Metering, ids: Sequence[str], edges_us: Microseconds, blocks: Sequence[int], step: str
) -> Flows:
    """The flows of successive blocks, from the cache; what is missing, or has changed, is computed and kept."""
    # Before the data: what comes in between is looked at again.
    shown, as_of, written = finality.shown(), _us(versions.now() - ON_THE_WAY), versions.written()
    at = np.searchsorted(edges_us, blocks)
    whose = _whose(known, ids)
    keys = [[f"{FORMAT}|{step}|{first}|{last}|{each}" for first, last in pairwise(blocks)] for each in whose]
    kept = [[_read(key, length) for key, length in zip(row, np.diff(at).tolist(), strict=True)] for row in keys]
    changed = _changed(scope, known, ids, blocks, kept)
    columns = np.zeros((len(Flow._fields), len(ids), len(edges_us) - 1))
    fresh: dict[str, _Block] = {}
    for place, (first, last) in enumerate(pairwise(at.tolist())):
        missing = []
        for row in range(len(ids)):
            there = kept[row][place]
            if there is None or there.written > written or (row, place) in changed:
                missing.append(row)
                continue
            columns[:, row, first:last] = there.columns
            # Else what has come to one block would be looked up for all the others each time.
            if there.as_of < (as_of if changed else as_of - ASKED_ANEW_US):
                fresh[keys[row][place]] = _Block(as_of, written, there.columns)
        if missing:
            moments = [_moment(each) for each in edges_us[first : last + 1]]
            computed = np.array(energy.flows(scope, [ids[row] for row in missing], moments, known).every)
            columns[:, missing, first:last] = computed
            fresh |= {keys[row][place]: _Block(as_of, written, computed[:, nth]) for nth, row in enumerate(missing)}
    if shown:
        _keep(fresh)
    return Flows(ids, Flow(*columns))


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


def _micros(edges: list[datetime] | pd.DatetimeIndex) -> Microseconds:
    return pd.DatetimeIndex(edges).as_unit("us").asi8


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _moment(since_us: int) -> datetime:
    return datetime.fromtimestamp(int(since_us) / 1e6, UTC)


def _read(key: str, length: int) -> _Block | None:
    kept = cache.attempt(lambda: _cache(settings().home).get(key))
    if not isinstance(kept, bytes) or len(kept) != 8 * (2 + len(Flow._fields) * length):
        return None
    numbers = np.frombuffer(kept, np.float64)
    return _Block(int(numbers[0]), int(numbers[1]), numbers[2:].reshape(len(Flow._fields), length))


def _keep(blocks: Mapping[str, _Block]) -> None:
    if not blocks:
        return

    def write() -> None:
        kept = _cache(settings().home)
        with kept.transact():  # one commit, however many
            for key, (as_of, written, columns) in blocks.items():
                kept.set(key, np.concatenate([[float(as_of), float(written)], columns.ravel()]).tobytes())

    cache.attempt(write)


@functools.cache
def _cache(_home: Path) -> Cache:
    return cache.closed_energy(settings())
