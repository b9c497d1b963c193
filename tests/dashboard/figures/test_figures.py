"""What the figures promise: colours by name, names made harmless, gaps as gaps, few bytes."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pytest

from dashboard import theme
from dashboard.figures import map as site_map
from dashboard.figures import plan, production_demand, sankey, wording
from dashboard.figures.map import Place
from dashboard.figures.plan import Standing
from dashboard.figures.production_demand import Ahead, Course
from models import flows
from models.graph import Node
from models.sankey_links import links
from tests.models.test_flows import CAMPUS, READINGS

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def course(steps: int, step_s: int = 900, arrays: int = 1) -> Course:
    day = 100 + 50 * np.sin(np.arange(steps) / 15)
    return Course(
        NOW - timedelta(seconds=step_s * steps),
        step_s,
        day,
        day * 2,
        day,
        day - 100,
        {f"Array {n}": day / arrays for n in range(arrays)},
    )


def every_figure() -> list[dict[str, Any]]:
    solved = flows.solve(CAMPUS, READINGS)
    return [
        sankey.figure(*links(solved, both_ways=False), "kW"),
        plan.figure(CAMPUS, {}),
        site_map.figure([Place("s", "Here", 52.0, 0.0, "late", "late")], "s"),
        production_demand.figure(course(96, arrays=3), NOW, 3600),
    ]


def colours(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for key, each in value.items() if key not in ("text", "hovertext") for found in colours(each)]
    if isinstance(value, list):
        return [found for each in value for found in colours(each)]
    return [value] if isinstance(value, str) and value.startswith(("@", "#", "rgb")) else []


def test_every_colour_is_a_token_of_both_themes() -> None:
    for figure in every_figure():
        found = colours(figure)
        assert found
        for colour in found:
            assert colour.startswith("@")
            name = colour[1:].split("/")[0]
            assert name in theme.tokens()["light"]
            assert name in theme.tokens()["dark"]


def test_figures_are_plain_json() -> None:
    for figure in every_figure():
        assert orjson.loads(orjson.dumps(figure)) == figure


def test_a_name_cannot_write_markup() -> None:
    place = Place("s", "<a href='x'>x</a>", 52.0, 0.0, "live", "live")
    assert "<a" not in json.dumps(site_map.figure([place], None))
    assert wording.text("a & <b>") == "a &amp; &lt;b&gt;"


def test_a_gap_stays_a_gap() -> None:
    values = np.array([1.0, np.nan, 3.0])
    made = Course(NOW, 900, values, values, values, None, {"PV": values})
    figure = production_demand.figure(made, NOW, 0)
    for trace in figure["data"]:
        if trace["uid"] in ("production-0", "demand"):
            assert trace["y"] == [1.0, None, 3.0]
            assert "stackgroup" not in trace


def test_a_value_stands_in_the_middle_of_its_step_in_local_time() -> None:
    figure = production_demand.figure(course(4), NOW, offset_s=3600)
    start = (NOW - timedelta(hours=1)).timestamp()
    assert figure["data"][0]["x0"] == round((start + 450 + 3600) * 1000)
    assert figure["data"][0]["dx"] == 900_000


def test_five_series_of_a_day_in_minutes_are_few_bytes() -> None:
    figure = production_demand.figure(course(1440, 60, arrays=2), NOW, 0)
    assert len(gzip.compress(orjson.dumps(figure))) < 24_000


def test_the_forecast_is_dashed_with_its_band_and_only_when_asked_for() -> None:
    ahead = Ahead(NOW, 3600, [1.0, 2.0], [0.5, 1.0], [2.0, 3.0], "Forecast")
    figure = production_demand.figure(course(96), NOW, 0, ahead)
    by_uid = {trace["uid"]: trace for trace in figure["data"]}
    assert by_uid["forecast"]["line"]["dash"] == "dash"
    assert by_uid["high"]["fill"] == "tonexty"
    assert figure["layout"]["xaxis"]["range"][1] == round((NOW + timedelta(hours=2)).timestamp() * 1000)
    assert "forecast" not in {trace["uid"] for trace in production_demand.figure(course(96), NOW, 0)["data"]}


def test_states_differ_in_shape_and_word_not_in_colour_alone() -> None:
    standing = {"library": Standing("late", "30 kW"), "labs": Standing("offline"), "pv": Standing("live", "60 kW")}
    made = plan.figure(CAMPUS, standing)["data"][1]
    shown = dict(zip([each.id for each in CAMPUS.nodes], zip(made["marker"]["symbol"], made["text"], strict=True), strict=True))
    assert shown["library"][0] == "circle-open"
    assert "late" in shown["library"][1]
    assert shown["labs"][0] == "circle-x-open"
    assert "offline" in shown["labs"][1]
    assert shown["pv"][0] == "diamond"
    assert len(set(site_map.SYMBOLS.values())) == len(site_map.SYMBOLS)


def test_a_plan_tells_only_what_differs() -> None:
    changed = plan.changes(CAMPUS, {"labs": Standing("offline")})
    assert [(at, symbol) for at, _, symbol, _ in changed] == [(5, "circle-x-open")]
    assert plan.changes(CAMPUS, {}) == []


def test_a_node_without_a_place_stands_beside_its_neighbour() -> None:
    placed = plan.positions(CAMPUS)
    assert set(placed) == {node.id for node in CAMPUS.nodes}
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in placed.values())


def test_the_sankey_says_itself_in_a_sentence() -> None:
    nodes, bands = links(flows.solve(CAMPUS, READINGS), both_ways=False)
    said = sankey.summary(nodes, bands, "kW")
    assert said.startswith("From Roof PV 60.0 kW, Grid 40.0 kW, Battery 10.0 kW. To Labs 50.0 kW")
    assert sankey.summary([], [], "kW") == "No energy flows in this period."


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (float("nan"), "–"), (0, "0"), (0.00001, "0"), (999.6, "1 000"), (-12.345, "−12.3"), (65_432, "65 400")],
)
def test_numbers_have_three_digits_that_mean_something(value: float | None, words: str) -> None:
    assert wording.number(value).replace(wording.THIN, " ") == words


def test_a_thousand_kilowatts_are_a_megawatt() -> None:
    assert wording.scaled(1930.0, "kW") == ("1.93", "MW")
    assert wording.scaled(999.4, "kW") == ("999", "kW")
    assert wording.scaled(None, "kW") == ("–", "kW")


def test_nothing_short_of_everything_is_a_hundred_percent() -> None:
    assert wording.percent(0.996) == "99"
    assert wording.percent(1.0) == "100"


def test_where_it_is_crowded_names_that_begin_alike_say_only_what_differs() -> None:
    homes = [Node(f"h{n}", f"Home {n}", "bus") for n in range(1, 4)]
    feeder = Node("f", "Feeder", "bus")
    assert plan.alike([feeder, *homes]) == {"h2": "2", "h3": "3"}
    assert plan.alike([feeder, Node("p", "Home 1 PV", "source"), homes[0]]) == {}
