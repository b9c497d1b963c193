"""Whether each site is live, by when its devices were last heard: what the switcher shows, without asking QuestDB."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime

from config import clock
from models.presence import presence
from store.records.plant import activity
from store.scope import Scope

KEPT_S = 5.0

_kept: dict[tuple[str, tuple[str, ...]], tuple[float, dict[str, str]]] = {}
_lock = threading.Lock()


def states(scope: Scope, site_ids: Sequence[str]) -> dict[str, str]:
    """`live`, `late`, `offline` or `never` by site: late when a device is not heard, offline when none is.

    Raises:
        NotFound: one of the sites does not exist for the scope.
    """
    key = (scope.key, tuple(site_ids))
    with _lock:
        made_at, found = _kept.get(key, (0.0, {}))
    if time.monotonic() - made_at > KEPT_S:
        found = {site_id: _state(heard) for site_id, heard in activity.heard_by_site(scope, site_ids).items()}
        with _lock:
            if len(_kept) > 500:
                _kept.clear()
            _kept[key] = (time.monotonic(), found)
    return dict(found)


def _state(heard: Sequence[tuple[int, datetime | None]]) -> str:
    now = clock.now()
    found = [presence(seen, every_s, now) for every_s, seen in heard]
    if not found or all(each == "never" for each in found):
        return "never"
    if all(each in ("offline", "never") for each in found):
        return "offline"
    return "live" if all(each == "live" for each in found) else "late"
