"""What a site has been through and is over: devices that were silent, values that left their limits.

By quarter hours without a reading and by means of five minutes: what was shorter is not told. What still lasts is among
`insight.attention`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.limits import Limit
from insight import closed_power
from insight.attention import severity_of
from insight.now import Now
from insight.shared import shared
from insight.site_view import Device, Meter
from store.scope import Scope
from store.series import levels

LOOK_BACK = timedelta(hours=24)
STEP_S = 300
LASTS_S = 240.0
MOST_METERS = 200  # of a larger site a day is too much to be looked through for this
TOLD = ("critical", "high")


@dataclass(frozen=True, slots=True)
class Silence:
    """A device of which no power came between two quarter hours."""

    device: Device
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Excursion:
    """A meter's quantity outside its limits; `value` is the one farthest outside."""

    meter: Meter
    limit: Limit
    severity: str
    value: float
    start: datetime
    end: datetime


Event = Silence | Excursion


def events(scope: Scope, now: Now, most: int) -> list[Event]:
    """The last events that are over, the newest first, some minutes old at most; none of a site with very many meters.

    Raises:
        StoreAway: the database cannot be reached.
    """
    key = ("recent", scope.key, now.view.id, now.view.version)
    every = shared.get(key, LASTS_S, lambda: between(scope, now, now.at - LOOK_BACK, now.at))
    return every[:most]


def between(scope: Scope, now: Now, start: datetime, end: datetime) -> list[Event]:
    """What began and was over within a stretch of a day or two, the newest first; none of a site with very many meters.

    Raises:
        StoreAway: the database cannot be reached.
    """
    if len(now.view.meters) > MOST_METERS:
        return []
    every: list[Event] = [*_silences(scope, now, start, end), *_excursions(scope, now, start, end)]
    return sorted(every, key=lambda each: each.end, reverse=True)


def _silences(scope: Scope, now: Now, start: datetime, end: datetime) -> Iterator[Silence]:
    measured = now.view.flow_meters
    step_s = closed_power.CHART_STEP_S
    frame = closed_power.mean_power(scope, now.view, measured, start, end, step_s) if measured else pd.DataFrame()
    for device in now.view.devices:
        ids = [each for each in device.meter_ids if each in frame.columns]
        if ids:
            for first, last in _over(frame[ids].isna().all(axis=1).to_numpy()):
                yield Silence(device, *_times(frame, first, last))


def _excursions(scope: Scope, now: Now, start: datetime, end: datetime) -> Iterator[Excursion]:
    for quantity, limit in now.view.limits.items():
        ids = [each for each, of in now.values if of == quantity and each in now.view.meters]
        if not ids or quantity == "power_factor":  # never critical nor high
            continue
        frame = levels.levels(scope, ids, quantity, start, end, STEP_S, known=now.view.metering)
        for meter_id in ids:
            course = frame[meter_id].to_numpy(dtype=float)
            beyond = np.fmax(_beyond(limit.low, course, -1), _beyond(limit.high, course, 1))
            for first, last in _over(beyond > 0):
                value = float(course[first + int(np.argmax(beyond[first:last]))])
                severity = severity_of(value, limit)
                if severity in TOLD:
                    yield Excursion(now.view.meters[meter_id], limit, severity, value, *_times(frame, first, last))


def _beyond(bound: float | None, course: NDArray[np.float64], way: int) -> NDArray[np.float64]:
    """How far each value lies beyond a bound: above it for the way 1, below it for −1; NaN where neither is known."""
    return np.full(len(course), np.nan) if bound is None else way * (course - bound)


def _over(bad: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where each run of bad steps begins, and where it is over, of those that do both within the steps."""
    turns = (np.flatnonzero(np.diff(bad.astype(np.int8))) + 1).tolist()
    return ((first, last) for first, last in pairwise(turns) if bad[first])


def _times(frame: pd.DataFrame, first: int, last: int) -> tuple[datetime, datetime]:
    return frame.index[first].to_pydatetime(), frame.index[last].to_pydatetime()
