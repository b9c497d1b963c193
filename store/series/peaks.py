"""The greatest mean power of meters over 15 or 30 minutes of the site's clock: what capacity is charged by."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import local_time
from store.scope import Scope
from store.series import energy
from store.series.energy import Floats

STEPS = ("quarter", "half_hour")
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
    if step not in STEPS:
        raise ValueError(f"{step} is no step of a peak: {', '.join(STEPS)}")
    edges = [each for each in local_time.edges(start, end, step, ZoneInfo(time_zone)) if start <= each <= end]
    if len(edges) < 2:
        return {meter: Peaks(None, None) for meter in meter_ids}
    found = energy.flows(scope, meter_ids, edges)
    at = pd.DatetimeIndex(edges).as_unit("us").asi8
    lasting_s = np.diff(at) / 1e6
    peaks_of = {}
    for meter, flow in found.items():
        cells = energy.cells(scope, [meter], start, end).as_unit("us").asi8
        whole = (flow.covered_s >= COVERED * lasting_s) & np.isin(at[:-1], cells) & np.isin(at[1:], cells)
        peaks_of[meter] = Peaks(*(_greatest(kwh * 3600 / lasting_s, whole, edges) for kwh in (flow.forward, flow.export)))
    return peaks_of


def _greatest(kw: Floats, whole: NDArray[np.bool_], edges: Sequence[datetime]) -> Peak | None:
    if not whole.any():
        return None
    at = int(np.argmax(np.where(whole, kw, -np.inf)))
    return Peak(edges[at].astimezone(UTC), float(kw[at]))
