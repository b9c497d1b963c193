"""Judges a whole file before it is imported, and stores nothing."""

from typing import Any

import msgspec

from config.settings import settings
from ingest.files import checking, shelf
from store.records.jobs.kinds import FILE_CHECK, OfUpload
from store.scope import Scope
from worker.reading_files import by_lines
from worker.task import Progress, Task
from worker.tasks.file_import import LASTS_S


def check(scope: Scope, told: OfUpload, progress: Progress) -> dict[str, Any]:
    """As `checking.Checked`."""
    path, _upload = shelf.finished(scope, settings(), told.upload_id)
    tell = by_lines(progress, told.container, shelf.described(path, "").lines)
    found: dict[str, Any] = msgspec.to_builtins(checking.check(scope, settings(), told, tell))
    return found


TASK = Task(FILE_CHECK, check, most_s=LASTS_S, most_mb=1024)
