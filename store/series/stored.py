"""What QuestDB has stored already under the keys of readings that are to be written.

Asked for late readings and for posts that want to know what they replace; never for what devices measure now, since to ask
costs QuestDB as much as to write: it opens the table anew after each write.
"""

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, LiteralString, NamedTuple

import psycopg

from config.settings import Settings
from store.errors import StoreAway
from store.series.write import TELEMETRY, TIMEOUT_S, Row, Series

Key = tuple[str, str, int, int]  # meter, quantity, interval_s (0: a sample), microseconds since 1970


class Standing(NamedTuple):
    """What stands under a key: a value, and whether its sender estimated it."""

    value: float
    estimated: bool


ATTEMPTS = 5
STALE_S = 0.02
APPLIED_WITHIN_S = 5.0
APPLIED_EVERY_S = 0.005
# Questions come in few shapes, padded by repeating, so that QuestDB compiles each once: 0.1 ms instead of 1 ms.
MOMENTS = (1, 4, 16, 64)
METERS = (1, 8, 64)  # beyond, no meter is named: most of what is stored at these moments is wanted anyway
DENSE_S = 60  # one range is asked for instead of many moments when they lie closer together than this on average
CROWD = 300  # rows that were not asked for: from then on the meters are named, which costs QuestDB a parallel filter
CROWDED_S = 60.0
AHEAD_US = 900_000_000  # of what a device that catches up will send next
NEWEST_HOLDS_S = 1.0


class Newest(NamedTuple):
    """When the newest row of a meter's quantity before `until` is; µs since 1970."""

    at: int
    until: int


UNKNOWN = Newest(0, 0)


def _kind(of: Series) -> tuple[str, str, str]:
    """An hour's energy is stored by its beginning, what was measured at its end by that: each quantity goes on by itself."""
    return of.table, of.meter, of.quantity


def key(row: Row) -> Key:
    """What identifies a row."""
    of, at, _ = row
    return of.meter, of.quantity, of.interval_s, at


def standing(row: Row) -> Standing:
    """What a row would have stand under its key."""
    of, _at, value = row
    return Standing(value, of.estimated)


