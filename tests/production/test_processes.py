"""Every command of the compose file, run on this machine: servers, their health checks, and how they end."""

import http.client
import subprocess
from pathlib import Path

import pytest

from faults.production import Production
from tests.conftest import PATIENT_S, eventually

pytestmark = pytest.mark.timeout(900)  # each sets up servers, on a machine that may be busy


@pytest.mark.postgresql
@pytest.mark.parametrize("service", ["devices", "dashboard", "worker", "forecasts"])
def test_a_process_becomes_healthy_ends_when_asked_and_is_then_not_healthy(stores: Production, service: str) -> None:
    if service in ("worker", "forecasts"):
        stores.start("redis")
        stores.await_healthy("redis")
    stores.start(service)
    stores.await_healthy(service)
    eventually(lambda: stores.check(service), within_s=120, every_s=0.2)
    process = stores.processes.pop(service)
    process.terminate()
    assert process.wait(PATIENT_S) in (0, -15), (stores.folder / f"{service}.log").read_text()[-2000:]
    eventually(lambda: not stores.check(service))  # a sign of life is believed for some seconds
    if "redis" in stores.processes:
        stores.stop("redis")


@pytest.mark.postgresql
def test_migrating_again_changes_nothing(stores: Production) -> None:
    again = stores.start("migrate")
    assert again.wait(2 * PATIENT_S) == 0
    del stores.processes["migrate"]


@pytest.mark.postgresql
def test_a_health_check_says_which_store_is_away(stores: Production) -> None:
    argv = stores.argv(stores.compose["services"]["worker"]["healthcheck"]["test"][1:])
    for away, said in (
        ({"LOADSTAR_QUESTDB_PG_PORT": "9"}, "QuestDB does not answer"),
        ({"LOADSTAR_DATABASE_URL": "postgresql+psycopg://loadstar@127.0.0.1:9/loadstar"}, "the records do not answer"),
    ):
        run = subprocess.run(argv, env=stores.environment("worker") | away, capture_output=True, text=True, check=False)
        assert run.returncode == 1
        assert run.stderr.startswith(said)


@pytest.mark.postgresql
def test_the_time_series_refuse_whoever_has_no_password(stores: Production) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stores.ports["9000"], timeout=30)
    connection.request("GET", "/exec?query=SELECT%201")
    assert connection.getresponse().status == http.client.UNAUTHORIZED
    connection.close()


@pytest.mark.redis
def test_redis_answers_only_with_its_password_and_shows_it_to_nobody(production: Production) -> None:
    process = production.start("redis")
    production.await_healthy("redis")
    password = production.environment("redis")["REDISCLI_AUTH"]
    port = str(production.ports["6379"])
    without = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    said = subprocess.run(["redis-cli", "-p", port, "ping"], env=without, capture_output=True, text=True, check=False)
    assert "NOAUTH" in said.stdout
    assert password not in Path(f"/proc/{process.pid}/cmdline").read_text()
    production.stop("redis")
    eventually(lambda: not production.check("redis"))
