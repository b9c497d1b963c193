"""`python -m cli.health`: the containers' health check. Ends with 0 when all is well, else with 1 and why.

`python -m cli.health http://127.0.0.1:8050/healthz` asks a server; `python -m cli.health worker` and `mqtt` look whether a
worker, or whoever listens to brokers, lives on this machine, and ask both databases: they serve nothing.
"""

import math
import socket
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

TIMEOUT_S = 4.0
POSTGRESQL_PORT = 5432


def check(what: str) -> str | None:
    """What is wrong, or None."""
    if what in ("worker", "mqtt"):
        return _stores() or _lives(what)
    try:
        with urllib.request.urlopen(what, timeout=TIMEOUT_S):  # noqa: S310 - an address from our own compose file
            return None
    except (OSError, urllib.error.URLError, ValueError) as error:
        return f"{what}: {error}"


def _lives(what: str) -> str | None:
    """Whether such a process of this machine, which a container is, has given a sign of life lately."""
    from config import heart
    from config.settings import settings

    run = settings().run
    silent_s = heart.worker_silence_s(run) if what == "worker" else heart.last_heard_s(run / heart.PROCESSES)
    if silent_s < heart.HUNG_S:
        return None
    return f"no {what} runs here" if math.isinf(silent_s) else f"no {what} has given a sign of life for {silent_s:.0f} s"


def _stores() -> str | None:
    """Whether both databases take connections. It runs every half minute, so it loads no database library."""
    from cli import questdb
    from config.settings import settings

    if not questdb.is_ready(settings(), TIMEOUT_S):
        return "QuestDB does not answer"
    records = urlsplit(settings().records_url)
    if records.hostname is None:
        return None  # a file
    try:
        with socket.create_connection((records.hostname, records.port or POSTGRESQL_PORT), timeout=TIMEOUT_S):
            return None
    except OSError as error:
        return f"the records do not answer: {error}"


if __name__ == "__main__":
    if problem := check(sys.argv[1]):
        print(problem, file=sys.stderr)
        raise SystemExit(1)
