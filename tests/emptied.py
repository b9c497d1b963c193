"""Tables of QuestDB without rows, for tests that share a server."""

from config.settings import Settings
from store.series import checkpoint
from store.series.connection import execute
from store.series.tables import TABLES


def empty_tables(settings: Settings) -> None:
    """Remove every row of every table."""
    for name in TABLES:
        execute(f"TRUNCATE TABLE {name}", settings)
    checkpoint.forget()
