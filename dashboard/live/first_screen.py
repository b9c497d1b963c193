"""After a sign-in: what the first screen shows is made ready while the browser still loads the page."""

import logging
import queue
import threading
from typing import Any

from flask import Flask
from flask_login import user_logged_in

from dashboard.frame import landing
from insight import closed_power
from store.errors import StoreError
from store.records.access import policy

WAITING = 100  # people; when more sign in at once, the last ones' pages read the store themselves

log = logging.getLogger(__name__)

_waiting: queue.Queue[tuple[str, str | None]] = queue.Queue(WAITING)
_start = threading.Lock()
_worker: list[threading.Thread] = []


def install(server: Flask) -> None:
    """Whoever is let in, by whichever door, has their first site made ready."""

    def let_in(_server: Flask, user: Any, **_more: Any) -> None:
        prepare(user.id, user.last_site_id)

    user_logged_in.connect(let_in, server, weak=False)


def prepare(user_id: str, last_site_id: str | None) -> None:
    """Make the person's first site ready, one person after the other."""
    try:
        _waiting.put_nowait((user_id, last_site_id))
    except queue.Full:
        return
    with _start:
        if not _worker or not _worker[0].is_alive():
            _worker[:] = [threading.Thread(target=_work, daemon=True, name="ready")]
            _worker[0].start()


def _work() -> None:
    while True:
        user_id, last_site_id = _waiting.get()
        closed_power.forget_expired()
        try:
            scope = policy.scope_of(user_id)
            site_id = landing.first_site(scope, last_site_id)
            if site_id is not None:
                closed_power.make_ready(scope, site_id)
        except StoreError as problem:
            log.info("nothing was made ready: %s", problem)
        except Exception:  # the next person's page is to be ready all the same
            log.exception("a first screen was not made ready")
