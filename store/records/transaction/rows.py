"""All rows of the records, as they are: out of one database at one moment, and into an empty one, of either kind.

Values are what both databases have: texts, numbers, truths, moments in UTC, bytes, and nothing; JSON is the text it was stored
as. Rows come back at the revision of the tables that they were taken at, without the rules that would act on each, and are
then brought up to date by the migrations, as the tables of an older release are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    MetaData,
    Select,
    String,
    Table,
    Text,
    cast,
    insert,
    inspect,
    select,
)
from sqlalchemy.types import UserDefinedType

from config.language import _
from store.errors import Refused
from store.records.schema import rules
from store.records.schema.columns import UtcDateTime
from store.records.transaction import engine, failures
from store.scope import Scope

REVISION = "alembic_version"  # the one table that says of which revision the others are
AT_ONCE = 5_000
SIGNS_OF_LIFE = ("users", "organisations", "sites")  # with no row in any of them nobody has begun

Rows = Sequence[Sequence[Any]]


class _JsonAsText(UserDefinedType[str]):
    """PostgreSQL's JSON as the text that it keeps."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "JSON"

    def column_expression(self, column: Any) -> Any:
        return cast(column, Text)

    def bind_expression(self, bindvalue: Any) -> Any:
        return cast(bindvalue, JSON)


class Snapshot:
    """The records at one moment, whatever is written meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        found = connection.exec_driver_sql(f"SELECT version_num FROM {REVISION}").scalar_one()  # noqa: S608 - our own name
        self.revision = str(found)
        self.database = connection.dialect.name

    def tables(self) -> list[str]:
        """The names of the tables, in the order of the alphabet."""
        return _names(self._connection)

    def rows(self, name: str) -> Iterator[tuple[list[str], Rows]]:
        """The columns' names and the rows of a table, a few thousand at a time; an empty table has one answer, without rows."""
        yield from _rows(self._connection, name)


@contextmanager
def snapshot(scope: Scope) -> Iterator[Snapshot]:
    """What is in the records now.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: the database cannot be reached.
    """
    _require_own(scope)
    of = engine.engine()
    if of.dialect.name == "postgresql":
        of = of.execution_options(isolation_level="REPEATABLE READ")
    with failures.translated(), of.connect() as connection, connection.begin():
        yield Snapshot(connection)


class Restoring:
    """Rows on their way into the records, which show nothing of it until all are there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: dict[str, Table] = {}

    def add(self, name: str, columns: Sequence[str], rows: Rows) -> None:
        """Add rows to a table.

        Raises:
            Refused: there is no such table, or not of those columns, at the revision of the rows.
        """
        if name not in self._tables:
            if name not in _names(self._connection):
                raise Refused(_("the records have no table %(name)s", name=name))
            self._tables[name] = _table(self._connection, name)
        table = self._tables[name]
        if sorted(columns) != sorted(column.name for column in table.columns):
            raise Refused(_("the columns of %(name)s are not those that the records have", name=name))
        if rows:
            self._connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])

    def tables(self) -> list[str]:
        """The names of the tables, in the order of the alphabet."""
        return _names(self._connection)

    def rows(self, name: str) -> Iterator[tuple[list[str], Rows]]:
        """What is in a table now, as `Snapshot.rows` says it."""
        yield from _rows(self._connection, name)


@contextmanager
def restoring(scope: Scope, revision: str) -> Iterator[Restoring]:
    """Make the tables anew as they were at the revision, have rows added to them, and bring them up to date.

    All of it is one transaction: an error leaves what was there.

    Raises:
        Refused: the scope is not that of Loadstar itself, no revision of that name is known here, or the records are not empty.
        StoreAway: the database cannot be reached.
    """
    _require_own(scope)
    if not is_known(scope, revision):
        raise Refused(_("it was made by a newer Loadstar: update this one first"))
    with engine.migrating() as (connection, upgrade):
        if not _is_empty(connection):
            raise Refused(_("the records are not empty: somebody has an account here, or there is an organisation or a site"))
        _remove_all(connection)
        upgrade(revision)
        rules.remove(connection)
        references = _take_references_away(connection)
        for name in _names(connection):
            table = _table(connection, name)
            if connection.execute(select(table).limit(1)).first():
                connection.execute(table.delete())  # what a migration begins with
        yield Restoring(connection)
        for statement in references:
            connection.exec_driver_sql(statement)
        _count_on(connection)
        upgrade("head")


def is_known(scope: Scope, revision: str) -> bool:
    """Whether the tables can be made as they were at the revision."""
    _require_own(scope)
    from alembic.script import ScriptDirectory

    return any(each.revision == revision for each in ScriptDirectory.from_config(engine.migrations()).walk_revisions())


def is_empty(scope: Scope) -> bool:
    """Whether nobody has begun with the records: no person, no organisation, no site.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: the database cannot be reached.
    """
    _require_own(scope)
    with failures.translated(), engine.engine().connect() as connection:
        return _is_empty(connection)


def _require_own(scope: Scope) -> None:
    if not scope.everything:
        raise Refused(_("only Loadstar itself copies the records"))


def _is_empty(connection: Connection) -> bool:
    there = set(inspect(connection).get_table_names())
    return not any(
        connection.execute(select(_table(connection, name)).limit(1)).first() for name in SIGNS_OF_LIFE if name in there
    )


def _names(connection: Connection) -> list[str]:
    return sorted(set(inspect(connection).get_table_names()) - {REVISION})


def _table(connection: Connection, name: str) -> Table:
    """The table's columns, each of the type that both databases share."""
    found = inspect(connection).get_columns(name)
    return Table(name, MetaData(), *(Column(each["name"], _shared(each["type"], connection.dialect.name)) for each in found))


def _shared(kind: Any, dialect: str) -> Any:
    if isinstance(kind, JSON):
        return _JsonAsText() if dialect == "postgresql" else String()
    return UtcDateTime() if isinstance(kind, DateTime) else kind


def _rows(connection: Connection, name: str) -> Iterator[tuple[list[str], Rows]]:
    table = _table(connection, name)
    asked: Select[Any] = select(table).execution_options(yield_per=AT_ONCE)
    columns = [str(column.name) for column in table.columns]
    empty = True
    for part in connection.execute(asked).partitions():
        empty = False
        yield columns, part
    if empty:
        yield columns, []


def _remove_all(connection: Connection) -> None:
    """Take away the tables, which hold nothing, and all that belongs to them."""
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    quoted = connection.dialect.identifier_preparer.quote
    for name in inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {quoted(name)}{cascade}")
    if cascade:
        functions = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        for (name,) in connection.exec_driver_sql(functions).all():
            connection.exec_driver_sql(f"DROP FUNCTION {name} CASCADE")


def _take_references_away(connection: Connection) -> list[str]:
    """Let rows come in any order; the statements that make the references again, and find one to nothing."""
    if connection.dialect.name != "postgresql":
        return []  # they are not looked at until the end anyway
    asked = (
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    again = []
    for table, name, definition in connection.exec_driver_sql(asked).all():
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    return again


def _count_on(connection: Connection) -> None:
    """Have numbers that PostgreSQL gives go on behind those that are there."""
    if connection.dialect.name != "postgresql":
        return
    asked = (
        "SELECT quote_ident(table_name), table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND (column_default LIKE 'nextval(%%' OR is_identity = 'YES')"
    )
    for quoted, table, column in connection.exec_driver_sql(asked).all():
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({column}) FROM {quoted}))",  # noqa: S608 - the catalogue's names
            (table, column),
        )
