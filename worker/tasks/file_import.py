"""Stores a file of history, block by block: begun again after a kill, it goes on where it stood."""

from typing import Any

from config.settings import settings
from ingest.files import importing
from store.records.jobs.kinds import FILE_IMPORT, OfImport
from store.records.plant import imports
from store.scope import Scope
from worker.reading_files import by_lines
from worker.task import Progress, Task

LASTS_S = 6 * 3600.0


def store(scope: Scope, told: OfImport, progress: Progress) -> dict[str, Any]:
    """`{"readings": …}` that were stored."""
    record = imports.seen(scope, told.import_id).record
    tell = by_lines(progress, str(record.profile.get("container")), record.lines)
    outcome = importing.store(scope, settings(), told.import_id, tell)
    return {"readings": outcome.count if outcome is not None else 0}


TASK = Task(FILE_IMPORT, store, most_s=LASTS_S, most_mb=1024)
