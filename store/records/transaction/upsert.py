"""Insert or update in one statement, alike on SQLite and PostgreSQL."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.records.schema.columns import Record

Insert = postgresql.Insert | sqlite.Insert


def insert_into(session: Session, record: type[Record]) -> Insert:
    """An insert of the session's database that knows `on_conflict_do_update` and `excluded`."""
    table = record.__table__
    assert isinstance(table, Table)  # noqa: S101  # no record is mapped to anything else
    return postgresql.insert(table) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(table)
