"""The whole of Loadstar on a machine whose clock is set a hundred days ahead, and back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from faults.set_clock import SetClock
from store.records.plant import activity, devices, keys
from store.scope import SYSTEM
from store.series import connection
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.running import CHILDREN, START_S, Terminal

pytestmark = [pytest.mark.timeout(900), pytest.mark.compiler]
PATIENT_S = 300.0
AHEAD = timedelta(days=100)


@pytest.fixture
def machine(tmp_path: Path) -> SetClock:
    return SetClock(tmp_path)


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path, machine: SetClock) -> Iterator[Terminal]:
    made = Terminal(tmp_path, questdb_jar, **machine.environment())
    yield made
    connection.close()
    made.tidy()


def test_a_clock_100_days_ahead_and_back_loses_nothing_and_leaves_nothing_in_the_future(
    terminal: Terminal, machine: SetClock
) -> None:
    terminal.start()
    product = Product(terminal)
    meter = product.meter("Home")
    fields = {"energy_consumed": (meter, "energy_kwh"), "current_load": (meter, "load_pct")}
    box = devices.create_device(SYSTEM, product.site, name="Box", reporting_interval_s=5, fields=fields).id
    key = {"X-API-Key": keys.create_key(SYSTEM, device_id=box)}

    def post(at: datetime | None = None) -> httpx.Response:
        body = {"energy_produced": 0, "energy_consumed": 0.5, "current_load": 40} | ({"timestamp": at.isoformat()} if at else {})
        return httpx.post(f"{product.devices}/api/hardware/data", json=body, headers=key, timeout=30)

    def rows() -> list[tuple[datetime, float]]:
        return connection.query("SELECT ts, value FROM telemetry ORDER BY ts")

    def all_say(status: int) -> bool:
        return {post().status_code for _ in range(8)} == {status}  # which meet each of the API's processes

    eventually(lambda: all_say(200), within_s=PATIENT_S)
    for days in range(1, 20):
        assert post(datetime.now(UTC) - timedelta(days=days)).status_code == 200
    eventually(lambda: len(rows()) >= 40, within_s=PATIENT_S)
    before = rows()

    machine.set(AHEAD)
    eventually(lambda: all_say(503), within_s=PATIENT_S)
    answer = post()
    assert (answer.status_code, answer.json()["code"]) == (503, "clock_unsure")
    assert "100 days ahead" in answer.json()["message"]
    assert int(answer.headers["retry-after"]) > 0
    assert post(datetime.now(UTC) + AHEAD).status_code == 503, "nobody knows yet that it is wrong"
    assert post(datetime.now(UTC) + 3 * AHEAD).status_code == 422
    assert post(datetime.now(UTC) - timedelta(minutes=1)).status_code == 200, (
        "what has a time of its own is judged by what is known"
    )
    said = terminal.type("doctor")
    assert "the machine's clock was set 100 days ahead" in said.stdout
    # Also after a start under the wrong clock.
    assert terminal.type("down").returncode == 0
    assert terminal.up
    assert terminal.up.wait(START_S) == 0
    terminal.start()
    eventually(lambda: post().json().get("code") == "clock_unsure", within_s=PATIENT_S)
    assert post(datetime.now(UTC) - timedelta(minutes=2)).status_code == 200

    machine.set(timedelta(0))
    eventually(lambda: post().status_code == 200, within_s=PATIENT_S)
    assert all(terminal.pid(name) for name in ("up", "supervisord", *CHILDREN))
    found = rows()
    assert set(before) <= set(found)
    assert max(ts for ts, _ in found) < datetime.now(UTC) + timedelta(minutes=5)
    seen = activity.activity_24h(SYSTEM, box).last_seen
    assert seen
    assert seen < datetime.now(UTC) + timedelta(minutes=1)
    assert terminal.type("down").stdout == "Loadstar is down.\n"
