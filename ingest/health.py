"""Whether the store answers, has room and applies what it logs.

A full disk is what QuestDB keeps quiet about: it suspends the table, goes on saying yes, and shows nothing any more.
"""

import asyncio
import logging
import math
import time

from config.settings import Settings
from ingest.answers import Answer, answer
from ingest.door import Door
from store.errors import StoreError
from store.series import health

log = logging.getLogger(__name__)

WATCH_S = 3.0
SILENT_S = 15.0  # all committers hear of their store every few seconds, whether devices post or not


async def watch(door: Door) -> None:
    """Tell the committers when nothing more may be taken (507), for ever."""
    while True:
        full = await asyncio.get_running_loop().run_in_executor(None, _full, door.settings)
        if full != door.committer.full:
            log.warning("%s", full or "the store has room again")
        for committer in door.committers:
            committer.full = full
        measure(door)
        await asyncio.sleep(WATCH_S)


def _full(settings: Settings) -> str | None:
    """Why the store should be given nothing more, if it should not."""
    try:
        return health.full(settings)
    except StoreError:
        return None  # away is another matter, and the committers notice it by themselves


def measure(door: Door) -> None:
    """Bring the gauges up to date."""
    door.metrics.state(_waiting(door), _refuses(door) is None)


def _waiting(door: Door) -> int:
    return sum(committer.waiting for committer in door.committers)


def _refuses(door: Door) -> str | None:
    """Why readings are not taken now, if they are not."""
    for committer in door.committers:
        if reason := committer.full or committer.away:
            return reason
    return f"the store has said nothing for {_silence_s(door):.0f} s" if _silence_s(door) > SILENT_S else None


def _silence_s(door: Door) -> float:
    return time.monotonic() - min(committer.heard for committer in door.committers)


def answered(door: Door) -> Answer:
    """200 when readings are taken, 503 when not, with the reason; and how long ago the store was heard of."""
    reason = _refuses(door) or (None if door.directory.version is not None else "the records have not been read yet")
    silence_s = _silence_s(door)
    content = {
        "status": "ok" if reason is None else "refusing",
        "reason": reason,
        "waiting": _waiting(door),
        "store_heard_s_ago": None if math.isinf(silence_s) else round(silence_s, 1),
    }
    return answer(200 if reason is None else 503, content)
