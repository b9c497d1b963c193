"""Power over time, of which what is over is kept on disk for every process, ready from the moment somebody signs in.

A key carries whose view it is, how its meters get their energy, and the version of the data: late data and corrections
show at once. What is still open is read anew each time.
"""

import functools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
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
from insight import cache, closed_energy
from insight.periods import on_step
from insight.site_view import Meter, SiteView, site_view
from models import local_time
from store.scope import Scope
from store.series import power, versions

FORMAT = 2  # of what is kept and how it is computed: a new number forgets what older programs kept
READY = timedelta(hours=48)  # what a sign-in makes ready
CHART_STEP_S = 900  # of the chart on the first screen
TOGETHER = 1_000  # meters of which steps below a quarter are kept as one
SHORT_BLOCK_S, LONG_BLOCK_STEPS, DAY_S = 6 * 3600, 96, 86_400
HITS, MISSES = "hits", "misses"

Kilowatts = NDArray[np.float32]


class Kept(NamedTuple):
    """What is kept (pieces, bytes), and how often it was asked for: with all of it there, and with some missing."""

    pieces: int
    size: int
    hits: int
    misses: int


def native_step_s(meter: Meter) -> int:
    """The shortest step that charts offer and that the meter reports in."""
    return next((step_s for step_s in power.STEPS_S if step_s >= meter.expected_s), power.STEPS_S[-1])


def reported_min(meters: Iterable[Meter]) -> float:
    """How often (minutes) the meter reports that reports most often, as steps of charts have it."""
    return min((native_step_s(meter) for meter in meters), default=CHART_STEP_S) / 60


def mean_power(
    scope: Scope,
    view: SiteView,
    meter_ids: Sequence[str],
    start: datetime,
    end: datetime,
    step_s: int,
    *,
    zone: ZoneInfo | None = None,
    counted: bool = True,
) -> pd.DataFrame:
    """As `store.series.power.mean_power`, of meters of the view, by its site's clock or another zone's.

    `counted` asks are part of the hit rate.
    """
    zone, members = zone or view.zone, _members(view, step_s)
    blocks = _blocks(start, min(versions.settled_to(), end), step_s, zone)
    if len(blocks) < 2 or not meter_ids or not {*meter_ids} <= {*members}:
        return power.mean_power(scope, meter_ids, start, end, step_s, zone, view.metering)
    steps = power.steps(blocks[0], blocks[-1], step_s, zone)
    lengths = np.diff(steps.searchsorted(pd.DatetimeIndex(blocks))).tolist()
    closed = _closed(scope, view, members, blocks, lengths, step_s, zone, counted)
    places = {meter_id: row for row, meter_id in enumerate(members)}
    rows = [places[meter_id] for meter_id in meter_ids]
    frame = pd.DataFrame(closed[rows].T.astype(float), index=steps[:-1], columns=list(meter_ids))
    frame = frame[frame.index >= power.steps(start, start, step_s, zone)[0]]
    last = blocks[-1]
    return pd.concat([frame, power.mean_power(scope, meter_ids, last, end, step_s, zone, view.metering)]) if last < end else frame


def _members(view: SiteView, step_s: int) -> list[str]:
    """The meters whose powers are kept together: all, and in steps below a quarter those that report so often, unless too many.

    The minutes of thousands of meters take QuestDB long and are looked at one by one: whoever asks for one reads that one.
    """
    ids = sorted(each.id for each in view.meters.values() if step_s >= CHART_STEP_S or native_step_s(each) == step_s)
    return ids if step_s >= CHART_STEP_S or len(ids) <= TOGETHER else []


