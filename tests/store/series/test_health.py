from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from config import settings as configuration
from config.settings import Settings
from store import disks
from store.scope import SYSTEM
from store.series import connection, health, tables
from tests.conftest import QuestDBServer, eventually, settings_for


def test_a_store_with_room_takes_readings(questdb_tables: Settings) -> None:
    assert health.full(questdb_tables) is None
    assert {"telemetry", "intervals"} <= {table.name for table in health.tables()}


@pytest.fixture
def obedient_server(tmp_path: Path, questdb_jar: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A server of its own that suspends a table when it is told to, as it does by itself when the disk is full."""
    monkeypatch.setenv("QDB_DEV_MODE_ENABLED", "true")
    server = QuestDBServer(settings_for(tmp_path, questdb_jar), questdb_jar)
    configuration.use(server.settings)
    server.start()
    tables.create_tables(server.settings)
    yield server.settings
    connection.close()
    server.kill()


def test_a_suspended_table_is_named_and_comes_back_with_its_rows(obedient_server: Settings) -> None:
    connection.execute("ALTER TABLE plans SUSPEND WAL")
    connection.execute("INSERT INTO plans VALUES (now(), 'a', 'b', 1, now())")  # still says yes
    eventually(lambda: [table.name for table in health.tables() if table.suspended] == ["plans"])
    says = health.full(obedient_server)
    assert says is not None
    assert "plans" in says
    assert connection.query("SELECT count() FROM plans") == [(0,)]
    full = obedient_server.model_copy(update={"least_free_mb": 2**40})
    assert health.resume(SYSTEM, full) == [], "it would be suspended again"
    assert health.resume(SYSTEM, obedient_server) == ["plans"]
    eventually(lambda: health.full(obedient_server) is None)
    eventually(lambda: connection.query("SELECT count() FROM plans") == [(1,)])


def test_a_disk_that_is_nearly_full_refuses_before_it_is(questdb_tables: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 2.0)
    says = health.full(questdb_tables)
    assert says is not None
    assert says.startswith("the disk of the state folder is nearly full")
    elsewhere = questdb_tables.model_copy(update={"questdb_external": True})
    assert health.full(elsewhere) is None, "it cannot be seen"
    mounted = elsewhere.model_copy(update={"questdb_volume": questdb_tables.home})
    assert str(health.full(mounted)).startswith("the disk of QuestDB is nearly full")


def test_a_checkpoint_that_a_backup_holds_is_told_until_it_is_let_go(questdb_tables: Settings) -> None:
    assert health.held_since() is None
    connection.execute("CHECKPOINT CREATE")
    try:
        assert isinstance(health.held_since(), datetime)
    finally:
        connection.execute("CHECKPOINT RELEASE")
    assert health.held_since() is None
