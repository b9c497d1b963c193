"""A forecast of the next day: honest about its error, its interval and its fallback."""

import math

import numpy as np
import pandas as pd
import pytest

from models import metrics
from models.forecast import arima, backtest, choice, clear_sky, hours, seasonal_naive, seen

LONDON = "Europe/London"
CAMPUS = (52.2, 0.12)


def building(days: int, end: str = "2026-06-16 10:00", noise: float = 3.0, zone: str = LONDON) -> pd.Series:
    """Hourly kW of a building whose truth is known: a working week, plus weather that lasts for days, plus noise."""
    last = pd.Timestamp(end, tz=zone)
    index = pd.date_range(last - pd.Timedelta(days=days) + hours.HOUR, last, freq="h")
    rng = np.random.default_rng(11)
    at_work = (index.day_of_week < 5) & (index.hour >= 8) & (index.hour < 18)
    weather = np.zeros(len(index))
    for step in range(1, len(index)):
        weather[step] = 0.99 * weather[step - 1] + rng.normal(scale=2)
    return pd.Series(100 + 80 * at_work + weather + rng.normal(scale=noise, size=len(index)), index=index)


def array(days: int, rating_kw: float = 50.0, cloud: bool = True) -> pd.Series:
    """Hourly kW of a PV array at the campus, ending at noon: the true clear sky times how clear each day was."""
    last = pd.Timestamp("2026-06-16 12:00", tz=LONDON)
    index = pd.date_range(last - pd.Timedelta(days=days) + hours.HOUR, last, freq="h")
    sky = clear_sky.clear_sky_irradiance(index, *CAMPUS) / 900
    day = (index - index[0]).days.to_numpy()
    clear = np.random.default_rng(5).uniform(0.2, 1.0, size=days + 1)[day] if cloud else np.ones(len(index))
    return pd.Series(np.minimum(rating_kw * sky * clear, rating_kw), index=index)


@pytest.fixture(scope="module")
def history() -> pd.Series:
    return building(44)


@pytest.fixture(scope="module")
def fitted(history: pd.Series) -> list[choice.Candidate]:
    before = backtest.before_last_days(history)
    made = []
    for season in (7, 1):
        model = arima.fit(before, season)
        made.append(choice.Candidate(model.name, model))
    return made


# The seasonal naive


def test_the_naive_repeats_last_week_by_the_clock_across_a_change_to_summer_time() -> None:
    known = building(30, end="2026-03-29 12:00")  # British summer time began that morning
    said = seasonal_naive.seasonal_naive(7)(known, hours.hours_after(known))
    at_work = hours.hours_after(known).get_loc(pd.Timestamp("2026-03-30 09:00", tz=LONDON))
    assert said.mean[at_work] == known[pd.Timestamp("2026-03-23 09:00", tz=LONDON)]


def test_the_naive_steps_over_a_week_that_was_not_measured() -> None:
    known = building(30)
    known.iloc[-200:-100] = np.nan
    said = choice.naive(known)
    assert np.isfinite(said.mean).all()


def test_the_first_day_is_enough_for_a_naive_forecast_without_a_claim_about_its_error() -> None:
    said = choice.naive(building(1))
    assert str(said.model) in ("same hour yesterday", "same hour last week")
    assert said.errors == {}


def test_less_than_a_day_is_no_history() -> None:
    with pytest.raises(hours.TooLittleData, match="less than a day"):
        choice.naive(building(30).iloc[-5:])


def test_no_reading_at_all_is_said_so() -> None:
    with pytest.raises(hours.TooLittleData, match="no readings yet"):
        choice.naive(building(3) * math.nan)


# ARIMA


def test_arima_beats_the_naive_where_there_is_something_to_learn(history: pd.Series, fitted: list[choice.Candidate]) -> None:
    said = choice.better_of(history, fitted)
    assert str(said.model).startswith("ARIMA(")
    assert said.fallback == ""
    assert said.skill > 0.05
    assert said.errors["wape"] < choice.naive(history).errors["wape"]


def test_the_interval_holds_about_what_it_promises() -> None:
    inside = []
    whole = building(44 + 24)
    for day in range(0, 24, 6):
        known, happened = whole.iloc[day * 24 : (day + 44) * 24], whole.iloc[(day + 44) * 24 :][:24]
        model = arima.fit(backtest.before_last_days(known), 7)
        said = choice.better_of(known, [choice.Candidate(model.name, model)])
        inside.append(metrics.coverage(happened, said.low, said.high))
        assert (said.low <= said.mean).all()
        assert (said.mean <= said.high).all()
    assert 0.75 <= np.mean(inside) <= 1


def test_order_and_parameters_are_all_that_is_needed_of_a_fitted_model(
    history: pd.Series, fitted: list[choice.Candidate]
) -> None:
    kept = fitted[0].model
    assert isinstance(kept, arima.Fitted)
    again = arima.Fitted(kept.season_days, kept.order, tuple(kept.parameters), kept.scale)
    ahead = hours.hours_after(history)
    np.testing.assert_allclose(again(history, ahead).mean, kept(history, ahead).mean)


