"""Waiting for what is starting, and saying what went wrong when it does not."""

import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from config.settings import reachable

Result = TypeVar("Result")

POLL_S = 0.05
LAST_LINES = 6


class DidNotStart(Exception):
    """Something did not start in time; the message says what and how its log ends."""


def meanwhile(work: Callable[[], Result]) -> "Future[Result]":
    """Do the work beside what follows. It does not keep the program from ending."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def await_ready(
    what: str, ready: Callable[[], bool], within_s: float, log: Path, gone: Callable[[], str | None] = lambda: None
) -> None:
    """Poll until it is ready. `gone` says why it never will be, as soon as that is known.

    Raises:
        DidNotStart: not within the time, or never.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if why := gone():
            raise DidNotStart(why)
        if time.monotonic() > deadline:
            raise DidNotStart(f"{what} did not start within {within_s:.0f} s; {log} ends with\n{last_lines(log)}")
        time.sleep(POLL_S)


def last_lines(log: Path) -> str:
    """The end of a log, for whoever must find out why."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        text = f"({error.strerror})"
    return "\n".join(f"    {line}" for line in text.splitlines()[-LAST_LINES:]) or "(nothing)"


def answers(host: str, port: int, path: str = "/healthz", timeout_s: float = 2.0) -> bool:
    """Whether a server answers 200 there."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
