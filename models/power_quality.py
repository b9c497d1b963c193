"""How good a supply was: its unbalance, how many of its means lay within limits, and when they did not.

The characteristics are those of EN 50160:2010, clause 4.2, the means and the unbalance those of IEC 61000-4-30:2015. Values are
arrays of one value a mean, in the order of time; NaN is a mean that is not known and counts nowhere.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MEAN_S = 600  # of voltages and their unbalance: IEC 61000-4-30, 4.4
FREQUENCY_MEAN_S = 10  # IEC 61000-4-30, 5.1
READ_EVERY_S = 10  # or more often: else a mean of ten minutes is a mean of too few readings to stand for the supply
LEAST_READ = 0.5  # of the readings that a mean usually has, for it to be one
LEAST_KNOWN = 0.9  # of the means of a week, for its shares to be the week's


class Counted(NamedTuple):
    """How many means were known, and how many of them lay within limits."""

    known: int
    within: int

    @property
    def share(self) -> float:
        """That lay within (0..1); NaN of none.

        >>> Counted(1008, 990).share > 0.95
        True
        """
        return self.within / self.known if self.known else float("nan")


class Outside(NamedTuple):
    """Successive means beyond limits: the places from the first to the one after the last, and the one furthest beyond."""

    first: int
    end: int
    extreme: int


def counted(values: ArrayLike, low: float | None, high: float | None) -> Counted:
    """How many of the means are known and how many lie within `low`..`high`, of which either may be none.

    >>> counted([230.0, 206.0, float("nan"), 254.0], 207.0, 253.0)
    Counted(known=3, within=1)
    """
    beyond = beyond_limits(values, low, high)
    return Counted(int(np.isfinite(beyond).sum()), int((beyond <= 0).sum()))


def beyond_limits(values: ArrayLike, low: float | None, high: float | None) -> Floats:
    """How far each mean lies beyond the limits, in its unit: 0 within them, NaN where it is not known.

    >>> beyond_limits([230.0, 200.0, 260.0], 207.0, 253.0).tolist()
    [0.0, 7.0, 7.0]
    """
    given = np.asarray(values, dtype=float)
    below = np.zeros_like(given) if low is None else low - given
    above = np.zeros_like(given) if high is None else given - high
    far: Floats = np.where(np.isfinite(given), np.maximum(np.maximum(below, above), 0.0), np.nan)
    return far


def excursions(values: ArrayLike, low: float | None, high: float | None) -> Iterator[Outside]:
    """Each run of means beyond the limits; one that is not known ends it.

    >>> list(excursions([230.0, 205.0, 200.0, 231.0, 206.0], 207.0, 253.0))
    [Outside(first=1, end=3, extreme=2), Outside(first=4, end=5, extreme=4)]
    """
    far = np.nan_to_num(beyond_limits(values, low, high))
    bounds = np.flatnonzero(np.diff(np.concatenate(([0], (far > 0).astype(np.int8), [0]))))
    for first, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
        yield Outside(first, end, first + int(np.argmax(far[first:end])))


def unbalance_between_phases(u12: ArrayLike, u23: ArrayLike, u31: ArrayLike) -> Floats:
    """The negative sequence as a share of the positive one (%), exactly, of the voltages (V) between three phases.

    IEC 61000-4-30:2015, 5.7.1: u2 = sqrt((1 − sqrt(3 − 6β)) / (1 + sqrt(3 − 6β))), where β is the sum of the fourth powers of the
    three voltages over the square of the sum of their squares. NaN where a voltage is not known, or no triangle has such sides.

    >>> unbalance_between_phases([400.0, 400.0], [400.0, 380.0], [400.0, 410.0]).round(2).tolist()
    [0.0, 4.42]
    """
    squares = np.square([np.asarray(each, dtype=float) for each in (u12, u23, u31)])
    with np.errstate(invalid="ignore", divide="ignore"):
        beta = np.square(squares).sum(axis=0) / np.square(squares.sum(axis=0))
        # Rounding may put three equal voltages a hair below a third.
        root = np.sqrt(3 - 6 * np.maximum(beta, 1 / 3))
        share: Floats = 100 * np.sqrt((1 - root) / (1 + root))
    return share


def unbalance_of_phases(l1: ArrayLike, l2: ArrayLike, l3: ArrayLike) -> Floats:
    """The greatest distance of a phase's voltage from the mean of the three, as a share of that mean (%).

    What voltages (V) between phases and neutral tell without the angles between them, which the negative sequence needs: the
    phase voltage unbalance rate of IEEE 141 (1993), the rule of NEMA MG 1 with these voltages. NaN where one is not known.

    >>> unbalance_of_phases([230.0], [230.0], [200.0]).round(2).tolist()
    [9.09]
    """
    voltages = np.array([np.asarray(each, dtype=float) for each in (l1, l2, l3)])
    mean = voltages.sum(axis=0) / 3
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = np.where(mean > 0, 100 * np.abs(voltages - mean).max(axis=0) / mean, np.nan)
    return share


def means(values: ArrayLike, readings: ArrayLike) -> tuple[Floats, float]:
    """The means that are of enough readings, NaN for the others, and how many a mean usually has (the median; 0 of none).

    >>> means([230.0, 231.0, 190.0], [120, 118, 3])
    (array([230., 231.,  nan]), 118.0)
    """
    given, read = np.asarray(values, dtype=float), np.asarray(readings, dtype=float)
    there = read[read > 0]
    usual = float(np.median(there)) if len(there) else 0.0
    with np.errstate(invalid="ignore"):
        enough: Floats = np.where(read >= max(LEAST_READ * usual, 1), given, np.nan)
    return enough, usual
