"""Which local day a daily value is of. All times are seconds since 1970."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

DAY_S = 86_400.0
EXACT, TOLD, NO_DAY = 0, 1, 2  # the day as long as it was, the day told as another length, no day


def local_day(starts_s: ArrayLike, lasting_s: ArrayLike, midnights_s: ArrayLike) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The stretch that each daily value is of: the local day that ends where it ends, else the one that begins where it begins.

    A device that closes its day at local midnight knows when that was, and often not how long the day had been. A value of
    24 hours that has to do with no local midnight is of its own 24 hours.

    Args:
        starts_s: where each value's interval starts, shape (n,).
        lasting_s: how long it is said to last, shape (n,).
        midnights_s: the local midnights around all of them, rising.

    Returns:
        Starts and ends, shape (n,), and how each was found: `EXACT`, `TOLD` otherwise, or `NO_DAY`: not a day at all.

    >>> midnights = [0, 86_400, 86_400 + 82_800]  # the second day has 23 hours
    >>> [values.tolist() for values in local_day([82_800], [86_400], midnights)]
    [[86400.0], [169200.0], [1]]
    """
    starts, midnights = np.asarray(starts_s, float), np.asarray(midnights_s, float)
    lasting = np.asarray(lasting_s, float)
    ends = starts + lasting
    first, last = starts.copy(), ends.copy()
    ranks = np.where(lasting == DAY_S, EXACT, NO_DAY)
    if len(midnights) < 2:
        return first, last, ranks
    closing, opening = np.searchsorted(midnights, ends), np.searchsorted(midnights, starts)
    closes = (closing > 0) & (midnights[np.minimum(closing, len(midnights) - 1)] == ends)
    opens = ~closes & (opening < len(midnights) - 1) & (midnights[np.minimum(opening, len(midnights) - 1)] == starts)
    first[closes], last[opens] = midnights[closing[closes] - 1], midnights[opening[opens] + 1]
    ranks[closes | opens] = np.where(last - first == lasting, EXACT, TOLD)[closes | opens]
    return first, last, ranks
