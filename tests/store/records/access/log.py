"""The audit log as tests read it, and the database as somebody has it who needs no service."""

from typing import Any

from sqlalchemy import text

from store.records.access import audit
from store.records.access.audit import Entry, Filter
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.store.conftest import without_triggers

ADDRESS = "203.0.113.7"


def log(wanted: Filter | None = None, **rest: Any) -> list[Entry]:
    return audit.entries(SYSTEM, wanted, **rest)


def newest() -> Entry:
    return log(limit=1)[0]


def sql(*statements: str, around_triggers: bool = False) -> None:
    """As somebody who has the database itself."""
    with engine.engine().execution_options(writes=True).begin() as connection:
        if not around_triggers:
            for statement in statements:
                connection.execute(text(statement))
            return
        with without_triggers(connection):
            for statement in statements:
                connection.execute(text(statement))
