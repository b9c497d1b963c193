import psycopg
import pytest

from config.settings import Settings
from store.series import connection, tables


def test_tables_are_made_once_and_making_them_again_changes_nothing(questdb_tables: Settings) -> None:
    tables.create_tables(questdb_tables)
    names = {name for (name,) in connection.query("SELECT table_name FROM tables()")}
    assert set(tables.TABLES) <= names


def test_readers_cannot_write(questdb_tables: Settings) -> None:
    with pytest.raises(psycopg.Error):
        connection.query("INSERT INTO telemetry VALUES (0, 'a', 'b', 1, 'c', 0, false, 0)")
