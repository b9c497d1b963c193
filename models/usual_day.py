"""What a day usually takes: a robust expectation from the days before it, and whether the day lies outside of it.

The rule. A day is compared with the last `COUNT` days of its kind that are known, at most `WITHIN_DAYS` back: the same day of the
week, on a day that is free other free days and Sundays, on a day of a shutdown its other days. So seasons count by themselves.
Usual is their median; where the outdoor temperature is known, each of them is first moved to the temperature of the day, by so
many kWh per kelvin below the heating limit or above the cooling limit as days of one kind differ by (the median over pairs of
days: Theil 1950, Sen 1968), provided that three of four pairs say that it is more. A day is unusual when it is further from
usual than three times the days' own scatter (1.4826 times their median absolute deviation: Rousseeuw and Croux 1993), and than a
tenth of what is usual.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

SUNDAY, FREE, CLOSED = 6, 7, 8  # kinds of days beside the days of the week, Monday being 0
COUNT, LEAST = 8, 4  # days that are compared with
WITHIN_DAYS = 84
SCATTER, SHARE = 3.0, 0.10
AS_SIGMA = 1.4826  # times the median absolute deviation is the standard deviation of what is normally distributed
HEATING_C, COOLING_C = (
    15.0,
    22.0,
)  # Eurostat counts heating on days of a mean below 15 °C; cooling begins later, for sun and people
LEAST_KELVIN, LEAST_PAIRS = 1.0, 20
AGREEING = 0.75  # of the pairs: else it is something else that differs, such as a term that begins in autumn


class Usual(NamedTuple):
    """Of successive days: what is usual (as the totals), and from where to where; how many days say so, and the verdict.

    NaN where too few days can be compared with; `verdict` is +1 for unusually high, -1 for unusually low, else 0. `scatter` is
    that of the days compared with, as a standard deviation.
    """

    middle: Floats
    low: Floats
    high: Floats
    days: Days
    verdict: Days
    scatter: Floats

    def of(self, days: slice) -> "Usual":
        """The same of some of the days."""
        floats = (self.middle[days], self.low[days], self.high[days])
        return Usual(*floats, self.days[days], self.verdict[days], self.scatter[days])


def usual(totals: ArrayLike, kinds: ArrayLike, temperatures_c: ArrayLike | None = None, since: int = 0) -> Usual:
    """What is usual for each of successive days, by the days before it alone: what comes later changes no verdict.

    Args:
        totals: of each day, shape (n,); NaN where too little of the day is known.
        kinds: 0 to 6 for Monday to Sunday, `FREE` for holidays, `CLOSED` for a shutdown, shape (n,).
        temperatures_c: the mean outdoor temperature of each day, shape (n,), NaN where unknown; None without any.
        since: the first day that is asked about; those before it are only compared with, and told nothing of.
    """
    values, kind = np.asarray(totals, np.float64), np.asarray(kinds, np.int64)
    outdoors = np.full(len(values), np.nan) if temperatures_c is None else np.asarray(temperatures_c, np.float64)
    degrees = np.array([np.maximum(HEATING_C - outdoors, 0), np.maximum(outdoors - COOLING_C, 0)])
    alike = _alike(kind)
    compared = _compared(values, alike, since)
    of_days = np.append(values, np.nan)[compared]
    if np.isfinite(outdoors).any():
        for kelvin in degrees:
            slopes = _Slopes(values, alike, kelvin)
            per_kelvin = np.array([slopes.per_kelvin(day) for day in range(since, len(values))])
            apart = kelvin[since:, None] - np.append(kelvin, np.nan)[compared]
            of_days += per_kelvin[:, None] * np.nan_to_num(apart)
    middle, scatter = np.full((2, len(values)), np.nan)
    days = np.zeros(len(values), np.int64)
    days[since:] = (compared < len(values)).sum(axis=1)
    of_days[days[since:] < LEAST] = np.nan
    middle[since:] = _medians(of_days)
    scatter[since:] = AS_SIGMA * _medians(np.abs(of_days - middle[since:, None]))
    reach = np.maximum(SCATTER * scatter, SHARE * np.abs(middle))
    low, high = middle - reach, middle + reach
    with np.errstate(invalid="ignore"):
        verdict = (values > high).astype(np.int64) - (values < low).astype(np.int64)
    return Usual(middle, low, high, days, verdict, scatter)


def warmth(totals: ArrayLike, kinds: ArrayLike, temperatures_c: ArrayLike | None, since: int = 0) -> Floats:
    """By what the course of the days that one is compared with is multiplied to be of its outdoor temperature, shape (n,).

    That is by as much as its usual energy is more for it; 1 where nothing says that. Arguments as of `usual`.
    """
    moved, plain = (usual(totals, kinds, each, since).middle for each in (temperatures_c, None))
    told = (np.nan_to_num(moved) > 0) & (np.nan_to_num(plain) > 0)
    return np.divide(moved, plain, out=np.ones(len(moved)), where=told)


def compared_with(totals: ArrayLike, kinds: ArrayLike, day: int) -> Days:
    """The places of the days that one is compared with, as `usual` takes them; fewer than `LEAST` say nothing."""
    values = np.asarray(totals, np.float64)
    places = _compared(values, _alike(np.asarray(kinds, np.int64)), day)[0]
    found: Days = places[places < len(values)]
    return found


def _compared(values: Floats, alike: Days, since: int) -> Days:
    """Of each day from `since` on the places of those that it is compared with, filled up to `COUNT` with `len(values)`."""
    known: dict[int, list[int]] = {}
    found = np.full((len(values) - since, COUNT), len(values))
    for day, (kind, is_known) in enumerate(zip(alike.tolist(), np.isfinite(values).tolist(), strict=True)):
        those = known.setdefault(kind, [])
        if day >= since:
            last = [each for each in those[-COUNT:] if each >= day - WITHIN_DAYS]
            found[day - since, : len(last)] = last
        if is_known:
            those.append(day)
    return found


def _medians(rows: Floats) -> Floats:
    """The median of what each row knows; NaN where that is nothing."""
    ordered, known = np.sort(rows, axis=1), np.isfinite(rows).sum(axis=1)
    places = np.arange(len(rows)), np.maximum(known - 1, 0) // 2
    medians: Floats = (ordered[places] + ordered[places[0], known // 2]) / 2
    return medians


def _alike(kinds: Days) -> Days:
    """Sundays are compared with all free days, and these with Sundays."""
    return np.where(kinds == SUNDAY, FREE, kinds)


class _Slopes:
    """How much more days take per kelvin than others of their kind that are at most `WITHIN_DAYS` older."""

    def __init__(self, totals: Floats, alike: Days, kelvin: Floats) -> None:
        pairs = []
        for kind in np.unique(alike):
            those = np.flatnonzero((alike == kind) & np.isfinite(totals) & np.isfinite(kelvin))
            later, earlier = (those[each] for each in np.tril_indices(len(those), -1))
            telling = (later - earlier <= WITHIN_DAYS) & (np.abs(kelvin[later] - kelvin[earlier]) >= LEAST_KELVIN)
            pairs.append(np.array([later[telling], earlier[telling]]))
        every: Days = np.concatenate([np.zeros((2, 0), np.int64), *pairs], axis=1)
        self._later, self._earlier = every[:, np.argsort(every[0], kind="stable")]
        apart = kelvin[self._later] - kelvin[self._earlier]
        self._slopes = (totals[self._later] - totals[self._earlier]) / apart

    def per_kelvin(self, day: int) -> float:
        """By the days before one; 0 where too few can say, or they do not agree that it is more."""
        first, last = np.searchsorted(self._later, [day - WITHIN_DAYS, day])
        told = self._slopes[first:last][self._earlier[first:last] >= day - WITHIN_DAYS]
        if len(told) < LEAST_PAIRS or np.mean(told > 0) < AGREEING:
            return 0.0
        return float(np.median(told))
