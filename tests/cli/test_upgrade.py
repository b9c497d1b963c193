"""A state folder of the first release goes on under this one: the same numbers, keys and people, and an unbroken audit log."""

import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config import settings as configuration
from store.records.access import audit
from store.records.schema import AuditEntry
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.running import Terminal

pytestmark = pytest.mark.timeout(600)
STATE = Path(__file__).parent / "first_state" / "state.tar.xz"
KEPT_FOR_EVER = {"LOADSTAR_TELEMETRY_DAYS": "36500"}  # its readings are of November 2026


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[Terminal]:
    """This release, started on that folder."""
    terminal = Terminal(tmp_path_factory.mktemp("upgraded"), questdb_jar, **KEPT_FOR_EVER)
    terminal.home.mkdir(mode=0o700)
    with tarfile.open(STATE) as state:
        state.extractall(terminal.home, filter="data")
    terminal.start()
    yield terminal
    terminal.tidy()


@pytest.fixture(scope="module")
def was(upgraded: Terminal) -> dict[str, Any]:
    """What was posted to the first release, and what it answered."""
    told: dict[str, Any] = json.loads((upgraded.home / "was.json").read_text())
    return told


@pytest.fixture(scope="module")
def people(upgraded: Terminal) -> Iterator[httpx.Client]:
    """The API for people, for the administrator with her password of then."""
    with httpx.Client(base_url=f"http://127.0.0.1:{upgraded.dashboard}", timeout=180) as client:
        signed_in = client.post("/api/v1/token", json={"email": "ann@works.example", "password": "a long first password 7"})
        assert signed_in.status_code == 200, signed_in.text
        client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        yield client


def _holds(now: Any, then: Any) -> bool:
    """Whether everything that was answered then is answered now; more may be.

    Only `provisional` says more than it did: also that a device may still send what is missing.
    """
    if isinstance(then, dict):
        return all(name in now and (name == "provisional" or _holds(now[name], value)) for name, value in then.items())
    if isinstance(then, list):
        return len(now) == len(then) and all(map(_holds, now, then))
    return bool(now == (pytest.approx(then, abs=1e-9) if isinstance(then, float) else then))


def test_every_question_is_answered_as_before(people: httpx.Client, was: dict[str, Any]) -> None:
    now = {question: people.get(question).json() for question in was["answers"]}
    differ = {question: (now[question], then) for question, then in was["answers"].items() if not _holds(now[question], then)}
    assert not differ


def test_the_energies_are_those_that_were_posted(people: httpx.Client, was: dict[str, Any]) -> None:
    last: dict[tuple[str, str], dict[str, Any]] = {}  # what was posted twice counts as it was posted last
    for reading in was["readings"]:
        last[reading["device"], reading["timestamp"]] = reading
    gateway = [reading for (device, _), reading in last.items() if device == "gateway"]
    counter = [reading["energy_consumed"] for (device, _), reading in last.items() if device == "register"]
    posted = {
        "pv": sum(reading["energy_produced"] for reading in gateway),
        "load": sum(reading["energy_consumed"] for reading in gateway),
        "grid": max(counter) - min(counter),
    }
    meters = next(answer["meters"] for question, answer in was["answers"].items() if question.endswith("/meters"))
    window = {"from": "2026-11-20T00:00:00Z", "to": "2026-11-24T00:00:00Z", "step": "day"}
    for meter in meters:
        if meter["name"] in posted:
            rows = people.get(f"/api/v1/meters/{meter['id']}/energy", params=window).json()["energy"]
            assert sum(row["energy_kwh"] for row in rows) == pytest.approx(posted[meter["name"]]), meter["name"]


def test_every_key_does_what_it_did(upgraded: Terminal, people: httpx.Client, was: dict[str, Any]) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    reading = {"energy_produced": 0, "energy_consumed": 2000.0, "current_load": 12.0, "timestamp": at.isoformat()}
    url = f"http://127.0.0.1:{upgraded.devices}/api/hardware/data"
    answers = {name: httpx.post(url, json=reading, headers={"X-API-Key": key}, timeout=180) for name, key in was["keys"].items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "gateway": 200,
        "register": 200,
        "site": 403,
        "reads": 403,
    }, {name: answer.text for name, answer in answers.items()}
    grid = next(question for question in was["answers"] if question.endswith("/latest") and _is_counter(was["answers"][question]))
    assert eventually(lambda: people.get(grid).json()["latest"]["energy_total_kwh"]["value"] == 2000.0)


def _is_counter(answer: dict[str, Any]) -> bool:
    return "energy_total_kwh" in answer["latest"]


def test_the_audit_log_is_whole_and_goes_on_from_where_it_ended(upgraded: Terminal, was: dict[str, Any]) -> None:
    configuration.use(configuration.load(home=upgraded.home, demo=False))
    engine.configure(configuration.settings().records_url)
    verdict = audit.verify(SYSTEM)
    assert verdict.broken_at is None, verdict.why
    assert verdict.entries >= was["audit_entries"]
    with engine.reading() as records:
        end = records.scalar(select(AuditEntry.hash).where(AuditEntry.sequence == was["audit_entries"]))
    assert end == was["audit_hash"]
