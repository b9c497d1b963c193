"""The bars of a meter's energy: a gap is no zero, what is incomplete is paler, and each direction has its name."""

from datetime import UTC, datetime, timedelta

import numpy as np

from dashboard.figures.meter_energy import Bars, figure, summary

DAYS = [datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=n) for n in range(3)]


def bars(forward: list[float], backward: list[float], coverage: list[float]) -> Bars:
    return Bars(DAYS, np.array(forward), np.array(backward), np.array(coverage), ("produced", "drawn"))


def test_a_day_without_readings_has_no_bar_and_one_with_few_is_paler() -> None:
    drawn = figure(bars([12, 0, 5], [0, 0, 0], [1, 0, 0.4]), "day")
    (only,) = drawn["data"]
    assert only["y"] == [12, None, 5]
    assert only["marker"]["color"] == ["@demand", "@demand/0.5", "@demand/0.5"]
    assert only["xperiod"] == 86_400_000


def test_what_went_the_other_way_is_below_zero_and_named() -> None:
    drawn = figure(bars([12, 3, 5], [0, 2, 1], [1, 1, 1]), "day")
    assert [each["name"] for each in drawn["data"]] == ["Produced", "Drawn"]
    assert drawn["data"][1]["y"] == [0, -2, -1]
    assert summary(bars([12, 3, 5], [0, 2, 1], [1, 1, 1])) == "20 kWh produced, 3 kWh drawn."


def test_the_sentence_tells_what_is_missing() -> None:
    assert summary(bars([0, 0, 0], [0, 0, 0], [0, 0, 0])) == "No values in this period."
    assert "2 of 3 bars are of incomplete data" in summary(bars([12, 0, 5], [0, 0, 0], [1, 0, 0.4]))
