"""The snippets that pages offer, filled in as they are there: programs run, and what others would send is sent."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import jinja2
import pytest
import yaml

from config.settings import PROJECT
from dashboard.plant import first_post, snippets
from dashboard.plant.snippets import Post
from dashboard.sources import trial_post
from ingest.mqtt.families import heard
from ingest.mqtt.heard import Message, Value
from store.records.plant import keys, received
from store.scope import SYSTEM
from tests.ingest.world import Api, Stored, World

BOARDS = Path(__file__).parent / "arduino"


def ran(command: list[str], text: str) -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=True).stdout


def sent(url: str, headers: dict[str, str], body: str) -> str:
    return httpx.post(url, headers=headers, content=body, timeout=30).raise_for_status().text


def of_curl(text: str) -> str:
    return ran(["sh", "-s"], text)


def of_python(text: str) -> str:
    return ran([sys.executable, "-"], text)


def of_powershell(text: str) -> str:
    body, url, key, kind = (
        re.search(pattern, text)[1]  # type: ignore[index]
        for pattern in (r"\$reading = '(.*)'", r"-Uri '(.*?)'", r"'X-API-Key' = '(.*?)'", r"-ContentType '(.*?)'")
    )
    return sent(url, {"X-API-Key": key, "Content-Type": kind}, body)


def of_esp(text: str) -> str:
    url, key, body, kind = (
        re.search(pattern, text)[1]  # type: ignore[index]
        for pattern in (r'ADDRESS = "(.*?)"', r'KEY = "(.*?)"', r'R"json\((.*)\)json"', r'"Content-Type", "(.*?)"')
    )
    return sent(url, {"X-API-Key": key, "Content-Type": kind}, body)


def of_home_assistant(text: str) -> str:
    content = yaml.safe_load(text)
    [action] = content["automation"][0]["action"]
    command = content["rest_command"][action["service"].partition(".")[2]]
    body = jinja2.Environment(autoescape=False).from_string(command["payload"]).render()
    assert command["method"] == "post"
    return sent(command["url"], command["headers"] | {"Content-Type": command["content_type"]}, body)


def of_node_red(text: str) -> str:
    nodes = {node["id"]: node for node in json.loads(text)}
    [inject] = [node for node in nodes.values() if node["type"] == "inject"]
    post = nodes[inject["wires"][0][0]]
    assert (post["type"], post["method"], inject["payloadType"]) == ("http request", "POST", "json")
    assert nodes[post["wires"][0][0]]["type"] == "debug"
    headers = {each["keyValue"] or each["keyType"]: each["valueValue"] or each["valueType"] for each in post["headers"]}
    return sent(post["url"], headers, json.dumps(json.loads(inject["payload"])))


JSON: dict[str, Callable[[str], str]] = {
    "curl": of_curl,
    "Python": of_python,
    "PowerShell": of_powershell,
    "ESP32, ESP8266": of_esp,
    "Home Assistant": of_home_assistant,
    "Node-RED": of_node_red,
}


@pytest.mark.parametrize("tool", JSON)
def test_what_a_snippet_sends_is_stored(tool: str, api: Api, world: World) -> None:
    for key, post, taken in (
        (world.device_key, first_post.of_device(snippets.EXAMPLE), 3),
        (world.site_key, first_post.of_meter(world.panel), 1),
    ):
        said = json.loads(JSON[tool](snippets.filled(key, post, api.url)[tool]))
        assert (said["accepted"], said["rejected"]) == (taken, [])


def test_telegraf_writes_by_its_snippet(api: Api, world: World) -> None:
    content = tomllib.loads(hardware(world, api.url)["Telegraf"])
    [output] = content["outputs"]["influxdb_v2"]
    lines(output["urls"][0], output["token"], output["organization"], output["bucket"], f"{output['namepass'][0]} snippet=1.5")


def test_home_assistant_writes_its_states_by_its_snippet(api: Api, world: World) -> None:
    to = yaml.safe_load(hardware(world, api.url)["Home Assistant (InfluxDB)"])["influxdb"]
    url = f"{'https' if to['ssl'] else 'http'}://{to['host']}:{to['port']}"
    assert to["api_version"] == 2
    lines(url, to["token"], to["organization"], to["bucket"], "kWh,domain=sensor,entity_id=pv_energy value=1.2")


def hardware(world: World, address: str) -> dict[str, str]:
    return snippets.filled(world.device_key, first_post.of_device(snippets.EXAMPLE), address)


def lines(url: str, token: str, org: str, bucket: str, line: str) -> None:
    asked = {"org": org, "bucket": bucket, "precision": "ns"}
    answer = httpx.post(
        f"{url}/api/v2/write", params=asked, headers={"Authorization": f"Token {token}"}, content=line, timeout=30
    )
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("board", ["ESP32", "ESP8266"])
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
def test_the_sketch_is_right_for_each_board(board: str, world: World, tmp_path: Path) -> None:
    sketch = tmp_path / "sketch.cpp"
    sketch.write_text(hardware(world, "http://loadstar.example:8086")["ESP32, ESP8266"])
    checked = ["g++", "-fsyntax-only", "-Wall", "-Werror", "-std=c++17", f"-D{board}", f"-I{BOARDS}", "-include", "Arduino.h"]
    subprocess.run([*checked, str(sketch)], check=True, timeout=120)


def test_what_mosquitto_pub_publishes_is_a_value() -> None:
    words = shlex.split(snippets.of_brokers()["MQTT"], comments=True)
    given = dict(zip(words[1::2], words[2::2], strict=True))
    [value] = heard("plain", Message(given["-t"], given["-m"].encode(), False, "Europe/Berlin", ""))
    assert isinstance(value, Value)
    assert (value.channel, value.value, given["-q"]) == ("plant/gateway/power", 1200.0, "1")


@pytest.mark.parametrize("address", ["https://energy.example:8086", "http://[::1]:9000", "https://energy.example"])
def test_in_a_snippet_stand_the_own_address_and_key_and_nothing_general_is_left(address: str) -> None:
    post = Post("/api/v1/readings", {"readings": [{"meter": "mtr_1", "quantity": "power_kw", "ts": "now", "value": 1}]})
    for tool, text in snippets.filled("key_1.abc", post, address).items():
        for general in (snippets.HOST, snippets.KEY, "energy_produced", "/api/hardware"):
            assert general not in text, tool
        assert "key_1.abc" in text
    to = yaml.safe_load(snippets.filled("k", post, address)["Home Assistant (InfluxDB)"])["influxdb"]
    assert to["ssl"] == address.startswith("https")
    assert to["host"] in address


def test_a_test_reading_goes_through_the_device_api_with_a_key_that_ends(
    api: Api, world: World, stored: Stored, moment: datetime
) -> None:
    sender = next(each for each in received.senders(SYSTEM, world.site_id) if each.id == world.device_key.partition(".")[0])
    post = trial_post.post_of(SYSTEM, world.site_id, sender)
    assert post
    text = json.dumps(dict(post.body) | {"timestamp": moment.isoformat()})
    before = stored("SELECT count() FROM telemetry")
    tried = trial_post.send(SYSTEM, world.site_id, sender, post.path, text, dry_run=True)
    assert (tried.status, json.loads(tried.text)["accepted"], json.loads(tried.text)["dry_run"]) == (200, 3, True)
    assert stored("SELECT count() FROM telemetry") == before
    sent = trial_post.send(SYSTEM, world.site_id, sender, post.path, text, dry_run=False)
    assert (sent.status, stored.value(world.panel, "load_pct", moment)) == (200, 35.0)
    refused = trial_post.send(SYSTEM, world.site_id, sender, post.path, "{", dry_run=False)
    assert (refused.status, json.loads(refused.text)["code"]) == (400, "malformed_json")
    own = [key for key in keys.keys(SYSTEM, world.site_id) if key.name == "Test on the ingest bench"]
    assert [key.revoked_at is not None for key in own] == [True] * 3


def test_each_snippet_is_offered_and_described() -> None:
    offered: dict[str, Any] = snippets.FILES | snippets.OF_BROKERS
    files = {each.name for each in snippets.FOLDER.iterdir()}
    assert files == set(offered.values())
    described = (PROJECT / "docs" / "devices.md").read_text()
    for file in files:
        assert f"`{file}`" in described, file
