"""How high is each of many values among them, as one of nine shades? The colours of the shades are the style sheet's."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

COUNT = 9
MIDDLE = COUNT // 2
LEAST_SHARE = 0.1  # either way from usual, that the darkest shades stand for at the least


def between(values: Values) -> list[int | None]:
    """The shade of each value (flattened), from 0 for the lowest to 8 for the highest; none of one that is not known.

    >>> between(np.array([2.0, 4.0, np.nan, 10.0]))
    [0, 2, None, 8]
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return _shades((values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, np.nan))


def around_nothing(shares: Values) -> list[int | None]:
    """The same of differences (0.1: a tenth more), with the shade in the middle for none, and both sides alike.

    >>> around_nothing(np.array([0.0, 0.5, -0.25]))
    [4, 8, 2]
    """
    most = float(np.nanmax(np.abs(shares), initial=LEAST_SHARE)) if np.isfinite(shares).any() else LEAST_SHARE
    return _shades(0.5 + shares / (2 * max(most, LEAST_SHARE)))


def _shades(shares: Values) -> list[int | None]:
    flat = shares.ravel()
    known = np.isfinite(flat)
    levels = np.clip(np.round(np.where(known, flat, 0.0) * (COUNT - 1)), 0, COUNT - 1).astype(int).tolist()
    return [level if told else None for level, told in zip(levels, known.tolist(), strict=True)]
