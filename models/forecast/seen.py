"""Whether a forecast leaves what has been seen at that time of day on that weekday, in the season that the history holds.

A model on changes may go on rising where the thing itself never did: such a forecast is shown, but not without a word.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.forecast.hours import Values

LEAST_DAYS = 3  # of that weekday: fewer say little of what is usual
MARGIN = 0.05  # of the greatest value of the history: less beyond the seen is nothing to speak of
AROUND_H = 1  # hours before and after that count as that time of day


@dataclass(frozen=True, slots=True)
class Unseen:
    """The hour that goes farthest beyond: what is forecast `at` it, and the bound that was `seen` on so many like `days`.

    Both values are in the history's unit.
    """

    at: pd.Timestamp
    forecast: float
    seen: float
    days: int


def unseen(history: pd.Series, ahead: pd.DatetimeIndex, mean: Values) -> Unseen | None:
    """The hour of `ahead` whose `mean` is farthest outside the history's range at that time on that weekday, if any is.

    Args:
        history: hourly values in a time zone; NaN where nothing was measured.
        ahead: the hours that are forecast, in the same zone.
        mean: shape (hours,), the history's unit.
    """
    known = history.dropna()
    if known.empty:
        return None
    index = pd.DatetimeIndex(known.index)
    values = known.to_numpy(dtype=float)
    margin = MARGIN * float(np.abs(values).max())
    hours: list[tuple[float, Unseen]] = []
    for at, forecast in zip(ahead, mean.tolist(), strict=True):
        apart = (index.hour.to_numpy() - at.hour + 12) % 24 - 12
        like = (index.day_of_week == at.day_of_week) & (np.abs(apart) <= AROUND_H)
        days = index[like].normalize().nunique()
        if days < LEAST_DAYS or not np.isfinite(forecast):
            continue
        low, high = float(values[like].min()), float(values[like].max())
        seen = high if forecast > high else low
        beyond = max(forecast - high, low - forecast)
        if beyond > margin:
            hours.append((beyond, Unseen(at, forecast, seen, days)))
    return max(hours, key=lambda each: each[0])[1] if hours else None
