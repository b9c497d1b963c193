"""Which forecast is shown: a model's, or the stated fallback where the models have lost on the last week or have not finished."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from config.language import N_, Told
from models import metrics
from models.forecast.backtest import Backtest, backtest
from models.forecast.hours import Model, TooLittleData, Values, hours_after, whole_hours
from models.forecast.seasonal_naive import seasonal_naive
from models.forecast.seen import Unseen, unseen

NAIVE_NAMES = {7: Told(N_("same hour last week")), 1: Told(N_("same hour yesterday"))}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What can be true of the series: at least `least`, at most `greatest`, and zero where `night`, shape (24,), is."""

    least: float | None = None
    greatest: float | None = None
    night: np.ndarray | None = None

    def within(self, values: Values) -> Values:
        """The values moved to the nearest that can be true."""
        if self.least is not None or self.greatest is not None:
            values = np.clip(values, self.least, self.greatest)
        return np.where(self.night, 0.0, values) if self.night is not None else values


ANYTHING = Bounds()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is shown of the next 24 hours: `start` is the first hour, the arrays have shape (24,) and the history's unit.

    `low` and `high` are the 5 % and 95 % quantiles. `errors` are those of `model` on the last week by name
    (`models.metrics`; empty when there was no such week), `skill` the share of the seasonal naive's error that it saves (0 for
    that one itself). `fallback` says why no better model is shown, or is empty. `unseen` is the hour that is farthest outside
    what has been seen on that weekday, if one is.
    """

    model: Told | str
    start: pd.Timestamp
    mean: Values
    low: Values
    high: Values
    errors: dict[str, float] = field(default_factory=dict)
    skill: float = 0.0
    fallback: Told | str = ""
    unseen: Unseen | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to be compared, and what people are told it is. What it has fitted, it fitted to what was before the last week.

    The same model is tested and shown: parameters of an hour's worth of newer data are not worth a second fit.
    """

    name: Told | str
    model: Model


def naive(history: pd.Series, bounds: Bounds = ANYTHING) -> Forecast:
    """The seasonal naive of the day or of the week, whichever was better on the last week: there at once, for every series.

    Args:
        history: hourly values, zone-aware, the last one the hour before the forecast; NaN where nothing was measured.
        bounds: what can be true.

    Raises:
        TooLittleData: there is less than a day of readings.
    """
    known = whole_hours(history)
    both = [_forecast(Candidate(name, model), known, bounds) for name, model in _naives()]
    return min(both, key=lambda one: np.nan_to_num(one.errors.get("wape", np.nan), nan=np.inf))


def better_of(history: pd.Series, candidates: Sequence[Candidate], bounds: Bounds = ANYTHING) -> Forecast:
    """The forecast of the candidate that was best on the last week, or the seasonal naive's, saying so, where it beat them.

    Raises:
        TooLittleData: not even the naive can be made.
    """
    yardstick = naive(history, bounds)
    known = whole_hours(history)
    tried = []
    for candidate in candidates:
        try:
            tried.append(_forecast(candidate, known, bounds))
        except TooLittleData as why:
            reason = Told(N_("%(model)s: %(reason)s"), {"model": candidate.name, "reason": why.why})
    tried = [one for one in tried if np.isfinite(one.errors.get("wape", np.nan))]
    if not tried:
        return replace(yardstick, fallback=reason if candidates else Told(N_("no model fits this series")))
    best = min(tried, key=lambda one: one.errors["wape"])
    gained = metrics.skill(best.errors["wape"], yardstick.errors.get("wape", float("nan")))
    if gained > 0:
        return replace(best, skill=gained)
    lost = N_("%(model)s had a larger error last week (%(error)s against %(other)s)")
    return replace(yardstick, fallback=Told(lost, {"model": best.model, "error": _percent(best), "other": _percent(yardstick)}))


def _naives() -> list[tuple[Told, Model]]:
    return [(name, seasonal_naive(days)) for days, name in NAIVE_NAMES.items()]


def _percent(one: Forecast) -> Told | str:
    return f"{100 * one.errors['wape']:.1f} %" if one.errors else Told(N_("unknown"))


def _forecast(candidate: Candidate, known: pd.Series, bounds: Bounds) -> Forecast:
    ahead = hours_after(known)
    outlook = candidate.model(known, ahead)
    week = _last_week(candidate.model, known)
    if week is not None:
        low, high = week.interval(outlook)
        errors = week.errors()
    else:  # nothing to learn from yet: the normal distribution's 5 % and 95 %
        low, high = outlook.mean - 1.645 * outlook.spread, outlook.mean + 1.645 * outlook.spread
        errors = {}
    mean, low, high = (bounds.within(values) for values in (outlook.mean, low, high))
    return Forecast(candidate.name, ahead[0], mean, low, high, errors, unseen=unseen(known, ahead, mean))


def _last_week(model: Model, known: pd.Series) -> Backtest | None:
    try:
        return backtest(model, known)
    except TooLittleData:
        return None
