"""A site's forecast: of what the asking person sees, kept for whoever sees the same, as long as the data are the same."""

import os
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard.forecasting import wording
from dashboard.forecasting.controls import ahead
from insight.forecast import site_forecast as module
from insight.forecast.places import Places
from insight.forecast.site_forecast import Busy
from models.forecast.hours import TooLittleData
from store.errors import NotFound
from store.scope import Scope
from tests.dashboard.forecasting.homes import Homes


def test_demand_and_production_are_forecast_each_with_its_error_and_its_band(homes: Homes) -> None:
    homes.settings = homes.settings.model_copy(update={"forecast_budget_s": 60.0})
    made = homes.forecast(homes.operator)
    demand, production = made["demand"], made["production"]
    assert demand["model"].startswith("ARIMA(") or "ARIMA" in demand["fallback"]
    assert len(demand["mean"]) == len(demand["low"]) == len(production["mean"]) == 24
    assert pd.Timestamp(demand["start"]) == homes.now.replace(minute=0)
    assert 0 <= min(production["low"]) <= max(production["high"]) <= 10
    midnight = 24 - pd.Timestamp(production["start"]).tz_convert("Europe/London").hour
    assert production["mean"][midnight % 24] == 0
    said = wording.lines(made)
    assert said[0].startswith(f"Demand: {demand['model']}")
    assert "Error over the last week" in said[0]
    assert said[-1] == wording.BAND
    overlay = ahead(made)
    assert set(overlay) == {"demand", "production"}
    assert all(set(one) == {"start", "step_s", "mean", "low", "high"} for one in overlay.values())


def test_when_the_time_is_up_the_fallback_says_so(homes: Homes) -> None:
    made = homes.forecast(homes.operator)
    assert made["demand"]["model"].startswith("same hour")
    assert "did not finish within" in made["demand"]["fallback"]
    assert "because ARIMA did not finish" in wording.lines(made)[0]


def test_the_same_question_is_computed_once(homes: Homes) -> None:
    first = homes.forecast(homes.operator)
    homes.told.clear()
    assert homes.forecast(homes.operator) == first
    assert homes.told == []


def test_a_neighbour_never_gets_anothers_forecast(homes: Homes) -> None:
    whole = np.sum(homes.forecast(homes.operator)["demand"]["mean"])
    small, large = (np.sum(homes.forecast(scope)["demand"]["mean"]) for scope in homes.neighbours)
    assert large > 5 * small
    assert whole == pytest.approx(small + large, rel=0.01)
    assert homes.forecast(homes.neighbours[0])["production"] is None


def test_whoever_sees_nothing_of_the_site_is_told_that_there_is_none(homes: Homes) -> None:
    homes.forecast(homes.operator)
    with pytest.raises(NotFound):
        homes.forecast(Scope(user_id="usr_stranger"))


def test_corrected_readings_make_a_new_forecast(homes: Homes) -> None:
    first = homes.forecast(homes.operator)
    end = homes.now.replace(minute=0)
    day = pd.date_range(end - timedelta(days=7), end, freq="h", inclusive="left")
    homes.write(homes.loads[1], day, np.full(len(day), 500.0))
    assert np.sum(homes.forecast(homes.operator)["demand"]["mean"]) > 3 * np.sum(first["demand"]["mean"])


def test_when_enough_are_computing_one_waits_says_so_and_gives_up_in_the_end(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.5)
    folder = homes.settings.home / "cache" / "forecasts"
    others = [Places(folder, "computing", homes.settings.forecast_at_once).take() for _ in range(homes.settings.forecast_at_once)]
    with pytest.raises(Busy, match="Try again in a minute"):
        homes.forecast(homes.operator)
    assert "Waiting: 2 other forecasts are being computed" in homes.told
    assert others[0] is not None
    os.close(others[0])
    assert homes.forecast(homes.operator)["demand"]
    assert others[1] is not None
    os.close(others[1])


def test_a_site_without_readings_has_no_forecast(homes: Homes) -> None:
    load = homes._meter("New home", homes.bus, homes._node("New home", "sink"))
    alone = Scope(user_id="usr_new", part_site_ids=frozenset({homes.id}), meter_ids=frozenset({load}))
    with pytest.raises(TooLittleData, match="no readings yet"):
        homes.forecast(alone)
