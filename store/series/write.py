"""Writing readings to QuestDB over line protocol.

Lines are text, posted to `/write` over one kept connection: measured, that costs 1 µs a row against 1.5 µs of
`questdb.Sender.row()` (docs/decisions/031), and every finite double survives it exactly.

A line's time of receipt is the placeholder `NOW` until it is written, so that all lines of a flush carry the moment of
the flush: the version of cached results is the greatest `received_at`, which must not lie before rows already visible.
"""

import base64
import contextlib
import http.client
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from config.clock import now_us as now_us
from config.language import _
from config.quantities import INTERVAL_S
from config.settings import Settings
from store.errors import StoreAway, StoreError

NOW = "\0"
TELEMETRY = "telemetry"
INTERVALS = "intervals"
LATE = "late"

LARGE = 65_536  # bytes of a body that cost more to copy than to send by themselves
TIMEOUT_S = 5.0  # for QuestDB's answer to one flush, which takes milliseconds
PROMPT_S = 45  # what comes this long after its quarter's end is rolled up with it, which happens later still
MARKER_HOLDS_S = 60  # rows that a marker announces are committed within this of its `received_at`, or it is written again
_SYMBOL = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")  # nothing that line protocol or SQL would have to escape


class RowRefused(StoreError):
    """QuestDB refuses a line for good; the message is its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Where readings of one meter and quantity from one source are kept. `interval_s` is 0 for samples.

    Those that their sender estimated are a series of their own: under the same keys, one takes the place of the other.
    """

    table: str
    meter: str
    quantity: str
    interval_s: int
    head: str
    estimated: bool = False


Row = tuple[Series, int, float]  # a series, microseconds since 1970 (where an interval starts), and the value
Marker = tuple[str, int, int]  # a meter, and the first quarter's start and the last one's end (µs since 1970)


def series(meter: str, quantity: str, interval_s: int, source: str, *, estimated: bool = False) -> Series:
    """The series of a meter's quantity; of 15 minutes or more it is kept in `intervals`, otherwise in `telemetry`.

    `estimated`: whether its sender estimated these readings, which the lines of all others do not say.

    Raises:
        ValueError: a name that is no immutable id.
    """
    for symbol in (meter, quantity, source):
        if not _SYMBOL.fullmatch(symbol):
            raise ValueError(f"{symbol!r} is no id")
    kept_s = interval_s if interval_s >= INTERVAL_S else 0
    table = INTERVALS if kept_s else TELEMETRY
    extra = f"interval_s={kept_s}i,count=1i," if kept_s else f"lasts_s={interval_s}i," if interval_s else ""
    if estimated:
        extra += f"estimated_s={kept_s}.0," if kept_s else "estimated=t,"
    head = f"{table},meter={meter},quantity={quantity},source={source} received_at={NOW}t,{extra}value="
    return Series(table, meter, quantity, kept_s, head, estimated)


def lines(rows: Iterable[Row]) -> list[str]:
    """The lines of rows of one table: samples, or the values of intervals."""
    return [
        f"{of.head}{value!r},min={value!r},max={value!r} {at}\n" if of.interval_s else f"{of.head}{value!r} {at}\n"
        for of, at, value in rows
    ]


def marker_lines(markers: Iterable[Marker], now_us: int) -> list[str]:
    """Lines of `late`: samples of a meter are about to be written into quarters of an hour that are rolled up already.

    They are written *before* the samples, so that no kill can leave a late sample without a marker. What follows a marker
    is committed within `MARKER_HOLDS_S`: rolled up once more after that, its quarters are as they stay.
    """
    # Their designated time is the arrival; no two of one flush may fall on each other.
    return [f"{LATE},meter={meter} ts={start}t,ts_end={end}t {now_us + nth}\n" for nth, (meter, start, end) in enumerate(markers)]


class Lines(Protocol):
    """Lines of one table that become text when they are written."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Self: ...

    def text(self, now_us: int) -> memoryview:
        """The lines, received at that moment."""


class Writer:
    """A connection to QuestDB. Neither thread-safe nor fork-safe: one a thread, made where it is used."""

    def __init__(self, settings: Settings):
        password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
        token = base64.b64encode(f"{settings.questdb_user}:{password}".encode()).decode()
        self._address = settings.questdb_host, settings.questdb_http_port
        # Head and lines go out as one, and the usual answer is known by its first bytes: with `http.client` a flush of 50 lines
        # would cost four times as much.
        self._head = (
            f"POST /write?precision=u HTTP/1.1\r\nHost: {settings.questdb_host}\r\nAuthorization: Basic {token}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "
        ).encode()
        self._socket: socket.socket | None = None

    def write(self, lines: list[str] | Lines, now_us: int) -> dict[int, str]:
        """Commit lines of one table; the positions of those that QuestDB refuses for good, each with its reason.

        Returns after QuestDB has them in its log: a kill of any process does not lose them.

        Raises:
            StoreAway: it cannot be known whether the lines are stored; sending them again is safe.
        """
        try:
            self._post("".join(lines).replace(NOW, str(now_us)).encode() if isinstance(lines, list) else lines.text(now_us))
        except RowRefused as error:
            if len(lines) == 1:
                return {0: str(error)}
            half = len(lines) // 2
            refused = self.write(lines[:half], now_us)
            refused |= {half + position: why for position, why in self.write(lines[half:], now_us).items()}
            return refused
        return {}

    def _post(self, body: bytes | memoryview) -> None:
        for attempt in (1, 2):
            fresh = self._socket is None
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(self._address, TIMEOUT_S)
                    self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                status, reason = _answered(self._socket, b"%b%d\r\n\r\n" % (self._head, len(body)), body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A kept connection that the server has closed meanwhile fails at once; dedup makes a second post safe.
                if attempt == 1 and not fresh and not isinstance(error, TimeoutError):
                    continue
                raise StoreAway(_("QuestDB does not answer: %(why)s", why=error or type(error).__name__)) from error
            if status in (200, 204):
                return
            if status == 400 and "table does not exist" not in reason:
                raise RowRefused(reason)
            raise StoreAway(_("QuestDB answers %(status)s: %(reason)s", status=status, reason=reason[:500]))

    def is_up(self) -> bool:
        """Whether QuestDB takes lines now."""
        try:
            self._post(b"\n")
        except StoreError:
            return False
        return True

    def close(self) -> None:
        """Close the connection; it is opened again when needed."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None


def _answered(connection: socket.socket, head: bytes, body: bytes | memoryview) -> tuple[int, str]:
    """Status and text of the answer to a request.

    Raises:
        OSError: the connection broke, or there was no answer in time.
        http.client.HTTPException: what came is no answer.
    """
    if len(body) < LARGE:
        connection.sendall(b"".join((head, body)))
    else:
        connection.sendall(head)
        connection.sendall(body)
    head = connection.recv(4096, socket.MSG_PEEK)
    if head.startswith(b"HTTP/1.1 204 ") and (end := head.find(b"\r\n\r\n")) > 0:
        connection.recv(end + 4)
        return 204, ""
    with contextlib.closing(http.client.HTTPResponse(connection, method="POST")) as answer:
        answer.begin()
        return answer.status, answer.read().decode("utf-8", "replace").strip()
