"""What a load is like at a time of day, on a weekday, in a month: means over groups of steps, and the steps that stand out."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def means(values: ArrayLike, groups: ArrayLike, count: int) -> Floats:
    """The mean of the known steps of each group, shape (count,), in the unit of the values; NaN of a group without any.

    Args:
        values: one a step, shape (n,); NaN is not known and counts nowhere.
        groups: the group of each step, shape (n,), whole numbers from 0 to `count` - 1.
        count: of the groups.

    >>> means([1, 3, 5, float("nan")], [0, 0, 1, 2], 3)
    array([ 2.,  5., nan])
    """
    given, of = np.asarray(values, np.float64), np.asarray(groups, np.int64)
    known = np.isfinite(given)
    sums = np.bincount(of[known], given[known], minlength=count)
    counted = np.bincount(of[known], minlength=count)
    found: Floats = np.divide(sums, counted, out=np.full(count, np.nan), where=counted > 0)
    return found


def hours_by_day(kwh: ArrayLike, hours: ArrayLike, hour_of_day: ArrayLike, day: ArrayLike, days: int) -> Floats:
    """The mean power (kW) of each hour of the day on each of so many days, shape (24, `days`); NaN where nothing is known.

    Args:
        kwh: of successive steps, shape (n,), NaN where not known.
        hours: how long each lasts, shape (n,).
        hour_of_day: that each begins in by the local clock, 0 to 23, shape (n,).
        day: that each belongs to, 0 to `days` - 1, shape (n,).
        days: how many there are.

    An hour that the clocks show twice is the mean of both; one that they leave out is not known.

    >>> hours_by_day([2.0, 4.0, 6.0], [1.0, 1.0, 1.0], [2, 2, 3], [0, 0, 0], 1)[1:4, 0]
    array([nan,  3.,  6.])
    """
    energy, lasting = np.asarray(kwh, np.float64), np.asarray(hours, np.float64)
    place = np.asarray(hour_of_day, np.int64) * days + np.asarray(day, np.int64)
    known = np.isfinite(energy)
    sums, lengths = (np.bincount(place[known], of[known], minlength=24 * days) for of in (energy, lasting))
    powers: Floats = np.divide(sums, lengths, out=np.full(24 * days, np.nan), where=lengths > 0)
    return powers.reshape(24, days)


def peaks(values: ArrayLike, days: Sequence[Hashable], count: int) -> Places:
    """The places of the highest step of each of the `count` days with the highest ones, the highest first; one a day.

    Several steps of one afternoon are one peak: so the highest of each day stands for it, the first of equal ones.

    >>> peaks([5, 9, 8, 2, 7], ["Mon", "Mon", "Mon", "Tue", "Tue"], 2).tolist()
    [1, 4]
    """
    given = np.asarray(values, np.float64)
    falling = np.flatnonzero(np.isfinite(given))
    falling = falling[np.argsort(-given[falling], kind="stable")]
    found: dict[Hashable, int] = {}
    for place in falling.tolist():
        if len(found) == count:
            break
        found.setdefault(days[place], place)
    return np.array([*found.values()], np.int64)
