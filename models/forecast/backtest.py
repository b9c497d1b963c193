"""How a model would have done on the last week, and the interval that follows from it.

Seven times the model is given what was known at the same hour of an earlier day and asked for the next day. The interval is
split conformal: quantiles of the errors in units of the model's own spread (Lei et al., 2018). Its coverage is
measured with the quantiles of the other six days, so that it may disappoint.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from config.language import N_
from models import metrics
from models.forecast.hours import AHEAD_H, DAY_H, Model, Outlook, TooLittleData, Values

DAYS = 7
LOW, HIGH = 0.05, 0.95  # a 90 % interval


@dataclass(frozen=True, slots=True)
class Backtest:
    """What happened and what was said on the last days; arrays of shape (days, 24) in the history's unit."""

    actual: Values
    mean: Values
    spread: Values
    history: pd.Series

    @property
    def wape(self) -> float:
        """Sum of absolute errors over the sum of values: a share."""
        return metrics.wape(self.actual.ravel(), self.mean.ravel())

    def errors(self) -> dict[str, float]:
        """Every metric of the week by name: shares, but `mase` (in units of the daily naive) and `pinball` (the unit's)."""
        a, f = self.actual.ravel(), self.mean.ravel()
        low, high = self._held_out_bounds()
        return {
            "wape": metrics.wape(a, f),
            "mase": metrics.mase(a, f, self.history.to_numpy(), DAY_H),
            "cvrmse": metrics.cvrmse(a, f),
            "nmbe": metrics.nmbe(a, f),
            "pinball": (metrics.pinball(a, low, LOW) + metrics.pinball(a, high, HIGH)) / 2,
            "coverage": metrics.coverage(*self._uncertain(a, low, high)),
        }

    def interval(self, outlook: Outlook) -> tuple[Values, Values]:
        """The 5 % and 95 % quantiles around an outlook of the same model, each of its shape."""
        low, high = self._quantiles(np.ones(len(self.actual), dtype=bool))
        return outlook.mean + low * outlook.spread, outlook.mean + high * outlook.spread

    def _quantiles(self, days: np.ndarray) -> tuple[float, float]:
        spread = self.spread[days]
        with np.errstate(divide="ignore", invalid="ignore"):
            units = ((self.actual - self.mean)[days] / spread)[spread > 0]
        units = units[np.isfinite(units)]
        if not len(units):
            return 0.0, 0.0
        # An interval that leaves out its own mean would be read as an error.
        return min(0.0, float(np.quantile(units, LOW))), max(0.0, float(np.quantile(units, HIGH)))

    def _held_out_bounds(self) -> tuple[Values, Values]:
        low, high = np.empty_like(self.mean), np.empty_like(self.mean)
        for day in range(len(self.mean)):
            others = np.arange(len(self.mean)) != day
            below, above = self._quantiles(others if others.any() else ~others)
            low[day] = self.mean[day] + below * self.spread[day]
            high[day] = self.mean[day] + above * self.spread[day]
        return low.ravel(), high.ravel()

    def _uncertain(self, *columns: Values) -> list[Values]:
        """The steps that were not certain beforehand: a night of PV would flatter the coverage."""
        return [column[self.spread.ravel() > 0] for column in columns]


def before_last_days(history: pd.Series, days: int = DAYS) -> pd.Series:
    """What was known before the first day of the backtest."""
    return history.iloc[: len(history) - days * AHEAD_H]


def backtest(model: Model, history: pd.Series, days: int = DAYS) -> Backtest:
    """Ask the model for each of the last days of an hourly history, with what was known before it.

    Raises:
        TooLittleData: the model cannot be asked for the first of these days.
    """
    if len(history) < days * AHEAD_H:
        raise TooLittleData(N_("less than %(days)s days of readings"), days=days)
    actual, mean, spread = (np.empty((days, AHEAD_H)) for _ in range(3))
    for day in range(days):
        start = len(history) - (days - day) * AHEAD_H
        said = model(history.iloc[:start], pd.DatetimeIndex(history.index[start : start + AHEAD_H]))
        actual[day] = history.iloc[start : start + AHEAD_H].to_numpy()
        mean[day], spread[day] = said.mean, said.spread
    return Backtest(actual, mean, spread, before_last_days(history, days))
