"""Whether the store has room and applies what it logs.

A full disk is what QuestDB keeps quiet about: it suspends the table, goes on saying yes, and shows nothing any more.
"""

import asyncio
import logging

from config.settings import Settings
from ingest.answers import Answer, answer
from ingest.committer import Committer
from ingest.directory import Directory
from ingest.metrics import Metrics
from store.errors import StoreError
from store.series import health

log = logging.getLogger(__name__)

WATCH_S = 3.0


async def watch(settings: Settings, committer: Committer, metrics: Metrics) -> None:
    """Tell the committer when nothing more may be taken (507), for ever."""
    while True:
        full = await asyncio.get_running_loop().run_in_executor(None, _full, settings)
        if full != committer.full:
            log.warning("%s", full or "the store has room again")
        committer.full = full
        metrics.state(committer.waiting, full is None and committer.away is None)
        await asyncio.sleep(WATCH_S)


def _full(settings: Settings) -> str | None:
    """Why the store should be given nothing more, if it should not."""
    try:
        return health.full(settings)
    except StoreError:
        return None  # away is another matter, and the committer notices it by itself


def answered(committer: Committer, directory: Directory) -> Answer:
    """200 when readings are taken, 503 when not, with the reason."""
    reason = committer.full or committer.away or (None if directory.version is not None else "the records have not been read yet")
    content = {"status": "ok" if reason is None else "refusing", "reason": reason, "waiting": committer.waiting}
    return answer(200 if reason is None else 503, content)