def test_a_model_that_loses_on_the_last_week_is_not_shown_and_the_reason_is(history: pd.Series) -> None:
    def clueless(known: pd.Series, ahead: pd.DatetimeIndex) -> hours.Outlook:
        return hours.Outlook(np.full(len(ahead), known.max() * 2), np.ones(len(ahead)))

    said = choice.better_of(history, [choice.Candidate("crystal ball", clueless)])
    assert str(said.model).startswith("same hour")
    assert said.skill == 0
    assert "crystal ball had a larger error last week" in str(said.fallback)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda known: known.iloc[-20 * 24 :], "days of readings are too few"),
        (lambda known: known.where(np.arange(len(known)) % 2 == 0), "of the readings of the last"),
        (lambda known: known * 0 + 5, "never change"),
    ],
)
def test_arima_says_why_it_cannot_be_fitted(history: pd.Series, spoil, why: str) -> None:
    with pytest.raises(hours.TooLittleData, match=why):
        arima.fit(spoil(history), 7)


def test_a_day_that_lasts_25_hours_is_forecast_too() -> None:
    known = building(44, end="2026-10-25 09:00")
    model = arima.fit(known, 1)
    assert np.isfinite(model(known, hours.hours_after(known)).mean).all()


# PV


def test_the_sun_stands_where_almanacs_say() -> None:
    noon = pd.DatetimeIndex([pd.Timestamp("2026-06-21 12:02", tz="UTC"), pd.Timestamp("2026-12-21 11:58", tz="UTC")])
    # 90° − latitude ± the obliquity of the ecliptic
    np.testing.assert_allclose(clear_sky.elevation(noon, 51.48, 0.0), [61.96, 15.08], atol=0.3)
    sunset = pd.DatetimeIndex([pd.Timestamp("2026-06-21 20:21", tz="UTC")])  # Greenwich, almanac
    np.testing.assert_allclose(clear_sky.elevation(sunset, 51.48, 0.0), [-0.83], atol=0.7)


def test_pv_is_zero_at_night_and_stays_within_zero_and_its_rating() -> None:
    known = array(44)
    ahead = hours.hours_after(known)
    night = clear_sky.nights(ahead, *CAMPUS)
    bounds = choice.Bounds(0, 50.0, night)
    model = clear_sky.clear_sky(*CAMPUS, rating_kw=50.0)
    for said in (choice.better_of(known, [choice.Candidate("clear sky", model)], bounds), choice.naive(known, bounds)):
        assert night.sum() >= 5
        for values in (said.mean, said.low, said.high):
            assert (values[night] == 0).all()
            assert values.min() >= 0
            assert values.max() <= 50


def test_under_an_unbroken_clear_sky_the_forecast_is_nearly_exact() -> None:
    whole = array(31, cloud=False)
    known, happened = whole.iloc[:-24], whole.iloc[-24:]
    said = clear_sky.clear_sky(*CAMPUS)(known, hours.hours_after(known))
    assert metrics.wape(happened, said.mean) < 0.02


def test_an_array_that_never_saw_daylight_is_not_forecast() -> None:
    polar = array(20) * 0
    with pytest.raises(hours.TooLittleData):
        clear_sky.clear_sky(*CAMPUS)(polar, hours.hours_after(polar))


# The grid of hours


def test_times_that_are_not_whole_hours_are_refused() -> None:
    known = building(3)
    known.index = known.index + pd.Timedelta(minutes=10)
    with pytest.raises(ValueError, match="whole hours"):
        hours.whole_hours(known)


def test_gaps_are_filled_from_the_week_before() -> None:
    known = building(20)
    holed = known.copy()
    holed.iloc[-30] = np.nan
    assert hours.filled(holed).iloc[-30] == known.iloc[-30 - 168]


# What has not been seen


def test_a_forecast_that_goes_on_rising_is_not_shown_without_a_word() -> None:
    known = building(44, end="2026-06-18 10:00", noise=0.0)  # a Thursday; its Fridays reach some 200 kW
    ahead = hours.hours_after(known)
    usual = seasonal_naive.seasonal_naive(7)(known, ahead).mean
    assert seen.unseen(known, ahead, usual) is None
    noon = ahead.get_loc(pd.Timestamp("2026-06-19 10:00", tz=LONDON))
    rising = usual * np.where(np.arange(24) == noon, 1.3, 1.0)
    found = seen.unseen(known, ahead, rising)
    assert found is not None
    fridays = known[(known.index.day_of_week == 4) & (known.index.hour >= 9) & (known.index.hour <= 11)]
    assert (found.at, found.forecast) == (ahead[noon], rising[noon])
    assert found.seen == pytest.approx(fridays.max())
    assert found.days == 6


def test_a_forecast_below_anything_seen_is_told_too_and_little_data_tells_nothing() -> None:
    known = building(44)
    ahead = hours.hours_after(known)
    found = seen.unseen(known, ahead, np.zeros(24))
    assert found is not None
    assert found.forecast == 0 < found.seen
    assert seen.unseen(known.iloc[-10 * 24 :], ahead, np.zeros(24)) is None
    assert seen.unseen(known * np.nan, ahead, np.zeros(24)) is None


def test_the_shown_forecast_carries_what_is_unseen_of_it() -> None:
    known = building(44)

    def crystal_ball(_history: pd.Series, ahead: pd.DatetimeIndex) -> hours.Outlook:
        return hours.Outlook(building(60, end="2026-06-30 10:00").reindex(ahead).to_numpy() + 500, np.ones(len(ahead)))

    said = choice._forecast(choice.Candidate("too high", crystal_ball), known, choice.ANYTHING)
    assert said.unseen is not None
    assert said.unseen.forecast > said.unseen.seen
