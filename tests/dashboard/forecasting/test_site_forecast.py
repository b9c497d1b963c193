"""A site's forecast: of what the asking person sees, kept for whoever sees the same, as long as the data are the same."""

from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from config import language
from config.language import Told, told
from dashboard.forecasting import wording
from dashboard.forecasting.controls import ahead
from models.forecast import choice
from models.forecast.hours import TooLittleData
from store.errors import NotFound
from store.scope import Scope
from tests.dashboard import pseudo
from tests.dashboard.forecasting.homes import Homes


def test_demand_and_production_are_forecast_each_with_its_error_and_its_band(homes: Homes) -> None:
    homes.settings = homes.settings.model_copy(update={"forecast_budget_s": 60.0})
    made = homes.forecast(homes.operator)
    demand, production = made["demand"], made["production"]
    assert told(demand["model"]).startswith("ARIMA(") or "ARIMA" in told(demand["fallback"])
    assert len(demand["mean"]) == len(demand["low"]) == len(production["mean"]) == 24
    assert pd.Timestamp(demand["start"]) == homes.now.replace(minute=0)
    assert 0 <= min(production["low"]) <= max(production["high"]) <= 10
    midnight = 24 - pd.Timestamp(production["start"]).tz_convert("Europe/London").hour
    assert production["mean"][midnight % 24] == 0
    said = wording.lines(made)
    assert said[0].startswith(f"Demand: {told(demand['model'])}")
    assert "Error over the last week" in said[0]
    assert said[-1] == wording.BAND
    overlay = ahead(made)
    assert set(overlay) == {"demand", "production"}
    assert all(set(one) == {"start", "step_s", "mean", "low", "high"} for one in overlay.values())


def test_when_the_time_is_up_the_fallback_says_so(homes: Homes) -> None:
    made = homes.forecast(homes.operator)
    assert told(made["demand"]["model"]).startswith("same hour")
    assert "did not finish within" in told(made["demand"]["fallback"])
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


def test_how_far_it_is_is_told_as_a_share_that_grows_and_what_is_being_done_in_words(homes: Homes) -> None:
    homes.settings = homes.settings.model_copy(update={"forecast_budget_s": 60.0})
    homes.forecast(homes.operator)
    shares = [share for share, _ in homes.told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    said = [wording.stage(told) for _, told in homes.told]
    assert said[:3] == [
        "Reading the last six weeks",
        "Production: looking at the last weeks",
        "Demand: looking at the last weeks",
    ]
    assert said[3].startswith("Demand: fitting model 1 of ")


def test_a_site_without_readings_has_no_forecast(homes: Homes) -> None:
    load = homes._meter("New home", homes.bus, homes._node("New home", "sink"))
    alone = Scope(user_id="usr_new", part_site_ids=frozenset({homes.id}), meter_ids=frozenset({load}))
    with pytest.raises(TooLittleData, match="no readings yet"):
        homes.forecast(alone)


ONE = {"errors": {"wape": 0.1}, "skill": 0.0, "unseen": None}


def test_what_the_worker_says_is_worded_in_the_readers_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.write(tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    late = Told("ARIMA did not finish within %(seconds)s s", {"seconds": "60"})
    kept = msgspec.json.decode(msgspec.json.encode({"model": choice.NAIVE_NAMES[7].plain(), "fallback": late.plain(), **ONE}))
    assert wording.told(kept).startswith("same hour last week, because ARIMA did not finish within 60 s.")
    with language.speaking(pseudo.LANGUAGE):
        assert pseudo.words(wording.told(kept), set()) == set()


def test_what_was_kept_in_words_is_still_shown() -> None:
    kept = {"model": "same hour yesterday", "fallback": "crystal ball had a larger error last week (20.0% against 8.0%)", **ONE}
    assert wording.told(kept).startswith(
        "same hour yesterday, because crystal ball had a larger error last week (20.0% against 8.0%)."
    )
