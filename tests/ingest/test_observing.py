"""What operators and integrators can look at: health, figures, and the API's own description."""

import html
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import metrics, openapi
from ingest.roads import hardware
from ingest.server import OWN, ROADS
from tests.conftest import at_rest, eventually
from tests.ingest.world import PROJECT, Api, Device, World


def figures(api: Api) -> dict[str, float]:
    text = httpx.get(f"{api.url}/metrics", timeout=30).text
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")}


def test_health_is_public_and_says_that_readings_are_taken(api: Api) -> None:
    answer = httpx.get(f"{api.url}/healthz", timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


REJECTED = 'loadstar_readings_total{verdict="rejected"}'
REFUSED = 'loadstar_requests_total{path="/api/v1/readings",status="422"}'


def refused(api: Api) -> tuple[float, float]:
    now = figures(api)
    return now.get(REJECTED, 0), now.get(REFUSED, 0)


def test_figures_are_those_of_all_processes_whichever_answers(api: Api, world: World) -> None:
    readings, posts = at_rest(lambda: refused(api))  # each process tells once a second what it did
    for _ in range(20):  # connections of their own meet both processes
        with httpx.Client(headers={"X-API-Key": world.site_key}, timeout=30) as client:
            client.post(f"{api.url}/api/v1/readings", json={"readings": [{"meter": "nobody"}]})
    eventually(lambda: refused(api) == (readings + 20, posts + 20))
    for _ in range(5):
        assert refused(api) == (readings + 20, posts + 20)
    assert len([name for name in figures(api) if name.startswith("loadstar_store_up{pid=")]) == 2


def test_figures_name_no_path_that_is_not_ours(api: Api) -> None:
    httpx.get(f"{api.url}/some/secret/path", timeout=30)
    assert not any("secret" in name for name in figures(api))


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/healthz", "/nowhere", "/api/hardware/status"])
def test_a_browser_takes_no_answer_for_anything_else(api: Api, path: str) -> None:
    answer = httpx.get(f"{api.url}{path}", timeout=30)
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    [policy] = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_every_road_is_described() -> None:
    described = {(method.upper(), path) for path, methods in openapi.described()["paths"].items() for method in methods}
    routes = {route for table in (OWN, *ROADS) for route in table}
    assert routes - described == {("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json")}
    assert described <= routes


TOLD_TO_PEOPLE = ("openapi.py", "afterwards.py", "replaying.py")  # what they say goes to no sender


def test_every_code_is_described_and_every_described_code_is_used() -> None:
    answering = [
        path for path in (PROJECT / "ingest").rglob("*.py") if path.name not in TOLD_TO_PEOPLE and "mqtt" not in path.parts
    ]
    source = "\n".join(path.read_text() for path in answering)
    used = set(re.findall(r'(?:Problem|_refusal)\(\s*(?:\d+,)?\s*"([a-z_0-9]+)"', source))
    assert used == set(openapi.CODES)


def test_the_integrators_guide_names_every_code_status_and_field() -> None:
    guide = (PROJECT / "docs" / "devices.md").read_text()
    named = [*openapi.CODES, *hardware.REQUIRED, *hardware.OPTIONAL, *map(str, openapi.STATUSES)]
    assert [name for name in named if name not in guide] == []


def test_the_page_is_whole_and_fetches_nothing(api: Api) -> None:
    for path in ("/", "/docs"):
        page = httpx.get(api.url + path, timeout=30)
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert not re.findall(r"(?:src|href)=.?https?:", page.text)
        for code in openapi.CODES:
            assert f"<code>{code}</code>" in page.text


EXAMPLES = re.compile(r"^(?: *NOW=.*\n)? *curl .*?\}'$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("where", ["README.md", "docs/devices.md", "/"])
def test_the_examples_do_what_they_say_when_they_are_typed(where: str, api: Api, world: World) -> None:
    if where == "/":
        told = html.unescape(re.sub("<[^>]*>", "\n", httpx.get(f"{api.url}/", timeout=30).text))
    else:
        told = (PROJECT / where).read_text().replace("http://127.0.0.1:8086", api.url)
    typed = EXAMPLES.findall(told.replace("mtr_4k7q0x9v2n8e", world.load))
    assert len(typed) == (1 if where == "README.md" else 2)
    for example in typed:
        assert api.url in example
        ran = subprocess.run(
            ["/bin/bash", "-c", example], env={**os.environ, "KEY": world.device_key}, capture_output=True, text=True, check=True
        )
        answer = json.loads(ran.stdout)
        assert answer["accepted"] >= 1, ran.stdout
        assert answer["rejected"] == [], ran.stdout


def test_the_document_is_served(api: Api) -> None:
    assert httpx.get(f"{api.url}/openapi.json", timeout=30).json() == json.loads(json.dumps(openapi.described()))


@pytest.mark.parametrize("path", ["/api/hardware/data", "/api/v1/readings"])
def test_the_examples_of_the_document_have_the_right_shape(path: str, gateway: Device) -> None:
    operation: dict[str, Any] = openapi.described()["paths"][path]["post"]
    example = operation["requestBody"]["content"]["application/json"]["schema"]["example"]
    answer = gateway.raw(path, json.dumps(example).encode())
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert answer.json()["code"] == "unknown_meter"


def test_counts_that_processes_share_are_in_memory_and_what_a_killed_one_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metrics.FOLDER_VARIABLE, "")
    monkeypatch.setattr(metrics, "MEMORY", tmp_path / "memory")
    with metrics.shared("devices", tmp_path / "disk"):  # a machine without such a place
        assert os.environ[metrics.FOLDER_VARIABLE] == str(tmp_path / "disk")
    (left := tmp_path / "memory" / "devices-left").mkdir(parents=True)
    (another := tmp_path / "memory" / "others-1").mkdir()
    with metrics.shared("devices", tmp_path / "disk"):
        folder = Path(os.environ[metrics.FOLDER_VARIABLE])
        assert folder.parent == tmp_path / "memory"
        assert not left.exists()
    assert not folder.exists()
    assert another.exists()


def test_figures_are_told_while_a_process_only_begins_to_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = metrics.Metrics()
    monkeypatch.setenv(metrics.FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "counter_1.db").touch()  # opened, and nothing in it yet
    assert counting.text() == b""
