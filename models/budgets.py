"""What a month will come to, and whether that is within its budget.

The projection. Each day of the month counts by what was measured; what is not known of it (a day to come, the rest of today,
readings that are missing) by what is usual of its kind (`models.usual_day`: the median of the last days like it, by the
site's calendar). While too few days of a kind are known, the mean of the last 28 known days stands in the place of their
usual. It is the same for kWh, money and CO2.

The band, in which nine of ten months end where days go on as they did. Each expected day is off by the scatter of the days
that it is compared with, each by itself; and the median of n such days is itself off by sqrt(π/2) of their scatter over the
square root of n (the standard error of a median of what is normally distributed), for all days of a kind alike. Both are
added up as variances.
"""

from collections.abc import Sequence
from math import isfinite, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from models.usual_day import usual

WITHIN, LIKELY, EXCEEDED, UNKNOWN = "within", "likely", "exceeded", "unknown"
LAST_DAYS = 28
NINE_OF_TEN = 1.645  # standard deviations to either side of what is normally distributed
ERROR_OF_MEDIAN = sqrt(pi / 2)
STAND_IN = -1  # the kind of days of whose own too few are known


class Projection(NamedTuple):
    """Of a month, in its days' unit: what was measured, what it will come to, and between what; how many days are expected.

    NaN: nobody can say.
    """

    so_far: float
    projected: float
    low: float
    high: float
    expected_days: int

    def beside(self, until_now: float, whole: float, least: float = -np.inf) -> "Projection":
        """With what is known of the month besides: what of it fell due until now, all of it, and what the month is at least."""
        projected, low, high = (max(each + whole, least) if isfinite(each) else each for each in self[1:4])
        return Projection(self.so_far + until_now, projected, low, high, self.expected_days)


NOTHING = Projection(0.0, np.nan, np.nan, np.nan, 0)


def over(total: float) -> Projection:
    """Of a month that is over, of which nothing more is expected."""
    return Projection(total, total, total, total, 0)


def project(totals: ArrayLike, missing: ArrayLike, kinds: ArrayLike, month_days: int) -> Projection:
    """What a month will come to.

    Args:
        totals: what was measured of each day, shape (n,), from some months before to the last day of the month; NaN where nothing
            is known.
        missing: the share (0..1) of each day of which nothing is known; above 0 the day is no example of a usual one. Shape (n,).
        kinds: of these days, as `usual_day.usual` takes them, shape (n,).
        month_days: how many of them, the last ones, are of the month.
    """
    values, kind = np.asarray(totals, np.float64), np.asarray(kinds, np.int64)
    shares = np.where(np.isfinite(values), np.asarray(missing, np.float64), 1.0)
    whole, month = np.where(shares > 0, np.nan, values), slice(len(values) - month_days, None)
    own = usual(whole, kind, since=month.start).of(month)
    known = whole[np.isfinite(whole)][-LAST_DAYS:]
    mean, scatter = known.mean() if len(known) else np.nan, known.std(ddof=1) if len(known) > 1 else np.nan
    has_own, share = np.isfinite(own.middle), shares[month]
    middle, off = np.where(has_own, own.middle, mean), share * np.where(has_own, own.scatter, scatter)
    alike, examples = np.where(has_own, kind[month], STAND_IN), np.where(has_own, own.days, max(1, len(known)))
    expected = share > 0
    all_alike = [(ERROR_OF_MEDIAN * off / np.sqrt(examples))[expected & (alike == each)].sum() for each in np.unique(alike)]
    spread = NINE_OF_TEN * sqrt(np.square(off[expected]).sum() + np.square(all_alike).sum())
    so_far = float(np.nansum(values[month]))
    projected = so_far + float((share * middle)[expected].sum())
    return Projection(so_far, projected, projected - spread, projected + spread, int(expected.sum()))


def together(parts: Sequence[Projection]) -> Projection:
    """Of several things whose days differ from usual each by itself."""
    so_far, projected, low, high, days = np.array(parts, np.float64).T
    total = float(projected.sum())
    below, above = (sqrt(np.square(projected - end).sum()) for end in (low, high))
    return Projection(float(so_far.sum()), total, total - below, total + above, int(days.max()))


def state(amount: float, projection: Projection) -> str:
    """How a budget fares: `exceeded` by what was measured, `likely` to be by the projection, `within`, or `unknown`."""
    if projection.so_far > amount:
        return EXCEEDED
    if not np.isfinite(projection.projected):
        return UNKNOWN
    return LIKELY if projection.projected > amount else WITHIN
