"""What the records are kept in: for whoever runs them."""

from typing import NamedTuple

from sqlalchemy import column, select, table

from store.records.access.policy import Action, require
from store.records.transaction import engine
from store.scope import Scope


class Kept(NamedTuple):
    """The database, its version, and the revision of its tables."""

    database: str
    version: str
    revision: str


def about(scope: Scope) -> Kept:
    """What the records are kept in.

    Raises:
        Refused: not a platform administrator.
        StoreAway: they cannot be reached.
    """
    require(scope, Action.RUN)
    with engine.reading() as records:
        dialect = records.connection().dialect
        version = ".".join(str(part) for part in dialect.server_version_info or ())
        revision = records.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return Kept({"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(dialect.name, dialect.name), version, str(revision))
