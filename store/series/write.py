"""Writing readings to QuestDB over line protocol, and what is already stored under the same keys.

Lines are built as text by whoever validated the reading and posted to `/write` over one kept connection: measured, that
costs 1 µs a row against 1.5 µs of `questdb.Sender.row()` (docs/decisions/031), and every finite double survives it exactly.

A line's time of receipt is the placeholder `NOW` until it is written, so that all lines of a flush carry the moment of
the flush: the version of cached results is the greatest `received_at`, which must not lie before rows already visible.
"""

import base64
import contextlib
import hashlib
import http.client
import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString

import psycopg

from config.clock import now_us as now_us
from config.quantities import INTERVAL_S
from config.settings import Settings
from store.errors import StoreAway, StoreError

NOW = "\0"
TELEMETRY = "telemetry"
INTERVALS = "intervals"
LATE = "late"

Key = tuple[int, int]  # a series' key, and microseconds since 1970

ATTEMPTS = 5
STALE_S = 0.02
TIMEOUT_S = 5.0  # for QuestDB's answer to one flush, which takes milliseconds
# Questions come in few shapes, padded by repeating, so that QuestDB compiles each once: 0.1 ms instead of 1 ms.
MOMENTS = (1, 4, 16, 64)
METERS = (1, 8, 64)  # beyond, no meter is named: most of what is stored at these moments is wanted anyway
DENSE_S = 60  # one range is asked for instead of many moments when they lie closer together than this on average
CROWD = 300  # rows that were not asked for: from then on the meters are named, which costs QuestDB a parallel filter
CROWDED_S = 60.0
_SYMBOL = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")  # nothing that line protocol or SQL would have to escape


class RowRefused(StoreError):
    """QuestDB refuses a line for good; the message is its own."""


@dataclass(frozen=True, slots=True)
class Series:
    """Where readings of one meter and quantity are kept. `interval_s` is 0 for samples."""

    key: int
    table: str
    meter: str
    quantity: str
    interval_s: int
    head: str


def series(meter: str, quantity: str, interval_s: int, source: str) -> Series:
    """The series of a meter's quantity; of 15 minutes or more it is kept in `intervals`, otherwise in `telemetry`.

    Its key is the same in every process, so that several can tell each other what they wrote.

    Raises:
        ValueError: a name that is no immutable id.
    """
    for symbol in (meter, quantity, source):
        if not _SYMBOL.fullmatch(symbol):
            raise ValueError(f"{symbol!r} is no id")
    kept_s = interval_s if interval_s >= INTERVAL_S else 0
    table = INTERVALS if kept_s else TELEMETRY
    digest = hashlib.blake2b(f"{table},{meter},{quantity},{kept_s}".encode(), digest_size=8).digest()
    extra = f"interval_s={kept_s}i,count=1i," if kept_s else ""
    head = f"{table},meter={meter},quantity={quantity},source={source} received_at={NOW}t,{extra}value="
    return Series(int.from_bytes(digest, "big") >> 1, table, meter, quantity, kept_s, head)


def line(of: Series, value: float, at_us: int) -> str:
    """The line of a reading: a sample taken at `at_us`, or the value of the interval that starts there."""
    if of.table == TELEMETRY:
        return f"{of.head}{value!r} {at_us}\n"
    return f"{of.head}{value!r},min={value!r},max={value!r} {at_us}\n"


def late_lines(markers: Iterable[tuple[str, str, int]], now_us: int) -> list[str]:
    """Markers that samples of (meter, quantity) arrived for quarters of an hour (their starts, µs) that are over."""
    # Their designated time is the arrival; no two of one flush may fall on each other.
    return [
        f"{LATE},meter={meter},quantity={quantity} ts={quarter_us}t {now_us + nth}\n"
        for nth, (meter, quantity, quarter_us) in enumerate(markers)
    ]


