"""Stores refused readings as a person corrected them. What is refused again goes on being kept, and is told why."""

from typing import Any

from config.settings import settings
from ingest.replaying import Replayed, replay
from store.records.jobs.kinds import REFUSED_READINGS, OfRefused
from store.scope import Scope
from worker.task import Progress, Task


def store(scope: Scope, told: OfRefused, progress: Progress) -> dict[str, Any]:
    """`{"stored": …, "held": …, "refused": {code: …}, "why": {code: words}}`."""

    def tell(share: float, done: Replayed) -> None:
        progress(share, done.told())

    return replay(scope, settings(), told.site_id, told.which, told.edit, progress=tell).told()


TASK = Task(REFUSED_READINGS, store, most_s=1800, most_mb=1024)
