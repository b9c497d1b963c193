"""Stores a file of history, block by block: begun again after a kill, it goes on where it stood."""

from typing import Any

from config.settings import settings
from ingest.files import importing
from store.records.jobs.kinds import FILE_IMPORT, OfImport
from store.records.plant import imports
from store.scope import Scope
from worker.task import Progress, Task

LASTS_S = 6 * 3600.0
OF_LINES = ("text", "json_lines", "nem12", "p1")  # of other files nobody knows how far one is


def store(scope: Scope, told: OfImport, progress: Progress) -> dict[str, Any]:
    """`{"readings": …}` that were stored."""
    record = imports.seen(scope, told.import_id).record
    lines = record.lines if record.profile.get("container") in OF_LINES else 0

    def tell(readings: int, row: int) -> None:
        progress(min(row / lines, 1.0) if lines else 0.0, {"readings": readings})

    outcome = importing.store(scope, settings(), told.import_id, tell)
    return {"readings": outcome.count if outcome is not None else 0}


TASK = Task(FILE_IMPORT, store, most_s=LASTS_S, most_mb=1024)
