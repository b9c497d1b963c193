"""A forecast keeps its time budget whatever the model does, and says what it shows instead."""

import sys
import time

import numpy as np
import pandas as pd
import pytest

from insight.forecast import fitting
from models.forecast import choice
from models.forecast.hours import TooLittleData


@pytest.fixture(scope="module")
def history() -> pd.Series:
    index = pd.date_range("2026-05-01", periods=44 * 24, freq="h", tz="Europe/London")
    rng = np.random.default_rng(3)
    weather = np.cumsum(rng.normal(size=len(index))) * 0.5
    values = 100 + 60 * ((index.day_of_week < 5) & (index.hour > 7) & (index.hour < 18)) + weather + rng.normal(size=len(index))
    return pd.Series(values, index=index)


def test_arima_is_fitted_in_a_process_of_its_own_and_tells_how_far_it_is(history: pd.Series) -> None:
    told: list[tuple[int, int]] = []
    said = fitting.best_arima(history, choice.Bounds(0), 200, lambda *counts: told.append(counts))
    assert str(said.model).startswith("ARIMA(")
    assert said.fallback == ""
    assert said.start == history.index[-1] + pd.Timedelta(hours=1)
    assert [done for done, _ in told] == list(range(len(told)))
    assert {of for _, of in told} == {len(told)}


def test_a_fit_that_hangs_costs_its_budget_and_the_fallback_says_so(history: pd.Series) -> None:
    hanging = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]
    began = time.monotonic()
    said = fitting.best_arima(history, choice.Bounds(0), 0.5, lambda *_: None, hanging)
    assert time.monotonic() - began < 60  # of 600
    assert str(said.model).startswith("same hour")
    assert str(said.fallback) == "ARIMA did not finish within 0.5 s"
    assert said.errors["wape"] > 0


def test_a_fit_that_breaks_is_a_stated_fallback_too(history: pd.Series) -> None:
    said = fitting.best_arima(history, choice.Bounds(0), 30, lambda *_: None, [sys.executable, "-c", "raise SystemExit(3)"])
    assert str(said.fallback) == "ARIMA could not be fitted"


def test_what_was_best_when_the_time_was_up_is_shown(history: pd.Series) -> None:
    plain = fitting.to_plain(choice.naive(history)) | {"model": "ARIMA(1, 0, 0)"}
    slow = [sys.executable, "-c", f"import time; print({fitting.json.dumps({'forecast': plain})!r}, flush=True); time.sleep(600)"]
    said = fitting.best_arima(history, choice.Bounds(0), 3, lambda *_: None, slow)
    assert said.model == "ARIMA(1, 0, 0)"
    assert said.fallback == ""


def test_too_short_a_history_says_what_arima_needs(history: pd.Series) -> None:
    said = fitting.best_arima(history.iloc[-20 * 24 :], choice.Bounds(0), 60, lambda *_: None)
    assert str(said.model).startswith("same hour")
    assert "days of readings are too few" in str(said.fallback)


def test_nothing_measured_is_no_forecast(history: pd.Series) -> None:
    with pytest.raises(TooLittleData, match="no readings yet"):
        fitting.best_arima(history * np.nan, choice.Bounds(0), 60, lambda *_: None)


def test_a_forecast_survives_the_way_through_json(history: pd.Series) -> None:
    said = choice.naive(history)
    again = fitting.from_plain(fitting.json.loads(fitting.json.dumps(fitting.to_plain(said))))
    np.testing.assert_array_equal(again.mean, said.mean)
    assert (again.model, again.start, again.errors) == (said.model, said.start, said.errors)
