"""Errors of a forecast mean what their names say."""

import doctest
import math

import numpy as np
import pytest

from models import metrics


def test_every_example_in_the_docstrings_holds() -> None:
    ran = doctest.testmod(metrics)
    assert ran.attempted >= 7
    assert ran.failed == 0


def test_steps_that_nobody_measured_are_left_out() -> None:
    assert metrics.wape([100, math.nan, 300], [90, 5, 310]) == pytest.approx(20 / 400)
    assert metrics.coverage([1, math.nan], [0, 0], [2, 2]) == 1.0


def test_a_forecast_of_much_where_little_was_is_as_wrong_as_it_is() -> None:
    """Steps of zero neither make the error infinite nor count as no error at all."""
    actual = [0.0] * 7 + [74.0] + [0.0] * 5
    forecast = [301.9, 42.2, 250.3, 37.3, 280.4, 232.1, 36.2, 57.49, 265.9, 33.3, 320.1, 40.6, 34.1]
    assert metrics.wape(actual, forecast) == pytest.approx(1890.91 / 74)
    assert metrics.mase(actual, forecast, history=[0, 74, 0, 74], season=1) == pytest.approx(1890.91 / 13 / 74)


@pytest.mark.parametrize("metric", [metrics.wape, metrics.cvrmse, metrics.nmbe])
def test_a_metric_without_meaning_is_nan_and_not_an_error(metric) -> None:
    assert math.isnan(metric([0, 0], [1, 2]))
    assert math.isnan(metric([], []))


def test_series_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="equal length"):
        metrics.wape([1, 2], [1, 2, 3])


def test_the_seasonal_naive_itself_has_a_mase_of_one_in_sample() -> None:
    rng = np.random.default_rng(7)
    values = 100 + rng.normal(size=500)
    assert metrics.mase(values[24:], values[:-24], history=values, season=24) == pytest.approx(1)


def test_the_true_quantile_has_the_least_pinball_loss() -> None:
    values = np.random.default_rng(7).normal(size=20_000)
    losses = {q: metrics.pinball(values, np.full_like(values, q), 0.95) for q in (1.0, 1.645, 2.3)}
    assert min(losses, key=losses.__getitem__) == 1.645


def test_a_quantile_outside_of_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        metrics.pinball([1], [1], 95)
