"""What a month will come to, and whether that is within its budget.

The projection. Each day of the month counts by what was measured; a day of which too little is known, and a day to come, by what
is usual of its kind (`models.usual_day`: the median of the last days like it, by the site's calendar); today by what was
measured so far and the share of the usual that is left of it. While too few days of a kind are known, the mean of the last
four weeks stands in their place. It is the same for kWh, money and CO2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from models.usual_day import usual

WITHIN, LIKELY, EXCEEDED, UNKNOWN = "within", "likely", "exceeded", "unknown"
LAST_DAYS = 28


class Projection(NamedTuple):
    """Of a month, in its days' unit: what was measured, what it will come to (NaN: nobody can say), days that are expected."""

    so_far: float
    projected: float
    expected_days: int


def project(
    totals: ArrayLike, kinds: ArrayLike, month_days: int, today_left: float = 0.0, today: int | None = None
) -> Projection:
    """What a month will come to.

    Args:
        totals: of each day, shape (n,), from some months before to the last day of the month; NaN where too little of the day
            is known, and of days to come. Of today it is what was measured so far; NaN, and it counts by the usual, whole.
        kinds: of these days, as `usual_day.usual` takes them, shape (n,).
        month_days: how many of them, the last ones, are of the month.
        today_left: the share (0..1) of today that is still to come.
        today: which of the days of the month is not over yet, from 0; None where the month is over, or has not begun.
    """
    values = np.array(totals, np.float64)
    first = len(values) - month_days
    begun = np.nan
    if today is not None:
        begun = values[first + today]
        values[first + today] = np.nan  # a part of a day says nothing of a usual one
    month = values[first:]
    middle = usual(values, kinds).middle[first:]
    recent = values[max(0, first - LAST_DAYS + (today or 0)) : first + (month_days if today is None else today)]
    known = recent[np.isfinite(recent)]
    middle = np.where(np.isfinite(middle), middle, known.mean() if len(known) else np.nan)
    open_days = ~np.isfinite(month)
    expected = np.where(open_days, middle, 0.0)
    so_far = float(np.nansum(month))
    if today is not None and np.isfinite(begun):
        so_far += float(begun)
        expected[today] *= today_left
    return Projection(so_far, so_far + float(expected.sum()), int(open_days.sum()))


def state(amount: float, projection: Projection) -> str:
    """How a budget fares: `exceeded` by what was measured, `likely` to be by the projection, `within`, or `unknown`."""
    if projection.so_far > amount:
        return EXCEEDED
    if not np.isfinite(projection.projected):
        return UNKNOWN
    return LIKELY if projection.projected > amount else WITHIN
