"""When QuestDB is away, slow or full, a device is told at once to come back, and nothing is acknowledged that is not stored."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from config import settings as configuration
from ingest.committer import Committer
from ingest.ledger import Ledger
from ingest.problem import Refusal
from ingest.rows import Rows
from store.records.transaction import engine
from store.series import tables
from store.series.write import now_us, series
from tests.conftest import QuestDBServer, eventually, settings_for
from tests.ingest.world import Api, Stored, World, build_world


@pytest.fixture(scope="module")
def questdb_of_its_own(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[QuestDBServer]:
    """A server that tests may kill."""
    made = settings_for(tmp_path_factory.mktemp("away"), questdb_jar, device_queue=1_000)
    server = QuestDBServer(made, questdb_jar)
    server.start()
    tables.create_tables(made)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def town(questdb_of_its_own: QuestDBServer) -> World:
    return build_world(questdb_of_its_own.settings)


@pytest.fixture(scope="module")
def own(questdb_of_its_own: QuestDBServer, town: World) -> Iterator[Api]:
    running = Api(questdb_of_its_own.settings).start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _settings(questdb_of_its_own: QuestDBServer) -> None:
    configuration.use(questdb_of_its_own.settings)
    engine.configure(questdb_of_its_own.settings.records_url)


def post(own: Api, town: World, *values: float, at: datetime | None = None) -> httpx.Response:
    """A batch over a connection of its own."""
    start = at or datetime.now(UTC) - timedelta(minutes=5)
    sent = [
        {"meter": town.grid, "quantity": "power_kw", "ts": (start + timedelta(seconds=n)).isoformat(), "value": value}
        for n, value in enumerate(values)
    ]
    return httpx.post(f"{own.url}/api/v1/readings", json={"readings": sent}, headers={"X-API-Key": town.site_key}, timeout=60)


def test_while_the_store_is_away_devices_are_told_at_once_and_afterwards_taken(
    questdb_of_its_own: QuestDBServer, own: Api, town: World
) -> None:
    assert post(own, town, 1).status_code == 200
    questdb_of_its_own.kill()
    try:
        refused = [post(own, town, 1) for _ in range(8)]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.json()["code"] for answer in refused} == {"store_away"}
        assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
        began = time.monotonic()
        for _ in range(20):
            post(own, town, 1)
        assert (time.monotonic() - began) / 20 < 1
        eventually(lambda: httpx.get(f"{own.url}/healthz", timeout=30).status_code == 503)
    finally:
        questdb_of_its_own.start()
    eventually(lambda: all(post(own, town, 1).status_code == 200 for _ in range(8)))


def test_health_knows_that_the_store_is_away_though_nobody_posts(questdb_of_its_own: QuestDBServer, own: Api) -> None:
    eventually(lambda: _health(own).get("status") == "ok" and _health(own)["store_heard_s_ago"] < 15)
    questdb_of_its_own.kill()
    try:
        eventually(lambda: {httpx.get(f"{own.url}/healthz", timeout=30).status_code for _ in range(8)} == {503})
        eventually(lambda: "not answer" in _health(own).get("reason", ""))
        eventually(lambda: (said := ups(metrics(own))) and "} 1.0" not in said)
    finally:
        questdb_of_its_own.start()
    eventually(lambda: {httpx.get(f"{own.url}/healthz", timeout=30).status_code for _ in range(8)} == {200})
    eventually(lambda: "} 0.0" not in ups(metrics(own)))


def _health(own: Api) -> dict[str, Any]:
    return dict(httpx.get(f"{own.url}/healthz", timeout=30).json())


def metrics(own: Api) -> str:
    return httpx.get(f"{own.url}/metrics", timeout=30).text


def ups(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("loadstar_store_up{"))


def test_a_full_queue_refuses_at_once_and_what_waited_is_stored(questdb_of_its_own: QuestDBServer, own: Api, town: World) -> None:
    assert questdb_of_its_own.process is not None
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    answers: list[tuple[int, httpx.Response]] = []

    def send(number: int) -> None:
        answers.append((number, post(own, town, *[float(number)] * 200, at=start + timedelta(seconds=200 * number))))

    questdb_of_its_own.process.send_signal(signal.SIGSTOP)
    threads = [threading.Thread(target=send, args=(number,)) for number in range(24)]  # 4,800 readings; the queues hold 2 × 1,000
    try:
        for thread in threads:
            thread.start()
        eventually(lambda: answers)
    finally:
        questdb_of_its_own.process.send_signal(signal.SIGCONT)
        for thread in threads:
            thread.join()
    codes = {answer.json().get("code", "stored") for _, answer in answers}
    assert codes <= {"stored", "queue_full", "too_much_at_once", "store_away"}
    assert codes & {"queue_full", "too_much_at_once"}
    assert all("retry-after" in answer.headers for _, answer in answers if answer.status_code != 200)
    eventually(lambda: post(own, town, 1).status_code == 200)
    stored = Stored(questdb_of_its_own.settings)
    for number, answer in answers:
        if answer.status_code == 200:
            assert stored.value(town.grid, "power_kw", start + timedelta(seconds=200 * number + 199)) == number
    stored.connection.close()


def rows(count: int, value: float = 1.0) -> Rows:
    of, at = series("mtr_c", "power_kw", 0, "test"), now_us() - 10_000_000
    return Rows([(of, at + nth, value) for nth in range(count)])


def refusal_of(committer: Committer, count: int, key: str) -> tuple[int, str, int | None]:
    with pytest.raises(Refusal) as refused:
        committer.admit(count, key)
    return refused.value.status, refused.value.problem.code, refused.value.retry_after_s


def test_the_queue_is_bounded_and_shared_fairly(questdb_of_its_own: QuestDBServer) -> None:
    async def scenario() -> None:
        committer = Committer(partial(Ledger, questdb_of_its_own.settings), limit=1_000)
        waiting = [asyncio.create_task(committer.commit(rows(200), "greedy"))]
        waiting += [asyncio.create_task(committer.commit(rows(200), f"modest {n}")) for n in range(3)]
        await asyncio.sleep(0)  # queued; nothing is written before `start`
        assert committer.waiting == 800
        assert refusal_of(committer, 100, "greedy") == (429, "too_much_at_once", 1)
        assert refusal_of(committer, 201, "another") == (503, "queue_full", 1)
        committer.admit(200, "another")
        committer.start()
        outcomes = await asyncio.gather(*waiting)
        assert [outcome.refused for outcome in outcomes] == [{}] * 4
        assert committer.waiting == 0
        committer.full = "the disk is nearly full"
        assert refusal_of(committer, 1, "another") == (507, "store_full", 60)
        await committer.close()

    asyncio.run(scenario())


def test_what_waits_when_the_process_ends_is_committed(questdb_of_its_own: QuestDBServer) -> None:
    async def scenario() -> Any:
        committer = Committer(partial(Ledger, questdb_of_its_own.settings), limit=1_000)
        committer.start()
        waiting = asyncio.create_task(committer.commit(rows(10), "key"))
        await asyncio.sleep(0)
        await committer.close()
        return await waiting

    assert asyncio.run(scenario()).refused == {}


def test_a_line_that_questdb_refuses_costs_only_itself(questdb_of_its_own: QuestDBServer) -> None:
    async def scenario() -> None:
        committer = Committer(partial(Ledger, questdb_of_its_own.settings), limit=1_000)
        committer.start()
        good, mixed = rows(5, 2.0), rows(5, 3.0)
        mixed.rows[2] = (mixed.rows[2][0], mixed.rows[2][1], "three")
        outcomes = await asyncio.gather(committer.commit(good, "a"), committer.commit(mixed, "b"))
        assert outcomes[0].refused == {}
        assert list(outcomes[1].refused) == [2]
        await committer.close()
        stored = Stored(questdb_of_its_own.settings)
        kept = stored("SELECT count() FROM telemetry WHERE meter = 'mtr_c' AND ts >= %s::TIMESTAMP", good.rows[0][1])
        assert kept[0][0] >= 9
        stored.connection.close()

    asyncio.run(scenario())
