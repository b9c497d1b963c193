"""Tables of QuestDB without rows, for tests that share a server."""

from config import settings as configuration
from config.settings import Settings
from store.series import checkpoint, connection, tables
from store.series.connection import execute
from store.series.tables import TABLES

_left: dict[int, dict[str, int]] = {}  # by the server's port: how far each table had been written when it was left empty


def with_empty_tables(settings: Settings) -> None:
    """Use these settings, whose QuestDB then has every table, and no row in them."""
    configuration.use(settings)
    connection._pool(settings)[1].close()  # a test before may have stopped it for a while
    if not _written(settings).keys() >= TABLES.keys():
        tables.create_tables(settings)
    empty_tables(settings)


def empty_tables(settings: Settings) -> None:
    """Remove every row of every table that has been written since it was left empty."""
    written, left = _written(settings), _left.get(settings.questdb_pg_port, {})
    for name in TABLES:
        if written[name] != left.get(name, 0):  # counted from 0 when a table is made
            execute(f"TRUNCATE TABLE {name}", settings)
    _left[settings.questdb_pg_port] = _written(settings)
    checkpoint.forget()


def _written(settings: Settings) -> dict[str, int]:
    """How often something was committed to each table, whether it can be read already or not."""
    return dict(execute("SELECT name, sequencerTxn FROM wal_tables()", settings))
