"""The figure of periods beside each other: one axis for all, named by its days, gaps as gaps, few bytes."""

import gzip

import numpy as np
import orjson

from dashboard.figures import compared
from dashboard.figures.compared import TOKENS, Axis, Line

DAYS = [f"{day} Mar" for day in range(1, 32)]


def test_all_lines_stand_on_one_axis_that_is_counted_and_named() -> None:
    values = np.arange(31.0)
    values[3] = np.nan
    figure = compared.figure([Line("March", values, "accent"), Line("<b>", values + 1, "pv", "dash")], Axis(DAYS, 1440), "kWh")
    one, other = figure["data"]
    assert (one["x0"], one["dx"]) == (other["x0"], other["dx"]) == ("1970-01-01T12:00:00Z", 86_400_000)
    assert one["y"][:5] == [0.0, 1.0, 2.0, None, 4.0]
    assert (other["name"], other["line"]["dash"]) == ("&lt;b&gt;", "dash")
    assert figure["layout"]["meta"]["clock"] == {"days": DAYS, "step": 1440}
    assert figure["layout"]["xaxis"]["range"] == ["1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"]
    assert figure["layout"]["yaxis"]["title"]["text"] == "kWh"


def test_hours_since_a_start_have_no_days_and_a_band_has_two_edges() -> None:
    hours = np.ones(5)
    figure = compared.figure([Line("Ahead", hours, "storage", "dash", low=hours / 2, high=hours * 2)], Axis([], 60), "kW")
    assert figure["layout"]["meta"]["clock"] == {"step": 60}
    assert figure["data"][0]["meta"]["low"] == [0.5] * 5
    assert figure["data"][0]["meta"]["high"] == [2.0] * 5


def test_as_many_values_as_a_page_offers_are_few_bytes() -> None:
    random = np.random.default_rng(1)
    drawn = [Line(f"Hall {n}", random.uniform(0, 500, 1500), token) for n, token in enumerate(TOKENS)]
    sent = orjson.dumps(compared.figure(drawn, Axis(DAYS * 2, 60), "kW"))
    assert len(gzip.compress(sent)) <= 60_000


def test_nothing_to_draw_is_said() -> None:
    assert "No values" in compared.summary([Line("March", np.full(3, np.nan), "accent")], "kWh")
    assert compared.figure([], Axis([], 1440), "kWh")["data"] == []
    assert compared.figure([Line("None", np.zeros(0), "accent")], Axis([], 1440), "kWh")["data"][0]["y"] == []
