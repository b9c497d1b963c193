"""What the history says of some days: how much, where it is going, and nothing that its numbers do not say."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dashboard.energy import history_words
from dashboard.parts.reading import Reader
from insight.history import EFFICIENCY, LOAD, POWER, History, Loading, Patterns, Peak, System
from insight.subjects import Subject
from models import statistics
from models.trend import Trend

NAN = float("nan")
ZONE = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 10, 10, 15, tzinfo=UTC)
POWERS = np.array([20.0, 40.0])
TOLD = History(
    subject=Subject("sit_a", "Campus", "site", "demand", "imported", "exported"),
    shown=POWER,
    offered=[POWER, EFFICIENCY, LOAD],
    finest="quarter",
    edges=pd.date_range("2026-03-10", periods=3, freq="h", tz="UTC"),
    values=POWERS,
    before=POWERS,
    kwh=12_340.0,
    change=0.123,
    coverage=1.0,
    provisional=False,
    usual_day_kwh=400.0,
    trend=Trend(2.0, certain=True),
    mean_kw=30.0,
    base_kw=20.0,
    load_factor=0.75,
    peaks=[Peak(40.0, AT)],
    duration=statistics.load_duration(POWERS),
    patterns=Patterns(np.full((2, 24), NAN), np.full(7, NAN), np.full(12, NAN)),
    system=System(1000.0, 50.0, 28, 30),
    loading=Loading(160.0, 0.25, 0.5, AT),
)


def says(**changed: object) -> str:
    return history_words.says(replace(TOLD, **changed), 30, ZONE, Reader())  # type: ignore[arg-type]


def test_days_are_told_in_a_few_sentences() -> None:
    assert says() == (
        "Campus: 12.3 MWh in 30 days, 12 % more than in as many days before. "
        "It is rising: a day takes 14.0 kWh (3.5 %) more with each week. "
        "Most was drawn on Tue 10 Mar 2026 11:15: 40.0 kW."
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"change": -0.05}, "12.3 MWh in 30 days, 5.0 % less than in as many days before."),
        ({"change": 0.001}, "12.3 MWh in 30 days, as much as in as many days before."),
        ({"change": NAN}, "Campus: 12.3 MWh in 30 days. It"),
        ({"trend": Trend(-2.0, certain=True)}, "It is falling: a day takes 14.0 kWh (3.5 %) less with each week."),
        ({"trend": Trend(2.0, certain=False)}, "There is no clear trend"),
        ({"trend": Trend(NAN, certain=False)}, "Too few whole days tell of a trend."),
        ({"usual_day_kwh": 0.0}, "a day takes 14.0 kWh more with each week."),
        ({"coverage": 0.87}, "87 % of the expected readings are there."),
        ({"provisional": True}, "Some of it may still change"),
        ({"shown": EFFICIENCY}, "System efficiency: 95.0 % (50.0 kWh of 1.00 MWh lost, of 28 of 30 days). Campus:"),
        ({"shown": EFFICIENCY, "system": System(0.0, 0.0, 0, 30)}, "System efficiency: not known"),
        ({"shown": LOAD}, "Load: 25 % (on average; at most 50 % of 160 kW on Tue 10 Mar 2026 11:15). Campus:"),
    ],
)
def test_each_number_has_its_words(changed: dict[str, object], said: str) -> None:
    assert said in says(**changed)


def test_of_nothing_nothing_is_said() -> None:
    nothing = {"kwh": NAN, "change": NAN, "coverage": NAN, "mean_kw": NAN, "base_kw": NAN, "load_factor": NAN}
    told = replace(TOLD, **nothing, peaks=[], system=None, loading=None)  # type: ignore[arg-type]
    assert history_words.says(told, 30, ZONE, Reader()) == "There is no data of these days."
    assert history_words.facts(told, ZONE, Reader()) == {"Energy": ("–", "")}


def test_facts_are_named_as_their_steps_are() -> None:
    facts = history_words.facts(TOLD, ZONE, Reader())
    assert facts["Highest quarter of an hour"] == ("40.0 kW", "")
    assert facts["Against the days before"] == ("+12 %", "")
    assert facts["Load factor"] == ("75 %", "")
    assert facts["System efficiency"] == ("95.0 %", "50.0 kWh of 1.00 MWh lost, of 28 of 30 days")
    assert "Highest hour" in history_words.facts(replace(TOLD, finest="hour"), ZONE, Reader())
