"""Questions to QuestDB: a small pool of read-only connections a process, and the writer's connection for making tables."""

import atexit
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from pydantic import SecretStr

from config.language import _
from config.settings import Settings, settings
from store.errors import StoreAway
from store.patience import OF_THE_NETWORK, Patient, Silent, answers

if TYPE_CHECKING:  # else only where frames are made: whoever needs none starts in half the time, and takes half the memory
    import pandas as pd

POOL_SIZE = 4  # QuestDB hangs, rather than fails, beyond 64 connections: 4 for each of at most 10 processes
CONNECT_TIMEOUT_S = 3
WAIT_S = 5.0  # for a free connection of the pool
LOOK_S = 0.1  # between looks, meanwhile, whether QuestDB is found to be away
RECONNECT_S = 1.0  # that a connection may fail to be made before it is away
AWAY_S = 2.0  # one that is away is not asked again for so long
TIMESTAMP = psycopg.postgres.types["timestamp"].oid
NOT_A_TIME = np.iinfo(np.int64).min  # numpy's
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_2000_US = 946_684_800_000_000  # PostgreSQL's binary timestamps count from 2000

_SYMBOL = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")

Asked = TypeVar("Asked")
Row = tuple[Any, ...]
Answer = tuple[list[str], frozenset[int], list[Row]]  # the names of the columns, which are times (still without a zone), the rows

_patience_s: ContextVar[float] = ContextVar("patience_s", default=0.0)


class Connection(Patient):
    """A connection to QuestDB, whose threads may all be busy with long answers: then only its port for health answers."""

    def lives(self) -> bool:
        """Whether QuestDB answers somebody who comes new."""
        return answers(self.info.host, settings().questdb_health_port, b"GET /status HTTP/1.0\r\n\r\n") or super().lives()


Pool = ConnectionPool[Connection]

_lock = threading.Lock()
_pools: dict[tuple[int, str, int, str], "tuple[Pool, _Breaker]"] = {}


def query(sql: str, params: Sequence[object] = ()) -> list[Row]:
    """The rows of a question; times come back in UTC, zone-aware.

    Raises:
        StoreAway: QuestDB cannot be reached, also not on a fresh connection.
    """
    names, moments, rows = _ask(sql, params)
    if not moments:
        return rows
    if len(names) == 1:
        return [(_zoned(value),) for (value,) in rows]
    return [tuple(_zoned(value) if at in moments else value for at, value in enumerate(row)) for row in rows]


def frame(sql: str, params: Sequence[object] = ()) -> "pd.DataFrame":
    """The same as a frame, with the question's column names; a column at a time, for long answers."""
    import pandas as pd

    names, moments, rows = _ask(sql, params)
    if not rows:
        return _empty(tuple(names), frozenset(names[at] for at in moments)).copy()
    columns: dict[str, Any] = {}
    for at, (name, values) in enumerate(zip(names, zip(*rows, strict=True), strict=True)):
        if at in moments:
            moment = np.array([NOT_A_TIME if value is None else value for value in values], np.int64)
            columns[name] = pd.DatetimeIndex(moment.view("datetime64[us]"), tz="UTC")
        else:
            # Left as they are, texts cost a tenth of pandas' own kind of text.
            columns[name] = pd.Series(values, dtype=object) if isinstance(values[0], str) else list(values)
    return pd.DataFrame(columns)


def no_rows(columns: Iterable[str]) -> "pd.DataFrame":
    """What `frame` answers where there is nothing: its `ts` is of times, so that it can be joined to what has rows."""
    return _empty(tuple(columns), frozenset({"ts"})).copy()


@lru_cache
def _empty(columns: tuple[str, ...], times: frozenset[str]) -> "pd.DataFrame":
    """Kept, to be copied: a frame is half a millisecond's work also where it is of nothing, and its copy ten microseconds'."""
    import pandas as pd

    none = pd.DatetimeIndex(np.array([], "datetime64[us]"), tz="UTC")
    return pd.DataFrame({name: none if name in times else [] for name in columns})


def listed(symbols: Iterable[str]) -> str:
    """Ids or names of quantities for an IN list, as text: as parameters, five hundred would take 6 ms to fill in.

    Of none it is the symbol that nothing has, for a list has to hold something.

    Raises:
        ValueError: one that is no symbol of ours; nothing that SQL could take for anything else gets through.
    """
    each = sorted(set(symbols))
    if not all(map(_SYMBOL.fullmatch, each)):
        raise ValueError(f"{next(one for one in each if not _SYMBOL.fullmatch(one))!r} is no id")
    return "'" + "','".join(each) + "'"


