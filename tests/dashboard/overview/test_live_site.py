"""What a live page says of a site: true to the database, the same for everyone who sees the same, nothing to others."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from dashboard.live import attention, chart, details, energy_flow, first_paint, supply, tick, tiles, wording
from insight.now import now_of
from insight.shared import shared
from insight.site_view import site_view
from insight.today import read
from store.errors import NotFound
from store.records.access import policy
from store.records.plant import declarations, graph, meters
from store.scope import NOBODY, SYSTEM
from tests.dashboard.live_world import EVERY_S, LONG_AGO, LiveWorld


def tile(text: str, key: str) -> dict[str, object]:
    names = ("key", "label", "value", "unit", "note", "state", "seen", "title", "words")
    return next(dict(zip(names, each, strict=True)) for each in json.loads(text)["tiles"] if each[0] == key)


def test_the_tiles_say_what_the_meters_posted(site: LiveWorld) -> None:
    site.post_everything()
    text = tick.tick_of(SYSTEM, site.site)
    assert tile(text, "production")["value"] == "60.0"
    assert tile(text, "demand")["value"] == "110"
    assert (tile(text, "grid")["label"], tile(text, "grid")["value"]) == ("Grid import", "40.0")
    assert (tile(text, "battery")["value"], tile(text, "battery")["note"]) == ("62.0", "↓ discharging 10.0 kW")
    assert tile(text, "sufficiency")["value"] == "64"
    assert {tile(text, key)["state"] for key in ("production", "demand", "grid", "battery")} == {"live"}


def test_what_the_connection_carries_is_a_share_of_what_it_can_and_leads_to_its_trend(site: LiveWorld) -> None:
    grid = {"name": "Grid", "kind": "source", "technology": "grid", "capacity_kwh": None, "plan_x": None, "plan_y": None}
    graph.describe_node(SYSTEM, site.nodes["grid"], capacity_kw=160.0, **grid)
    site.post_everything()
    load = tile(tick.tick_of(SYSTEM, site.site), "load")
    assert (load["value"], load["unit"]) == ("25.0", "%")
    assert load["note"] == "of the 160 kW of the grid connection"
    assert f'href="/site/{site.site}/history?show=load"' in first_paint.html(SYSTEM, site.site)


def test_a_site_is_as_efficient_as_its_measured_nodes_tell(site: LiveWorld) -> None:
    site.post_everything()
    keys = [each[0] for each in json.loads(tick.tick_of(SYSTEM, site.site))["tiles"]]
    assert not {"efficiency", "load"} & {*keys}  # one use is not measured, and the connection is not rated
    [rest] = [each for each in graph.wiring(SYSTEM, site.site).edges if each.to_node_id == site.nodes["rest"]]
    site.meters["rest"] = meters.create_meter(SYSTEM, site.site, name="Rest", edge_id=rest.id).id
    site.devices["rest"] = site.devices["halls"]
    declarations.declare_energy(SYSTEM, site.meters["rest"], method="power", interval_s=EVERY_S, valid_from=LONG_AGO)
    site.post({("rest", "power_kw"): 25.0})
    efficiency = tile(tick.tick_of(SYSTEM, site.site), "efficiency")
    assert (efficiency["value"], efficiency["note"]) == ("95.5", "5.00 kW lost")  # of 40 + 60 + 10
    site.post({("rest", "power_kw"): 33.0})
    assert tile(tick.tick_of(SYSTEM, site.site), "efficiency")["note"] == "3.00 kW more than comes in"


def test_a_new_reading_is_in_the_next_tick(site: LiveWorld) -> None:
    site.post_everything()
    assert tile(tick.tick_of(SYSTEM, site.site), "production")["value"] == "60.0"
    site.post({("pv", "power_kw"): 77.7})
    text = tick.tick_of(SYSTEM, site.site)
    assert tile(text, "production")["value"] == "77.7"
    assert "77.7 kW" in json.dumps(json.loads(text)["sankey"])
    assert json.loads(text)["power"][0] == 77.7


def test_a_site_without_readings_says_so_and_shows_no_number(site: LiveWorld) -> None:
    text = tick.tick_of(SYSTEM, site.site)
    assert tile(text, "demand")["value"] == "–"
    assert tile(text, "demand")["state"] == "never"
    assert json.loads(text)["sankey"][0]["link"]["value"] == []


def test_a_silent_meter_is_offline_and_its_number_is_not_passed_off_as_live(site: LiveWorld) -> None:
    site.post_everything(datetime.now(UTC) - timedelta(hours=2))
    text = tick.tick_of(SYSTEM, site.site)
    assert tile(text, "production")["state"] == "offline"
    assert tile(text, "production")["value"] == "–"
    assert [row[0] for row in json.loads(text)["devices"]] == ["offline"] * 6


def test_one_silent_building_makes_the_demand_partial_and_the_boundary_still_tells_it(site: LiveWorld) -> None:
    site.post_everything(datetime.now(UTC) - timedelta(hours=2))
    values = {("grid", "power_kw"): 40.0, ("pv", "power_kw"): 60.0, ("battery", "power_kw"): -10.0, ("labs", "power_kw"): 35.0}
    site.post(values)
    text = tick.tick_of(SYSTEM, site.site)
    assert tile(text, "demand")["state"] == "partial"
    assert tile(text, "demand")["value"] == "110"


def test_a_tick_is_small(site: LiveWorld) -> None:
    site.post_everything()
    assert len(gzip.compress(tick.tick_of(SYSTEM, site.site).encode())) <= 2048


def test_a_crowded_sites_tick_carries_every_flow_for_those_alone_who_read_them(site: LiveWorld) -> None:
    homes = site.crowd(24)
    site.post({("grid", "power_kw"): 60.0} | {(home, "power_kw"): 2.0 + at / 10 for at, home in enumerate(homes)})
    drawn, listed = (json.loads(tick.tick_of(SYSTEM, site.site, each))["sankey"][0] for each in (False, True))
    assert "each" not in drawn["meta"]
    assert drawn["link"] == listed["link"]
    told = {target: value for source, target, value, _ in listed["meta"]["each"] if source == "Main bus"}
    assert {f"Home {at + 1}": 2.0 + at / 10 for at in range(24)}.items() <= told.items()


def test_nodes_that_are_drawn_as_one_open_into_each_of_them(site: LiveWorld) -> None:
    homes = site.crowd(24)
    site.post({("grid", "power_kw"): 60.0} | {(home, "power_kw"): 2.0 + at / 10 for at, home in enumerate(homes[:20])})
    drawn = json.loads(tick.tick_of(SYSTEM, site.site))["sankey"][0]["node"]["customdata"]
    [position] = [position for position, name, _ in drawn if name == "Homes (24)"]
    nodes = json.loads(json.dumps(tick.about(now_of(SYSTEM, site.site).view)))["nodes"]
    found = details.details(SYSTEM, site.site, f"alike:{nodes[-2 - position]}")
    assert found.title == "Homes (24)"
    assert dict(found.facts) == {"Reporting": "20 of 24", "Now, together": "59.0 kW"}
    assert [name for name, _, _ in found.values] == [f"Home {number}" for number in range(1, 25)]
    assert found.values[1][1] == "2.10 kW"
    with pytest.raises(NotFound):
        details.details(SYSTEM, site.site, f"alike:{site.nodes['grid']}")
    with pytest.raises(NotFound):
        details.details(policy.scope_of(site.people["resident"]), site.site, f"alike:{nodes[-2 - position]}")


def test_a_tick_is_computed_once_for_all_who_see_the_same(site: LiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    site.post_everything()
    operator = policy.scope_of(site.people["operator"])
    other = policy.scope_of(site.people["operator"])
    computed = []
    real = tick.packed
    monkeypatch.setattr(tick, "packed", lambda *given: computed.append(1) or real(*given))
    assert tick.tick_of(operator, site.site) is tick.tick_of(other, site.site)
    assert computed == [1]


def test_a_resident_gets_their_own_meter_and_nothing_of_the_rest(site: LiveWorld) -> None:
    site.post_everything()
    tick.tick_of(SYSTEM, site.site)  # what others have asked for is in the cache
    text = tick.tick_of(policy.scope_of(site.people["resident"]), site.site)
    assert tile(text, "demand")["value"] == "30.0"
    for foreign in (site.meters["labs"], site.nodes["labs"], site.devices["labs"], "Labs", "60.0", "40.0"):
        assert foreign not in text
    painted = first_paint.html(policy.scope_of(site.people["resident"]), site.site)
    assert "Labs" not in painted


def test_who_sees_nothing_of_a_site_is_told_that_it_does_not_exist(site: LiveWorld) -> None:
    site.post_everything()
    tick.tick_of(SYSTEM, site.site)
    for ask in (tick.tick_of, now_of, first_paint.html):
        with pytest.raises(NotFound):
            ask(NOBODY, site.site)
    resident = policy.scope_of(site.people["resident"])
    labs = (f"node:{site.nodes['labs']}", f"device:{site.devices['labs']}", f"meter:{site.meters['labs']}:voltage_v")
    for what in (*labs, f"meter:{site.meters['library']}:soc_pct", "meter:x:voltage_v", "meter:", "node:x", "nonsense"):
        with pytest.raises(NotFound):
            details.details(resident, site.site, what)


def test_what_leaves_its_limits_is_listed_with_its_source_and_since_when(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(90, 0, -1)]
    site.history({("labs", "voltage_v"): [230.0] * 60 + [204.0] * 30}, times)
    site.post_everything()
    found, _ = attention.attention(SYSTEM, now_of(SYSTEM, site.site))
    assert [each.severity for each in found] == ["high"]
    assert found[0].title == "Voltage 204 V at Labs"
    assert "EN 50160" in found[0].source
    assert "indicative" in found[0].detail
    hour, minute = (int(part) for part in found[0].since[-5:].split(":"))
    local = (now - timedelta(minutes=30)).astimezone(now_of(SYSTEM, site.site).view.zone)
    apart = (hour * 60 + minute - local.hour * 60 - local.minute) % 1440
    assert min(apart, 1440 - apart) <= 5


def test_what_is_wrong_with_a_supply_leads_to_that_time_of_it(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(90, 0, -1)]
    site.history({("labs", "voltage_v"): [230.0] * 60 + [204.0] * 30}, times)
    site.post_everything(datetime.now(UTC) - timedelta(seconds=35))
    seen = now_of(SYSTEM, site.site)
    found, _ = attention.attention(SYSTEM, seen)
    [voltage] = [each for each in found if each.title.startswith("Voltage")]
    assert {each.href for each in found if each is not voltage} == {""}, "a late device is no matter of the supply"
    assert details.details(SYSTEM, site.site, voltage.what).supply.startswith(f"/site/{site.site}/power-quality?")
    address = urlsplit(voltage.href)
    assert address.path == f"/site/{site.site}/power-quality"
    said = dict(parse_qsl(address.query))
    quantity, began = said["event"].split(".")
    assert (said["of"], quantity) == (site.meters["labs"], "voltage_v")
    assert abs(int(began) - (now - timedelta(minutes=30)).timestamp()) <= 330
    local = datetime.fromtimestamp(int(began), seen.view.zone).date()
    assert date.fromisoformat(said["week"]) == local - timedelta(days=local.weekday())
    assert supply.address(seen, site.meters["labs"], "soc_pct", now) == ""
    assert supply.address(seen, site.meters["battery"], "power_factor", now) == "", "which tells no voltage"


def test_an_alarm_opens_the_course_of_what_left_its_limits(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(90, 0, -1)]
    site.history({("labs", "voltage_v"): [230.0] * 60 + [204.0] * 30}, times)
    site.post_everything()
    told, _ = attention.attention(SYSTEM, now_of(SYSTEM, site.site))
    [alarm] = [each for each in told if each.title.startswith("Voltage")]
    found = details.details(SYSTEM, site.site, alarm.what)
    assert (found.title, found.drawn) == ("Voltage at Labs", "Voltage at Labs")
    assert dict(found.facts) | {"Last heard": ""} == {
        "Now": "204 V",
        "Allowed": "207 to 253 V",
        "Limit from": alarm.source,
        "Last heard": "",
    }
    assert found.figure
    assert orjson.dumps(found.figure)
    [line] = found.figure["data"]
    seen = [value for value in line["y"] if value is not None]
    assert (line["meta"]["unit"], max(seen), min(seen)) == ("V", 230.0, 204.0)
    assert sorted(shape["y0"] for shape in found.figure["layout"]["shapes"]) == pytest.approx([207.0, 253.0])


def test_a_late_device_is_listed(site: LiveWorld) -> None:
    site.post_everything(datetime.now(UTC) - timedelta(seconds=35))
    found, _ = attention.attention(SYSTEM, now_of(SYSTEM, site.site))
    late = [each for each in found if each.title.endswith("is late")]
    assert len(late) == 6
    assert {each.severity for each in late} == {"medium"}


def test_today_is_added_up_from_the_same_readings(site: LiveWorld) -> None:
    now = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0)
    view = now_of(SYSTEM, site.site).view
    if now > datetime.now(UTC):
        now -= timedelta(days=1)
    site.post_hours(2, now)
    found = read(SYSTEM, view, now)
    # One sample a minute of a device that should post every 5 s: each holds for two intervals and a half.
    part = 2 * 2.5 * EVERY_S / 60
    assert found.demand_kwh == pytest.approx(110 * part, rel=0.02)
    assert found.imported_kwh == pytest.approx(40 * part, rel=0.02)
    assert found.cost == pytest.approx(40 * part * 0.2, rel=0.02)
    assert found.co2_kg == pytest.approx(40 * part * 0.25, rel=0.02)
    assert 0 < found.coverage < 0.1


def test_the_energy_of_a_period_shows_both_directions_and_what_is_known_of_it(site: LiveWorld) -> None:
    site.post_hours(2, datetime.now(UTC))
    given = json.loads(energy_flow.energy_flow(SYSTEM, site.site, "24h"))
    labels = [name for _, name, _ in given["figure"]["data"][0]["node"]["customdata"]]
    assert "Battery, discharge" in labels
    assert "Grid, import" in labels
    assert "% of the expected readings" in given["note"]
    assert given["says"].startswith("From ")


def test_an_impossible_period_is_answered_in_words(site: LiveWorld) -> None:
    given = json.loads(energy_flow.energy_flow(SYSTEM, site.site, "custom", "2026-02-02", "2026-02-01"))
    assert (given["problem"], given["figure"]) == ("The last day is before the first.", None)
    assert json.loads(chart.chart(SYSTEM, site.site, "custom", "auto", None, None))["problem"].startswith("Choose a first")


def test_the_chart_is_aggregated_and_keeps_gaps(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(180, 0, -1) if not 60 <= minute < 120]
    site.history(
        {(name, "power_kw"): [kw] * len(times) for name, kw in {"pv": 60.0, "grid": 40.0, "battery": -10.0}.items()}, times
    )
    shared.clear()
    given = json.loads(chart.chart(SYSTEM, site.site, "24h", "15"))
    production = next(trace for trace in given["figure"]["data"] if trace["uid"] == "production-0")
    assert len(production["y"]) == 97
    assert production["y"][-2] == 60.0
    assert None in production["y"][-9:-4]
    assert "text" not in production
    demand = next(trace for trace in given["figure"]["data"] if trace["uid"] == "demand")
    assert demand["y"][-2] == pytest.approx(110.0)


def test_the_chart_limits_impossible_steps_and_says_so(site: LiveWorld) -> None:
    given = json.loads(chart.chart(SYSTEM, site.site, "year", "5"))
    assert given["step"] == 86_400
    assert "3 h, 6 h" in given["note"]
    assert all(len(trace["y"]) <= 3000 for trace in given["figure"]["data"])


@pytest.mark.parametrize(("day", "name", "midnight"), [("01-15", "GMT", "00:00"), ("07-15", "BST", "23:00")])
def test_a_day_is_drawn_from_its_own_midnight_to_midnight_whatever_season_it_is_now(
    site: LiveWorld, day: str, name: str, midnight: str
) -> None:
    year = datetime.now(UTC).year - 1
    drawn = json.loads(chart.chart(SYSTEM, site.site, "custom", "auto", f"{year}-{day}", f"{year}-{day}"))
    start, end = drawn["figure"]["layout"]["xaxis"]["range"]
    assert start[11:16] == end[11:16] == midnight
    assert datetime.fromisoformat(end) - datetime.fromisoformat(start) == timedelta(days=1)
    assert f"times in {name}." in drawn["note"]
    assert "shapes" not in drawn["figure"]["layout"], "now is not in it"


def test_a_trend_has_a_dot_for_a_value_without_neighbours_and_none_without_values() -> None:
    assert tiles.trend_url([float("nan")] * 3) is None
    lone = tiles.trend_url([1.0, 2.0, float("nan"), 3.0, float("nan")])
    assert lone is not None
    assert lone.count("h.01") == 1
    assert lone.count("M") == 2


def test_details_tell_the_latest_values_in_full(site: LiveWorld) -> None:
    site.post_everything()
    found = details.details(SYSTEM, site.site, f"device:{site.devices['labs']}")
    assert found.state == "live"
    assert ("Voltage", "204 V") in [(name, value) for name, value, _ in found.values]
    assert found.figure is not None
    pv = details.details(SYSTEM, site.site, f"node:{site.nodes['pv']}")
    assert pv.figure
    assert [trace["line"]["color"] for trace in pv.figure["data"]] == ["@pv"], "as on every other page"
    bus = details.details(SYSTEM, site.site, f"node:{site.nodes['bus']}")
    assert bus.title == "Main bus"
    assert pv.history == f"/site/{site.site}/history?of={site.nodes['pv']}&days=7"
    assert found.history.startswith(f"/site/{site.site}/history?of=mtr_")


def test_the_first_paint_has_the_numbers_without_any_script(site: LiveWorld) -> None:
    site.post_everything()
    painted = first_paint.html(SYSTEM, site.site)
    assert ">60.0</span>" in painted
    assert ">110</span>" in painted
    assert painted.count("<script") == 1
    assert '<script id="first-tick" type="application/json">{"site"' in painted
    assert "<b>east" not in painted


def test_an_empty_site_says_what_would_be_here(site: LiveWorld) -> None:
    painted = first_paint.html(SYSTEM, site.empty_site)
    assert "No meter on this site yet" in painted
    assert f'href="/site/{site.empty_site}/set-up"' in painted


def test_a_period_says_which_part_of_it_was_told_by_the_hour(site: LiveWorld) -> None:
    seen = site_view(SYSTEM, site.site)
    until = datetime(2026, 11, 26, 17, tzinfo=UTC)
    view = replace(seen, meters={key: replace(meter, hourly_until=until) for key, meter in seen.meters.items()})
    day, now = timedelta(days=1), until + timedelta(hours=3)
    assert wording.hourly_words(view, until - day, now, now) == "hourly values before 17:00"
    assert wording.hourly_words(view, until - 9 * day, until - 8 * day, now) == "hourly values", "no time of another day"
    assert wording.hourly_words(view, until, now, now) is None
    assert wording.hourly_words(seen, until - day, now, now) is None
