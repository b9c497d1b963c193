"""What the figures promise: colours by name, names made harmless, gaps as gaps, few bytes."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from dashboard.figures import lines, meter_energy, meter_power, plan, production_demand, sankey, wording
from dashboard.figures import map as site_map
from dashboard.figures.map import Place
from dashboard.figures.plan import Standing
from dashboard.figures.production_demand import Ahead, Outlook
from dashboard.web import theme
from insight.course import Course
from models import flows
from models.graph import Edge, Graph, Node
from models.sankey_links import links, one_by_one
from tests.models.test_flows import CAMPUS, READINGS
from tests.models.test_sankey_links import estate

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def course(steps: int, step_s: int = 900, arrays: int = 1) -> Course:
    day = 100 + 50 * np.sin(np.arange(steps) / 15)
    return Course(
        lines.regular(NOW - timedelta(seconds=step_s * steps), step_s, steps),
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
        plan.figure(CAMPUS),
        site_map.figure([Place("s", "Here", 52.0, 0.0, "late", "late")], "s"),
        production_demand.figure(course(96, arrays=3), NOW, BERLIN),
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
        assert orjson.loads(orjson.dumps(figure)) == json.loads(json.dumps(figure))


def test_a_name_cannot_write_markup() -> None:
    place = Place("s", "<a href='x'>x</a>", 52.0, 0.0, "live", "live")
    assert "<a" not in json.dumps(site_map.figure([place], None))
    assert wording.text("a & <b>") == "a &amp; &lt;b&gt;"


def test_a_gap_stays_a_gap_in_one_array_and_in_several() -> None:
    values, gappy = np.array([1.0, 1.0, 3.0]), np.array([1.0, np.nan, 3.0])
    for arrays in ({"PV": gappy}, {"PV": values, "Roof": gappy}):
        made = Course(lines.regular(NOW, 900, 3), gappy, gappy, values, None, arrays)
        by_uid = {trace["uid"]: trace for trace in production_demand.figure(made, NOW, BERLIN)["data"]}
        assert by_uid[f"production-{len(arrays) - 1}"]["y"] == [1.0, None, 3.0]
        assert by_uid["demand"]["y"] == [1.0, None, 3.0]
        assert not any("stackgroup" in trace or "fill" in trace for trace in by_uid.values()), "plotly fills gaps"


def times(value: object, key: str = "") -> list[object]:
    """Everything in a figure that a date axis is given."""
    if isinstance(value, dict):
        return [found for name, each in value.items() if name != "meta" for found in times(each, name)]
    if isinstance(value, list):
        return [found for each in value for found in times(each, key)]
    return [value] if key in ("x", "x0", "x1", "range") else []


def test_no_number_is_on_a_time_axis_and_no_text_without_its_zone() -> None:
    ahead = Outlook(demand=Ahead(NOW, 3600, [1.0, 2.0], [0.5, 1.0], [2.0, 3.0]))
    one = meter_power.Line("m", "Main", lines.regular(NOW, 900, 2), np.array([1.0, 2.0]))
    bars = meter_energy.Bars([NOW, NOW + timedelta(hours=1)], np.ones(1), np.ones(1), np.ones(1), ("taken", "fed in"))
    for figure in (
        production_demand.figure(course(96), NOW, BERLIN, ahead),
        meter_power.figure([one], NOW, NOW + timedelta(hours=1), BERLIN),
        meter_energy.figure(bars, "hour", BERLIN),
    ):
        on_axis = times({**figure, "layout": {**figure["layout"], "yaxis": None, "legend": None}})
        assert len(on_axis) >= 3
        assert all(isinstance(each, str) and each.endswith("Z") for each in on_axis), on_axis
        assert figure["layout"]["xaxis"]["type"] == "date"


def test_a_value_stands_in_the_middle_of_its_step_in_true_time() -> None:
    figure = production_demand.figure(course(4), NOW, BERLIN)
    assert figure["data"][0]["x0"] == "2026-07-01T11:07:30Z"
    assert figure["data"][0]["dx"] == 900_000
    assert figure["layout"]["xaxis"]["range"] == ["2026-07-01T11:00:00Z", "2026-07-01T12:00:00Z"]


def test_a_figure_carries_its_sites_clock_across_the_changes_before_and_after() -> None:
    told = production_demand.figure(course(4), NOW, BERLIN)["layout"]["meta"]["clock"]
    assert [(ahead, name) for _, ahead, name in told] == [
        *((7200, "CEST"), (3600, "CET"), (7200, "CEST"), (3600, "CET"), (7200, "CEST")),
    ]
    assert told[3][0] == datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()


def test_what_is_sent_is_exact_to_what_is_shown() -> None:
    sent, decimals = lines.written(np.array([2074.6512, np.nan, -0.04, 3.25]))
    assert (sent, decimals) == ([2074.7, None, 0.0, 3.2], 1)
    assert lines.written(np.array([0.12345]))[0] == [0.123]
    assert lines.written(np.array([557_953.4, 1.0])) == ([557953.0, 1.0], 0)
    assert str(lines.written(np.array([-0.0001, 5.0]))[0][0]) == "0.0"


def test_five_series_of_a_day_in_minutes_are_few_bytes() -> None:
    figure = production_demand.figure(course(1440, 60, arrays=2), NOW, BERLIN)
    assert len(gzip.compress(orjson.dumps(figure))) < 24_000


def test_a_year_of_hours_is_few_bytes() -> None:
    noise = np.random.default_rng(7)
    day = 400 + 300 * np.sin(np.arange(8760) / 24 * 2 * np.pi)
    year = [day * noise.uniform(0.8, 1.2, 8760) for _ in range(2)]
    one = meter_power.Line("m", "Main", lines.regular(NOW - timedelta(days=365), 3600, 8760), year[0])
    assert len(gzip.compress(orjson.dumps(meter_power.figure([one], NOW - timedelta(days=365), NOW, BERLIN)))) < 60_000
    made = Course(lines.regular(NOW - timedelta(days=365), 3600, 8760), np.maximum(year[0] - 400, 0), year[1], year[1], None, {})
    assert len(gzip.compress(orjson.dumps(production_demand.figure(made, NOW, BERLIN)))) < 90_000


def test_the_forecasts_are_dashed_with_their_bands_and_only_when_asked_for() -> None:
    sun = Ahead(NOW, 3600, [3.0, 4.0, 0.0], [2.5, 3.0, 0.0], [5.0, 6.0, 0.0])
    ahead = Outlook(demand=Ahead(NOW, 3600, [1.0, 2.0], [0.5, 1.0], [2.0, 3.0]), production=sun)
    figure = production_demand.figure(course(96), NOW, BERLIN, ahead)
    by_uid = {trace["uid"]: trace for trace in figure["data"]}
    demand, production = by_uid["forecast-demand"], by_uid["forecast-production"]
    assert (demand["line"]["dash"], production["line"]["dash"]) == ("dash", "dash")
    assert (demand["meta"]["low"], demand["meta"]["high"]) == ([0.5, 1.0], [2.0, 3.0])
    assert (production["meta"]["low"], production["meta"]["high"]) == ([2.5, 3.0, 0.0], [5.0, 6.0, 0.0])
    assert (demand["name"], production["name"]) == ("Demand forecast", "Production forecast")
    assert (demand["line"]["color"], production["line"]["color"]) == ("@demand", "@pv")
    assert figure["layout"]["xaxis"]["range"][1] == "2026-07-01T15:00:00Z"
    assert not [
        uid for uid in (each["uid"] for each in production_demand.figure(course(96), NOW, BERLIN)["data"]) if "fore" in uid
    ]


def test_only_what_is_live_marks_the_moment() -> None:
    live, past = (production_demand.figure(course(4), NOW, BERLIN, live=each) for each in (True, False))
    assert live["layout"]["shapes"][0]["x0"] == "2026-07-01T12:00:00Z"
    assert "now" in {trace["uid"] for trace in live["data"]}
    assert "shapes" not in past["layout"]
    assert "now" not in {trace["uid"] for trace in past["data"]}


def test_states_differ_in_shape_and_word_not_in_colour_alone() -> None:
    standing = {"library": Standing("late", "30 kW"), "labs": Standing("offline", "", "last heard 09:58"), "pv": Standing("live")}
    rows = {CAMPUS.nodes[row[0]].id: row[1:] for row in plan.changes(CAMPUS, standing)}
    assert rows == {
        "library": ["30 kW · late", "30 kW · late", "circle-open", "@medium"],
        "labs": ["offline", "offline · last heard 09:58", "circle-x-open", "@critical"],
    }
    assert len(set(site_map.SYMBOLS.values())) == len(site_map.SYMBOLS)


def test_a_plan_tells_the_power_of_what_is_live_and_more_only_of_what_is_not() -> None:
    assert plan.changes(CAMPUS, {}) == []
    [row] = plan.changes(CAMPUS, {"pv": Standing("live", "60.0 kW", "last heard 12:00")})
    assert (CAMPUS.nodes[row[0]].id, row[1:]) == ("pv", ["60.0 kW"])


def test_the_lines_of_a_plan_are_wider_where_more_flows() -> None:
    powers = {"grid>bus": 400.0, "pv>bus": -100.0, "bus>labs": 9.0, "bus>library": float("nan")}
    told = plan.thickness(CAMPUS, lambda edge_id: powers.get(edge_id, float("nan")))
    drawn = [edge.id for edge in CAMPUS.edges]
    assert len(told) == len(drawn)
    assert {name: told[drawn.index(name)] for name in powers} == {
        "grid>bus": "3",
        "pv>bus": "2",
        "bus>labs": "1",
        "bus>library": "0",
    }
    assert plan.thickness(CAMPUS, lambda _edge_id: float("nan")) == ""


def test_what_stands_for_others_on_a_crowded_plan_is_told_by_the_edge_that_leads_to_it() -> None:
    homes = [Node(f"h{n}", f"Home {n}", "bus", plan_x=n / 20, plan_y=0.1) for n in range(20)]
    hidden = [Node(f"l{n}", f"Home {n} load", "sink") for n in range(20)]
    feeder = Node("f", "Feeder", "bus", plan_x=0.1, plan_y=0.5)
    edges = [Edge(f"f>h{n}", "f", f"h{n}", "electricity", True, None) for n in range(20)]
    inside = [Edge(f"h{n}>l{n}", f"h{n}", f"l{n}", "electricity", False, None) for n in range(20)]
    crowded = Graph((feeder, *homes, *hidden), (*edges, *inside))
    told = plan.behind(crowded)
    assert {node: edge.id for node, edge in told.items()} == {f"h{n}": f"f>h{n}" for n in range(20)}
    shown = {f"h{n}": Standing("unmetered", f"{n} kW") for n in range(20)}
    assert [row[1] for row in plan.changes(crowded, shown)] == [f"{n} kW" for n in range(20)], "and there is room for it"
    assert plan.behind(CAMPUS) == {}


def test_a_line_has_the_colour_of_what_it_measures_where_no_other_has_the_same() -> None:
    steps = lines.regular(NOW, 900, 3)

    def drawn(*tokens: str | None) -> list[str]:
        told = [meter_power.Line(f"m{at}", f"M {at}", steps, np.ones(3), token) for at, token in enumerate(tokens)]
        return [trace["line"]["color"] for trace in meter_power.figure(told, NOW, NOW + timedelta(hours=1), BERLIN)["data"]]

    assert drawn("pv", "storage", None, "demand") == ["@pv", "@storage", "@accent", "@demand"]
    alike = drawn("demand", "demand", "pv", None, None, "demand")
    assert len({*alike}) == 6
    assert alike[2] == "@pv"


def test_a_node_without_a_place_stands_beside_its_neighbour() -> None:
    placed = plan.positions(CAMPUS)
    assert set(placed) == {node.id for node in CAMPUS.nodes}
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in placed.values())


def test_a_sankeys_table_has_every_flow_and_every_digit() -> None:
    graph, readings = estate(20)
    solved = flows.solve(graph, readings | {"m_h3": (1234.567, 0.0)})
    [trace] = sankey.figure(*links(solved, both_ways=True), "kWh", each=one_by_one(solved, both_ways=True))["data"]
    assert trace["meta"]["unit"] == "kWh"
    assert ["Fontana", "Home 3", 1234.567, 0] in trace["meta"]["each"]
    assert len(trace["meta"]["each"]) > 60
    [alone] = sankey.figure(*links(flows.solve(CAMPUS, READINGS | {"m_grid": (1040.125, 0.0)}), both_ways=False), "kW")["data"]
    assert 1040.125 in alone["link"]["value"]


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
    assert wording.scaled(999_600.0, "kWh") == ("1.00", "GWh")
    assert wording.scaled(1_130_000.0, "kWh") == ("1.13", "GWh")


def test_nothing_short_of_everything_is_a_hundred_percent() -> None:
    assert wording.percent(0.996) == "99"
    assert wording.percent(1.0) == "100"


def test_where_it_is_crowded_names_that_begin_alike_say_only_what_differs() -> None:
    homes = [Node(f"h{n}", f"Home {n}", "bus") for n in range(1, 4)]
    feeder = Node("f", "Feeder", "bus")
    assert plan.alike([feeder, *homes]) == {"h2": "2", "h3": "3"}
    assert plan.alike([feeder, Node("p", "Home 1 PV", "source"), homes[0]]) == {}


@pytest.mark.parametrize("value", [2074.6512, 55_795_312.4, 1.5e15, 0.0000123, -1234.5, 999_999.9])
def test_no_number_is_written_as_a_power_of_ten(value: float) -> None:
    for said in (wording.exact(value), wording.exact(value, 4), wording.number(value), wording.power(value)):
        assert "e" not in said, said
    shown = float(wording.exact(value).replace(wording.THIN, "").replace(wording.MINUS, "-"))
    assert shown == pytest.approx(value, rel=1e-4)


def test_where_no_device_is_heard_nothing_on_the_plan_looks_live() -> None:
    standing = {node.id: Standing("unmetered" if node.kind == "bus" else "offline") for node in CAMPUS.nodes}
    symbols = {row[0]: row[3] for row in plan.changes(CAMPUS, standing)}
    assert len(symbols) == len(CAMPUS.nodes)
    assert all("open" in symbol for symbol in symbols.values()), symbols


def test_the_map_opens_on_the_site_that_is_looked_at_and_knows_how_to_show_all() -> None:
    far = [Place("here", "Here", 52.0, 0.0, "live", ""), Place("near", "Near", 52.5, 0.6, "live", "")]
    far += [Place(f"s{n}", f"Site {n}", -30.0 + n, 140.0 + n, "late", "") for n in range(3)]
    layout = site_map.figure(far, "here")["layout"]
    low, high = layout["xaxis"]["range"]
    assert (low + high) / 2 == 0.0
    assert high - low <= 2 * site_map.LEAST_DEGREES
    (west, east), (south, north) = layout["meta"]["all"]
    assert west < 0.0 < 142.0 < east
    assert south < site_map.mercator(-30.0) < site_map.mercator(52.5) < north
    assert site_map.figure(far, None)["layout"]["xaxis"]["range"] == [west, east]
    alone = site_map.figure(far[:1], "here")["layout"]["xaxis"]["range"]
    assert alone[1] - alone[0] == site_map.LEAST_DEGREES


def test_a_name_on_the_map_keeps_clear_of_its_mark_and_of_the_next_one() -> None:
    places = [Place("a", "West", 52.0, 0.0, "late", ""), Place("b", "East", 52.0, 0.2, "live", "")]
    sites = site_map.figure(places, "a")["data"][3]
    assert sites["textposition"] == ["middle left", "middle right"]
    assert site_map.sides(0, [2.9], [0.0], [-3.0, 3.0], [-3.0, 3.0]) == "middle left", "not over the edge"
    for text, side in zip(sites["text"], sites["textposition"], strict=True):
        assert text.startswith(site_map.GAP) if side == "middle right" else text.endswith(site_map.GAP)
