"""What a load was like over a period: named figures of its mean powers and of its days, each with its unit and its source.

Shapes: one value a step, steps of one length, in order; NaN is a step that is not known and counts nowhere. A figure of nothing
is NaN, never an exception.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BASE_PERCENTILE, PEAK_PERCENTILE = 2.5, 97.5


class Extreme(NamedTuple):
    """A value and the place of its step; -1 where there is none."""

    value: float
    at: int


def mean(values: ArrayLike) -> float:
    """The mean of the steps that are known, in their unit.

    >>> mean([1, float("nan"), 3])
    2.0
    """
    known = _known(values)
    return float(known.mean()) if len(known) else float("nan")


def median(values: ArrayLike) -> float:
    """The value that half of the known steps lie above, in their unit; of an even number the mean of the middle two.

    >>> median([7, 1, 2, float("nan"), 4])
    3.0
    """
    known = _known(values)
    return float(np.median(known)) if len(known) else float("nan")


def highest(values: ArrayLike) -> Extreme:
    """The highest step, the first of several that are equal.

    >>> highest([3, 8, 8])
    Extreme(value=8.0, at=1)
    """
    return _extreme(values, 1)


def lowest(values: ArrayLike) -> Extreme:
    """The lowest step, the first of several that are equal.

    >>> lowest([3, float("nan"), 2])
    Extreme(value=2.0, at=2)
    """
    return _extreme(values, -1)


def base_load_kw(power_kw: ArrayLike) -> float:
    """What is drawn nearly always: the 2.5th percentile of the mean powers (kW), which a few zeros or gaps do not move.

    Source: the "near-base load" of Price, Methods for Analyzing Electric Load Shape and its Variability, LBNL-3713E (2010).

    >>> base_load_kw([2] * 20 + [10] * 80)
    2.0
    """
    return _percentile(power_kw, BASE_PERCENTILE)


def near_peak_kw(power_kw: ArrayLike) -> float:
    """What is hardly ever exceeded: the 97.5th percentile of the mean powers (kW). Source: as `base_load_kw`.

    >>> near_peak_kw([2] * 80 + [10] * 20)
    10.0
    """
    return _percentile(power_kw, PEAK_PERCENTILE)


def load_factor(power_kw: ArrayLike) -> float:
    """The mean power as a share (0..1) of the highest one: 1 is a load that never changes. NaN without a load.

    Source: IEC 60050-691 (tariffs for electricity), load factor.

    >>> load_factor([5, 10, 15])
    0.6666666666666666
    """
    most = highest(power_kw).value
    return mean(power_kw) / most if most > 0 else float("nan")


class Duration(NamedTuple):
    """A load duration curve: for each share (0..1) of the known time the power (kW) that is reached or exceeded that long."""

    share: Floats
    power_kw: Floats


def load_duration(power_kw: ArrayLike, points: int = 200) -> Duration:
    """The load duration curve in at most so many points, from the highest to the lowest known step.

    Source: Stoft, Power System Economics (2002), chapter 1-4.

    >>> load_duration([1, 3, 2], points=3)
    Duration(share=array([0. , 0.5, 1. ]), power_kw=array([3., 2., 1.]))
    """
    falling = np.sort(_known(power_kw))[::-1]
    if not len(falling):
        return Duration(falling, falling)
    places = np.unique(np.round(np.linspace(0, len(falling) - 1, min(points, len(falling)))).astype(np.intp))
    return Duration(places / max(len(falling) - 1, 1), falling[places])


def efficiency(useful_kwh: float, taken_in_kwh: float) -> float:
    """What was of use as a share (0..1) of what was taken in; NaN where nothing was, or where what was is not known.

    >>> efficiency(81, 90)
    0.9
    """
    return useful_kwh / taken_in_kwh if taken_in_kwh > 0 else float("nan")


def full_cycles(charged_kwh: float, discharged_kwh: float, capacity_kwh: float) -> float:
    """Equivalent full cycles of a storage: the mean of what went in and came out, as multiples of what it holds.

    >>> full_cycles(charged_kwh=22, discharged_kwh=18, capacity_kwh=10)
    2.0
    """
    return (charged_kwh + discharged_kwh) / 2 / capacity_kwh if capacity_kwh > 0 else float("nan")


def round_trip_efficiency(charged_kwh: float, discharged_kwh: float, gained_kwh: float = 0.0) -> float:
    """What came out of a storage as a share of what went in, of a period in which its content rose by `gained_kwh`.

    What it holds more than before counts as if it had come out; NaN where nothing was charged. A share above 1 says that the
    meters or the content are wrong, so it is not hidden.

    >>> round_trip_efficiency(charged_kwh=100, discharged_kwh=81, gained_kwh=9)
    0.9
    """
    return (discharged_kwh + gained_kwh) / charged_kwh if charged_kwh > 0 else float("nan")


def _known(values: ArrayLike) -> Floats:
    every = np.asarray(values, dtype=np.float64)
    return every[np.isfinite(every)]


def _extreme(values: ArrayLike, sign: int) -> Extreme:
    every = np.asarray(values, dtype=np.float64)
    known = np.isfinite(every)
    if not known.any():
        return Extreme(float("nan"), -1)
    at = int(np.argmax(np.where(known, sign * every, -np.inf)))
    return Extreme(float(every[at]), at)


def _percentile(values: ArrayLike, percent: float) -> float:
    known = _known(values)
    return float(np.percentile(known, percent)) if len(known) else float("nan")
