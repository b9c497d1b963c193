"""An empty site is set up step by step: each step is there when what it needs is there, and says what stands in its way."""

import json
import re

import pytest

from config import clock
from dashboard.plant import snippets
from store.records.plant import declarations, devices, graph, keys, meters, ratings, sites
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import ask, plant, said
from tests.dashboard.world import World

KEY = re.compile(r"key_\w+\.[\w-]{43}")
BUTTONS = ("draw", "meters", "add", "key")


@pytest.fixture(autouse=True)
def _no_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was measured yet: no QuestDB is asked."""
    monkeypatch.setattr("dashboard.plant.first_reading.latest", lambda *_: {})


def _press(
    world: World,
    browser,
    button: str,
    *,
    name: str = "solar",
    rated: str = "",
    device: str = "Gateway",
    every: str = "60",
    site: str = "",
):
    others = [f"set-up-{each}.n_clicks" for each in BUTTONS if each != button]
    inputs = {f"set-up-{button}.n_clicks": 1} | dict.fromkeys(others)
    ordered = {f"set-up-{each}.n_clicks": inputs[f"set-up-{each}.n_clicks"] for each in BUTTONS}
    state = {"set-up-graph.value": name, "set-up-rated.value": rated, "set-up-device.value": device, "set-up-every.value": every}
    return ask(
        world,
        browser,
        "set-up-steps.children",
        ordered,
        state | {"set-up-site.data": site or world.site},
        f"set-up-{button}.n_clicks",
    )


def test_each_step_leads_to_the_next_and_the_key_comes_with_a_post_that_is_ready_to_run(world: World) -> None:
    browser, site = world.client("admin"), world.site
    assert "Waiting for the first reading" in shown(browser, f"/site/{site}/set-up")
    assert "4 nodes, 3 edges" in said(_press(world, browser, "draw"))
    assert "Conditions, Demand, Solar" in said(_press(world, browser, "meters"))
    assert "Gateway" in said(_press(world, browser, "add", every="30"))
    told = said(_press(world, browser, "key"))
    [key] = set(KEY.findall(told))
    for tool in ("curl", "Python", "PowerShell", "Home Assistant", "ESP32", "Node-RED", "Telegraf"):
        assert tool in told
    assert f"{world.settings.public_device_url}/api/hardware/data" in told
    assert [each.id for each in keys.keys(SYSTEM, site)] == [key.partition(".")[0]]
    [device] = devices.devices_of(SYSTEM, site)
    assert device.reporting_interval_s == 30
    fields = devices.device_fields(SYSTEM, [device.id])[device.id]
    names = {meter.id: meter.name for meter in meters.meters_of(SYSTEM, site)}
    assert {field: (names[meter], quantity) for field, (meter, quantity) in fields.items() if field in snippets.EXAMPLE} == {
        "energy_produced": ("Solar", "energy_kwh"),
        "energy_consumed": ("Demand", "energy_kwh"),
        "current_load": ("Conditions", "load_pct"),
    }
    declared = declarations.energy_declarations(SYSTEM, list(names))
    assert {names[meter]: [(each.method, each.interval_s) for each in those] for meter, those in declared.items()} == {
        "Solar": [("interval", 30)],
        "Demand": [("interval", 30)],
        "Conditions": [],
    }
    page = shown(browser, f"/site/{site}/set-up")
    assert key.partition(".")[2] not in page, "a key is shown once"
    assert "1 key in use" in page


def test_what_the_connection_carries_is_what_every_meter_behind_it_is_judged_by(world: World) -> None:
    browser, site = world.client("admin"), world.site
    assert "Optional: what the connection or the main switch carries" in shown(browser, f"/site/{site}/set-up")
    for wrong in ("much", "-5"):
        assert "4 nodes" not in said(_press(world, browser, "draw", rated=wrong))
    assert "4 nodes, 3 edges" in said(_press(world, browser, "draw", rated="63.5"))
    _press(world, browser, "meters")
    now = clock.now()
    own = [meter for meter in meters.meters_of(SYSTEM, site) if meter.role != "condition"]
    assert {meter.name: ratings.rating(SYSTEM, meter.id, now).kw for meter in own} == {"Demand": 63.5, "Solar": 63.5}


def test_a_site_that_makes_nothing_measures_its_connection_both_ways(world: World) -> None:
    browser = world.client("admin")
    for button in ("draw", "meters", "add"):
        _press(world, browser, button, name="demand")
    [device] = devices.devices_of(SYSTEM, world.site)
    fields = devices.device_fields(SYSTEM, [device.id])[device.id]
    assert fields["energy_produced"][0] == fields["energy_consumed"][0]
    assert (fields["energy_produced"][1], fields["energy_consumed"][1]) == ("energy_export_kwh", "energy_kwh")


def test_what_stands_in_the_way_of_a_step_is_said_and_nothing_is_made(world: World) -> None:
    browser = world.client("admin")
    assert "no source, use or grid connection" in said(_press(world, browser, "meters"))
    assert "has no device yet" in said(_press(world, browser, "key"))
    assert "No starting graph" in said(_press(world, browser, "draw", name="castle"))
    _press(world, browser, "draw")
    assert "The site has a graph" in said(_press(world, browser, "draw"))
    _press(world, browser, "meters")
    assert "The site has meters" in said(_press(world, browser, "meters"))
    assert "whole number" in said(_press(world, browser, "add", every="0.5"))
    assert "Fill this in" in said(_press(world, browser, "add", device=" "))
    assert devices.devices_of(SYSTEM, world.site) == []
    assert keys.keys(SYSTEM, world.site) == []


def test_a_site_with_a_graph_and_meters_of_its_own_goes_on_from_there(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    page = shown(browser, f"/site/{world.site}/set-up")
    assert "3 nodes, 2 edges" in page
    assert "Hall meter" in page
    told = said(_press(world, browser, "key"))
    example = json.loads(next(iter(re.findall(r"-d '(\{.*?\})'", told.replace('\\"', '"')))))
    assert example == {"energy_produced": 0, "energy_consumed": 1.2, "current_load": 0}, "what has no meaning here is 0"
    assert len(graph.wiring(SYSTEM, world.site).nodes) == 3
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].device_id == ids["device"]


def test_the_set_up_is_for_those_who_administer_the_site(world: World) -> None:
    for who in ("operator", "stranger", "resident", "chief"):
        browser = world.client(who)
        assert browser.get(f"/site/{world.site}/set-up").status_code == 404
        assert _press(world, browser, "draw").status_code == 404
    assert graph.wiring(SYSTEM, world.site).nodes == []
    assert "Set up this site" in world.client("admin").get(f"/site/{world.site}/overview").get_data(as_text=True)
    assert "Ask an administrator" in world.client("operator").get(f"/site/{world.site}/overview").get_data(as_text=True)
    assert sites.site(SYSTEM, world.site).archived_at is None
