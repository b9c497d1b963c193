"""The greatest mean power of meters over 15 or 30 minutes of the site's clock: what capacity is charged by."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import local_time
from models.energy import Floats
from store.records.plant.metering import metering
from store.scope import Scope
from store.series import energy
from store.series.declared import cells

STEPS = ("quarter", "half_hour")
PERIODS = ("hour", "day", "month")
COVERED = 1 - 1e-6  # of a step: what is partly guessed, or spread over a silence, is no peak


class Peak(NamedTuple):
    """A step's start (UTC) and its mean power (kW)."""

    ts: datetime
    kw: float


class Peaks(NamedTuple):
    """The greatest in the edge's direction and against it; none where no step is told whole."""

    forward: Peak | None
    export: Peak | None


def peaks(
    scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, step: str, time_zone: str
) -> dict[str, Peaks]:
    """The greatest mean power of each meter over one step (of `STEPS`) that lies within [start, end), by direction.

    Only steps count that readings cover whole, and that they tell apart: a meter read by the hour has no greatest quarter.
    Of equal ones the first.

    Raises:
        NotFound: a meter does not exist for the scope.
        ValueError: a step that is not offered.
        StoreAway: QuestDB cannot be reached.
    """
    edges = _edges(start, end, step, time_zone)
    every = _every(scope, meter_ids, edges)
    return {meter: each.greatest(0, len(edges) - 1) for meter, each in every.items()}


def peaks_by(
    scope: Scope, meter_id: str, start: datetime, end: datetime, step: str, time_zone: str, period: str
) -> list[tuple[datetime, Peaks]]:
    """The same of a meter by local periods (of `PERIODS`), from that which holds `start` to the one before `end`.

    Each with when it starts (UTC). Raises as `peaks`.
    """
    if period not in PERIODS:
        raise ValueError(f"{period} is no period of peaks: {', '.join(PERIODS)}")
    periods = local_time.edges(start, end, period, ZoneInfo(time_zone))
    edges = _edges(periods[0], periods[-1], step, time_zone)
    every = _every(scope, [meter_id], edges)[meter_id]
    places = [bisect_left(edges, each) for each in periods]
    return [(ts, every.greatest(first, last)) for ts, (first, last) in zip(periods, pairwise(places), strict=False)]


class _Steps(NamedTuple):
    """Successive steps of a meter: their edges, mean powers (kW) in each direction, and which of them are told whole."""

    edges: Sequence[datetime]
    forward_kw: Floats
    export_kw: Floats
    whole: NDArray[np.bool_]

    def greatest(self, first: int, last: int) -> Peaks:
        """Of the steps from one place to before another."""
        part = slice(first, last)
        powers = (self.forward_kw, self.export_kw)
        return Peaks(*(_greatest(kw[part], self.whole[part], self.edges[part]) for kw in powers))


def _edges(start: datetime, end: datetime, step: str, time_zone: str) -> list[datetime]:
    if step not in STEPS:
        raise ValueError(f"{step} is no step of a peak: {', '.join(STEPS)}")
    return [each for each in local_time.edges(start, end, step, ZoneInfo(time_zone)) if start <= each <= end]


def _every(scope: Scope, meter_ids: Collection[str], edges: list[datetime]) -> dict[str, _Steps]:
    if len(edges) < 2:
        nothing = np.zeros(0)
        return {meter: _Steps(edges, nothing, nothing, np.zeros(0, bool)) for meter in meter_ids}
    at = pd.DatetimeIndex(edges).as_unit("us").asi8
    lasting_s = np.diff(at) / 1e6
    found, known = {}, metering(scope, meter_ids)
    for meter, flow in energy.flows(scope, meter_ids, edges, known).items():
        told = cells(scope, [meter], edges[0], edges[-1], known).as_unit("us").asi8
        whole = (flow.covered_s >= COVERED * lasting_s) & np.isin(at[:-1], told) & np.isin(at[1:], told)
        found[meter] = _Steps(edges, flow.forward * 3600 / lasting_s, flow.export * 3600 / lasting_s, whole)
    return found


def _greatest(kw: Floats, whole: NDArray[np.bool_], edges: Sequence[datetime]) -> Peak | None:
    if not whole.any():
        return None
    at = int(np.argmax(np.where(whole, kw, -np.inf)))
    return Peak(edges[at].astimezone(UTC), float(kw[at]))
