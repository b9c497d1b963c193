"""How wrong a forecast was: pure functions of what happened and what was said would happen.

Shapes: `actual` and `forecast` are one-dimensional and of equal length, in the same unit; steps where either is NaN are
left out. A metric that is not defined for its input (a zero mean, no step left) is NaN, never an exception.

Sources: Hyndman and Koehler (2006) for MASE; ASHRAE Guideline 14-2014, 5.3.2.4 for CVRMSE and NMBE;
Koenker and Bassett (1978) for the pinball loss. Every function gives an example that the tests run.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def _pairs(actual: ArrayLike, *others: ArrayLike) -> tuple[Values, ...]:
    """The columns as floats of one length, without the steps where any is NaN."""
    columns = [np.asarray(column, dtype=np.float64) for column in (actual, *others)]
    if any(column.shape != columns[0].shape or column.ndim != 1 for column in columns):
        raise ValueError(f"series of equal length are needed, not {[column.shape for column in columns]}")
    known = np.all([np.isfinite(column) for column in columns], axis=0)
    return tuple(column[known] for column in columns)


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted absolute percentage error: sum of |error| over sum of |actual|; a share, 0 is perfect, no upper bound.

    Unlike MAPE it is defined where single values are zero, as PV is at night.

    >>> wape([100, 0, 300], [90, 10, 300])
    0.05
    """
    a, f = _pairs(actual, forecast)
    return _ratio(float(np.abs(a - f).sum()), float(np.abs(a).sum()))


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season: int) -> float:
    """Mean absolute scaled error: mean |error| over that of the in-sample naive of `season` steps; below 1 is better than it.

    Args:
        actual: what happened, any unit.
        forecast: what was forecast for the same steps, same unit.
        history: the values the model was trained on, same unit, in order, without missing steps (NaN where unknown).
        season: steps of a season, 24 for hourly values that repeat every day.

    >>> mase([5, 6], [5, 7], history=[1, 2, 3, 4], season=1)
    0.5
    """
    a, f = _pairs(actual, forecast)
    past = np.asarray(history, dtype=np.float64)
    changes = np.abs(past[season:] - past[:-season])
    changes = changes[np.isfinite(changes)]
    if not len(a) or not len(changes):
        return float("nan")
    return _ratio(float(np.abs(a - f).mean()), float(changes.mean()))


def cvrmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root mean square error over the mean of what happened; a share, 0 is perfect (ASHRAE accepts 0.30 for hourly values).

    >>> cvrmse([100, 100], [90, 110])
    0.1
    """
    a, f = _pairs(actual, forecast)
    if not len(a):
        return float("nan")
    return _ratio(float(np.sqrt(np.square(a - f).mean())), abs(float(a.mean())))


def nmbe(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Normalised mean bias error: mean of (forecast − actual) over the mean of actual; positive = forecast too high.

    >>> nmbe([100, 100], [90, 130])
    0.1
    """
    a, f = _pairs(actual, forecast)
    if not len(a):
        return float("nan")
    return _ratio(float((f - a).mean()), abs(float(a.mean())))


def pinball(actual: ArrayLike, quantile_forecast: ArrayLike, quantile: float) -> float:
    """Mean pinball loss of a forecast quantile (0 < `quantile` < 1), in the values' unit; 0 is perfect.

    >>> pinball([10, 10], [8, 12], quantile=0.9)
    1.0
    """
    if not 0 < quantile < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {quantile}")
    a, q = _pairs(actual, quantile_forecast)
    if not len(a):
        return float("nan")
    return float(np.maximum(quantile * (a - q), (quantile - 1) * (a - q)).mean())


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share (0..1) of the steps that ended within their interval, its ends included; the nominal share is perfect.

    >>> coverage([1, 2, 3, 4], low=[0, 0, 0, 0], high=[3, 3, 3, 3])
    0.75
    """
    a, lo, hi = _pairs(actual, low, high)
    return float(((lo <= a) & (a <= hi)).mean()) if len(a) else float("nan")


def skill(error: float, reference_error: float) -> float:
    """Share of the reference's error that a model saves: 1 is perfect, 0 no better, negative worse than the reference.

    >>> skill(error=6.0, reference_error=8.0)
    0.25
    """
    return 1 - _ratio(error, reference_error)