class Writer:
    """One connection of each kind to QuestDB. Neither thread-safe nor fork-safe: one a thread, made where it is used."""

    def __init__(self, settings: Settings):
        password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
        token = base64.b64encode(f"{settings.questdb_user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/plain; charset=utf-8"}
        self._settings = settings
        self._http: http.client.HTTPConnection | None = None
        self._sql: psycopg.Connection[tuple[Any, ...]] | None = None
        self._crowded_until = 0.0

    def write(self, lines: Sequence[str], now_us: int) -> dict[int, str]:
        """Commit lines of one table; the positions of those that QuestDB refuses for good, each with its reason.

        Returns after QuestDB has them in its log: a kill of any process does not lose them.

        Raises:
            StoreAway: it cannot be known whether the lines are stored; sending them again is safe.
        """
        try:
            self._post("".join(lines).replace(NOW, str(now_us)).encode())
        except RowRefused as error:
            if len(lines) == 1:
                return {0: str(error)}
            half = len(lines) // 2
            refused = self.write(lines[:half], now_us)
            refused |= {half + position: why for position, why in self.write(lines[half:], now_us).items()}
            return refused
        return {}

    def _post(self, body: bytes) -> None:
        for attempt in (1, 2):
            fresh = self._http is None
            if self._http is None:
                self._http = http.client.HTTPConnection(
                    self._settings.questdb_host, self._settings.questdb_http_port, timeout=TIMEOUT_S
                )
            try:
                self._http.request("POST", "/write?precision=u", body, self._headers)
                answer = self._http.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._http.close()
                self._http = None
                # A kept connection that the server has closed meanwhile fails at once; dedup makes a second post safe.
                if attempt == 1 and not fresh and not isinstance(error, TimeoutError):
                    continue
                raise StoreAway(f"QuestDB does not answer: {error or type(error).__name__}") from error
            if answer.status in (200, 204):
                return
            reason = text.decode("utf-8", "replace").strip()
            if answer.status == 400 and "table does not exist" not in reason:
                raise RowRefused(reason)
            raise StoreAway(f"QuestDB answers {answer.status}: {reason[:500]}")

    def existing(self, rows: Collection[Key], known: dict[int, Series]) -> dict[Key, float]:
        """The values that QuestDB shows under these keys; `known` names each key's series.

        What was written but not yet applied is not seen: `store.series.unapplied` remembers it.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        found: dict[Key, float] = {}
        tables = {each.table for each in known.values()}
        for table in tables:
            keys = rows if len(tables) == 1 else [row for row in rows if known[row[0]].table == table]
            if not keys:
                continue
            names = {key: known[key] for key in {key for key, _ in keys}}
            wanted = {(each.meter, each.quantity, each.interval_s): key for key, each in names.items()}
            asked = set(keys)
            meters = sorted({each.meter for each in names.values()})
            crowded = time.monotonic() < self._crowded_until
            for sql, parameters in questions(table, sorted({at for _, at in keys}), meters, crowded):
                answer = self._ask(sql, parameters)
                if len(answer) > len(keys) + CROWD:
                    self._crowded_until = time.monotonic() + CROWDED_S
                for meter, quantity, interval_s, at, value in answer:
                    key = wanted.get((meter, quantity, interval_s))
                    if key is not None and value is not None and (key, at) in asked:
                        found[key, at] = value
        return found

    def newest(self, series: Collection[Series], since_us: int) -> dict[int, int]:
        """The newest moment (µs) of each of these series of samples that QuestDB shows from `since_us` on, by its key.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        sql: LiteralString = "SELECT meter, quantity, max(ts)::LONG FROM telemetry WHERE ts >= %s::TIMESTAMP"
        wanted = {(each.meter, each.quantity): each.key for each in series}
        found = {wanted.get((meter, quantity)): at for meter, quantity, at in self._ask(sql, [since_us])}
        return {key: at for key, at in found.items() if key is not None}

    def applied(self) -> dict[str, tuple[int, int]]:
        """Of `telemetry` and `intervals`: the last transaction that can be read, and the last that is committed.

        Raises:
            StoreAway: QuestDB cannot be asked now.
        """
        rows = self._ask("SELECT name, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN (%s, %s)", [TELEMETRY, INTERVALS])
        return {name: (writer, sequencer) for name, writer, sequencer in rows}

    def is_up(self) -> bool:
        """Whether QuestDB takes lines and answers questions now."""
        try:
            self.applied()
            self._post(b"\n")
        except StoreError:
            return False
        return True

    def close(self) -> None:
        """Close both connections; they are opened again when needed."""
        for connection in (self._http, self._sql):
            if connection is not None:
                with contextlib.suppress(OSError, psycopg.Error):
                    connection.close()
        self._http = self._sql = None

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
                if self._sql is not None:
                    with contextlib.suppress(psycopg.Error):
                        self._sql.close()
                self._sql = None
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
    `ts IN (%s, %s)` would be one, since with parameters QuestDB takes it for a filter (docs/decisions/032); a chain of
    `ts = … OR ts = …` reads nothing but these moments.
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
        return "SELECT meter, quantity, 0, ts::LONG, value FROM telemetry WHERE (" + when + ")" + whose
    return "SELECT meter, quantity, interval_s, ts::LONG, value FROM intervals WHERE (" + when + ")" + whose


def _padded(some: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    size = next(size for size in sizes if size >= len(some))
    return [*some, *[some[-1]] * (size - len(some))]
