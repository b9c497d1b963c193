"""PV by clear-sky-scaled persistence: tomorrow's clear sky, times how clear it has been.

Night is zero, the output is at least zero and at most the rating. Sources: declination and equation of time, Spencer (1971);
clear-sky irradiance, Haurwitz (1945), as in pvlib's `clearsky.haurwitz`; persistence of the clear-sky index, Perez et al. (2010).
"""

import numpy as np
import pandas as pd

from config.language import N_
from models.forecast.hours import DAY_H, Model, Outlook, TooLittleData, Values, require_history

LOOK_BACK_DAYS = 28
USUAL_DAYS = 14
DAYLIGHT_W_M2 = 20.0  # below, the ratio of output to clear sky is noise
LEAST_SPREAD = 0.15  # of the day's greatest, in daylight
HORIZON_DEG = -0.833  # the sun's upper edge on the horizon, with refraction
DRAWS = (0.0, 0.25, 0.5, 0.75, 1.0)


def elevation(times: pd.DatetimeIndex, latitude: float, longitude: float) -> Values:
    """The sun's height above the horizon in degrees (−90..90), right to about half a degree.

    Args:
        times: zone-aware.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
    """
    utc = times.tz_convert("UTC")
    day = 2 * np.pi * (utc.day_of_year.to_numpy() - 1) / 365
    declination = (
        0.006918 - 0.399912 * np.cos(day) + 0.070257 * np.sin(day) - 0.006758 * np.cos(2 * day)
        + 0.000907 * np.sin(2 * day) - 0.002697 * np.cos(3 * day) + 0.00148 * np.sin(3 * day)
    )  # fmt: skip
    equation_min = 229.18 * (
        0.000075 + 0.001868 * np.cos(day) - 0.032077 * np.sin(day) - 0.014615 * np.cos(2 * day) - 0.04089 * np.sin(2 * day)
    )
    hours = utc.hour.to_numpy() + utc.minute.to_numpy() / 60 + longitude / 15 + equation_min / 60
    hour_angle = np.deg2rad(15 * (hours - 12))
    phi = np.deg2rad(latitude)
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    heights: Values = np.rad2deg(np.arcsin(np.clip(sine, -1, 1)))
    return heights


def clear_sky_irradiance(hours: pd.DatetimeIndex, latitude: float, longitude: float) -> Values:
    """Mean irradiance on the level under a clear sky (W/m², 0..1100) of the hours that start at `hours`; 0 at night."""
    minutes = [hours + pd.Timedelta(minutes=minute) for minute in range(5, 60, 10)]
    total = np.zeros(len(hours))
    for times in minutes:
        cosine = np.sin(np.deg2rad(elevation(times, latitude, longitude)))
        up = cosine > 0.01
        total[up] += 1098 * cosine[up] * np.exp(-0.057 / cosine[up])
    return total / len(minutes)


def nights(hours: pd.DatetimeIndex, latitude: float, longitude: float) -> np.ndarray:
    """Which of the hours that start at `hours` pass without any sun, shape (n,) of booleans."""
    parts = [elevation(hours + pd.Timedelta(minutes=minute), latitude, longitude) for minute in range(0, 61, 10)]
    return np.asarray(np.max(parts, axis=0) < HORIZON_DEG)


def clear_sky(latitude: float, longitude: float, rating_kw: float | None = None) -> Model:
    """The model of a PV array there. `rating_kw` bounds its output; without one the greatest seen value does.

    Output over clear-sky irradiance, hour by hour, is the array's index: it carries tilt, direction and shade as well as cloud.
    Tomorrow's is yesterday's drawn towards the median of two weeks, as far as that would have been right lately.
    """

    def outlook(history: pd.Series, ahead: pd.DatetimeIndex) -> Outlook:
        days = min(LOOK_BACK_DAYS, len(history) // DAY_H)
        require_history(history, 3 * DAY_H, share=0.5)
        recent = history.iloc[-days * DAY_H :]
        sky = clear_sky_irradiance(pd.DatetimeIndex(recent.index), latitude, longitude)
        production = recent.to_numpy(dtype=np.float64)
        # One row a day, the last day first; its columns are the hours of `ahead`, a whole number of days earlier.
        skies = sky.reshape(days, DAY_H)[::-1]
        index = np.full(days * DAY_H, np.nan)
        np.divide(production, sky, out=index, where=sky > DAYLIGHT_W_M2)
        index = index.reshape(days, DAY_H)[::-1]
        if not np.isfinite(index).any():
            raise TooLittleData(N_("there was no daylight in the readings"))
        drawn = min(DRAWS, key=lambda share: _error(index, skies, share))
        expected = _expected(index, drawn)
        sky_ahead = clear_sky_irradiance(ahead, latitude, longitude)
        ceiling = rating_kw if rating_kw is not None else float(np.nanmax(production))
        misses = np.array([index[day] - _expected(index[day + 1 :], drawn) for day in range(min(USUAL_DAYS, days - 1))])
        spread = _usual_size(misses) * sky_ahead
        # Errors are judged in units of the spread: one that is next to nothing at sunrise would blow up noon's interval.
        spread = np.where(sky_ahead > 0, np.maximum(spread, LEAST_SPREAD * spread.max()), 0.0)
        return Outlook(np.clip(expected * sky_ahead, 0, ceiling), spread)

    return outlook


def _expected(index: Values, share: float) -> Values:
    """The next day's index by hour: so much of the usual one (median), the rest of the last day's; 0 where none is known."""
    last = index[0]
    usual = _median(index[:USUAL_DAYS])
    return np.nan_to_num(np.where(np.isnan(last), usual, share * usual + (1 - share) * last))


def _error(index: Values, skies: Values, share: float) -> float:
    """Sum of absolute errors (kW) over the last days, had each been forecast from those before it."""
    days = range(min(USUAL_DAYS, len(index) - 1))
    return float(sum(np.nansum(np.abs(index[day] - _expected(index[day + 1 :], share)) * skies[day]) for day in days))


def _usual_size(misses: Values) -> Values:
    """Root mean square by hour, drawn a fifth towards that of all hours, for one hour has few days to learn from."""
    squares = np.square(misses)
    known = np.isfinite(squares)
    overall = float(squares[known].mean()) if known.any() else 0.0
    count = known.sum(axis=0)
    by_hour = np.where(count > 0, np.where(known, squares, 0).sum(axis=0) / np.maximum(count, 1), overall)
    return np.asarray(np.sqrt(0.8 * by_hour + 0.2 * overall))


def _median(rows: Values) -> Values:
    """Column medians without the NaN, and without numpy's warning where a column has nothing else."""
    known = np.isfinite(rows).any(axis=0)
    medians = np.full(rows.shape[1], np.nan)
    medians[known] = np.nanmedian(rows[:, known], axis=0)
    return medians
