"""Two of everything behind one nginx are one Loadstar: what one knows the other knows, and each may go while others work."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from bench.product import Browser
from config.heart import DEVICE_WORKERS
from faults.plant import Plant, make
from faults.production import Production
from store.records.plant import keys
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import at_rest, eventually

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def plant(replicas: Production) -> Iterator[Plant]:
    engine.configure(replicas.environment("migrate")["LOADSTAR_DATABASE_URL"])
    yield make(1)
    engine.configure(None)


def post(address: str, plant: Plant, at: datetime, value: float, key: str | None = None) -> httpx.Response:
    reading = {"meter": plant.meters[0], "quantity": "power_kw", "ts": at.isoformat(), "value": value}
    headers = {"X-API-Key": key or plant.key}
    return httpx.post(f"{address}/api/v1/readings", json={"readings": [reading]}, headers=headers, timeout=30)


def power(replicas: Production, plant: Plant) -> list[tuple[datetime, float]]:
    told = replicas.environment("dashboard")
    with psycopg.connect(
        host="127.0.0.1",
        port=replicas.ports["8812"],
        user=told["LOADSTAR_QUESTDB_READ_USER"],
        password=told["LOADSTAR_QUESTDB_READ_PASSWORD"],
        dbname="qdb",
        autocommit=True,
    ) as series:
        return series.execute("SELECT ts, value FROM telemetry WHERE meter = %s ORDER BY ts", [plant.meters[0]]).fetchall()


def test_a_reading_that_is_sent_again_to_another_replica_is_one_reading(replicas: Production, plant: Plant) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    for name in replicas.names("devices") * 2:
        assert post(replicas.url(name), plant, at, 3.5).status_code == 200
    there = at.replace(tzinfo=None)
    eventually(lambda: there in dict(power(replicas, plant)))
    assert [value for ts, value in power(replicas, plant) if ts == there] == [3.5]


def test_a_key_that_is_revoked_or_made_is_so_for_every_replica(replicas: Production, plant: Plant) -> None:
    made = keys.create_key(SYSTEM, site_id=plant.site)
    now = datetime.now(UTC)
    for name in replicas.names("devices"):
        assert post(replicas.url(name), plant, now, 1.0, made).status_code == 200
    keys.revoke_key(SYSTEM, made.partition(".")[0])
    for name in replicas.names("devices"):
        eventually(lambda name=name: post(replicas.url(name), plant, now, 1.0, made).status_code == 401)


def test_who_signs_in_at_one_dashboard_is_signed_in_at_the_other_and_signed_out_at_both(
    replicas: Production, plant: Plant
) -> None:
    one, other = (Browser(replicas.port(name)) for name in replicas.names("dashboard"))
    one.sign_in(plant.email, plant.password)
    other.cookies = one.cookies
    assert other.ask("GET", "/account")[0] == 200
    token = next(value for name, value in other.cookies.items() if name.endswith("_csrf_token"))
    status, _, _ = other.ask("POST", "/sign-out", b"", X_CSRFToken=token)
    assert status in (302, 303)
    assert "/sign-in" in one.ask("GET", "/account")[1]["Location"]
    one.close()
    other.close()


def test_tries_to_sign_in_are_counted_together(replicas: Production, plant: Plant) -> None:
    one, other = (replicas.url(name) for name in replicas.names("dashboard"))
    wrong = {"email": "nobody@example.org", "password": "not this one"}

    def tries(address: str) -> list[int]:
        return [httpx.post(f"{address}/api/v1/token", json=wrong, timeout=30).status_code for _ in range(5)]

    assert tries(one) == [401] * 5, "five are free"
    assert 429 in tries(other), "wherever they were made"


def test_the_signs_of_life_and_the_figures_of_one_replica_are_no_others(replicas: Production, plant: Plant) -> None:
    for name in replicas.names("devices"):
        beats = replicas.folder / "run" / name / DEVICE_WORKERS
        eventually(lambda beats=beats: len(list(beats.glob("*.beat"))) == 2)  # the API is well with the first of them
    assert not (replicas.folder / "state" / "run").exists()
    before = at_rest(lambda: [_accepted(replicas, name) for name in replicas.names("devices")])
    post(replicas.url("devices"), plant, datetime.now(UTC), 2.0)
    eventually(lambda: _accepted(replicas, "devices") > before[0])
    assert _accepted(replicas, "devices-2") == before[1]
    replicas.stop("devices")
    replicas.start("devices")
    replicas.await_healthy("devices")
    assert _accepted(replicas, "devices-2") == before[1], "whoever starts leaves the figures of the others alone"


def _accepted(replicas: Production, name: str) -> int:
    text = httpx.get(f"{replicas.url(name)}/metrics", timeout=30).text
    found = [line for line in text.splitlines() if line.startswith('loadstar_readings_total{verdict="accepted"}')]
    return int(float(found[0].split()[-1])) if found else 0


@pytest.mark.nginx
def test_through_nginx_every_reading_is_taken_while_replicas_come_and_go(
    replicas: Production, plant: Plant, front: Production
) -> None:
    context = ssl.create_default_context(cafile=str(front.folder / "tls/fullchain.pem"))
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    taken, refused, over = {}, [], threading.Event()

    def device() -> None:
        n = 0
        connection = http.client.HTTPSConnection("localhost", front.ports["8486"], timeout=60, context=context)
        while not over.wait(0.02):
            at, n = first + timedelta(seconds=n), n + 1
            reading = {"meter": plant.meters[0], "quantity": "power_kw", "ts": at.isoformat(), "value": float(n)}
            body = json.dumps({"readings": [reading]}).encode()
            headers = {"X-API-Key": plant.key, "Content-Type": "application/json"}
            try:
                connection.request("POST", "/api/v1/readings", body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as why:
                refused.append(repr(why))
                connection.close()
                continue
            if answer.status == 200:
                taken[at] = float(n)
            else:
                refused.append(answer.status)
        connection.close()

    def some_more() -> None:
        seen = len(taken)
        eventually(lambda: len(taken) > seen + 20)

    thread = threading.Thread(target=device)
    thread.start()
    try:
        for name in ("devices", "devices-2"):
            some_more()
            replicas.kill(name)
            some_more()
            replicas.start(name)
            replicas.await_healthy(name)
            before = _accepted(replicas, name)
            eventually(lambda name=name, before=before: _accepted(replicas, name) > before)  # nginx has given it some again
    finally:
        over.set()
        thread.join()
    assert refused == [], "the other one has taken it"
    eventually(lambda: dict(power(replicas, plant)).items() >= {at.replace(tzinfo=None): v for at, v in taken.items()}.items())


def test_questdb_answers_more_than_the_processes_of_one_of_each(stores: Production) -> None:
    told = stores.environment("dashboard")
    where = {"host": "127.0.0.1", "port": stores.ports["8812"], "dbname": "qdb", "connect_timeout": 30}
    user = {"user": told["LOADSTAR_QUESTDB_READ_USER"], "password": told["LOADSTAR_QUESTDB_READ_PASSWORD"]}
    with ExitStack() as opened:
        for _ in range(100):
            connected = opened.enter_context(psycopg.connect(**where, **user, autocommit=True))
            assert connected.execute("SELECT 1").fetchone() == (1,)
