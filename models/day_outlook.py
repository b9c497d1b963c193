"""How much each of the coming days will take, for weeks ahead: by the last days of their kind, whichever way was best so far.

The forecasts of `models/forecast` tell the hours of one day. Here a day is told by days: by the median of the last days of its
kind; by the same, moved to the level of the last two weeks; by the last week, repeated; and, with more than a year behind it, by
the days around the same one a year before, moved to the level of the last four weeks. Each is asked for what was not known to it
at earlier moments, as far ahead as now (Tashman 2000, rolling origins); the one with the smallest error (WAPE) is shown. Its
band is split conformal: quantiles of these errors in units of the model's own spread (Lei et al., 2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from config.language import N_, Told
from models import metrics, usual_day

Floats = NDArray[np.float64]
Kinds = NDArray[np.int64]
Model = Callable[[Floats, Kinds, Kinds], tuple[Floats, Floats]]
Progress = Callable[[int, int], None]

WEEK, YEAR = 7, 364  # days: a year of whole weeks
NEEDED = 7  # days that are known, for anything to be said
KNOWN_BEFORE = 28  # days before an origin
ORIGINS = 8  # a week apart
LEVEL_DAYS, YEAR_LEVEL_DAYS = 14, 28
LEVELS = (0.5, 2.0)  # what is further from usual is no level, but a fault or another use
LOW, HIGH = 0.05, 0.95  # a 90 % band
LEAST_SPREAD = 0.01  # of the mean: days that never differed are no promise
NORMAL = 1.645  # standard deviations from the 5 % to the 50 % quantile

USUAL = N_("the median of the last days of the same kind")
LEVELLED = N_("the median of the last days of the same kind, at the level of the last two weeks")
WEEKLY = N_("the last week, repeated")
YEARLY = N_("the same days a year before, at the level of the last four weeks")


class TooFewDays(ValueError):
    """Too few days are known for any outlook."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of the coming days: the expected amount and its 5 % and 95 % quantiles, shape (days,), in the unit of the totals.

    `model` is what it was made by. On the last `tries` moments `wape` was its error by days (a share), `naive` that of the last
    week repeated, and `off` the largest of all days together; NaN where there were none.
    """

    mean: Floats
    low: Floats
    high: Floats
    model: Told
    tries: int
    wape: float
    naive: float
    off: float


@dataclass(frozen=True, slots=True)
class _Tried:
    """What happened after earlier moments, and what a model had said: shape (moments, days)."""

    actual: Floats
    mean: Floats
    spread: Floats

    @property
    def wape(self) -> float:
        return metrics.wape(self.actual.ravel(), self.mean.ravel())

    def off(self) -> float:
        known = np.isfinite(self.actual)
        actual = np.where(known, self.actual, 0.0).sum(axis=1)
        said = np.where(known, self.mean, 0.0).sum(axis=1)
        shares = np.abs(said[actual > 0] / actual[actual > 0] - 1)
        return float(shares.max()) if len(shares) else float("nan")

    def reach(self) -> tuple[float, float]:
        """The quantiles of the errors, in spreads; a band that leaves out its own mean would be read as an error."""
        units = ((self.actual - self.mean) / self.spread)[np.isfinite(self.actual) & (self.spread > 0)]
        if not len(units):
            return -NORMAL, NORMAL
        return min(0.0, float(np.quantile(units, LOW))), max(0.0, float(np.quantile(units, HIGH)))


def outlook(totals: ArrayLike, kinds: ArrayLike, kinds_ahead: ArrayLike, progress: Progress = lambda *_: None) -> Outlook:
    """The amounts of the days that follow.

    Args:
        totals: of successive days, the last one the day before, shape (n,), at least 0; NaN where too little is known.
        kinds: of these days as `usual_day.usual` takes them, shape (n,).
        kinds_ahead: of the days to come, shape (days,).
        progress: told how many models are tried, of how many.

    Raises:
        TooFewDays: less than a week of days is known.
    """
    values, kind, ahead = np.asarray(totals, np.float64), _alike(kinds), _alike(kinds_ahead)
    if np.isfinite(values).sum() < NEEDED:
        raise TooFewDays
    models: list[tuple[str, Model]] = [(USUAL, usual), (LEVELLED, levelled), (WEEKLY, weekly)]
    if len(values) >= YEAR + YEAR_LEVEL_DAYS + KNOWN_BEFORE:
        models.append((YEARLY, yearly))
    tried: dict[str, _Tried] = {}
    for done, (name, model) in enumerate(models):
        progress(done, len(models))
        tried[name] = _try(model, values, kind, len(ahead))
    error = {name: each.wape for name, each in tried.items()}
    best, model = min(models, key=lambda each: np.nan_to_num(error[each[0]], nan=np.inf))
    mean, spread = model(values, kind, ahead)
    low, high = tried[best].reach()
    return Outlook(
        mean,
        np.maximum(mean + low * spread, 0.0),
        mean + high * spread,
        Told(best),
        len(tried[best].actual),
        error[best],
        error[WEEKLY],
        tried[best].off(),
    )


def usual(values: Floats, kinds: Kinds, ahead: Kinds) -> tuple[Floats, Floats]:
    """By the median of the last days of the same kind, and their scatter."""
    told = {kind: _of_kind(values, kinds, kind) for kind in np.unique(ahead).tolist()}
    middle, spread = (np.array([told[kind][n] for kind in ahead.tolist()]) for n in (0, 1))
    return middle, spread


def levelled(values: Floats, kinds: Kinds, ahead: Kinds) -> tuple[Floats, Floats]:
    """The same, as many times as the last two weeks were of what was usual before them."""
    middle, spread = usual(values, kinds, ahead)
    earlier = slice(None, -LEVEL_DAYS)
    if np.isfinite(values[earlier]).sum() < NEEDED:
        return middle, spread
    level = _level(values[-LEVEL_DAYS:], usual(values[earlier], kinds[earlier], kinds[-LEVEL_DAYS:])[0])
    return middle * level, spread * level


def weekly(values: Floats, kinds: Kinds, ahead: Kinds) -> tuple[Floats, Floats]:
    """By the last of each day of the week that is known, whatever kind of day it was; the yardstick of the others."""
    middle, spread = usual(values, kinds, ahead)
    recent = values[-min(len(values), 4 * WEEK) :]
    padded = np.concatenate([np.full(-len(recent) % WEEK, np.nan), recent]).reshape(-1, WEEK)
    last = [next((each for each in day[::-1].tolist() if np.isfinite(each)), np.nan) for day in padded.T]
    told = np.resize(np.array(last), len(ahead))
    return np.where(np.isfinite(told), told, middle), spread


def yearly(values: Floats, kinds: Kinds, ahead: Kinds) -> tuple[Floats, Floats]:
    """By the median of the same weekday in the weeks around it a year before, where it was a day of the same kind."""
    middle, spread = usual(values, kinds, ahead)
    if len(values) < YEAR + YEAR_LEVEL_DAYS:
        return middle, spread
    level = _level(values[-YEAR_LEVEL_DAYS:], values[-YEAR - YEAR_LEVEL_DAYS : -YEAR])
    found = middle.copy()
    for day, kind in enumerate(ahead.tolist()):
        places = len(values) + day - YEAR + np.array([-WEEK, 0, WEEK])
        places = places[(places >= 0) & (places < len(values))]
        of_day = values[places[kinds[places] == kind]]
        if np.isfinite(of_day).any():
            found[day] = np.nanmedian(of_day) * level
    return found, spread


def _try(model: Model, values: Floats, kinds: Kinds, days: int) -> _Tried:
    """Ask a model at earlier moments for so many days, or for as many as there are behind them."""
    days = min(days, len(values) - KNOWN_BEFORE)
    actual, mean, spread = list[Floats](), list[Floats](), list[Floats]()
    for origin in range(len(values) - days, KNOWN_BEFORE - 1, -WEEK) if days >= WEEK else ():
        known = slice(None, origin)
        after = slice(origin, origin + days)
        if len(actual) == ORIGINS or np.isfinite(values[known]).sum() < NEEDED:
            break
        if not np.isfinite(values[after]).any():
            continue
        said = model(values[known], kinds[known], kinds[after])
        actual.append(values[after])
        mean.append(said[0])
        spread.append(said[1])
    nothing = np.zeros((0, max(days, 0)))
    return _Tried(*(np.array(each) if each else nothing for each in (actual, mean, spread)))


def _of_kind(values: Floats, kinds: Kinds, kind: int) -> tuple[float, float]:
    """The median of the last days of a kind and their scatter; of like kinds where too few are known, else of all days."""
    known = np.isfinite(values)
    for alike in (*_like(kind), None):
        those = np.flatnonzero(known & np.isin(kinds, alike) if alike else known)
        recent = those[those >= len(values) - usual_day.WITHIN_DAYS]
        chosen = (recent if len(recent) >= usual_day.LEAST else those)[-usual_day.COUNT :]
        if len(chosen) >= usual_day.LEAST:
            break
    of_kind = values[chosen]
    middle = float(np.median(of_kind))
    scatter = usual_day.AS_SIGMA * float(np.median(np.abs(of_kind - middle)))
    return middle, max(scatter, LEAST_SPREAD * abs(middle))


def _like(kind: int) -> Sequence[Sequence[int]]:
    """The kinds that may speak for one, the nearest first."""
    working = [*range(5)]
    return [[kind], working] if kind in working else [[kind], [5, usual_day.FREE]]


def _level(actual: Floats, expected: Floats) -> float:
    both = np.isfinite(actual) & np.isfinite(expected)
    whole = float(expected[both].sum())
    return float(np.clip(actual[both].sum() / whole, *LEVELS)) if whole > 0 else 1.0


def _alike(kinds: ArrayLike) -> Kinds:
    """Sundays are like all free days."""
    given = np.asarray(kinds, np.int64)
    return np.where(given == usual_day.SUNDAY, usual_day.FREE, given)
