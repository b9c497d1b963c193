"""The promise: what was acknowledged is stored once, whichever process is killed at whatever moment.

`KILLS=20 pytest tests/ingest/test_kills.py` kills more often than the few times of every run.
"""

import itertools
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from store.series import tables
from tests.conftest import QuestDBServer, eventually, settings_for
from tests.ingest.world import Api, Stored, World, build_world

KILLS = int(os.environ.get("KILLS", "4"))
POSTERS = 4


@pytest.fixture
def server(tmp_path: Path, questdb_jar: Path) -> Iterator[QuestDBServer]:
    running = QuestDBServer(settings_for(tmp_path, questdb_jar), questdb_jar)
    running.start()
    tables.create_tables(running.settings)
    yield running
    running.kill()


class Poster(threading.Thread):
    """Posts readings of its own moments until told to stop, and remembers which were acknowledged."""

    def __init__(self, number: int, api: Api, town: World, stop: threading.Event):
        super().__init__()
        self.number, self.api, self.town, self.halt = number, api, town, stop
        self.start_at = datetime.now(UTC).replace(microsecond=number) - timedelta(days=25)  # no moment is another's
        self.acknowledged: dict[datetime, float] = {}
        self.sent: dict[datetime, float] = {}
        self.statuses: list[int] = []

    def run(self) -> None:
        client = httpx.Client(headers={"X-API-Key": self.town.site_key}, timeout=30)
        for round_ in itertools.count():
            if self.halt.is_set():
                break
            size = random.choice((1, 3, 50))
            batch = {self.start_at + timedelta(seconds=60 * round_ + n): round_ + n / 64 for n in range(size)}
            self.sent |= batch
            readings = [
                {"meter": self.town.grid, "quantity": "power_kw", "ts": ts.isoformat(), "value": v} for ts, v in batch.items()
            ]
            for _ in range(3):  # a device tries again, and then drops it
                try:
                    answer = client.post(f"{self.api.url}/api/v1/readings", json={"readings": readings})
                except httpx.TransportError:
                    time.sleep(0.02)
                    continue
                self.statuses.append(answer.status_code)
                if answer.status_code == 200:
                    self.acknowledged |= batch
                    break
                time.sleep(0.02)
        client.close()


@pytest.mark.timeout(120 + 30 * KILLS)
def test_no_kill_loses_or_doubles_an_acknowledged_reading(server: QuestDBServer) -> None:
    town = build_world(server.settings)
    api = Api(server.settings).start()
    assert api.process is not None
    stop = threading.Event()
    posters = [Poster(number, api, town, stop) for number in range(POSTERS)]
    for poster in posters:
        poster.start()
    try:
        for kill in range(KILLS):
            acknowledged = sum(len(poster.acknowledged) for poster in posters)
            eventually(lambda before=acknowledged: sum(len(poster.acknowledged) for poster in posters) > before + 100)
            time.sleep(random.uniform(0, 0.1))  # a moment nobody chose
            if kill % 2 == 0:
                server.kill()
                server.start()
            else:
                for worker in psutil.Process(api.process.pid).children()[: 1 + kill % 4 // 2]:
                    worker.kill()
    finally:
        stop.set()
        for poster in posters:
            poster.join()
    eventually(api.ready)
    api.stop()
    stored = Stored(server.settings)
    rows = stored(f"SELECT ts, value FROM telemetry WHERE meter = '{town.grid}' AND quantity = 'power_kw'")
    stored.connection.close()
    kept = {ts.replace(tzinfo=UTC): value for ts, value in rows}
    assert len(kept) == len(rows), "some are there twice"
    sent: dict[datetime, float] = {}
    for poster in posters:
        assert set(poster.statuses) <= {200, 503}
        sent |= poster.sent
        lost = {ts: value for ts, value in poster.acknowledged.items() if kept.get(ts) != value}
        assert not lost, f"{len(lost)} of {len(poster.acknowledged)} acknowledged readings are lost"
    assert all(sent.get(ts) == value for ts, value in kept.items())
