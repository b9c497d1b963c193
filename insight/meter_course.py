"""What single meters told over some hours, as often as they report: their power, and the conditions that they measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight import closed_power
from insight.now import Now
from insight.periods import MOST_POINTS, on_step
from insight.site_view import Meter
from store.scope import Scope
from store.series import levels, power

Values = NDArray[np.float64]
CONDITION_STEP_S = 300  # at the finest: what is between is told by least and greatest


@dataclass(frozen=True, slots=True)
class Power:
    """Mean power (kW) of a meter in the steps between successive `edges`; NaN is a gap."""

    meter: Meter
    edges: pd.DatetimeIndex
    kilowatts: Values


@dataclass(frozen=True, slots=True)
class Condition:
    """A quantity of a meter in the steps between successive `edges`: mean, least and greatest; NaN is a gap."""

    edges: pd.DatetimeIndex
    mean: Values
    least: Values
    greatest: Values


def powers(scope: Scope, now: Now, meter_ids: Sequence[str], length: timedelta) -> list[Power]:
    """The power of each of the meters over the time before now, together in no more steps than a chart can show.

    Raises:
        StoreAway: the database cannot be reached.
    """
    most = MOST_POINTS // max(1, len(meter_ids))
    return [_power(scope, now, now.view.meters[each], length, most) for each in meter_ids]


def _power(scope: Scope, now: Now, meter: Meter, length: timedelta, most: int) -> Power:
    """In the steps that the meter reports in, or in as many of them together as leave at most `most`."""
    native_s = closed_power.native_step_s(meter)
    together = -(-int(length.total_seconds()) // native_s // most)
    start = on_step(now.at - length, native_s * together) + timedelta(seconds=native_s * together)
    edges = power.steps(start, now.at, native_s, now.view.zone)
    frame = closed_power.mean_power(scope, now.view, [meter.id], edges[0], now.at, native_s)
    reported = frame[meter.id].to_numpy(dtype=float)
    if together == 1:
        return Power(meter, edges, reported)
    kw = np.pad(reported, (0, -len(reported) % together), constant_values=np.nan).reshape(-1, together)
    known = np.isfinite(kw)
    with np.errstate(invalid="ignore"):
        means = np.where(known, kw, 0.0).sum(axis=1) / known.sum(axis=1)
    step = pd.Timedelta(seconds=native_s * together)
    return Power(meter, pd.date_range(edges[0], periods=len(means) + 1, freq=step, unit="us"), means)


def condition(scope: Scope, now: Now, meter: Meter, quantity: str, length: timedelta) -> Condition:
    """A quantity of the meter over the time before now, in steps of five minutes or as often as it reports.

    Raises:
        StoreAway: the database cannot be reached.
    """
    start, step_s = now.at - length, max(CONDITION_STEP_S, closed_power.native_step_s(meter))

    def measured(measure: str) -> Values:
        frame = levels.levels(scope, [meter.id], quantity, start, now.at, step_s, measure, now.view.metering)
        return frame[meter.id].to_numpy(dtype=float)

    return Condition(power.steps(start, now.at, step_s), **{each: measured(each) for each in levels.MEASURES})
