"""Seasonal naive: the same hour a week ago, or a day ago. The yardstick of every other model, and the fallback.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.2.
"""

import numpy as np
import pandas as pd

from config.language import N_
from models.forecast.hours import Model, Outlook, TooLittleData, Values, same_hour

SPREAD_WEEKS = 4


def seasonal_naive(season_days: int) -> Model:
    """The model that repeats the hour `season_days` (1 or 7) ago.

    A missing hour is taken from one season earlier, at most four times; its spread is the usual change of that hour of the
    day from season to season over the last four weeks.
    """

    def outlook(history: pd.Series, ahead: pd.DatetimeIndex) -> Outlook:
        mean = np.full(len(ahead), np.nan)
        for season in range(1, 5):
            mean = np.where(np.isnan(mean), same_hour(history, ahead, season * season_days), mean)
        for day in range(1, 8):  # a first week has no week before it
            mean = np.where(np.isnan(mean), same_hour(history, ahead, day), mean)
        if np.isnan(mean).any():
            raise TooLittleData(N_("less than a day of readings: there is nothing to repeat yet"))
        return Outlook(mean, _spread(history, ahead, season_days))

    return outlook


def _spread(history: pd.Series, ahead: pd.DatetimeIndex, season_days: int) -> Values:
    """Root mean square change by hour of the day, smoothed towards that of all hours; never 0 unless all are."""
    recent = history.iloc[-SPREAD_WEEKS * 168 :]
    index = pd.DatetimeIndex(recent.index)
    changes = pd.Series(np.square(recent.to_numpy() - same_hour(history, index, season_days)), index=index)
    if changes.notna().sum() == 0:
        return np.full(len(ahead), float(np.nan_to_num(history.std())))
    by_hour = changes.groupby(index.hour).mean().reindex(range(24)).fillna(changes.mean())
    mean_square = (0.8 * by_hour + 0.2 * changes.mean()).reindex(ahead.hour).to_numpy(dtype=np.float64)
    return np.asarray(np.sqrt(mean_square))