def execute(sql: str, of: Settings | None = None, *, params: Sequence[object] = ()) -> list[Row]:
    """Run one statement as the user that writes, never for what devices send; the rows that it answers with.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    made = of or settings()
    with persistently(lambda: _writing(made)) as connection:
        try:
            cursor = connection.execute(sql, [_naive_utc(value) for value in params] or None, prepare=False)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            raise StoreAway(_("QuestDB cannot be reached: %(why)s", why=error)) from error


def _writing(of: Settings) -> Connection:
    """A connection of the user that writes; raises `StoreAway` when QuestDB does not take it."""
    try:
        return Connection.connect(**_arguments(of, of.questdb_user, of.questdb_password))
    except psycopg.OperationalError as error:
        raise StoreAway(_("QuestDB cannot be reached: %(why)s", why=error)) from error


def _ask(sql: str, params: Sequence[object]) -> Answer:
    return persistently(lambda: _ask_now(sql, params))


def _ask_now(sql: str, params: Sequence[object]) -> Answer:
    pool, breaker = _pool(settings())
    plain = [_naive_utc(value) for value in params]
    breaker.admit()
    for attempt in (1, 2):
        try:
            with _connected(pool, breaker) as connection:
                cursor = connection.execute(sql, plain or None, prepare=False, binary=True)
                described = cursor.description or ()
                moments = frozenset(at for at, column in enumerate(described) if column.type_code == TIMESTAMP)
                answer = [column.name for column in described], moments, cursor.fetchall()
                breaker.close()
                return answer
        except psycopg.OperationalError as error:
            # A pooled connection that was cut, by a restart of QuestDB or after minutes without a question, is found out only by
            # using it; then the others are looked at too.
            if attempt == 2 or isinstance(error, Silent):
                breaker.open(str(error))
                raise StoreAway(_("QuestDB cannot be reached: %(why)s", why=error)) from error
            pool.check()
        except (PoolClosed, TooManyRequests) as error:
            raise StoreAway(_("QuestDB cannot be reached: %(why)s", why=error)) from error
    raise AssertionError("two attempts either return or raise")


@contextmanager
def patiently(seconds: float) -> Iterator[None]:
    """Within, what QuestDB is too busy for, or away, is asked again for so long: for work that nobody waits for."""
    token = _patience_s.set(seconds)
    try:
        yield
    finally:
        _patience_s.reset(token)


def persistently(ask: Callable[[], Asked]) -> Asked:
    """What comes of a question, which is asked again while there is patience.

    Raises:
        StoreAway: QuestDB is away still.
    """
    until = time.monotonic() + _patience_s.get()
    while True:
        try:
            return ask()
        except StoreAway:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_S)


@contextmanager
def _connected(pool: Pool, breaker: "_Breaker") -> Iterator[Connection]:
    """A connection of the pool; whoever waits for one is told as soon as anybody finds that QuestDB is away."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            connection = pool.getconn(timeout=LOOK_S)
            break
        except PoolTimeout as error:
            breaker.check()
            if time.monotonic() > deadline:
                # Each may be in use, or QuestDB be too busy to take one.
                raise StoreAway(_("QuestDB is too busy: no connection to it came free; try again in a moment")) from error
    try:
        with connection:
            yield connection
    finally:
        pool.putconn(connection)


class _Breaker:
    """Whether QuestDB was found to be away a moment ago: whoever asks then is told at once, and one asks again after a while.

    So a page of twenty people waits once, not twenty times one after the other on every thread of the process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0  # of the monotonic clock; 0: it was there
        self._why = ""

    def open(self, why: str) -> None:
        """It is away."""
        with self._lock:
            self._until, self._why = time.monotonic() + AWAY_S, why

    def close(self) -> None:
        """It has answered."""
        self._until = 0.0

    def check(self) -> None:
        """Raise `StoreAway` while it is known to be away."""
        if time.monotonic() < self._until:
            raise StoreAway(_("QuestDB cannot be reached: %(why)s", why=self._why))

    def admit(self) -> None:
        """Raise `StoreAway` while it is known to be away; then let one try, while the others are still told."""
        with self._lock:
            self.check()
            if self._until:
                self._until = time.monotonic() + AWAY_S


def _naive_utc(value: object) -> object:
    """QuestDB keeps no zone; a time without one here is a mistake of the caller."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be asked for: attach its zone first")
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


class _Microseconds(Loader):
    """A timestamp as microseconds since 1970: numpy takes a thousand of them in the time of ten datetimes."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True) + _SINCE_2000_US


def _zoned(moment_us: int | None) -> datetime | None:
    return None if moment_us is None else _EPOCH + timedelta(microseconds=moment_us)


def _prepare(connection: Connection) -> None:
    connection.adapters.register_loader("timestamp", _Microseconds)


def _pool(of: Settings) -> tuple[Pool, _Breaker]:
    # The process is part of the key: after a fork the parent's sockets must not be used.
    key = (os.getpid(), of.questdb_host, of.questdb_pg_port, of.questdb_read_user)
    with _lock:
        if key not in _pools:
            breaker = _Breaker()
            pool = ConnectionPool(
                connection_class=Connection,
                kwargs=_arguments(of, of.questdb_read_user, of.questdb_read_password),
                min_size=0,
                max_size=POOL_SIZE,
                timeout=WAIT_S,
                max_idle=300.0,
                reconnect_timeout=RECONNECT_S,
                reconnect_failed=lambda _pool: breaker.open("it does not take connections"),
                open=True,
                configure=_prepare,
            )
            _pools[key] = pool, breaker
        return _pools[key]


def close() -> None:
    """Close this process's connections; they are opened again when needed."""
    with _lock:
        for key in [key for key in _pools if key[0] == os.getpid()]:
            _pools.pop(key)[0].close(timeout=1.0)


atexit.register(close)


def _arguments(of: Settings, user: str, password: SecretStr | None) -> dict[str, Any]:
    return {
        "host": of.questdb_host,
        "port": of.questdb_pg_port,
        "user": user,
        "password": password.get_secret_value() if password else "",
        "dbname": "qdb",
        "autocommit": True,
        "connect_timeout": CONNECT_TIMEOUT_S,
    } | OF_THE_NETWORK
