"""What a rule refused, in the audit log: who asked for what is not theirs, and what it was.

One entry for each person, way in and minute, so that nobody fills the log. Whoever is not signed in has been refused
nothing but entry: that is not noted.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_login import current_user

from store.errors import StoreError
from store.records.access import audit

log = logging.getLogger(__name__)
EVERY_S = 60
MOST = 5_000  # remembered at once, in each process
LONGEST = 60  # of what somebody asked for by name

_lock = threading.Lock()
_noted: dict[tuple[str, str], float] = {}


def note(rule: str, given: Mapping[str, Any]) -> None:
    """Note that a rule has refused whoever is signed in, with the ids that they gave."""
    if not current_user.is_authenticated:
        return
    way = request.endpoint or ""
    if way in ("/", "/<path:path>"):
        way = "page"
    seen, viewer = current_user.id, current_user.viewer
    actor = viewer.id if viewer else seen
    if not _is_due(actor, f"{way} {rule}"):
        return
    told = {"rule": rule, "way": way} | {
        name: value[:LONGEST] for name, value in given.items() if name.endswith("_id") and isinstance(value, str)
    }
    try:
        with audit.acting(actor, request.remote_addr, behalf=seen if viewer else None):
            audit.note("refused", subject_kind="users", subject_id=actor, told=told)
    except StoreError as error:  # the answer is no, whether it can be noted or not
        log.warning("a refusal was not noted: %s", error)


def _is_due(actor: str, what: str) -> bool:
    at = time.monotonic()
    with _lock:
        if _noted.get((actor, what), -EVERY_S) > at - EVERY_S:
            return False
        if len(_noted) >= MOST:
            _noted.clear()
        _noted[actor, what] = at
    return True
