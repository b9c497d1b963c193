"""When QuestDB is away, one question finds out and everybody else is told at once."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from config import settings as configuration
from config.settings import Settings
from store.errors import StoreAway
from store.series import connection
from tests.conftest import PATIENT_S, eventually


@pytest.fixture
def nowhere(settings: Settings) -> Iterator[None]:
    """QuestDB's port, with nobody behind it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        made = settings.model_copy(update={"questdb_pg_port": taken.getsockname()[1]})
    configuration.use(made)
    connection.close()
    yield
    connection.close()
    configuration.use(settings)


def asked_s() -> float:
    began = time.monotonic()
    with pytest.raises(StoreAway):
        connection.query("SELECT 1")
    return time.monotonic() - began


def test_twenty_people_who_ask_together_do_not_wait_one_after_the_other(nowhere: None) -> None:
    taken: list[float] = []
    threads = [threading.Thread(target=lambda: taken.append(asked_s())) for _ in range(20)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 20
    assert time.monotonic() - began < connection.WAIT_S
    assert asked_s() < connection.WAIT_S


def test_one_that_is_away_says_nothing_of_another(nowhere: None, settings: Settings) -> None:
    asked_s()
    configuration.use(settings)
    assert connection.query("SELECT 1") == [(1,)]


def test_it_is_found_again_when_it_is_back(settings: Settings) -> None:
    _pool, breaker = connection._pool(settings)
    breaker.open("it does not take connections")
    with pytest.raises(StoreAway):
        connection.query("SELECT 1")

    def answers() -> bool:
        try:
            return connection.query("SELECT 1") == [(1,)]
        except StoreAway:
            return False

    assert eventually(answers)


def test_connections_that_were_cut_while_nobody_asked_are_replaced_unseen(settings: Settings) -> None:
    connection.close()
    pool, _breaker = connection._pool(settings)
    idle = [pool.getconn(timeout=PATIENT_S) for _ in range(pool.max_size)]
    for each in idle:
        with socket.socket(fileno=os.dup(each.fileno())) as cut:
            cut.shutdown(socket.SHUT_RDWR)
        pool.putconn(each)
    assert connection.query("SELECT 1") == [(1,)]
    assert connection.query("SELECT 2") == [(2,)]


@pytest.fixture
def busy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """QuestDB's port, where nobody takes a connection: all of its threads are at work."""
    monkeypatch.setattr(connection, "WAIT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        configuration.use(settings.model_copy(update={"questdb_pg_port": listening.getsockname()[1]}))
        connection.close()
        yield listening
        connection.close()
    configuration.use(settings)


def test_who_gets_no_connection_is_told_that_questdb_is_busy_not_that_others_have_them_all(busy: socket.socket) -> None:
    with pytest.raises(StoreAway, match="QuestDB is too busy"):
        connection.query("SELECT 1")


def test_work_that_nobody_waits_for_gets_its_answer_once_questdb_has_time(busy: socket.socket, settings: Settings) -> None:
    answers: list[object] = []

    def ask() -> None:
        with connection.patiently(60):
            answers.append(connection.query("SELECT 1"))

    # The settings in force are looked up with each try: what was busy is there then.
    asking = threading.Thread(target=ask)
    asking.start()
    taken, _from = busy.accept()  # it tries
    configuration.use(settings)
    asking.join(60)
    taken.close()
    assert answers == [[(1,)]]
