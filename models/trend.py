"""Where a quantity is going over days: how much it changes, and whether that is more than its own scatter.

Method: the seasonal Kendall slope and test (Hirsch, Slack and Smith, Water Resources Research 18(1), 1982): only days of one kind
(a weekday) are compared with one another, so that neither a weekend nor an outlier passes for a trend.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST_PAIRS = 14  # of days of one kind: two of each weekday's over three weeks
CERTAIN = 1.96  # standard deviations: two-sided at 5 % of a normal distribution


class Trend(NamedTuple):
    """`slope` is the change a day in the unit of the values, NaN where too few days tell; `certain` whether it is a trend."""

    slope: float
    certain: bool


def trend(values: ArrayLike, kinds: ArrayLike) -> Trend:
    """The trend of successive days (n,), of which NaN is one that is not known; `kinds` (n,) are whole numbers.

    >>> trend([10.0 + day for day in range(28)], [day % 7 for day in range(28)])
    Trend(slope=1.0, certain=True)
    """
    given, kind = np.asarray(values, np.float64), np.asarray(kinds, np.int64)
    slopes, score, variance = [np.zeros(0)], 0.0, 0.0
    for each in np.unique(kind):
        days = np.flatnonzero((kind == each) & np.isfinite(given))
        later, earlier = (days[at] for at in np.tril_indices(len(days), -1))
        risen = given[later] - given[earlier]
        slopes.append(risen / (later - earlier))
        score += float(np.sign(risen).sum())
        variance += _variance(given[days])
    every = np.concatenate(slopes)
    if len(every) < LEAST_PAIRS:
        return Trend(np.nan, certain=False)
    beyond = max(abs(score) - 1, 0.0)  # continuity correction
    return Trend(float(np.median(every)), certain=variance > 0 and beyond > CERTAIN * float(np.sqrt(variance)))


def _variance(values: Floats) -> float:
    """Of Kendall's score of values without a trend, ties among them considered."""
    tied = np.unique(values, return_counts=True)[1]
    return float(_scatter(np.array([len(values)])).sum() - _scatter(tied).sum())


def _scatter(counts: NDArray[np.int64]) -> Floats:
    scattered: Floats = counts * (counts - 1) * (2 * counts + 5) / 18
    return scattered
