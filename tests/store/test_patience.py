"""A database that is stopped answers nobody: who asks it is told so within seconds; one that is only slow is waited for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from config import settings as configuration
from config.settings import Settings
from store import patience
from store.errors import StoreAway
from store.records.people import organisations
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import connection, health
from tests.conftest import QuestDBServer, eventually, settings_for
from tests.postgresql import Cluster

SOON_S = patience.SILENT_S + 2 * patience.ANSWER_S + 5  # the machine may be busy
PEOPLE = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[QuestDBServer]:
    """A server that may be stopped."""
    made = QuestDBServer(settings_for(tmp_path_factory.mktemp("patience"), questdb_jar), questdb_jar)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def asked(server: QuestDBServer) -> Iterator[Settings]:
    """Connections to it are open."""
    configuration.use(server.settings)
    assert connection.query("SELECT 1") == [(1,)]
    yield server.settings
    connection.close()


@contextmanager
def stopped(server: QuestDBServer) -> Iterator[None]:
    assert server.process
    stands = psutil.Process(server.process.pid)
    stands.suspend()
    try:
        eventually(lambda: stands.status() == psutil.STATUS_STOPPED)
        yield
    finally:
        stands.resume()


def told(ask: Callable[[], object]) -> float:
    """After how many seconds it is said that the store is away."""
    began = time.monotonic()
    with pytest.raises(StoreAway):
        ask()
    return time.monotonic() - began


def test_a_questdb_that_is_stopped_is_away_within_seconds_for_all_who_ask_at_once(server: QuestDBServer, asked: Settings) -> None:
    waits: list[float] = []
    threads = [threading.Thread(target=lambda: waits.append(told(lambda: connection.query("SELECT 1")))) for _ in range(PEOPLE)]
    with stopped(server):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(waits) == PEOPLE
        assert max(waits) < SOON_S
        assert told(health.tables) < 1, "whoever comes next is told at once"
    eventually(lambda: _answers())


def _answers() -> bool:
    try:
        return connection.query("SELECT 1") == [(1,)]
    except StoreAway:
        return False


def test_statements_of_the_user_that_writes_wait_no_longer(server: QuestDBServer, asked: Settings) -> None:
    with stopped(server):
        assert told(lambda: connection.execute("SELECT 1")) < SOON_S


def test_a_questdb_that_is_stopped_over_a_long_answer_is_away_too(server: QuestDBServer, asked: Settings) -> None:
    waits: list[float] = []
    thread = threading.Thread(target=lambda: waits.append(told(lambda: connection.query(LONG))))
    thread.start()
    eventually(lambda: _is_asked(asked))
    with stopped(server):
        thread.join()
    assert waits


LONG = "SELECT sum(a.x * b.x) FROM long_sequence(60000) a CROSS JOIN long_sequence(60000) b"


def _is_asked(asked: Settings) -> bool:
    return bool(connection.execute("SELECT 1 FROM query_activity() WHERE query LIKE '%60000%CROSS%'", asked))


@pytest.mark.thorough
def test_a_question_that_takes_long_is_waited_for_however_busy_questdb_is(
    asked: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, _breaker = connection._pool(asked)
    pool.resize(connection.POOL_SIZE)
    pool.wait()  # for their connections: who comes new while both of QuestDB's threads are busy waits as long as they are
    monkeypatch.setattr(patience, "SILENT_S", 0.2)
    slow = "SELECT sum(a.x * b.x) FROM long_sequence(8000) a CROSS JOIN long_sequence(8000) b"
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(connection.query(slow))) for _ in range(connection.POOL_SIZE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[(float((8000 * 8001 // 2) ** 2),)]] * connection.POOL_SIZE


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    engine.configure()
    made.stop()


@pytest.mark.postgresql
def test_records_whose_postgresql_is_stopped_are_away_within_seconds(cluster: Cluster) -> None:
    engine.configure(cluster.url(cluster.new_database()))
    engine.upgrade()
    assert organisations.organisations(SYSTEM) == []
    with hung(cluster):
        assert told(lambda: organisations.organisations(SYSTEM)) < SOON_S
    eventually(lambda: organisations.organisations(SYSTEM) == [])


@contextmanager
def hung(cluster: Cluster) -> Iterator[None]:
    """The server and all its processes stand still."""
    server = psutil.Process(cluster.process.pid)
    family = [server, *server.children(recursive=True)]
    for each in family:
        each.suspend()
    try:
        yield
    finally:
        for each in family:
            each.resume()


@pytest.mark.postgresql
def test_who_holds_a_row_for_long_holds_up_others_for_seconds_only(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_S", 1)
    engine.configure(cluster.url(cluster.new_database()))
    engine.upgrade()
    made = organisations.create_organisation(SYSTEM, name="A", kind="customer")
    with closing(engine.engine().connect()) as holder, holder.begin():
        holder.exec_driver_sql("UPDATE organisations SET name = 'B'")
        assert told(lambda: organisations.rename_organisation(SYSTEM, made.id, "C")) < 10