class Stored:
    """A reading connection to QuestDB. Neither thread-safe nor fork-safe: one a thread, made where it is used."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._sql: psycopg.Connection[tuple[Any, ...]] | None = None
        self._crowded_until = 0.0
        self._newest: dict[tuple[str, str, str], Newest] = {}
        self._newest_until = 0.0

    def not_new(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of the rows that may be stored already: of what the others measure nothing so late is stored.

        A device that catches up sends one moment after the other, and asking for each would cost as much as writing it. So the
        next quarter of an hour of its meters is looked at once a second. What another process has stored in that second is
        taken for new, as is what QuestDB has not applied yet; it is then written once more.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        if time.monotonic() > self._newest_until:
            self._newest.clear()
            self._newest_until = time.monotonic() + NEWEST_HOLDS_S
        for table in {of.table for of, _, _ in rows}:
            unknown = [(of, at) for of, at, _ in rows if of.table == table and at >= self._newest.get(_kind(of), UNKNOWN).until]
            meters = sorted({of.meter for of, _ in unknown})
            if len(meters) > METERS[-1]:
                return rows
            if unknown:
                since = min(at for _, at in unknown)
                named = _padded(meters, METERS)
                told = self._ask(_question_newest(table, len(named)), [since, since + AHEAD_US, *named])
                self._newest |= {_kind(of): Newest(since - 1, since + AHEAD_US) for of, _ in unknown}
                self._newest |= {(table, meter, quantity): Newest(at, since + AHEAD_US) for meter, quantity, at in told}
        return [row for row in rows if not self._is_new(row)]

    def written(self, rows: Iterable[Row]) -> None:
        """These are stored now."""
        for of, at, _ in (row for row in rows if self._is_new(row)):
            self._newest[_kind(of)] = self._newest[_kind(of)]._replace(at=at)

    def _is_new(self, row: Row) -> bool:
        of, at, _ = row
        newest = self._newest.get(_kind(of), UNKNOWN)
        return newest.at < at < newest.until

    def values(self, rows: Collection[Row]) -> dict[Key, Standing]:
        """What QuestDB shows under the keys of these rows. What is committed but not applied yet is not seen.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        stored: dict[Key, Standing] = {}
        for table in {of.table for of, _, _ in rows}:
            asked = {key(row) for row in rows if row[0].table == table}
            moments = sorted({at for _, _, _, at in asked})
            meters = sorted({meter for meter, _, _, _ in asked})
            for sql, parameters in questions(table, moments, meters, time.monotonic() < self._crowded_until):
                answer = self._ask(sql, parameters)
                if len(answer) > len(asked) + CROWD:
                    self._crowded_until = time.monotonic() + CROWDED_S
                for *of, value, estimated in answer:
                    if value is not None and (one := tuple(of)) in asked:
                        stored[one] = Standing(value, estimated)
        return stored

    def settle(self, tables: Collection[str]) -> bool:
        """Wait until all that is committed to these tables now can be read; False when that takes too long.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        wanted = {table: committed for table, (_, committed) in self._applied().items() if table in tables}
        deadline = time.monotonic() + APPLIED_WITHIN_S
        while True:
            shown = self._applied()
            if all(shown[table][0] >= committed for table, committed in wanted.items()):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(APPLIED_EVERY_S)

    def is_up(self) -> bool:
        """Whether QuestDB answers questions now."""
        try:
            self._applied()
        except StoreAway:
            return False
        return True

    def close(self) -> None:
        """Close the connection; it is opened again when needed."""
        if self._sql is not None:
            with contextlib.suppress(psycopg.Error):
                self._sql.close()
        self._sql = None

    def _applied(self) -> dict[str, tuple[int, int]]:
        """Of each table the last transaction that can be read, and the last that is committed."""
        return {
            name: (shown, committed)
            for name, shown, committed in self._ask("SELECT name, writerTxn, sequencerTxn FROM wal_tables()", [])
        }

    def _ask(self, sql: LiteralString, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        for attempt in range(1, ATTEMPTS + 1):
            fresh = self._sql is None
            try:
                if self._sql is None:
                    self._sql = self._connect()
                return self._sql.execute(sql, parameters, prepare=True, binary=True).fetchall()
            except psycopg.Error as error:
                # A table that is altered or truncated makes plans stale, here and in QuestDB's own cache, for a moment.
                stale = "cached query plan" in str(error)
                self.close()
                if attempt == ATTEMPTS or (fresh and not stale):
                    raise StoreAway(f"QuestDB cannot be asked: {error}") from error
                if stale:
                    time.sleep(STALE_S * attempt)
        raise AssertionError("the last attempt either returns or raises")

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        settings = self._settings
        password = settings.questdb_read_password.get_secret_value() if settings.questdb_read_password else ""
        return psycopg.connect(
            host=settings.questdb_host,
            port=settings.questdb_pg_port,
            user=settings.questdb_read_user,
            password=password,
            dbname="qdb",
            autocommit=True,
            connect_timeout=2,
            tcp_user_timeout=int(TIMEOUT_S * 1000),
        )


def questions(
    table: str, moments: Sequence[int], meters: Sequence[str], crowded: bool
) -> Iterator[tuple[LiteralString, list[object]]]:
    """Questions, with their parameters, for what is stored at these moments (µs, ascending) of these meters.

    `crowded`: many other meters have values at the same moments, so these are named. Never a scan of the table:
    `ts IN (%s, %s)` would be one, since with parameters QuestDB takes it for a filter; a chain of `ts = … OR ts = …` reads
    nothing but these moments.
    """
    named = _padded(meters, METERS) if len(meters) <= METERS[-1] else []
    span_us = moments[-1] - moments[0]
    if named and len(moments) > MOMENTS[-1] and span_us <= len(moments) * DENSE_S * 1_000_000:
        yield _question(table, 0, len(named)), [moments[0], moments[-1], *named]
        return
    if not crowded:
        named = []
    for start in range(0, len(moments), MOMENTS[-1]):
        part = _padded(moments[start : start + MOMENTS[-1]], MOMENTS)
        yield _question(table, len(part), len(named)), [*part, *named]


@cache
def _question(table: str, moments: int, meters: int) -> LiteralString:
    """The text for so many moments (0: a range) and meters (0: all)."""
    when: LiteralString = (
        " OR ".join(["ts = %s::TIMESTAMP"] * moments) if moments else "ts BETWEEN %s::TIMESTAMP AND %s::TIMESTAMP"
    )
    whose: LiteralString = " AND meter IN (" + ", ".join(["%s"] * meters) + ")" if meters else ""
    if table == TELEMETRY:
        return "SELECT meter, quantity, 0, ts::LONG, value, estimated FROM telemetry WHERE (" + when + ")" + whose
    told: LiteralString = "SELECT meter, quantity, interval_s, ts::LONG, value, estimated_s > 0 FROM intervals WHERE ("
    return told + when + ")" + whose


@cache
def _question_newest(table: str, meters: int) -> LiteralString:
    """The text for when the newest rows of each quantity of so many meters within a range are."""
    within: LiteralString = " WHERE ts >= %s::TIMESTAMP AND ts < %s::TIMESTAMP AND meter IN (" + ", ".join(["%s"] * meters) + ")"
    if table == TELEMETRY:
        return "SELECT meter, quantity, max(ts)::LONG FROM telemetry" + within
    return "SELECT meter, quantity, max(ts)::LONG FROM intervals" + within


def _padded(some: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    size = next(size for size in sizes if size >= len(some))
    return [*some, *[some[-1]] * (size - len(some))]
