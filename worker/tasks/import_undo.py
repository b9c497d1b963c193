"""Takes back all that an import has stored."""

from config.settings import settings
from ingest.files import undoing
from store.records.jobs.kinds import IMPORT_UNDO, OfImport
from store.scope import Scope
from worker.task import Progress, Task

LASTS_S = 6 * 3600.0


def take_back(scope: Scope, told: OfImport, progress: Progress) -> dict[str, int]:
    """`{"rows": …}` that were taken back."""
    return {"rows": undoing.undo(scope, settings(), told.import_id, lambda share: progress(share, None))}


TASK = Task(IMPORT_UNDO, take_back, most_s=LASTS_S, most_mb=1024)
