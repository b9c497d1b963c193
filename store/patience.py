"""How long a database is waited for that has taken a question and says nothing.

One that works on a long answer still welcomes others; one that is stopped, hangs, or was cut off without a word does not.
So after `SILENT_S` without a byte it is asked, on a connection of its own, the first thing that any program asks
(PostgreSQL's SSLRequest). Who does not answer that is away, and the question with it: no thread waits for the end of the
network's own patience, which is hours.
"""

import socket
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

R = TypeVar("R")

SILENT_S = 3.0  # without a byte, before it is asked whether anybody is there
ANSWER_S = 1.5  # for the answer to that
LOOK_S = 0.1
SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # PostgreSQL's protocol, 55.2.10

# What the kernel does about a connection whose other end is gone without a word (libpq's names; seconds, milliseconds).
OF_THE_NETWORK = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 5_000}


class Silent(psycopg.OperationalError):
    """The database says nothing, and answers nobody else either; the connection is closed."""


class Patient(psycopg.Connection[TupleRow]):
    """A connection that waits for as long as its database lives."""

    def lives(self) -> bool:
        """Whether the database answers somebody who comes new."""
        return answers(self.info.host, self.info.port, SSL_REQUEST)

    def wait(self, gen: PQGen[R], interval: float = LOOK_S, timeout: float | None = None) -> R:
        """Wait for what the connection does.

        Raises:
            Silent: nothing came for `SILENT_S`, and nobody answers.
        """
        return super().wait(self._watched(gen), min(interval, LOOK_S), timeout)

    def _watched(self, doing: PQGen[R]) -> Generator[Any, Any, R]:
        try:
            wanted = next(doing)
            heard = time.monotonic()
            while True:
                ready = yield wanted
                now = time.monotonic()
                if ready:
                    heard = now
                elif now - heard > SILENT_S:
                    if not self.lives():
                        self.close()
                        raise Silent(f"it has said nothing for {now - heard:.0f} s, and answers nobody")
                    heard = time.monotonic()
                wanted = doing.send(ready)
        except StopIteration as done:
            result: R = done.value
            return result


def answers(host: str, port: int, words: bytes) -> bool:
    """Whether a server there says anything to these words, within `ANSWER_S`."""
    try:
        with closing(_connected(host, port)) as asked:
            asked.sendall(words)
            return bool(asked.recv(1))
    except OSError:
        return False


def _connected(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), ANSWER_S)
    made = socket.socket(socket.AF_UNIX)  # libpq's way to name the folder of a local server's socket
    made.settimeout(ANSWER_S)
    try:
        made.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        made.close()
        raise
    return made
