"""The connection to the records, and its transactions.

    with engine.session() as session:   # writes: commits at the end, rolls back on an error
    with engine.reading() as session:   # reads: leaves nothing behind

A transaction within another one joins it, so that a whole site is made or nothing of it. Errors of the database come
out in the words of `store.errors`.

SQLite runs in WAL mode and writers take the write lock at their first statement (`BEGIN IMMEDIATE`): one that read
before it wrote would otherwise fail at once when another has written in between, whatever the busy timeout
(https://www.sqlite.org/isolation.html). The driver's own transactions are switched off for it, as SQLAlchemy's page
on SQLite transactions describes.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from config.language import _
from models.natural_order import natural
from store.errors import NotStorable, Refused
from store.patience import OF_THE_NETWORK, Patient
from store.records.transaction import failures, trail, versions

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_S = 10  # how long a writer waits for another one on SQLite
SETTLE_MS = 500  # that tidying up after a deletion waits for whoever is busy
CONNECT_S = 5
POOL = 10  # kept connections of a process; as many again under load
MIGRATIONS = Path(__file__).parent.parent / "migrations"
MIGRATION_LOCK = 0x10AD57A2  # any fixed number: one process at a time migrates a PostgreSQL database


class _State:
    """The engine of this process, made at the first use after a start or a fork."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.engine: Engine | None = None
        self.lock = threading.Lock()


_state = _State()
_current: ContextVar[Session | None] = ContextVar("records_session", default=None)


def configure(url: str | None = None) -> None:
    """Use the records at this SQLAlchemy address from now on; without one, where the settings say."""
    with _state.lock:
        if _state.engine is not None:
            _state.engine.dispose()
        _state.engine = None
        _state.url = url


def engine() -> Engine:
    """The engine of this process."""
    if _state.engine is None:
        with _state.lock:
            if _state.engine is None:
                _state.engine = _make(_state.url or _url_from_settings())
    return _state.engine


def _url_from_settings() -> str:
    from config.settings import settings

    return settings().records_url


def _make(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        made = create_engine(
            parsed, pool_size=POOL, max_overflow=POOL, pool_timeout=CONNECT_S, pool_pre_ping=True, connect_args=_timeouts(url)
        )
        event.listen(made, "do_connect", _connect)
        return made
    made = create_engine(
        parsed,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=CONNECT_S,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
    )
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    event.listen(made, "before_cursor_execute", _refuse_nul)
    return made


def _timeouts(url: str) -> dict[str, object]:
    """What is waited for at the most: a server, a network that says nothing, and, as on SQLite, whoever writes the same."""
    ours = OF_THE_NETWORK | {"connect_timeout": CONNECT_S, "options": f"-c lock_timeout={BUSY_S}s"}
    return {name: value for name, value in ours.items() if name not in make_url(url).query}


def _connect(_dialect: object, _entry: object, args: list[Any], named: dict[str, Any]) -> Patient:
    return Patient.connect(*args, **named)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("natural_order", 1, _natural, deterministic=True)


def _natural(text: object) -> object:
    return natural(text) if isinstance(text, str) else text


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _refuse_nul(
    _connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, executes_many: bool
) -> None:
    """SQLite takes a NUL in a text, and reads to it: half of its functions see less than is there. PostgreSQL takes none."""
    for row in parameters if executes_many else (parameters,):
        # Of rows that are written by one statement the values stand one beside the other.
        for value in row.values() if isinstance(row, dict) else row if isinstance(row, list | tuple) else (row,):
            if isinstance(value, str) and "\0" in value:
                raise NotStorable


@contextmanager
def session() -> Iterator[Session]:
    """A transaction that writes; within another one, a part of it that can fail alone.

    Raises:
        Refused: the records would break one of the database's rules, or whoever acts only looks.
        StoreAway, StoreFull: the database cannot be reached, or has no room.
    """
    if trail.who_acts().only_looks:
        raise Refused(_("you see what somebody else sees, and can change nothing: end the view first"))
    outer = _current.get()
    with failures.translated():
        if outer is not None:
            acts = trail.noted(outer)
            outer.flush()
            before = len(acts)
            try:
                with outer.begin_nested():
                    yield outer
            except BaseException:
                del acts[before:]
                raise
            return
        with Session(engine().execution_options(writes=True), expire_on_commit=False) as made:
            versions.watch(made)
            trail.watch(made)
            token = _current.set(made)
            try:
                yield made
                made.flush()
                versions.count_changes(made)
                trail.write(made)
                made.commit()
            finally:
                _current.reset(token)


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that only reads; within another one, that one.

    Raises:
        StoreAway: the database cannot be reached.
    """
    outer = _current.get()
    with failures.translated():
        if outer is not None:
            yield outer
            return
        with Session(engine(), expire_on_commit=False) as made:
            yield made


def settle() -> None:
    """Let nothing of what was deleted stay behind in SQLite's log of changes, unless somebody is busy with it right now.

    Within a transaction it does nothing; the worker does it every day.
    """
    if _current.get() is not None or engine().dialect.name != "sqlite":
        return
    with failures.translated(), engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={SETTLE_MS}")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_S * 1000}")


def migrations() -> "Config":
    """Where the revisions are, for Alembic; its attribute `connection` is what they run on."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def upgrade() -> None:
    """Bring the tables to the newest revision; one process at a time, all or nothing.

    Raises:
        StoreAway: the database cannot be reached.
    """
    with migrating() as (_connection, to):
        to("head")


@contextmanager
def migrating() -> Iterator[tuple[Connection, Callable[[str], None]]]:
    """A transaction in which tables are changed: its connection, and what brings them up to a revision.

    Raises:
        StoreAway: the database cannot be reached.
    """
    from alembic import command

    config = migrations()
    with failures.translated(), engine().connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        with _without_foreign_keys(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # whoever migrates now may take long
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            yield connection, partial(command.upgrade, config)
            _require_whole_references(connection)


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it, and dropping the old one would delete all that refers to it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # an open connection has one
    driver.execute("PRAGMA foreign_keys=OFF")  # before the transaction: within one it does nothing
    try:
        yield
    finally:
        if not connection.invalidated:  # as it is after a signal that came within a statement
            driver.execute("PRAGMA foreign_keys=ON")


def _require_whole_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"the migration left a reference to nothing in table {broken[0]}; nothing was changed")


def _after_fork() -> None:
    """Connections belong to the parent: forget them without closing them, and make new ones when asked."""
    _state.lock = threading.Lock()
    if _state.engine is not None:
        _state.engine.dispose(close=False)
        _state.engine = None
    _current.set(None)


os.register_at_fork(after_in_child=_after_fork)