def _blocks(start: datetime, until: datetime, step_s: int, zone: ZoneInfo) -> list[datetime]:
    """The edges of the blocks of steps that are kept as one, from the one that holds `start` to the last one before `until`.

    Steps that are counted from local midnight are kept by some local days, wherever a period begins.
    """
    if step_s <= CHART_STEP_S:
        first, last = on_step(start, SHORT_BLOCK_S), on_step(until, SHORT_BLOCK_S)
        return [
            first + timedelta(seconds=SHORT_BLOCK_S * n) for n in range((last - first) // timedelta(seconds=SHORT_BLOCK_S) + 1)
        ]
    if until <= start:
        return []
    together = LONG_BLOCK_STEPS * step_s // DAY_S
    days = local_time.edges(start - timedelta(days=2 * together), until, "day", zone)
    midnights = [each for each in days if each <= until and each.astimezone(zone).toordinal() % together == 0]
    return midnights[bisect_right(midnights, start) - 1 :]


def _closed(
    scope: Scope,
    view: SiteView,
    ids: list[str],
    edges: list[datetime],
    lengths: list[int],
    step_s: int,
    zone: ZoneInfo,
    counted: bool,
) -> Kilowatts:
    """Powers (meters, steps) of successive blocks of so many steps, from the cache; what is missing is computed and kept."""
    # The version is read before the data: data that change in between are kept under a version that nobody asks for.
    changed = versions.of_blocks(scope, ids, edges)
    clock = zone.key if step_s > CHART_STEP_S else ""
    whose = sha256(repr((view.id, scope.key, ids, view.declared, clock)).encode()).hexdigest()
    keys = [
        f"{FORMAT}|{whose}|{step_s}|{first:%Y%m%dT%H%M}|{last:%Y%m%dT%H%M}|{version}"
        for (first, last), version in zip(pairwise(edges), changed.tolist(), strict=True)
    ]
    blocks = [_read(key, (len(ids), length)) for key, length in zip(keys, lengths, strict=True)]
    missing = [at for at, block in enumerate(blocks) if block is None]
    if counted:
        _try(lambda kept: kept.incr(MISSES if missing else HITS))
    if missing:
        first, last = missing[0], missing[-1] + 1
        span = edges[first], edges[last]
        frame = power.mean_power(scope, ids, *span, step_s, zone, view.metering, closed_energy.flows)
        kilowatts = frame[ids].to_numpy(np.float32).T
        computed = dict(zip(range(first, last), np.split(kilowatts, np.cumsum(lengths[first:last])[:-1], axis=1), strict=True))
        _keep({keys[at]: computed[at] for at in missing})
        blocks = [computed[at] if block is None else block for at, block in enumerate(blocks)]
    return np.concatenate([block for block in blocks if block is not None], axis=1)


def _read(key: str, shape: tuple[int, int]) -> Kilowatts | None:
    kept = _try(lambda kept: kept.get(key))
    if not isinstance(kept, bytes) or len(kept) != math.prod(shape) * np.dtype(np.float32).itemsize:
        return None
    return np.frombuffer(kept, np.float32).reshape(shape)


def _keep(blocks: Mapping[str, Kilowatts]) -> None:
    def write(kept: Cache) -> None:
        with kept.transact():  # one commit, however many
            for key, block in blocks.items():
                kept.set(key, np.ascontiguousarray(block).tobytes(), expire=settings().closed_cache_minutes * 60)

    _try(write)


def _try(use: Callable[[Cache], object]) -> object:
    return cache.attempt(lambda: use(_cache(settings().home)))


@functools.cache
def _cache(_home: Path) -> Cache:
    return cache.closed_power(settings())


def kept() -> Kept:
    """What is kept now, of all processes of this machine."""

    def read(kept: Cache) -> Kept:
        counts = [kept.get(name, 0) for name in (HITS, MISSES)]
        return Kept(len(kept) - sum(count > 0 for count in counts), kept.volume(), *counts)

    found = _try(read)
    return found if isinstance(found, Kept) else Kept(0, 0, 0, 0)


def make_ready(scope: Scope, site_id: str) -> None:
    """Have the last 48 hours of the site's meters in the cache, in the steps of the first chart and in their own.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view(scope, site_id)
    now = clock.now()
    over = on_step(versions.settled_to(), SHORT_BLOCK_S)
    if now - READY >= over:
        return
    for step_s in sorted({CHART_STEP_S, *(native_step_s(meter) for meter in view.meters.values())}, reverse=True):
        if ids := _members(view, step_s):
            mean_power(scope, view, ids, now - READY, over, step_s, counted=False)


def forget_expired() -> None:
    """Remove what is too old."""
    _try(lambda kept: kept.expire())
