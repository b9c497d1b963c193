"""The hourly series that forecasts are made of: whole hours, gaps filled, the same hour of an earlier day."""

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import N_, Told
from models import local_time

AHEAD_H = 24  # hours that are forecast
DAY_H = 24
WEEK_H = 168
HOUR = pd.Timedelta(hours=1)

Values = NDArray[np.float64]


class TooLittleData(ValueError):
    """The history is too short, too patchy or too flat for the model; `why` says which."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text, values)
        self.why = Told(text, values)

    def __str__(self) -> str:
        return str(self.why)


class Outlook:
    """What a model says of the coming hours, both of shape (hours,) and in the unit of the history.

    `mean` is the expected value, `spread` the usual size of its error (≥ 0; 0 = certain, as PV at night).
    """

    __slots__ = ("mean", "spread")

    def __init__(self, mean: Values, spread: Values) -> None:
        self.mean = np.asarray(mean, dtype=np.float64)
        self.spread = np.asarray(spread, dtype=np.float64)


class Model(Protocol):
    """A way to look ahead: from an hourly history to the hours of `ahead`, which follow it."""

    def __call__(self, history: pd.Series, ahead: pd.DatetimeIndex) -> Outlook:
        """The outlook for `ahead`; raises `TooLittleData`."""
        ...


def whole_hours(history: pd.Series) -> pd.Series:
    """The series on an unbroken hourly index in a time zone, NaN where an hour is missing.

    Args:
        history: values by the start of their hour; the index is time-zone-aware, rising and on whole hours.

    Raises:
        TooLittleData: there is no value at all.
        ValueError: the index is naive, or not on whole hours.
    """
    index = history.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        raise ValueError("the history's index must be zone-aware times")
    known = history.dropna()
    if known.empty:
        raise TooLittleData(N_("there are no readings yet"))
    utc = index.tz_convert("UTC")
    if (utc != utc.floor("h")).any():
        raise ValueError("the history's times must be whole hours")
    grid = pd.date_range(known.index[0].tz_convert("UTC"), utc[-1], freq="h").tz_convert(index.tz)
    return history.reindex(grid).astype(np.float64)


def hours_after(history: pd.Series, hours: int = AHEAD_H) -> pd.DatetimeIndex:
    """The hours that follow the history, in its time zone."""
    return pd.date_range(history.index[-1] + HOUR, periods=hours, freq="h")


def same_hour(history: pd.Series, times: pd.DatetimeIndex, days_before: int) -> Values:
    """The values at the same time on the clock so many days before each of `times`; NaN where there is none.

    By the local clock, so that a change to summer time shifts nothing: an hour that the earlier day skipped is the next one.
    The last of 24 hours across such a change may have its like only among themselves: it takes the value 24 hours back.
    """
    by_clock = history.reindex(local_time.same_time(times, days_before)).to_numpy(dtype=np.float64)
    elapsed = history.reindex(times - pd.Timedelta(hours=DAY_H * days_before)).to_numpy(dtype=np.float64)
    return np.where(np.isnan(by_clock), elapsed, by_clock)


def filled(history: pd.Series) -> pd.Series:
    """The history without gaps: the same hour a week before, else a day before, else a straight line; ends held."""
    values = history.copy()
    for days in (7, 1):
        for _turn in range(3):  # a gap may be longer than the step back
            gaps = pd.DatetimeIndex(values.index[values.isna()])
            if gaps.empty:
                return values
            values.loc[gaps] = same_hour(values, gaps, days)
    return values.interpolate(limit_direction="both")


def require_history(history: pd.Series, hours: int, share: float = 0.8) -> None:
    """Raise `TooLittleData` unless the last `hours` are there to at least `share` (0..1) and are not all the same."""
    last = history.iloc[-hours:]
    if len(last) < hours:
        raise TooLittleData(
            N_("%(days)s days of readings are too few: %(needed)s are needed"), days=len(history) // DAY_H, needed=hours // DAY_H
        )
    if (there := float(last.notna().mean())) < share:
        raise TooLittleData(
            N_("only %(there)s of the readings of the last %(needed)s days are there"),
            there=f"{100 * there:.0f} %",
            needed=hours // DAY_H,
        )
    if last.max() == last.min():
        raise TooLittleData(N_("the readings never change"))
