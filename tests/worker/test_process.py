"""The worker as a process of its own, with a QuestDB that dies and comes back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from config import settings as configuration
from config.settings import PROJECT, Settings
from store.records.plant import last_values, regions
from store.scope import SYSTEM
from store.series import bulk, connection, tables
from tests.conftest import QuestDBServer, eventually, settings_for
from tests.records import fresh

PATIENT_S = 300.0


@pytest.fixture
def server(tmp_path: Path, questdb_jar: Path) -> Iterator[QuestDBServer]:
    made = QuestDBServer(settings_for(tmp_path, questdb_jar), questdb_jar)
    configuration.use(made.settings)
    made.start()
    tables.create_tables(made.settings)
    fresh(made.settings.records_url)
    yield made
    connection.close()
    made.kill()


@pytest.fixture
def worker(server: QuestDBServer) -> Iterator[subprocess.Popen[bytes]]:
    with (server.settings.home / "worker.log").open("wb") as log:
        made = subprocess.Popen([sys.executable, "-m", "worker"], cwd=PROJECT, env=_environment(server.settings), stderr=log)
    yield made
    made.kill()
    made.wait()


def _environment(settings: Settings) -> dict[str, str]:
    assert settings.questdb_password and settings.questdb_read_password
    named = {
        "HOME": settings.home,
        "DEMO": "false",
        "QUESTDB_HTTP_PORT": settings.questdb_http_port,
        "QUESTDB_PG_PORT": settings.questdb_pg_port,
        "QUESTDB_PASSWORD": settings.questdb_password.get_secret_value(),
        "QUESTDB_READ_PASSWORD": settings.questdb_read_password.get_secret_value(),
    }
    return os.environ | {f"LOADSTAR_{name}": str(value) for name, value in named.items()}


def _post(settings: Settings, region: str, at: datetime, value: float) -> None:
    ts = np.array([round(at.timestamp() * 1e6)], np.int64)
    rows = bulk.telemetry(ts, np.array([region], object), np.array(["price_per_kwh"], object), np.array([value]), "test")
    quarter = int(ts[0]) // 900_000_000 * 900_000_000
    late = bulk.late([(region, quarter, quarter + 900_000_000)])
    with bulk.writer(settings) as sender:
        bulk.write(SYSTEM, sender, "telemetry", rows)
        bulk.write(SYSTEM, sender, "late", late)


def _rolled_up(region: str, value: float) -> bool:
    return (value,) in connection.query("SELECT value FROM intervals WHERE meter = %s AND source = 'rollup'", [region])


def test_it_rolls_up_through_a_death_of_the_store_says_so_once_and_ends_when_asked(
    server: QuestDBServer, worker: subprocess.Popen[bytes]
) -> None:
    region = regions.create_region(SYSTEM, name="North").id
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    _post(server.settings, region, hour, 0.25)
    eventually(lambda: _rolled_up(region, 0.25), within_s=PATIENT_S)
    eventually(lambda: last_values.last_values(SYSTEM, [region]), within_s=PATIENT_S)

    log = server.settings.home / "worker.log"
    server.kill()
    eventually(lambda: "the rollup waits for the store" in log.read_text(), within_s=PATIENT_S)
    server.start()
    _post(server.settings, region, hour + timedelta(hours=1), 0.5)
    eventually(lambda: _rolled_up(region, 0.5), within_s=PATIENT_S)
    assert log.read_text().count("the rollup waits for the store") == 1
    assert "Traceback" not in log.read_text()

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENT_S) == 0
    assert "the worker has ended" in log.read_text()
